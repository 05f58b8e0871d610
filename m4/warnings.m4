# SPDX-License-Identifier: GPL-2.0-or-later
# REROLL_WARNINGS: put into WARN_CFLAGS those of our warnings the compiler has.
AC_DEFUN([REROLL_WARNINGS], [
WARN_CFLAGS=
saved_CFLAGS=$CFLAGS
for flag in -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wvla \
	-Wnull-dereference -Wno-missing-field-initializers \
	-fno-common -fstack-protector-strong; do
	CFLAGS="$saved_CFLAGS -Werror $flag"
	AC_MSG_CHECKING([whether $CC takes $flag])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); WARN_CFLAGS="$WARN_CFLAGS $flag"],
		[AC_MSG_RESULT([no])])
done
CFLAGS=$saved_CFLAGS
])
