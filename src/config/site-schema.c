/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The site form, key by key. reroll.yaml(5) is made from these rows. After each
 * kind of row stands what its keys cannot tell alone.
 */
#include "config/arch.h"
#include "config/site-internal.h"

/* Each list stands in the order of its enum in site.h. */
static const char *const source_words[] = {
	"patchwork-fdo", "patchwork", "imap", "maildir", "mbox", "redis", NULL};
static const char *const lab_words[] = {"lava", "qemu", NULL};
static const char *const visibility_words[] = {"personal", "public", NULL};
static const char *const toolchain_words[] = {"cross", "llvm", "chroot", NULL};
static const char *const snapshots_words[] = {"auto",	 "overlay", "btrfs",
					      "reflink", "copy",    NULL};
static const char *const rootfs_words[] = {"initramfs", "disk", NULL};
static const char *const command_words[] = {"submitter", "maintainers", NULL};
static const char *const trust_words[] = {"any", "authenticated", NULL};

/* `needs`: the keys that this kind of row cannot do without. */
static void check_needs(const struct schema_reader *reader,
			const struct node *node, const char *kind,
			const char *const *needs)
{
	for (; *needs; needs++) {
		if (!node_value(node, *needs))
			schema_problem(reader, node,
				       "found no key \"%s\", expected it with "
				       "the kind %s",
				       *needs, kind);
	}
}

static void check_one_of(const struct schema_reader *reader,
			 const struct node *node, const char *a, const char *b)
{
	if (!node_value(node, a) && !node_value(node, b))
		schema_problem(reader, node,
			       "found neither \"%s\" nor \"%s\", expected one "
			       "of them",
			       a, b);
}

static const struct schema tree_form;
static void tree_free(gpointer row)
{
	schema_clear(&tree_form, row);
	g_free(((struct tree_config *)row)->name);
	g_free(row);
}

static void tree_check(const struct schema_reader *reader,
		       const struct node *node, gpointer row)
{
	(void)row;
	check_one_of(reader, node, "path", "url");
}

static const struct schema tree_form = {
	.size = sizeof(struct tree_config),
	.name = offsetof(struct tree_config, name),
	.free = tree_free,
	.check = tree_check,
	.keys = (const struct schema_key[]){
		{"path", KEY_PATH, FIELD(tree_config, path),
		 .doc = "A repository on this machine that others look after: "
			"it is read and never fetched"},
		{"url", KEY_TEXT, FIELD(tree_config, url), .expect = expect_url,
		 .doc = "Where the tree is fetched from, into the state "
			"folder, when it has no path"},
		{"branch", KEY_TEXT, FIELD(tree_config, branch),
		 .expect = expect_base,
		 .doc = "The branch that series are tried on; without it HEAD"},
		{"refresh", KEY_SPAN, FIELD(tree_config, refresh_s),
		 .fallback = "1h", .least = 10, .most = 365 * 86400,
		 .doc = "How old the last fetch may be"},
		{NULL},
	}};

static const struct schema source_form;
static void source_free(gpointer row)
{
	schema_clear(&source_form, row);
	g_free(row);
}

static void source_check(const struct schema_reader *reader,
			 const struct node *node, gpointer row)
{
	static const char *const needs[][4] = {
		[SOURCE_PATCHWORK_FDO] = {"url", "project"},
		[SOURCE_PATCHWORK] = {"url", "project"},
		[SOURCE_IMAP] = {"url", "user", "token-file"},
		[SOURCE_MAILDIR] = {"path"},
		[SOURCE_MBOX] = {"path"},
		[SOURCE_REDIS] = {"url"},
	};
	const struct source_config *source = row;

	check_needs(reader, node, source_words[source->kind],
		    needs[source->kind]);
	if (source->kind == SOURCE_REDIS)
		check_one_of(reader, node, "stream", "list");
	if (source->stream && source->list)
		schema_problem(reader, node,
			       "found both \"stream\" and \"list\", expected "
			       "one of them");
}

