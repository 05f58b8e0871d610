/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/pipeline-internal.h"

const struct stage stages[] = {
	{"assemble", "every patch of the version is there", gate_assemble,
	 NULL},
	{"match", "a project takes the series", gate_match, NULL},
	{"identify", "every patch is signed off by a known submitter",
	 gate_identify, NULL},
	{"limit", "the submitter has not sent more today than is taken", NULL,
	 limit_start},
	{"describe", "the submitter's test description is there and valid",
	 gate_describe, NULL},
	{"content", "size and paths are what the project allows", gate_content,
	 NULL},
	{"style", "the checker finds nothing over the project's bar",
	 gate_style, NULL},
	{"apply", "the patches apply on the base", gate_apply, NULL},
	{"build", "every build of the matrix works and warns of nothing new",
	 NULL, builds_start, .slow = true, .heavy = true},
	{"test",
	 "every board boots it, and all tests pass that pass on the base", NULL,
	 tests_start, .slow = true},
	{NULL, NULL, NULL, NULL},
};

const struct stage *const stage_kept = &stages[6]; /* style */
