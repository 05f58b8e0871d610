/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gate-case.h"

/* Two projects, each with a tag; the second has a cover line and a list too. */
struct two {
	struct project tree, call;
	GPtrArray *projects;
};

static void use_two(struct gate_case *c, struct two *two)
{
	*two = (struct two){.tree.name = (char *)(gsize) "Tree",
			    .call.name = (char *)(gsize) "Call"};
	two->tree.match.subject = g_ptr_array_new();
	two->call.match.subject = g_ptr_array_new();
	g_ptr_array_add(two->tree.match.subject, (gpointer)(gsize) "proctree");
	g_ptr_array_add(two->call.match.subject, (gpointer)(gsize) "syscall");
	g_ptr_array_add(two->call.match.subject, (gpointer)(gsize) "sys");
	two->call.match.cover = (char *)(gsize) "Project: Call";
	two->projects = g_ptr_array_new();
	g_ptr_array_add(two->projects, &two->tree);
	g_ptr_array_add(two->projects, &two->call);
	c->site.trees = g_ptr_array_new();
	c->subject.projects = two->projects;
	c->subject.project = NULL;
}

static void two_clear(struct gate_case *c, struct two *two)
{
	g_ptr_array_unref(c->site.trees);
	g_ptr_array_unref(two->tree.match.subject);
	g_ptr_array_unref(two->call.match.subject);
	g_ptr_array_unref(two->projects);
}

static void add_patch(struct gate_case *c, const char *subject)
{
	struct message *message = gate_add(c, "");

	g_free(message->subject);
	message->subject = g_strdup(subject);
}

static void the_tag_of_a_patch_is_enough(void **state)
{
	static const struct {
		const char *first, *second, *project;
	} rows[] = {
		{"[PATCH 1/2] proctree: add it", "[PATCH 2/2] tests", "Tree"},
		{"[PATCH 1/2] tests", "[PATCH 2/2] proctree: add it", "Tree"},
		{"[PATCH syscall 1/2] a", "[PATCH 2/2] proctree: b", "Call"},
		{"[PATCH 1/2] a", "[PATCH 2/2] b", NULL},
	};
	struct gate_case *c = *state;
	struct two two;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gate_drop_patches(c);
		use_two(c, &two);
		add_patch(c, rows[i].first);
		add_patch(c, rows[i].second);
		gate_run(c, gate_match);
		assert_outcome(c,
			       rows[i].project ? NULL : "description-invalid");
		if (rows[i].project)
			assert_string_equal(c->subject.project->name,
					    rows[i].project);
		two_clear(c, &two);
	}
}

static void a_series_of_no_project_is_told_what_each_asks_for(void **state)
{
	struct gate_case *c = *state;
	g_autofree char *projects = NULL;
	struct two two;

	use_two(c, &two);
	add_patch(c, "[PATCH] add it");
	gate_run(c, gate_match);
	assert_outcome(c, "description-invalid");
	projects = json_dumps(json_object_get(c->verdict->detail, "projects"),
			      JSON_COMPACT);
	assert_string_equal(projects,
			    "[{\"name\":\"Tree\",\"subject\":\"proctree\","
			    "\"list\":null,\"cover\":null},"
			    "{\"name\":\"Call\",\"subject\":\"syscall, sys\","
			    "\"list\":null,\"cover\":\"Project: Call\"}]");
	assert_true(json_is_true(
		json_object_get(c->verdict->detail, "no_project")));
	two_clear(c, &two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(the_tag_of_a_patch_is_enough),
		GATE_TEST(a_series_of_no_project_is_told_what_each_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
