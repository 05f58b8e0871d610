/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address is put into the text behind the person's last one, where the tree
 * says that this stands. What came of it is read again before it is kept: it
 * has to be the same people, the one with one address more. So a form of YAML
 * that is not foreseen here is refused and never damaged.
 */
#include "config/roster-edit.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "config/expect.h"
#include "config/file.h"
#include "config/roster-internal.h"
#include "config/schema.h"

#define EMAIL_BYTES 254 /* RFC 5321 has no longer ones */
#define PLAIN_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-@"

struct edit {
	const char *file; /* as it was named, which says what form it has */
	const char *path; /* what that leads to: a link stays one */
	const char *login, *email;
	char *text;
	gsize len;
};

static bool refuse(GError **error, enum reroll_error code,
		   const struct edit *edit, const char *why)
{
	g_autofree char *path = text_quote(edit->file, -1);
	g_autofree char *email = text_quote(edit->email, -1);

	g_set_error(error, REROLL_ERROR, (int)code,
		    "the address %s is not put on the roster %s: %s", email,
		    path, why);
	return false;
}

static bool is_address(const char *email)
{
	if (expect_address(email) || strlen(email) > EMAIL_BYTES ||
	    !g_utf8_validate(email, -1, NULL))
		return false;
	for (const char *at = email; *at; at = g_utf8_next_char(at)) {
		gunichar letter = g_utf8_get_char(at);

		if (!g_unichar_isgraph(letter) || g_unichar_isspace(letter))
			return false;
	}
	return true;
}

/* The person of that login among `people`; NULL: there is none. */
static const struct person *find_person(const GPtrArray *people,
					const char *login)
{
	for (guint i = 0; i < people->len; i++) {
		const struct person *person = people->pdata[i];

		if (strcmp(person->login, login) == 0)
			return person;
	}
	return NULL;
}

/* Who has the address; NULL: nobody. */
static const struct person *find_owner(const GPtrArray *people,
				       const char *email)
{
	g_autofree char *key = roster_address_key(email);

	for (guint i = 0; i < people->len; i++) {
		const struct person *person = people->pdata[i];

		for (guint j = 0; j < person->emails->len; j++) {
			g_autofree char *one = roster_address_key(
				person->emails->pdata[j]);

			if (strcmp(one, key) == 0)
				return person;
		}
	}
	return NULL;
}

/* The node of the person's last address. */
static const struct node *find_last(const struct node_tree *tree,
				    const char *login)
{
	for (guint i = 0; i < tree->root->items->len; i++) {
		const struct node *person = tree->root->items->pdata[i];
		const struct node *name = node_value(person, "login");
		const struct node *emails = node_value(person, "emails");

		if (strcmp(name->text, login) == 0)
			return emails->items->pdata[emails->items->len - 1];
	}
	return NULL;
}

/* Where a line and column of a tree are in the text; its end when beyond. */
static gsize offset_of(const struct edit *edit, guint line, guint column)
{
	const char *at = edit->text, *end = edit->text + edit->len;

	for (; line > 1 && at < end; line--) {
		const char *next = memchr(at, '\n', (gsize)(end - at));

		at = next ? next + 1 : end;
	}
	for (; column > 1 && at < end && *at != '\n'; column--)
		at = g_utf8_next_char(at);
	return (gsize)(at - edit->text);
}

/* The end of the cell that begins there, before its last quote. */
static gsize end_of_cell(const struct edit *edit, gsize at)
{
	bool quoted = edit->text[at] == '"';

	if (!quoted)
		return at + strcspn(edit->text + at, ",\r\n");
	for (at++; edit->text[at] &&
		   (edit->text[at] != '"' || edit->text[at + 1] == '"');
	     at++) {
		if (edit->text[at] == '"')
			at++;
	}
	return at;
}

static char *edit_csv(const struct edit *edit, const struct node *last)
{
	gsize at = end_of_cell(edit, offset_of(edit, last->line, last->column));
	GString *text = g_string_new_len(edit->text, (gssize)at);

	while (text->len && g_ascii_isspace(text->str[text->len - 1]))
		g_string_truncate(text, text->len - 1);
	g_string_append_printf(text, " %s", edit->email);
	g_string_append_len(text, edit->text + at, (gssize)(edit->len - at));
	return g_string_free(text, FALSE);
}

static char *yaml_scalar(const char *email)
{
	g_auto(GStrv) parts = NULL;
	g_autofree char *doubled = NULL;

	if (g_ascii_isalpha(*email) && !email[strspn(email, PLAIN_CHARS)])
		return g_strdup(email);
	parts = g_strsplit(email, "'", -1);
	doubled = g_strjoinv("''", parts);
	return g_strdup_printf("'%s'", doubled);
}

/* Of a list with a line for each: what stands before the address. */
static bool is_own_line(const char *line, gsize len)
{
	return len > 1 && memchr(line, '-', len) && strspn(line, " -") >= len;
}

