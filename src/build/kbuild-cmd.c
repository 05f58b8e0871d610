// SPDX-License-Identifier: GPL-2.0-or-later
#include <config.h>

#include "build/kbuild-cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "build/safe-file.h"

#define FILES_MOST 500000

char *kbuild_cmd_path(const char *object)
{
	const char *slash = strrchr(object, '/');
	int folder = slash ? (int)(slash + 1 - object) : 0;

	return g_strdup_printf("%.*s.%s.cmd", folder, object, object + folder);
}

/* What make makes of the text that kbuild has escaped for it. */
static char *unescape(const char *text, gsize len)
{
	g_autoptr(GString) out = g_string_new_len(text, (gssize)len);

	g_string_replace(out, "$(pound)", "#", 0);
	g_string_replace(out, "\\#", "#", 0);
	g_string_replace(out, "$$", "$", 0);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* How a line begins that has a command; Linux 6.5 and later have the second. */
static const char *const kinds[] = {"cmd_", "savedcmd_"};

char *kbuild_cmd_target(const char *text)
{
	const char *end = strstr(text, " := ");

	for (gsize i = 0; end && i < G_N_ELEMENTS(kinds); i++) {
		gsize len = strlen(kinds[i]);

		if (g_str_has_prefix(text, kinds[i]) && text + len < end)
			return g_strndup(text + len, (gsize)(end - text) - len);
	}
	return NULL;
}

char *kbuild_cmd_saved(const char *text, const char *object)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *start = g_strconcat(kinds[i], object,
						     " := ", NULL);
		gsize len = strlen(start);

		for (const char *line = text; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			if (strncmp(line, start, len) == 0)
				return unescape(line + len,
						strcspn(line + len, "\n"));
		}
	}
	return NULL;
}

static bool is_end(const char *text)
{
	return text[0] == ';' || g_str_has_prefix(text, "&&");
}

/*
 * How much of the text is the first command of a shell's list; 0 when it is
 * anything but words and quotes.
 */
static gsize first_command(const char *text)
{
	char quote = '\0';
	gsize i;

	for (i = 0; text[i]; i++) {
		char c = text[i];

		if (quote == '\'') {
			quote = c == '\'' ? '\0' : quote;
		} else if (!quote && is_end(text + i)) {
			return i;
		} else if (strchr("$`\\", c) ||
			   (!quote && strchr("&|<>()*?[]~!{}", c))) {
			return 0;
		} else if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '\'' || c == '"') {
			quote = c;
		}
	}
	return quote ? 0 : i;
}

static bool is_dependency_list(const char *word)
{
	return g_str_has_prefix(word, "-Wp,-MMD,") ||
	       g_str_has_prefix(word, "-Wp,-MD,");
}

/* Taken over word by word; what is seen on the way says what it does. */
struct compile {
	GString *out;
	guint compiles, outputs, sources;
};

static void add_word(struct compile *compile, const char *word)
{
	g_autofree char *quoted = g_shell_quote(word);

	g_string_append_printf(compile->out, "%s%s",
			       compile->out->len ? " " : "", quoted);
}

char *kbuild_cmd_read(const char *command, const char *source)
{
	gsize len = first_command(command);
	g_autofree char *first = g_strndup(command, len);
	g_auto(GStrv) argv = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	struct compile compile = {.out = out};

	if (len == 0 || !g_shell_parse_argv(first, NULL, &argv, NULL))
		return NULL;
	for (gsize i = 0; argv[i]; i++) {
		bool compiles = strcmp(argv[i], "-c") == 0;

		if (is_dependency_list(argv[i]))
			continue;
		if (strcmp(argv[i], "-o") == 0 && argv[i + 1]) {
			compile.outputs++;
			i++;
			continue;
		}
		compile.compiles += compiles;
		compile.sources += strcmp(argv[i], source) == 0;
		add_word(&compile, compiles ? "-fsyntax-only" : argv[i]);
	}
	if (compile.compiles != 1 || compile.outputs != 1 ||
	    compile.sources != 1)
		return NULL;
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *kbuild_cmd_path_of(const char *word, gsize len)
{
	g_autofree char *path = g_strndup(word, len);

	return strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//")
		       ? g_canonicalize_filename(path, "/")
		       : g_steal_pointer(&path);
}

/* The path that ends before `end`. */
static char *path_before(const char *text, const char *end)
{
	const char *from = end;

	while (from > text && !g_ascii_isspace(from[-1]))
		from--;
	return kbuild_cmd_path_of(from, (gsize)(end - from));
}

bool kbuild_cmd_names(const char *text, const char *file)
{
	const char *name = strrchr(file, '/');
	gsize len = name ? strlen(name) : 0;

	for (const char *at = name ? strstr(text, name) : NULL; at;
	     at = strstr(at + len, name)) {
		g_autofree char *path = NULL;

		if (at[len] && !g_ascii_isspace(at[len]))
			continue;
		path = path_before(text, at + len);
		if (strcmp(path, file) == 0)
			return true;
	}
	return false;
}

static bool is_young_cmd(const FTSENT *entry, gint64 since_us)
{
	const struct timespec *at = &entry->fts_statp->st_mtim;

	return entry->fts_info == FTS_F && entry->fts_name[0] == '.' &&
	       g_str_has_suffix(entry->fts_name, ".cmd") &&
	       (gint64)at->tv_sec * G_USEC_PER_SEC + at->tv_nsec / 1000 >=
		       since_us;
}

struct cmd_walk {
	gint64 since_us;
	kbuild_cmd_visit visit;
	gpointer data;
	bool unread, ended;
};

static void visit_file(struct cmd_walk *walk, const FTSENT *entry)
{
	int fd = open(entry->fts_accpath,
		      O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	g_autofree char *text = fd < 0 ? NULL
				       : safe_file_take(fd, KBUILD_CMD_BYTES);

	if (text)
		walk->ended = !walk->visit(text, walk->data);
	else
		walk->unread = true;
}

/* False at the end. */
static bool visit_next(struct cmd_walk *walk, FTS *fts)
{
	FTSENT *entry;

	errno = 0;
	entry = fts_read(fts);
	if (!entry) {
		walk->unread |= errno != 0;
		return false;
	}
	walk->unread |= entry->fts_info == FTS_DNR ||
			entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;
	if (is_young_cmd(entry, walk->since_us))
		visit_file(walk, entry);
	return !walk->ended;
}

bool kbuild_cmd_walk(const char *dir, gint64 since_us, kbuild_cmd_visit visit,
		     gpointer data)
{
	struct cmd_walk walk = {since_us, visit, data, false, false};
	char *paths[] = {(char *)(guintptr)dir, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	guint left = FILES_MOST;

	while (fts && left > 0 && visit_next(&walk, fts))
		left--;
	if (fts)
		fts_close(fts);
	return fts && left > 0 && !walk.ended && !walk.unread;
}
