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
	{"apply-failed", "diff[]",
	 "The two as a small diff: lines after a blank, -, or +"},
	{"apply-failed", "sides, base[], ours[], theirs[]",
	 "When a three-way merge failed: the lines that both have changed"},
	{"build-failed", "builds[]",
	 "Each: id, seed (of a randconfig), status, ok, warned, summary, "
	 "findings, log_tail, lost[] with symbol, wanted, got, reason, and "
	 "culprit, the patch at fault as far as it is known: text, patch, "
	 "patches, subject, what, breaks, mended"},
	{"build-failed", "builds_failed, builds_passed", "How many"},
	{"build-failed", "uncompiled[]",
	 "Files that no build compiled: file, text; in findings too"},
	{"build-failed", "only_warnings",
	 "True when every build made its files"},
	{"results", "passed, count, all",
	 "Of the tests; all: there was one, and none failed"},
	{"results", "skipped", "How many were skipped, which are not counted"},
	{"results", "failed[]",
	 "Each: name, board (when there are several), fate (what became of it "
	 "instead of a pass), expected, said (how a boot ended), "
	 "log"},
	{"results", "boards[], several",
	 "Where they ran: label, board, build, rootfs, passed, count, end, "
	 "boot_ms, url; several: there is more than one"},
	{"results", "excused[]",
	 "What failed and is not counted, since the base fails it too, it is "
	 "known or it passed at the second try: name, board, why"},
	{"results", "flaky[]",
	 "Of these what passed at the second try: name, board"},
	{"results", "not_run[], idle",
	 "What was not run: label, board, build, why; idle: that is all"},
	{"results", "log_url", "Where the whole log is"},
	{"limit-reached", "per_day", "How many series a day are checked"},
	{"limit-reached", "stranger",
	 "True when it came from an address that nobody listed"},
	{"status", "stage, outstanding", "Where the run is, what it waits for"},
	{NULL, NULL, NULL},
};
