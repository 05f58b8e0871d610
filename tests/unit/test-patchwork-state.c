/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of patches set in both Patchworks, and left to people. */
#include "intake-fixture.h"

#include "intake/patchwork-state.h"

static bool is_fdo;

static int set_up(void **state)
{
	*state = fixture_new_patchwork(is_fdo, 3);
	return 0;
}

static int tear_down(void **state)
{
	fixture_free_patchwork(*state);
	return 0;
}

static bool set(struct fixture *fixture, const struct patchwork_states *states,
		guint *count, GError **error)
{
	g_autoptr(patchwork_poster_t) poster = patchwork_poster_new(
		fixture->config, &fixture->timing, error);
	g_autoptr(GAsyncResult) res = NULL;

	assert_non_null(poster);
	patchwork_state_async(poster, states, NULL, fixture_keep_result, &res);
	while (!res)
		g_main_context_iteration(NULL, TRUE);
	return patchwork_state_finish(res, count, error);
}

static const char *const ours[] = {"under-review", "Changes Requested", NULL};

/* Set the state of 1 to 3; how many got it. */
static guint set_ok(struct fixture *fixture, const char *to)
{
	const struct patchwork_states states = {"1,2,3", to, ours};
	g_autoptr(GError) error = NULL;
	guint count = 0;

	if (!set(fixture, &states, &count, &error))
		fail_msg("%s", error->message);
	return count;
}

static void assert_state(struct fixture *fixture, int patch, const char *want)
{
	g_autoptr(json_t) now = fixture_order(
		fixture,
		json_pack("{ss si}", "op", "state_of", "patch", patch));

	assert_string_equal(json_string_value(now), want);
}

static void a_person_sets(struct fixture *fixture, int patch, const char *to)
{
	json_decref(fixture_order(
		fixture, json_pack("{ss si ss ss}", "op", "state", "patch",
				   patch, "state", to, "user", "staff")));
}

/* Requests that change something. */
static guint writes(struct fixture *fixture)
{
	g_autoptr(json_t) all = fixture_order(
		fixture, json_pack("{ss}", "op", "requests"));
	guint count = 0;

	for (gsize i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);
		const char *method = json_string_value(json_array_get(one, 0));
		const char *body = json_string_value(json_array_get(one, 2));

		count += strcmp(method, "PATCH") == 0 ||
			 strstr(body, "patch_set") != NULL;
	}
	return count;
}

static void every_patch_of_the_series_gets_the_state(void **state)
{
	assert_int_equal(set_ok(*state, "under-review"), 3);
	for (int patch = 1; patch <= 3; patch++)
		assert_state(*state, patch, "Under Review");
	assert_int_equal(writes(*state), 3);
}

static void what_is_there_already_is_not_set_again(void **state)
{
	set_ok(*state, "Under Review");
	assert_int_equal(set_ok(*state, "under-review"), 0);
	assert_int_equal(writes(*state), 3);
}

static void a_state_of_ours_gives_way_to_another(void **state)
{
	assert_int_equal(set_ok(*state, "changes-requested"), 3);
	assert_int_equal(set_ok(*state, "under-review"), 3);
	assert_state(*state, 1, "Under Review");
}

static void what_a_person_decided_is_left_alone(void **state)
{
	static const char *const final[] = {"Accepted", "Rejected",
					    "Superseded", "RFC", "Deferred"};

	for (gsize i = 0; i < G_N_ELEMENTS(final); i++) {
		a_person_sets(*state, 2, final[i]);
		set_ok(*state, i % 2 ? "under-review" : "changes-requested");
		assert_state(*state, 2, final[i]);
	}
	assert_state(*state, 1, "Changes Requested");
}

static void a_state_of_a_person_is_not_ours_unless_we_set_it(void **state)
{
	const struct patchwork_states states = {"1", "under-review", NULL};
	guint count;

	a_person_sets(*state, 1, "Changes Requested");
	assert_true(set(*state, &states, &count, NULL));
	assert_int_equal(count, 0);
	assert_state(*state, 1, "Changes Requested");
}