static const struct schema source_form = {
	.size = sizeof(struct source_config),
	.free = source_free,
	.check = source_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(source_config, name),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "A name for messages and the log"},
		{"kind", KEY_WORD, FIELD(source_config, kind),
		 .flags = KEY_REQUIRED, .words = source_words,
		 .doc = "What is asked for series"},
		{"url", KEY_TEXT, FIELD(source_config, url),
		 .expect = expect_url,
		 .doc = "The server: of Patchwork, IMAP or Redis"},
		{"path", KEY_PATH, FIELD(source_config, path),
		 .doc = "The folder or file of a maildir or mbox"},
		{"project", KEY_TEXT, FIELD(source_config, project),
		 .doc = "The project in Patchwork"},
		{"user", KEY_TEXT, FIELD(source_config, user),
		 .doc = "The name to log in with; Patchwork without one takes "
			"the token as a token, with one as the password"},
		{"token-file", KEY_PATH, FIELD(source_config, token_file),
		 .flags = KEY_SECRET,
		 .doc = "A file with the token or password"},
		{"ca", KEY_PATH, FIELD(source_config, ca), .flags = KEY_EXISTS,
		 .doc = "A file with the certificates that the IMAP server's "
			"must be signed by; without it those that this machine "
			"trusts"},
		{"starttls", KEY_BOOL, FIELD(source_config, starttls),
		 .fallback = "true",
		 .doc = "Whether an imap:// server must be spoken to by TLS "
			"before the password is said; imaps:// always is"},
		{"folder", KEY_TEXT, FIELD(source_config, folder),
		 .fallback = "INBOX", .doc = "The IMAP folder"},
		{"move-to", KEY_TEXT, FIELD(source_config, move_to),
		 .doc = "The IMAP folder that mails are moved to once they are "
			"stored; without it they stay, marked as seen"},
		{"stream", KEY_TEXT, FIELD(source_config, stream),
		 .doc = "The Redis stream, whose entries have a field mail "
			"with one mail, or mbox with a whole series"},
		{"list", KEY_TEXT, FIELD(source_config, list),
		 .doc = "The Redis list, whose elements are mails; what is "
			"being taken stands in a list of that name with "
			":processing behind it"},
		{"group", KEY_TEXT, FIELD(source_config, group),
		 .fallback = "reroll", .doc = "The Redis consumer group"},
		{"list-ids", KEY_LIST, FIELD(source_config, list_ids),
		 .item = KEY_TEXT, .most = 1000,
		 .doc = "The List-Ids of mails that are taken; others are "
			"passed over; without one all are taken"},
		{"limit", KEY_SIZE, FIELD(source_config, limit_bytes),
		 .fallback = "32MiB", .least = 65536, .most = 1 << 30,
		 .doc = "The most bytes of a mail, or of a series out of "
			"Patchwork; of a larger one staff are told"},
		{"interval", KEY_SPAN, FIELD(source_config, interval_s),
		 .fallback = "1m", .least = 1, .most = 7 * 86400,
		 .doc = "How often a source that cannot call is asked"},
		{NULL},
	}};

static const struct schema munging_form;
static void munging_free(gpointer row)
{
	schema_clear(&munging_form, row);
	g_free(row);
}

static const struct schema munging_form = {
	.size = sizeof(struct munging_list),
	.free = munging_free,
	.keys = (const struct schema_key[]){
		{"address", KEY_TEXT, FIELD(munging_list, address),
		 .flags = KEY_REQUIRED, .expect = expect_address,
		 .doc = "The list's address, as it stands in From"},
		{"list-id", KEY_TEXT, FIELD(munging_list, list_id),
		 .flags = KEY_REQUIRED, .doc = "Its List-Id"},
		{NULL},
	}};

