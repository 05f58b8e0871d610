/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/outcome.h"

#include <string.h>

const struct outcome outcomes[] = {
	{"accepted", "accepted", true,
	 "every check that the project asks for has passed"},
	{"results", "test results", true,
	 "the tests have passed; sent with their count"},
	{"results-failed", "tests failed", false,
	 "a test fails that does not fail without the series"},
	{"series-incomplete", "patches are missing", false,
	 "a patch of the series has not come within the wait"},
	{"signoff-missing", "not signed off", false,
	 "a patch has no Signed-off-by line of its submitter"},
	{"submitter-unknown", "submitter unknown", false,
	 "nobody on the roster has the address that sent the series"},
	{"submitter-unclear", "held for staff", false,
	 "who sent the series is unclear and staff has to look"},
	{"description-invalid", "test description invalid", false,
	 "no project fits, or the test description is missing or wrong"},
	{"content-refused", "content refused", false,
	 "the series touches what it may not, or is too large"},
	{"style-wrong", "style", false,
	 "the checker's findings reach the project's bar"},
	{"apply-failed", "does not apply", false,
	 "the series does not apply on any base that was tried"},
	{"build-failed", "does not build", false,
	 "a build fails, or warns, where the base does not"},
	{"trouble-waiting", "waits for staff", false,
	 "trouble of ours outlasted its retries; sent once"},
	{"limit-reached", "daily limit reached", false,
	 "the submitter has sent more today than the project allows"},
	{"status", "status", true, "the submitter asked \"reroll: status\""},
	{NULL, NULL, false, NULL},
};

const struct outcome *outcome_find(const char *name)
{
	for (const struct outcome *o = outcomes; name && o->name; o++) {
		if (strcmp(o->name, name) == 0)
			return o;
	}
	return NULL;
}