static char *edit_yaml(const struct edit *edit, const struct node *last)
{
	gsize line = offset_of(edit, last->line, 1);
	gsize at = offset_of(edit, last->line, last->column);
	gsize eol = at + strcspn(edit->text + at, "\n");
	bool crlf = eol > at && edit->text[eol - 1] == '\r';
	GString *text = g_string_new(NULL);
	g_autofree char *scalar = yaml_scalar(edit->email);

	if (is_own_line(edit->text + line, at - line)) {
		g_string_append_len(text, edit->text, (gssize)eol - crlf);
		g_string_append(text, crlf ? "\r\n" : "\n");
		g_string_append_len(text, edit->text + line,
				    (gssize)(at - line));
		at = eol - crlf;
	} else {
		bool quoted = strchr("'\"", edit->text[at]) != NULL;

		at = MIN(at + strlen(last->text) + (quoted ? 2 : 0), edit->len);
		g_string_append_len(text, edit->text, (gssize)at);
		g_string_append(text, ", ");
	}
	g_string_append(text, scalar);
	g_string_append_len(text, edit->text + at, (gssize)(edit->len - at));
	return g_string_free(text, FALSE);
}

static bool is_same_person(const struct person *a, const struct person *b,
			   const char *more)
{
	if (strcmp(a->login, b->login) != 0 || strcmp(a->name, b->name) != 0 ||
	    g_strcmp0(a->group, b->group) != 0 ||
	    a->extension_s != b->extension_s ||
	    b->emails->len != a->emails->len + (more != NULL))
		return false;
	for (guint i = 0; i < a->emails->len; i++) {
		if (strcmp(a->emails->pdata[i], b->emails->pdata[i]) != 0)
			return false;
	}
	return !more || strcmp(b->emails->pdata[a->emails->len], more) == 0;
}

/* Whether the new text is the old people, and one address more. */
static bool is_as_meant(const struct edit *edit, const GPtrArray *before,
			const char *text)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(GPtrArray)
		after = roster_parse(text, strlen(text), edit->file, problems);

	if (!after || after->len != before->len)
		return false;
	for (guint i = 0; i < before->len; i++) {
		const struct person *one = before->pdata[i];
		bool it = strcmp(one->login, edit->login) == 0;

		if (!is_same_person(one, after->pdata[i],
				    it ? edit->email : NULL))
			return false;
	}
	return true;
}

static char *make_text(const struct edit *edit, const GPtrArray *people,
		       GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autoptr(node_tree_t)
		tree = roster_read(edit->text, edit->len, edit->file, problems);
	bool csv = g_str_has_suffix(edit->file, ".csv");
	const struct node *last = tree ? find_last(tree, edit->login) : NULL;
	g_autofree char *text = last ? (csv ? edit_csv : edit_yaml)(edit, last)
				     : NULL;

	if (text && is_as_meant(edit, people, text))
		return g_steal_pointer(&text);
	refuse(error, REROLL_ERROR_CONFIG, edit,
	       "it cannot be put into the file without changing more");
	return NULL;
}

static bool write_beside(int fd, const char *text, const struct stat *like)
{
	return fchown(fd, like->st_uid, like->st_gid) == 0 &&
	       fchmod(fd, like->st_mode & 07777) == 0 &&
	       file_write_all(fd, text, strlen(text)) && fsync(fd) == 0;
}

static bool is_unchanged(const char *path, const struct stat *before)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_ino == before->st_ino &&
	       now.st_size == before->st_size &&
	       now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

/* The rename is on the disk when its folder is. */
static void sync_folder(const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static bool replace(const struct edit *edit, const char *text,
		    const struct stat *like, GError **error)
{
	g_autofree char *beside = g_strconcat(edit->path, ".XXXXXX", NULL);
	int fd = g_mkstemp_full(beside, O_RDWR | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write_beside(fd, text, like);
	bool same = written && is_unchanged(edit->path, like);
	bool done = same && g_rename(beside, edit->path) == 0;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	if (fd >= 0 && !done)
		g_unlink(beside);
	if (written && !same)
		return refuse(error, REROLL_ERROR_CONFLICT, edit,
			      "somebody has changed the file meanwhile");
	if (!done)
		return refuse(error, REROLL_ERROR_TEMP, edit,
			      g_strerror(saved));
	sync_folder(edit->path);
	return true;
}

static bool add(const struct edit *edit, const GPtrArray *people,
		const struct stat *like, GError **error)
{
	const struct person *owner = find_owner(people, edit->email);
	g_autofree char *text = NULL;

	if (!find_person(people, edit->login))
		return refuse(error, REROLL_ERROR_NOT_FOUND, edit,
			      "nobody on it has that login");
	if (owner && strcmp(owner->login, edit->login) != 0)
		return refuse(error, REROLL_ERROR_CONFLICT, edit,
			      "it is somebody else's there");
	if (owner)
		return true;
	text = make_text(edit, people, error);
	return text && replace(edit, text, like, error);
}

bool roster_add_email(const char *path, const char *login, const char *email,
		      GError **error)
{
	g_autoptr(problems_t) problems = problems_new();
	g_autofree char *real = realpath(path, NULL);
	struct edit edit = {path, real ? real : path, login, email, NULL, 0};
	g_autofree char *text = NULL;
	g_autoptr(GPtrArray) people = NULL;
	struct stat like;

	if (!is_address(email))
		return refuse(error, REROLL_ERROR_INPUT, &edit,
			      "it is no address that a roster can have");
	if (stat(edit.path, &like) != 0)
		return refuse(error, REROLL_ERROR_TEMP, &edit,
			      g_strerror(errno));
	text = file_read(path, ROSTER_BYTES, &edit.len, problems);
	edit.text = text;
	people = text ? roster_parse(text, edit.len, path, problems) : NULL;
	if (!people)
		return !problems_to_error(problems, error);
	return add(&edit, people, &like, error);
}