static const struct schema mail_form = {
	.keys = (const struct schema_key[]){
		{"from", KEY_MAILBOX, FIELD(site, mail.from_name),
		 .fallback = "reroll <reroll@localhost>",
		 .doc = "The bot: its name and address"},
		{"smtp", KEY_TEXT, FIELD(site, mail.smtp),
		 .expect = expect_smtp,
		 .doc = "The server that takes the replies: by smtps:// with "
			"TLS, by smtp:// with STARTTLS where it is offered, "
			"which it must be when there is a password or ca; "
			"without it nothing is sent"},
		{"user", KEY_TEXT, FIELD(site, mail.user),
		 .doc = "The name to log in with there"},
		{"password-file", KEY_PATH, FIELD(site, mail.password_file),
		 .flags = KEY_SECRET, .doc = "A file with the password"},
		{"ca", KEY_PATH, FIELD(site, mail.ca), .flags = KEY_EXISTS,
		 .doc = "A file with the certificates that the server's must "
			"be signed by; without it those that this machine "
			"trusts"},
		{"envelope", KEY_TEXT, FIELD(site, mail.envelope),
		 .expect = expect_address,
		 .doc = "Where bounces go; without it the bot's address"},
		{"cc", KEY_LIST, FIELD(site, mail.cc), .item = KEY_TEXT,
		 .expect = expect_address,
		 .doc = "Addresses that get every reply too"},
		{"staff", KEY_LIST, FIELD(site, mail.staff), .item = KEY_TEXT,
		 .expect = expect_address, .most = 100,
		 .doc = "Addresses that are told of trouble, in a digest; "
			"without one it is in the log alone"},
		{"rate", KEY_COUNT, FIELD(site, mail.rate_per_hour),
		 .fallback = "600", .least = 1, .most = 1000000,
		 .doc = "The most mails in an hour"},
		{"munging-lists", KEY_ROWS, FIELD(site, mail.munging_lists),
		 .form = &munging_form, .most = 1000,
		 .doc = "Lists that put their own address in From"},
		{"trusted-relays", KEY_LIST, FIELD(site, mail.trusted_relays),
		 .item = KEY_TEXT, .most = 1000,
		 .doc = "Patterns of addresses that send for others, such as "
			"devnull+*@kernel.example"},
		{NULL},
	}};

static const struct schema lab_form;
static void lab_free(gpointer row)
{
	schema_clear(&lab_form, row);
	g_free(row);
}

static void lab_check(const struct schema_reader *reader,
		      const struct node *node, gpointer row)
{
	static const char *const needs[][5] = {
		[LAB_LAVA] = {"url", "user", "token-file", "artifacts"},
		[LAB_QEMU] = {NULL},
	};
	const struct lab_config *lab = row;

	check_needs(reader, node, lab_words[lab->kind], needs[lab->kind]);
}

static const struct schema lab_form = {
	.size = sizeof(struct lab_config),
	.free = lab_free,
	.check = lab_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(lab_config, name),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "A name for messages and the log"},
		{"kind", KEY_WORD, FIELD(lab_config, kind),
		 .flags = KEY_REQUIRED, .words = lab_words,
		 .doc = "A LAVA server, or QEMU on this machine"},
		{"url", KEY_TEXT, FIELD(lab_config, url), .expect = expect_url,
		 .doc = "The LAVA server"},
		{"user", KEY_TEXT, FIELD(lab_config, user),
		 .doc = "The user that sends jobs there"},
		{"token-file", KEY_PATH, FIELD(lab_config, token_file),
		 .flags = KEY_SECRET, .doc = "A file with that user's token"},
		{"artifacts", KEY_TEXT, FIELD(lab_config, artifacts),
		 .expect = expect_url,
		 .doc = "Where the workers of the LAVA lab find the folder of "
			"this site's artifacts: http, https, or file on them"},
		{"visibility", KEY_WORD, FIELD(lab_config, visibility),
		 .fallback = "personal", .words = visibility_words,
		 .doc = "Who sees the jobs in LAVA beside the groups; public "
			"shows everybody all that is in a job"},
		{"groups", KEY_LIST, FIELD(lab_config, groups),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Groups of the LAVA server that see the jobs; with "
			"one, visibility does not count"},
		{"boards", KEY_LIST, FIELD(lab_config, boards),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "The boards it may use; without one all"},
		{"slots", KEY_COUNT, FIELD(lab_config, slots), .fallback = "1",
		 .least = 1, .most = 10000, .doc = "Jobs at once"},
		{NULL},
	}};