static void expect_error(struct fixture *fixture,
			 const struct patchwork_states *states, int code)
{
	g_autoptr(GError) error = NULL;
	guint count = 7;

	assert_false(set(fixture, states, &count, &error));
	if (!g_error_matches(error, REROLL_ERROR, code))
		fail_msg("code %d, not %d: %s", error->code, code,
			 error->message);
	assert_int_equal(count, 0);
}

static void a_state_that_the_server_does_not_know_is_staffs(void **state)
{
	static const struct patchwork_states states = {"1", "done", NULL};
	static const struct patchwork_states number = {"1", "2", NULL};

	expect_error(*state, &states, REROLL_ERROR_CONFIG);
	expect_error(*state, &number, REROLL_ERROR_CONFIG);
	assert_state(*state, 1, "New");
}

static void a_patch_that_is_not_there_is_told(void **state)
{
	static const struct patchwork_states states = {"77", "under-review",
						       NULL};

	expect_error(*state, &states, REROLL_ERROR_NOT_FOUND);
}

static void who_may_not_is_told_to_staff(void **state)
{
	static const struct patchwork_states states = {"1", "under-review",
						       NULL};

	fixture_configure_patchwork(
		*state, is_fdo,
		is_fdo ? "student-password\n"
		       : "fedcba9876543210fedcba9876543210fedcba98\n",
		"student");
	expect_error(*state, &states, REROLL_ERROR_CONFIG);
	fixture_configure_patchwork(*state, is_fdo, "wrong\n", "cibot");
	expect_error(*state, &states, REROLL_ERROR_CONFIG);
	assert_state(*state, 1, "New");
}

static void what_goes_wrong_says_what_to_do(void **state)
{
	static const char *const hows[] = {"500",  "429",     "301",
					   "html", "garbage", "half",
					   "cut",  "empty",   "close"};
	static const struct patchwork_states states = {"1", "under-review",
						       NULL};

	for (gsize i = 0; i < G_N_ELEMENTS(hows); i++) {
		json_decref(fixture_order(
			*state, json_pack("{ss ss ss}", "op", "fault", "match",
					  "^(PATCH|POST)", "how", hows[i])));
		expect_error(*state, &states, REROLL_ERROR_TEMP);
		json_decref(fixture_order(
			*state, json_pack("{ss ss ss}", "op", "fault", "match",
					  "^GET", "how", hows[i])));
		/* A redirect of what is only read is followed. */
		if (strcmp(hows[i], "301") != 0)
			expect_error(*state, &states, REROLL_ERROR_TEMP);
		json_decref(
			fixture_order(*state, json_pack("{ss}", "op", "mend")));
	}
	assert_state(*state, 1, "New");
}

static void a_server_without_xml_rpc_is_told_to_staff(void **state)
{
	static const struct patchwork_states states = {"1", "under-review",
						       NULL};

	json_decref(fixture_order(
		*state, json_pack("{ss sb}", "op", "xmlrpc", "on", 0)));
	expect_error(*state, &states, REROLL_ERROR_CONFIG);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define BOTH                                                            \
	CASE(every_patch_of_the_series_gets_the_state),                 \
		CASE(what_is_there_already_is_not_set_again),           \
		CASE(a_state_of_ours_gives_way_to_another),             \
		CASE(what_a_person_decided_is_left_alone),              \
		CASE(a_state_of_a_person_is_not_ours_unless_we_set_it), \
		CASE(a_state_that_the_server_does_not_know_is_staffs),  \
		CASE(a_patch_that_is_not_there_is_told),                \
		CASE(who_may_not_is_told_to_staff),                     \
		CASE(what_goes_wrong_says_what_to_do)

static const struct CMUnitTest upstream[] = {BOTH};
static const struct CMUnitTest fdo[] = {
	BOTH, CASE(a_server_without_xml_rpc_is_told_to_staff)};

int main(void)
{
	int failed = cmocka_run_group_tests_name("upstream", upstream, NULL,
						 NULL);

	is_fdo = true;
	return failed + cmocka_run_group_tests_name("fdo", fdo, NULL, NULL);
}
