/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A series, a project and a base repository for the tests of the gates, all
 * made here: mails are filled in by hand, so that a gate's test stands and
 * falls with the gate and not with the reading of mail.
 */
#ifndef TESTS_UNIT_GATE_CASE_H
#define TESTS_UNIT_GATE_CASE_H

#include "test.h"

#include <sys/stat.h>

#include "base/base.h"
#include "gate/gate.h"
#include "mail/trailers.h"

struct gate_case {
	struct tempdir *dir;
	char *repo, *objects;
	struct project project;
	struct site site;
	struct series series;
	struct gate_subject subject;
	struct verdict *verdict;
};

static inline void gate_git(const char *dir, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	static const char *const envp[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=/nonexistent",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Base",
		"GIT_AUTHOR_EMAIL=base@example.org",
		"GIT_COMMITTER_NAME=Base",
		"GIT_COMMITTER_EMAIL=base@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_DATE=1700000000 +0000",
		NULL};
	struct process_spec spec = {
		.envp = envp,
		.cwd = dir,
		.output_limit_bytes = 1 << 20,
	};
	g_autoptr(process_result_t) result = NULL;

	g_ptr_array_add(argv, (gpointer)(gsize) "git");
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)(gsize)*words);
	g_ptr_array_add(argv, NULL);
	spec.argv = (const char *const *)argv->pdata;
	result = process_run(&spec, NULL, &error);
	if (!result)
		fail_msg("%s", error->message);
	if (!process_result_ok(result))
		fail_msg("git %s: %s", (const char *)argv->pdata[1],
			 (const char *)g_bytes_get_data(result->err, NULL));
}

#define GIT(dir, ...) gate_git(dir, (const char *const[]){__VA_ARGS__, NULL})

/* Put a file into the work tree of the base; gate_base_commit() ends it. */
static inline void gate_base_file(const struct gate_case *c, const char *path,
				  const char *text, int mode)
{
	g_autofree char *full = g_build_filename(c->repo, path, NULL);
	g_autofree char *folder = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
	assert_int_equal(chmod(full, (mode_t)mode), 0);
}

static inline void gate_base_commit(const struct gate_case *c)
{
	GIT(c->repo, "add", "-A");
	GIT(c->repo, "commit", "-q", "--allow-empty", "-m", "base");
}

static inline int gate_case_set_up(void **state)
{
	struct gate_case *c = g_new0(struct gate_case, 1);
	g_autoptr(GError) error = NULL;

	c->dir = tempdir_new(&error);
	if (!c->dir)
		fail_msg("%s", error->message);
	c->repo = g_build_filename(c->dir->path, "base", NULL);
	c->objects = g_build_filename(c->dir->path, "objects", NULL);
	assert_int_equal(g_mkdir_with_parents(c->repo, 0700), 0);
	GIT(c->repo, "init", "-q", "-b", "main");

	c->project.name = (char *)(gsize) "Tiny";
	c->project.file = (char *)(gsize) "tiny.yaml";
	c->project.dir = c->dir->path;
	c->project.match.paths = g_ptr_array_new();
	c->project.signoff.required = true;
	c->project.signoff.review = REVIEW_HOLD;
	c->project.signoff.unlisted_from = REVIEW_ACCEPT;
	c->project.style.checker = (char *)(gsize) "checkpatch";
	c->project.style.ignore = g_ptr_array_new();
	c->project.style.max_line = 100;
	c->project.limits.patches = 15;
	c->project.limits.files = 200;
	c->project.limits.mail_bytes = 512 << 10;

	c->series.name = (char *)(gsize) "tiny: change it";
	c->series.version = 1;
	c->series.patches = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	c->series.also = g_ptr_array_new_with_free_func(
		(GDestroyNotify)message_free);
	c->subject.series = &c->series;
	c->subject.project = &c->project;
	c->subject.site = &c->site;
	c->subject.repo = c->repo;
	c->subject.base = "main";
	c->subject.objects_dir = c->objects;
	c->verdict = verdict_new();
	*state = c;
	return 0;
}

static inline int gate_case_tear_down(void **state)
{
	struct gate_case *c = *state;

	gate_subject_clear(&c->subject);
	verdict_free(c->verdict);
	g_ptr_array_unref(c->series.patches);
	g_ptr_array_unref(c->series.also);
	g_ptr_array_unref(c->project.match.paths);
	g_ptr_array_unref(c->project.style.ignore);
	g_free(c->repo);
	g_free(c->objects);
	tempdir_free(c->dir);
	g_free(c);
	return 0;
}