static const struct schema workers_form = {
	.keys = (const struct schema_key[]){
		{"slots", KEY_COUNT, FIELD(site, workers.slots),
		 .fallback = "0", .most = 10000,
		 .doc = "Builds at once on this machine; 0 is half the CPUs"},
		{"memory", KEY_SIZE, FIELD(site, workers.memory_bytes),
		 .fallback = "0",
		 .doc = "The most memory of one build; 0 leaves it to the "
			"project"},
		{"jobs", KEY_COUNT, FIELD(site, workers.jobs), .fallback = "0",
		 .most = 10000,
		 .doc = "make -j of one build; 0 shares the CPUs out"},
		{"time", KEY_SPAN, FIELD(site, workers.time_s), .fallback = "0",
		 .doc = "The most time of one build; 0 leaves it to the "
			"project"},
		{"redis", KEY_TEXT, FIELD(site, workers.redis),
		 .expect = expect_url,
		 .doc = "The queue that workers on other machines take builds "
			"from"},
		{"keep", KEY_SIZE, FIELD(site, workers.keep_bytes),
		 .fallback = "20GiB", .most = G_GUINT64_CONSTANT(1) << 50,
		 .doc = "How much disk finished builds of bases and results "
			"may take; those least recently used go first, 0 keeps "
			"none from one run to the next"},
		{"snapshots", KEY_WORD, FIELD(site, workers.snapshots),
		 .fallback = "auto", .words = snapshots_words,
		 .doc = "How a build gets its own view of its base's finished "
			"build; auto takes the first of the others that works "
			"on the file system of the state folder"},
		{"verify", KEY_BOOL, FIELD(site, workers.verify),
		 .fallback = "false",
		 .doc = "Whether to build each kernel from nothing too, and "
			"compare the two: what differs is trouble; for a site "
			"that wants to be sure and has the time"},
		{NULL},
	}};

static const struct schema toolchain_form;
static void toolchain_free(gpointer row)
{
	schema_clear(&toolchain_form, row);
	g_free(row);
}

static void toolchain_check(const struct schema_reader *reader,
			    const struct node *node, gpointer row)
{
	static const char *const needs[][4] = {
		[TOOLCHAIN_CROSS] = {NULL},
		[TOOLCHAIN_LLVM] = {NULL},
		[TOOLCHAIN_CHROOT] = {"arch"},
	};
	const struct toolchain *toolchain = row;

	check_needs(reader, node, toolchain_words[toolchain->kind],
		    needs[toolchain->kind]);
	if (toolchain->kind == TOOLCHAIN_CHROOT)
		check_one_of(reader, node, "root", "suite");
}

static const struct schema toolchain_form = {
	.size = sizeof(struct toolchain),
	.free = toolchain_free,
	.check = toolchain_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(toolchain, name),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "What projects call it"},
		{"arch", KEY_TEXT, FIELD(toolchain, arch), .names = arch_names,
		 .doc = "The architecture it builds for; without one every"},
		{"kind", KEY_WORD, FIELD(toolchain, kind), .fallback = "cross",
		 .words = toolchain_words,
		 .doc = "cross: a GCC with a prefix; llvm: LLVM=1; chroot: a "
			"root of the target's architecture"},
		{"prefix", KEY_TEXT, FIELD(toolchain, prefix),
		 .doc = "What stands before gcc, such as aarch64-linux-gnu-, "
			"or a suffix such as -14 for llvm"},
		{"opts", KEY_LIST, FIELD(toolchain, opts), .item = KEY_TEXT,
		 .expect = expect_setting, .doc = "More arguments of make"},
		{"version", KEY_TEXT, FIELD(toolchain, version),
		 .doc = "The version it must have, or the start of it"},
		{"root", KEY_PATH, FIELD(toolchain, root),
		 .doc = "The folder of a chroot that staff look after, or one "
			"with unpacked cross compilers of kernel.org"},
		{"suite", KEY_TEXT, FIELD(toolchain, suite),
		 .expect = expect_word,
		 .doc = "The release of Debian that a chroot is made of, when "
			"it has no root, by reroll toolchains --install"},
		{"mirror", KEY_TEXT, FIELD(toolchain, mirror),
		 .expect = expect_url,
		 .doc = "Where its packages are from; without it where this "
			"machine's are"},
		{"packages", KEY_LIST, FIELD(toolchain, packages),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Packages in it beside those a kernel needs"},
		{NULL},
	}};

static const struct schema rootfs_form;
static void rootfs_free(gpointer row)
{
	schema_clear(&rootfs_form, row);
	g_free(row);
}

static void rootfs_check(const struct schema_reader *reader,
			 const struct node *node, gpointer row)
{
	(void)row;
	check_one_of(reader, node, "path", "url");
}

