# SPDX-License-Identifier: GPL-2.0-or-later
# The service, its user and its folders, where systemd looks for them below any
# of the usual prefixes.
systemdsystemunit_DATA = systemd/reroll.service
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = systemd/sysusers/reroll.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = systemd/tmpfiles/reroll.conf
dist_pkglibexec_SCRIPTS = contrib/systemd/in-own-group
CLEANFILES += $(systemdsystemunit_DATA) $(sysusers_DATA) $(tmpfiles_DATA)

SYSTEMD_EDIT = $(SED) -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g'
systemd/reroll.service: contrib/systemd/reroll.service.in Makefile
	@$(MKDIR_P) systemd
	$(AM_V_GEN)$(SYSTEMD_EDIT) $(srcdir)/contrib/systemd/reroll.service.in >$@
systemd/sysusers/reroll.conf: contrib/systemd/reroll.sysusers.in Makefile
	@$(MKDIR_P) systemd/sysusers
	$(AM_V_GEN)$(SYSTEMD_EDIT) $(srcdir)/contrib/systemd/reroll.sysusers.in >$@
systemd/tmpfiles/reroll.conf: contrib/systemd/reroll.tmpfiles.in Makefile
	@$(MKDIR_P) systemd/tmpfiles
	$(AM_V_GEN)$(SYSTEMD_EDIT) $(srcdir)/contrib/systemd/reroll.tmpfiles.in >$@

TESTS += tests/unit/test-systemd.sh
EXTRA_DIST += tests/unit/test-systemd.sh
