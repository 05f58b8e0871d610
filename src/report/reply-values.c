/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every value that a template is given, by the outcome that has it: what
 * reroll-template(5) lists is printed from these rows.
 */
#include "report/reply.h"

const struct reply_value reply_values[] = {
	{NULL, "name, email", "Of the submitter, whom the reply goes to"},
	{NULL, "project",
	 "The project's name; none when none takes the series"},
	{NULL, "series, version, next_version",
	 "The series' name, its number and the one after it"},
	{NULL, "version_tag", "v9; nothing of a version 1"},
	{NULL, "patch_line", "[v9] syscall: add ...; of a version 1 its name"},
	{NULL, "signed_off", "Whether every patch has a Signed-off-by line"},
	{NULL, "suite", "The name of the submitter's tests"},
	{NULL, "outcome, title", "The outcome and its title"},
	{NULL, "summary", "What is wrong, in one sentence"},
	{NULL, "findings[]",
	 "What to look at, 30 at most: place, text, severity, type, context, "
	 "patch, file, line, column"},
	{NULL, "errors, warnings, notes", "How many there are of each"},
	{NULL, "damage[]", "What a mail program did: name, advice"},
	{NULL, "cut",
	 "True when the reply was too long, so that texts and lists were cut"},
	{NULL, "sign, help_to", "Who signs, and the address to ask"},
	{"accepted", "ref", "Where the applied commits were kept"},
	{"accepted", "tried[]",
	 "The bases, also of later refusals: base, base_id, result"},
	{"accepted", "builds[]", "As of build-failed"},
	{"series-incomplete", "missing[]", "Such as 3/4"},
	{"series-incomplete", "total, have", "How many patches there are"},
	{"signoff-missing", "reason",
	 "A word such as no-signoff; these are of submitter-unknown and "
	 "submitter-unclear too"},
	{"signoff-missing", "odd", "What is odd, in one sentence"},
	{"signoff-missing", "posted_from", "The address the mail came from"},
	{"signoff-missing", "unlisted",
	 "True when that is of nobody, and the sign-off of somebody known"},
	{"submitter-unknown", "no_from", "True when it came from no address"},
	{"description-invalid", "expected_path", "Where the file has to be"},
	{"description-invalid", "example_path, example", "One that would do"},
	{"description-invalid", "no_project",
	 "True when no project takes the series; then nothing else is told"},
	{"description-invalid", "projects[]",
	 "With no_project, what each asks for: name, subject, list, cover"},
	{"apply-failed", "patch, patch_subject",
	 "The number and the subject of the patch"},
	{"apply-failed", "file, hunk, line", "Where it fails"},
	{"apply-failed", "reason, text", "Why, as a word and as a sentence"},
	{"apply-failed", "commit", "The commit that has the patch already"},
	{"apply-failed", "expected[], found[]", "Lines of the file"},
	{"apply-failed", "nearest", "A line that looks like the place"},
	{"build-failed", "builds[]",
	 "Each: id, seed (of a randconfig), status, ok, warned, summary, "
	 "findings, log_tail, and "
	 "lost[] with symbol, wanted, got, reason"},
	{"build-failed", "builds_failed, builds_passed", "How many"},
	{"build-failed", "only_warnings",
	 "True when every build made its files"},
	{"results", "passed, count, all", "Of the tests; all: none failed"},
	{"results", "failed[]", "Each: name, expected, log"},
	{"results", "log_url", "Where the whole log is"},
	{"limit-reached", "per_day", "How many series a day are checked"},
	{"status", "stage, outstanding", "Where the run is, what it waits for"},
	{NULL, NULL, NULL},
};
