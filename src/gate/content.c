/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a series may bring: diffs that can be read, within the project's sizes,
 * on paths that the project takes and that cannot leave the tree. The apply
 * engine has the same safety rules against the base tree; here the author is
 * told every path at once.
 */
#include "gate/gate-internal.h"

/* Of one binary file, as its patch announces it. */
#define BINARY_BYTES_MOST (4 << 20)

#define PATH_SHOWN_BYTES 300

#define MODE_TYPE 0170000u
#define MODE_SYMLINK 0120000u
#define MODE_SUBMODULE 0160000u

/* What the rows of the table below look at. */
struct look {
	const struct gate_subject *subject;
	const struct patch_file *file;
	const char *path;
	GHashTable *symlinks; /* paths that the series makes symlinks */
};

static gboolean has_mode(const struct patch_file *file, guint32 type)
{
	return (file->old_mode & MODE_TYPE) == type ||
	       (file->new_mode & MODE_TYPE) == type;
}

static gboolean any_component(const char *path, const char *separators,
			      gboolean (*is)(const char *component))
{
	g_auto(GStrv) parts = g_strsplit_set(path, separators, -1);

	for (char **part = parts; *part; part++) {
		if (is(*part))
			return TRUE;
	}
	return FALSE;
}

static gboolean is_no_name(const char *component)
{
	return !*component || strcmp(component, ".") == 0;
}

static gboolean is_parent(const char *component)
{
	return strcmp(component, "..") == 0;
}

static gboolean look_absolute(const struct look *look)
{
	return *look->path == '/' ||
	       (g_ascii_isalpha(look->path[0]) && look->path[1] == ':');
}

static gboolean look_parent(const struct look *look)
{
	return any_component(look->path, "/\\", is_parent);
}

static gboolean look_git(const struct look *look)
{
	return path_is_git(look->path);
}

static gboolean look_odd(const struct look *look)
{
	for (const char *p = look->path; *p; p++) {
		if (g_ascii_iscntrl(*p) || *p == '\\')
			return TRUE;
	}
	return any_component(look->path, "/", is_no_name);
}

static gboolean look_submodule(const struct look *look)
{
	return has_mode(look->file, MODE_SUBMODULE);
}

