/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/pipeline.h"

const struct stage stages[] = {
	{"assemble", "every patch of the version is there", gate_assemble},
	{"match", "a project takes the series", gate_match},
	{"identify", "every patch is signed off by a known submitter",
	 gate_identify},
	{"describe", "the submitter's test description is there and valid",
	 gate_describe},
	{"content", "size and paths are what the project allows", gate_content},
	{"style", "the checker finds nothing over the project's bar",
	 gate_style},
	{"apply", "the patches apply on the base", gate_apply},
	{"build", "every build of the matrix works and warns of nothing new",
	 NULL},
	{NULL, NULL, NULL},
};