static inline GBytes *gate_bytes(const char *text)
{
	return text ? g_bytes_new(text, strlen(text)) : NULL;
}

static inline GPtrArray *gate_trailers(const char *const *signoffs)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trailer_free);

	for (; signoffs && *signoffs; signoffs++)
		g_ptr_array_add(list, trailer_new("Signed-off-by", *signoffs));
	return list;
}

/* The next patch of the series, by Alex Smith, signed off. */
static inline struct message *gate_add(struct gate_case *c, const char *diff)
{
	static const char *const signoffs[] = {"Alex Smith <alex@example.org>",
					       NULL};
	struct message *message = g_new0(struct message, 1);

	message->kind = MESSAGE_PATCH;
	message->message_id = g_strdup_printf("<%u@example.org>",
					      c->series.patches->len + 1);
	message->subject = g_strdup("[PATCH] tiny: change it");
	message->commit_subject = g_strdup("tiny: change it");
	message->author = g_strdup("Alex Smith");
	message->email = g_strdup("alex@example.org");
	message->date = g_strdup("Tue, 14 Nov 2023 22:13:20 +0000");
	message->date_at = 1700000000;
	message->from = g_ptr_array_new_with_free_func(
		(GDestroyNotify)mailbox_free);
	g_ptr_array_add(message->from,
			mailbox_new("Alex Smith", "alex@example.org"));
	message->log = gate_bytes("The old text was not the new one, so this "
				  "makes it so.\n\n"
				  "Signed-off-by: Alex Smith "
				  "<alex@example.org>\n");
	message->patch = gate_bytes(diff);
	message->trailers = gate_trailers(signoffs);
	message->references = g_ptr_array_new();
	message->prefixes = g_ptr_array_new();
	message->prerequisites = g_ptr_array_new();
	message->depends_on = g_ptr_array_new();
	message->version = 1;
	g_ptr_array_add(c->series.patches, message);
	message->index = message->total = c->series.patches->len;
	c->series.total = c->series.patches->len;
	c->series.complete = true;
	return message;
}

/* Forget what an earlier gate found. */
static inline void gate_reset(struct gate_case *c)
{
	gate_subject_clear(&c->subject);
	verdict_free(c->verdict);
	c->verdict = verdict_new();
}

static inline void gate_drop_patches(struct gate_case *c)
{
	gate_reset(c);
	g_ptr_array_set_size(c->series.patches, 0);
	g_ptr_array_set_size(c->series.also, 0);
}

/* Run a gate that must judge. */
static inline void gate_run(struct gate_case *c, gate_check check)
{
	g_autoptr(GError) error = NULL;

	if (!check(&c->subject, c->verdict, NULL, &error))
		fail_msg("%s", error->message);
}

static inline void assert_outcome(const struct gate_case *c,
				  const char *outcome)
{
	if (g_strcmp0(c->verdict->outcome, outcome) != 0)
		fail_msg("%s, expected %s (%s)",
			 c->verdict->outcome ? c->verdict->outcome : "passed",
			 outcome ? outcome : "passed",
			 c->verdict->summary ? c->verdict->summary : "");
}

static inline const struct finding *gate_finding(const struct gate_case *c,
						 guint n)
{
	assert_true(n < c->verdict->findings->len);
	return c->verdict->findings->pdata[n];
}

static inline void assert_finding(const struct gate_case *c, guint n,
				  const char *file, guint line,
				  const char *type)
{
	const struct finding *finding = gate_finding(c, n);

	if (g_strcmp0(finding->file, file) != 0 || finding->line != line ||
	    g_strcmp0(finding->type, type) != 0)
		fail_msg("%s:%u: %s: %s, expected %s:%u: %s",
			 finding->file ? finding->file : "", finding->line,
			 finding->type ? finding->type : "", finding->text,
			 file ? file : "", line, type ? type : "");
}

static inline const char *gate_detail_text(const struct gate_case *c,
					   const char *key)
{
	return json_string_value(json_object_get(c->verdict->detail, key));
}

#define GATE_TEST(test)                                         \
	cmocka_unit_test_setup_teardown(test, gate_case_set_up, \
					gate_case_tear_down)

#endif