/* A component before the last that the series makes a symlink. */
static gboolean look_through(const struct look *look)
{
	g_autofree char *above = NULL;

	if (g_hash_table_size(look->symlinks) == 0)
		return FALSE;
	above = g_strdup(look->path);
	for (char *slash = strchr(above, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (g_hash_table_contains(look->symlinks, above))
			return TRUE;
		*slash = '/';
	}
	return FALSE;
}

/* Whether target, seen from the link's folder, climbs out of the tree. */
static gboolean climbs_out(const char *link, const char *target, gsize len)
{
	g_autofree char *text = g_strndup(target, len);
	g_auto(GStrv) above = g_strsplit(link, "/", -1);
	g_auto(GStrv) parts = g_strsplit(text, "/", -1);
	gint depth = (gint)g_strv_length(above) - 1;

	if (*text == '/' || strlen(text) != len)
		return TRUE;
	for (char **part = parts; *part && depth >= 0; part++) {
		if (is_parent(*part))
			depth--;
		else if (!is_no_name(*part))
			depth++;
	}
	return depth < 0;
}

/* The + lines of a symlink's diff are its targets. */
static gboolean look_symlink(const struct look *look)
{
	struct gate_lines lines = {look->file};
	const char *line;
	gsize len;

	if ((look->file->new_mode & MODE_TYPE) != MODE_SYMLINK)
		return FALSE;
	while (gate_lines_next(&lines, &line, &len)) {
		if (*line != '+')
			continue;
		if (line[len - 1] == '\n')
			len--;
		if (climbs_out(look->path, line + 1, len - 1))
			return TRUE;
	}
	return FALSE;
}

static gboolean look_binary(const struct look *look)
{
	return look->file->is_binary &&
	       (look->file->forward.size > BINARY_BYTES_MOST ||
		look->file->reverse.size > BINARY_BYTES_MOST);
}

static gboolean look_outside(const struct look *look)
{
	return !project_path_allowed(look->subject->project, look->path);
}

/* The first row that is true of a path is told, so the worse come first. */
static const struct {
	const char *type;
	gboolean (*is)(const struct look *look);
	const char *text;
} looks[] = {
	{"PATH_ABSOLUTE", look_absolute, "the path is absolute"},
	{"PATH_PARENT", look_parent, "the path has \"..\" in it"},
	{"PATH_GIT", look_git, "git keeps this path for itself"},
	{"PATH_ODD", look_odd,
	 "the path has an empty part, a backslash or a control character"},
	{"SUBMODULE", look_submodule, "it is a submodule"},
	{"SYMLINK_THROUGH", look_through,
	 "the path is below a symlink that the series makes"},
	{"SYMLINK_OUT", look_symlink, "the symlink leads out of the tree"},
	{"BINARY_SIZE", look_binary, "the binary file has more than 4 MiB"},
	{"PATH_OUTSIDE", look_outside,
	 "the path is not among those that the project takes"},
};

static void check_path(const struct look *look, guint patch,
		       struct verdict *verdict)
{
	for (gsize i = 0; i < G_N_ELEMENTS(looks); i++) {
		g_autofree char *shown = NULL;

		if (!looks[i].is(look))
			continue;
		shown = text_one_line(look->path, -1, PATH_SHOWN_BYTES);
		gate_find(verdict, patch,
			  finding_new(SEVERITY_ERROR, shown, 0, looks[i].type,
				      looks[i].text));
		return;
	}
}

/* What the file is after the patch; without a mode it stays what it was. */
static void note_symlink(GHashTable *symlinks, const struct patch_file *file)
{
	gboolean is_link = (file->new_mode & MODE_TYPE) == MODE_SYMLINK;

	if (!file->new_mode && file->old_path)
		is_link = g_hash_table_contains(symlinks, file->old_path);
	if (file->old_path && (file->is_delete || file->is_rename))
		g_hash_table_remove(symlinks, file->old_path);
	if (!file->new_path || file->is_delete)
		return;
	if (is_link)
		g_hash_table_add(symlinks, file->new_path);
	else
		g_hash_table_remove(symlinks, file->new_path);
}

/* The value is how many paths of the patch were not seen before. */
static void check_diff(const struct gate_subject *subject, guint patch,
		       GHashTable *symlinks, GHashTable *seen,
		       struct verdict *verdict)
{
	const struct patch *diff = subject->diffs->pdata[patch - 1];

	for (guint i = 0; diff && i < diff->files->len; i++) {
		const struct patch_file *file = diff->files->pdata[i];
		struct look look = {subject, file, NULL, symlinks};
		char *const paths[] = {file->old_path, file->new_path};
		gboolean same = g_strcmp0(paths[0], paths[1]) == 0;

		for (gsize k = same; k < G_N_ELEMENTS(paths); k++) {
			look.path = paths[k];
			if (!look.path)
				continue;
			g_hash_table_add(seen, paths[k]);
			check_path(&look, patch, verdict);
		}
		note_symlink(symlinks, file);
	}
}

static void check_parsed(const struct gate_subject *subject, guint patch,
			 struct verdict *verdict)
{
	g_autoptr(GError) problem = NULL;
	g_autofree char *text = NULL;

	if (subject->diffs->pdata[patch - 1] ||
	    gate_is_too_large(subject, patch))
		return;
	patch_free(patch_parse(gate_message(subject, patch)->patch, &problem));
	text = g_strdup_printf("the diff cannot be read: %s",
			       problem ? problem->message : "it is empty");
	gate_find(verdict, patch,
		  finding_new(SEVERITY_ERROR, NULL, 0, "MALFORMED", text));
}

static gboolean has_nul(GBytes *text)
{
	gsize len;
	const void *data = g_bytes_get_data(text, &len);

	return memchr(data, 0, len) != NULL;
}

static void check_mail(const struct gate_subject *subject, guint patch,
		       struct verdict *verdict)
{
	const struct message *message = gate_message(subject, patch);
	g_autofree char *is = text_format_size(gate_mail_bytes(message));
	g_autofree char *may = text_format_size(
		subject->project->limits.mail_bytes);
	g_autofree char *text = g_strdup_printf(
		"the patch has %s, at most %s are taken", is, may);

	if (gate_is_too_large(subject, patch))
		gate_find(verdict, patch,
			  finding_new(SEVERITY_ERROR, NULL, 0, "MAIL_SIZE",
				      text));
	if (has_nul(message->patch))
		gate_find(verdict, patch,
			  finding_new(SEVERITY_ERROR, NULL, 0, "NUL_BYTE",
				      "the diff has a NUL byte in it; binary "
				      "files are sent by git format-patch "
				      "--binary"));
}

static void check_count(const char *what, guint64 n, guint64 most,
			struct verdict *verdict)
{
	g_autofree char *text = g_strdup_printf(
		"the series has %" G_GUINT64_FORMAT
		" %s, at most %" G_GUINT64_FORMAT " are taken",
		n, what, most);

	if (most && n > most)
		gate_find(verdict, 0,
			  finding_new(SEVERITY_ERROR, NULL, 0, "SERIES_SIZE",
				      text));
}

gboolean gate_content(struct gate_subject *subject, struct verdict *verdict,
		      GCancellable *cancellable, GError **error)
{
	const struct project *project = subject->project;
	g_autoptr(GHashTable)
		symlinks = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	guint n = subject->series->patches->len;
	gboolean readable = gate_parse_diffs(subject);

	check_count("patches", n, project->limits.patches, verdict);
	for (guint i = 1; i <= n; i++) {
		if (gate_is_stopped(cancellable, error))
			return FALSE;
		check_mail(subject, i, verdict);
		check_parsed(subject, i, verdict);
		check_diff(subject, i, symlinks, seen, verdict);
	}
	check_count("files", g_hash_table_size(seen), project->limits.files,
		    verdict);
	if (verdict->findings->len == 0)
		return TRUE;
	if (!readable)
		gate_find_damage(subject, NULL, verdict);
	verdict_refuse(verdict, "content-refused",
		       readable ? "the series has what the project does not "
				  "take"
				: "a patch is too large or cannot be read");
	return TRUE;
}
