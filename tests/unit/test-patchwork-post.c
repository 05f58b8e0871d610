/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results posted back to both Patchworks: once each, and only what differs. */
#include "intake-fixture.h"

#include "intake/patchwork-post.h"

static bool is_fdo;

static int set_up(void **state)
{
	*state = fixture_new_patchwork(is_fdo, 2);
	return 0;
}

static int tear_down(void **state)
{
	fixture_free_patchwork(*state);
	return 0;
}

static bool post(struct fixture *fixture, const struct patchwork_result *result,
		 bool *posted, GError **error)
{
	g_autoptr(patchwork_poster_t) poster = patchwork_poster_new(
		fixture->config, &fixture->timing, error);
	g_autoptr(GAsyncResult) res = NULL;

	assert_non_null(poster);
	patchwork_post_async(poster, result, NULL, fixture_keep_result, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	return patchwork_post_finish(res, posted, error);
}

static const struct patchwork_result example = {
	.series = 1,
	.revision = 1,
	.patches = "1,2",
	.name = "reroll.build",
	.state = PATCHWORK_PENDING,
	.url = "https://ci.example.org/run/1",
	.summary = "za\xc5\xbc",
};

static void post_ok(struct fixture *fixture,
		    const struct patchwork_result *result, bool expected)
{
	g_autoptr(GError) error = NULL;
	bool posted;

	if (!post(fixture, result, &posted, &error))
		fail_msg("%s", error->message);
	assert_int_equal(posted, expected);
}

static void post_by(struct patchwork_poster *poster,
		    const struct patchwork_result *result, bool expected)
{
	g_autoptr(GAsyncResult) res = NULL;
	g_autoptr(GError) error = NULL;
	bool posted;

	patchwork_post_async(poster, result, NULL, fixture_keep_result, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	if (!patchwork_post_finish(res, &posted, &error))
		fail_msg("%s", error->message);
	assert_int_equal(posted, expected);
}

/* Posts that the server counted. */
static guint posts(struct fixture *fixture)
{
	g_autoptr(json_t) all = fixture_order(
		fixture,
		json_pack("{ss}", "op", is_fdo ? "results" : "checks"));
	guint count = 0;

	for (gsize i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);

		count += is_fdo ? (guint)json_integer_value(
					  json_object_get(one, "posts"))
				: 1;
	}
	return count;
}

static void only_what_differs_is_posted(void **state)
{
	struct patchwork_result result = example;

	post_ok(*state, &result, true);
	post_ok(*state, &result, false);
	result.state = PATCHWORK_FAILURE;
	post_ok(*state, &result, true);
	post_ok(*state, &result, false);
	result.summary = NULL;
	post_ok(*state, &result, true);
	assert_int_equal(posts(*state), 3);
}

static void two_tests_do_not_get_in_each_others_way(void **state)
{
	struct patchwork_result result = example;

	post_ok(*state, &result, true);
	result.name = "reroll.boot";
	post_ok(*state, &result, true);
	result.name = example.name;
	post_ok(*state, &result, false);
	assert_int_equal(posts(*state), 2);
}

/* Who posted a patch may post checks of it, too. */
static void a_check_of_another_is_not_ours(void **state)
{
	struct fixture *fixture = *state;
	g_autoptr(patchwork_poster_t) poster = NULL;
	struct patchwork_result result = example;

	if (is_fdo)
		skip();
	json_decref(fixture_order(
		fixture,
		json_pack("{ss ss si ss ss ss}", "op", "check_by", "user",
			  "student", "patch", 2, "context", "reroll-boot",
			  "state", "pending", "description", example.summary)));
	result.url = NULL;
	poster = patchwork_poster_new(fixture->config, &fixture->timing, NULL);
	post_by(poster, &result, true);
	result.name = "reroll-boot";
	post_by(poster, &result, true);
	post_by(poster, &result, false);
	assert_int_equal(posts(fixture), 3);
}

static void a_url_that_would_be_refused_is_left_out(void **state)
{
	struct patchwork_result result = example;

	result.url = "http://ci/run/1";
	post_ok(*state, &result, true);
	post_ok(*state, &result, false);
}

static void what_goes_wrong_says_what_to_do(void **state)
{
	static const struct {
		const char *how;
		int code;
	} rows[] = {{"500", REROLL_ERROR_TEMP}, {"429", REROLL_ERROR_TEMP},
		    {"301", REROLL_ERROR_TEMP}, {"html", REROLL_ERROR_TEMP},
		    {"cut", REROLL_ERROR_TEMP}, {"close", REROLL_ERROR_TEMP}};
	struct patchwork_result result = example;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		bool posted;

		json_decref(fixture_order(
			*state, json_pack("{ss ss ss}", "op", "fault", "match",
					  "POST", "how", rows[i].how)));
		assert_false(post(*state, &result, &posted, &error));
		assert_int_equal(error->code, rows[i].code);
	}
	assert_int_equal(posts(*state), 0);
	post_ok(*state, &result, true);
}

static void a_series_that_is_not_there_is_told(void **state)
{
	struct patchwork_result result = example;
	g_autoptr(GError) error = NULL;
	bool posted;

	result.series = 77;
	result.patches = "77";
	assert_false(post(*state, &result, &posted, &error));
	assert_int_equal(error->code, REROLL_ERROR_NOT_FOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest both[] = {
	CASE(only_what_differs_is_posted),
	CASE(two_tests_do_not_get_in_each_others_way),
	CASE(a_check_of_another_is_not_ours),
	CASE(a_url_that_would_be_refused_is_left_out),
	CASE(what_goes_wrong_says_what_to_do),
	CASE(a_series_that_is_not_there_is_told),
};

int main(void)
{
	int failed = cmocka_run_group_tests_name("upstream", both, NULL, NULL);

	is_fdo = true;
	return failed + cmocka_run_group_tests_name("fdo", both, NULL, NULL);
}
