// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/kbuild-path.h"

#include <glib.h>
#include <string.h>

#include "base/base.h"

/* What headers and flags are not made of; text_glob() patterns. */
static const char *const harmless[] = {"**.c", "**.h", "Documentation/**"};

/* But these are: programs of the build, and what they read. */
static const char *const sources_of_headers[] = {
	"scripts/**",
	"tools/**",
	"usr/**",
	"arch/*/tools/**",
	"arch/*/boot/**",
	"**/vdso*/**",
	"kernel/bounds.c",
	"**/asm-offsets*.c",
	"security/selinux/include/**",
	"include/uapi/linux/capability.h",
	"include/linux/socket.h",
	"include/uapi/asm-generic/resource.h",
};

static bool matches(const char *const *globs, gsize count, const char *path)
{
	for (gsize i = 0; i < count; i++) {
		if (text_glob(globs[i], path))
			return true;
	}
	return false;
}

bool kbuild_is_plain(const char *path)
{
	for (const char *p = path; *p; p++) {
		if (!g_ascii_isalnum(*p) && !strchr("_-+./,", *p))
			return false;
	}
	return path[0] != '-' && path[0] != '/' && !strstr(path, "..");
}

bool kbuild_makes_objects(const char *path)
{
	return matches(harmless, G_N_ELEMENTS(harmless), path) &&
	       !matches(sources_of_headers, G_N_ELEMENTS(sources_of_headers),
			path);
}

bool kbuild_is_of_all(const char *path)
{
	return g_str_has_prefix(path, "include/") ||
	       g_str_has_prefix(path, "Documentation/") ||
	       strstr(path, "/include/");
}

char *kbuild_object(const char *source)
{
	const char *dot = strrchr(source, '.');
	const char *slash = strrchr(source, '/');

	return dot && (!slash || dot > slash)
		       ? g_strdup_printf("%.*s.o", (int)(dot - source), source)
		       : g_strconcat(source, ".o", NULL);
}