static const struct schema rootfs_form = {
	.size = sizeof(struct rootfs_config),
	.free = rootfs_free,
	.check = rootfs_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(rootfs_config, name),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "What projects call it"},
		{"arch", KEY_TEXT, FIELD(rootfs_config, arch),
		 .names = arch_names,
		 .doc = "The architecture it is made for; without one every"},
		{"kind", KEY_WORD, FIELD(rootfs_config, kind),
		 .fallback = "initramfs", .words = rootfs_words,
		 .doc = "A cpio archive or a disk image"},
		{"path", KEY_PATH, FIELD(rootfs_config, path),
		 .doc = "The file on this machine"},
		{"url", KEY_TEXT, FIELD(rootfs_config, url),
		 .expect = expect_url, .doc = "Where a lab fetches it"},
		{NULL},
	}};

static const struct schema web_form = {
	.keys = (const struct schema_key[]){
		{"listen", KEY_TEXT, FIELD(site, web.listen),
		 .expect = expect_listen,
		 .doc = "Where the daemon listens for calls of LAVA servers "
			"about their jobs: an IP address, or localhost, and a "
			"port; without it nowhere"},
		{"url", KEY_TEXT, FIELD(site, web.url), .expect = expect_url,
		 .doc = "How others reach that address, without the lava/LAB "
			"of a call; without it no job asks for one"},
		{"token-file", KEY_PATH, FIELD(site, web.token_file),
		 .flags = KEY_SECRET,
		 .doc = "A file with the token that staff log in with"},
		{NULL},
	}};

static const struct schema retention_form = {
	.keys = (const struct schema_key[]){
		{"logs", KEY_SPAN, FIELD(site, retention.logs_s),
		 .fallback = "90d", .least = 3600,
		 .doc = "How long logs of builds and boots are kept"},
		{"artifacts", KEY_SPAN, FIELD(site, retention.artifacts_s),
		 .fallback = "30d", .least = 3600,
		 .doc = "How long kernels and modules are kept"},
		{"refs", KEY_SPAN, FIELD(site, retention.refs_s),
		 .fallback = "90d", .least = 3600,
		 .doc = "How long the commits of applied series are kept"},
		{"runs", KEY_SPAN, FIELD(site, retention.runs_s),
		 .fallback = "730d", .least = 3600,
		 .doc = "How long runs and their results are kept"},
		{NULL},
	}};

static const struct schema trust_form = {
	.keys = (const struct schema_key[]){
		{"authserv-ids", KEY_LIST, FIELD(site, policy.servers),
		 .item = KEY_TEXT, .expect = expect_word, .most = 100,
		 .doc = "The names of our own mail servers: as they sign "
			"Authentication-Results, and as they stand behind "
			"\"by\" in Received, where a name means all hosts "
			"below it too; they must take out such headers that "
			"come in with a mail"},
		{"commands", KEY_WORD, FIELD(site, policy.trust_commands),
		 .words = trust_words,
		 .doc = "Whether commands by mail count from any mail or only "
			"when DKIM or SPF says that it comes from the domain "
			"in From; without this key the latter when there are "
			"authserv-ids"},
		{NULL},
	}};

static const struct schema states_form = {
	.keys = (const struct schema_key[]){
		{"passed", KEY_TEXT, FIELD(site, policy.state_passed),
		 .doc = "The state of patches of a series that passed, such "
			"as under-review"},
		{"failed", KEY_TEXT, FIELD(site, policy.state_failed),
		 .doc = "That of one that did not, such as changes-requested"},
		{NULL},
	}};

static const struct schema policy_form = {
	.keys = (const struct schema_key[]){
		{"private", KEY_BOOL, FIELD(site, policy.private_replies),
		 .fallback = "true",
		 .doc = "Whether replies go to the submitter and staff alone "
			"and not to the list"},
		{"success-mail", KEY_BOOL, FIELD(site, policy.success_mail),
		 .fallback = "true",
		 .doc = "Whether a series that passed is answered"},
		{"keep-refs", KEY_BOOL, FIELD(site, policy.keep_refs),
		 .fallback = "false",
		 .doc = "Whether a series that applies is kept as commits, as "
			"refs/reroll/SERIES/vN of the clone it was tried on; "
			"never in a tree with a path"},
		{"commands", KEY_LIST, FIELD(site, policy.commands),
		 .fallback = "submitter maintainers", .item = KEY_TEXT,
		 .words = command_words,
		 .doc = "Who may command the bot by mail"},
		{"trust", KEY_SECTION, .form = &trust_form,
		 .doc = "Which mails are believed to be their sender's"},
		{"patch-states", KEY_SECTION, .form = &states_form,
		 .doc = "States to set in the Patchwork that a series came "
			"from, by its names; without one patches keep theirs; "
			"a state that a person has set, other than New and "
			"Under Review, is left alone"},
		{"wait", KEY_SPAN, FIELD(site, policy.wait_s),
		 .fallback = "10m", .least = 1, .most = 7 * 86400,
		 .doc = "How long a series waits for patches that have not "
			"come yet"},
		{NULL},
	}};

/* What "commands" is goes by the names of servers when nobody says. */
static void trust_check(const struct schema_reader *reader,
			const struct node *node, struct site *site)
{
	const struct node *at = node_value(node, "policy");

	at = at ? node_value(at, "trust") : NULL;
	at = at ? node_value(at, "commands") : NULL;
	if (!at && site->policy.servers->len)
		site->policy.trust_commands = TRUST_AUTHENTICATED;
	if (site->policy.trust_commands == TRUST_AUTHENTICATED &&
	    !site->policy.servers->len)
		schema_problem(reader, at,
			       "found \"authenticated\", expected "
			       "\"authserv-ids\" beside it");
}

static void site_check(const struct schema_reader *reader,
		       const struct node *node, gpointer row)
{
	struct site *site = row;

	if (!site->mail.user != !site->mail.password_file)
		schema_problem(reader, node_value(node, "mail"),
			       "found only one of \"user\" and "
			       "\"password-file\", expected both");
	trust_check(reader, node, site);
}

const struct schema site_form = {
	.size = sizeof(struct site),
	.check = site_check,
	.keys = (const struct schema_key[]){
		{"state", KEY_PATH, FIELD(site, state),
		 .fallback = "/var/lib/reroll",
		 .doc = "The folder of the database and everything kept"},
		{"control", KEY_PATH, FIELD(site, control),
		 .doc = "The socket by which commands speak to the daemon, for "
			"the group of its folder; without it control in the "
			"state folder"},
		{"projects", KEY_PATH, FIELD(site, projects),
		 .fallback = REROLL_PROJECT_DIR,
		 .doc = "A project file, or a folder of them"},
		{"templates", KEY_PATH, FIELD(site, templates),
		 .doc = "A folder of templates that come before the installed "
			"ones"},
		{"trees", KEY_NAMED, FIELD(site, trees), .form = &tree_form,
		 .doc = "The base trees by name; the first is the default"},
		{"sources", KEY_ROWS, FIELD(site, sources),
		 .form = &source_form, .most = 1000,
		 .doc = "Where series come from"},
		{"mail", KEY_SECTION, .form = &mail_form,
		 .doc = "How replies are sent and read"},
		{"labs", KEY_ROWS, FIELD(site, labs), .form = &lab_form,
		 .most = 1000, .doc = "Where kernels are booted"},
		{"workers", KEY_SECTION, .form = &workers_form,
		 .doc = "Where they are built"},
		{"toolchains", KEY_ROWS, FIELD(site, toolchains),
		 .form = &toolchain_form, .most = 1000,
		 .doc = "Toolchains beside gcc and clang of this machine"},
		{"boards", KEY_LIST, FIELD(site, boards), .item = KEY_PATH,
		 .flags = KEY_EXISTS, .most = 10000,
		 .doc = "Files or folders of boards, see reroll-boards(5); "
			"without any the installed ones, for QEMU"},
		{"rootfs", KEY_ROWS, FIELD(site, rootfs), .form = &rootfs_form,
		 .most = 1000, .doc = "Root file systems to boot with"},
		{"web", KEY_SECTION, .form = &web_form,
		 .doc = "What is answered over HTTP"},
		{"retention", KEY_SECTION, .form = &retention_form,
		 .doc = "How long things are kept"},
		{"policy", KEY_SECTION, .form = &policy_form,
		 .doc = "What the bot does of itself"},
		{NULL},
	}};

char *site_control(const struct site *site)
{
	return site->control ? g_strdup(site->control)
			     : g_build_filename(site->state, "control", NULL);
}

const char *site_snapshots(const struct site *site)
{
	return site->workers.snapshots == SNAPSHOTS_AUTO
		       ? NULL
		       : snapshots_words[site->workers.snapshots];
}
