/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The project form, key by key. reroll-project(5) is made from these rows.
 */
#include "config/arch.h"
#include "config/project-internal.h"

/* Each list stands in the order of its enum in project.h. */
static const char *const recipe_words[] = {"kbuild", "script", NULL};
static const char *const warnings_words[] = {"new", "all", "ignore", NULL};
static const char *const extra_words[] = {"headers", "headers-image",
					  "modules-image", NULL};
static const char *const fail_on_words[] = {"error", "warning", "never", NULL};
static const char *const review_words[] = {"hold", "reject", "accept", NULL};
static const char *const reply_words[] = {"verdict", "incomplete", "trouble",
					  NULL};

static const struct schema match_form = {
	.keys = (const struct schema_key[]){
		{"subject", KEY_LIST, FIELD(project, match.subject),
		 .item = KEY_TEXT,
		 .doc = "Words of which one stands in the subject, as a tag in "
			"brackets or as the prefix before the first colon, "
			"whatever their case"},
		{"paths", KEY_LIST, FIELD(project, match.paths),
		 .item = KEY_TEXT,
		 .doc = "Patterns of which every touched path must match one; "
			"a path that does not is a finding"},
		{"list", KEY_TEXT, FIELD(project, match.list),
		 .doc = "The List-Id of the mailing list; a series that came "
			"another way does not belong here"},
		{"cover", KEY_TEXT, FIELD(project, match.cover),
		 .doc = "A line of the cover letter that stands for the "
			"subject's word"},
		{NULL},
	}};

static const struct schema signoff_form = {
	.keys = (const struct schema_key[]){
		{"required", KEY_BOOL, FIELD(project, signoff.required),
		 .fallback = "true",
		 .doc = "Whether every patch must be signed off"},
		{"roster", KEY_PATH, FIELD(project, signoff.roster),
		 .flags = KEY_EXISTS,
		 .doc = "The people whose series are built, see Roster; "
			"without it whoever signed off last is the submitter"},
		{"review", KEY_WORD, FIELD(project, signoff.review),
		 .fallback = "hold", .words = review_words,
		 .doc = "What an unclear identity leads to"},
		{"unlisted-from", KEY_WORD,
		 FIELD(project, signoff.unlisted_from), .fallback = "accept",
		 .words = review_words,
		 .doc = "What it leads to that a known person signed off and "
			"the mail came from an address nobody listed; of "
			"those 5 a day are checked at the most, beside the "
			"person's own"},
		{NULL},
	}};

static const struct schema description_form = {
	.keys = (const struct schema_key[]){
		{"required", KEY_BOOL, FIELD(project, description.required),
		 .fallback = "false",
		 .doc = "Whether a series must bring a test description"},
		{"path", KEY_TEXT, FIELD(project, description.path),
		 .fallback = "tests/*/reroll.yaml", .expect = expect_inside,
		 .doc = "The pattern of the description's path in the series"},
		{NULL},
	}};

static const struct schema style_form = {
	.keys = (const struct schema_key[]){
		{"checker", KEY_TEXT, FIELD(project, style.checker),
		 .fallback = "checkpatch",
		 .doc = "checkpatch (that of the base tree), none, or a "
			"command that is given the mails; its program alone "
			"is copied into the sandbox, no file beside it"},
		{"strict", KEY_BOOL, FIELD(project, style.strict),
		 .fallback = "false", .doc = "Whether its checks count too"},
		{"in-tree", KEY_BOOL, FIELD(project, style.in_tree),
		 .fallback = "false",
		 .doc = "Whether the checker may look into the base tree: "
			"slower, finds a few things more"},
		{"max-line", KEY_COUNT, FIELD(project, style.max_line),
		 .fallback = "100", .least = 1, .most = 10000,
		 .doc = "The longest line in columns"},
		{"ignore", KEY_LIST, FIELD(project, style.ignore),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Types of findings that do not count"},
		{"fail-on", KEY_WORD, FIELD(project, style.fail_on),
		 .fallback = "error", .words = fail_on_words,
		 .doc = "The least severity that turns a series away"},
		{NULL},
	}};

static const struct schema limits_form = {
	.keys = (const struct schema_key[]){
		{"patches", KEY_COUNT, FIELD(project, limits.patches),
		 .fallback = "15", .least = 1, .most = 10000,
		 .doc = "The most patches in a series"},
		{"mail", KEY_SIZE, FIELD(project, limits.mail_bytes),
		 .fallback = "512KiB", .least = 1 << 10, .most = 1 << 30,
		 .doc = "The size of the largest mail"},
		{"files", KEY_COUNT, FIELD(project, limits.files),
		 .fallback = "200", .least = 1, .most = 1000000,
		 .doc = "The most files that a series touches"},
		{"base-window", KEY_SPAN, FIELD(project, limits.base_window_s),
		 .fallback = "0",
		 .doc = "How much older than the project's base another base "
			"may be, by the dates of their commits; 0 takes any"},
		{"build-time", KEY_SPAN, FIELD(project, limits.build_s),
		 .fallback = "30m", .least = 1, .most = 7 * 86400,
		 .doc = "How long one build may take, also of a series that is "
			"built from nothing because it changes Makefiles or "
			"the like; the base alone may take two hours if that "
			"is more"},
		{"boot-time", KEY_SPAN, FIELD(project, limits.boot_s),
		 .fallback = "5m", .least = 1, .most = 7 * 86400,
		 .doc = "How long one boot may take, and its tests as long "
			"again"},
		{"per-day", KEY_COUNT, FIELD(project, limits.per_day),
		 .fallback = "20", .least = 1, .most = 1000000,
		 .doc = "The most runs of one submitter in a day; reroll check "
			"does not count them"},
		{"output", KEY_SIZE, FIELD(project, limits.output_bytes),
		 .fallback = "8GiB", .least = 1 << 20,
		 .most = G_GUINT64_CONSTANT(1) << 40,
		 .doc = "The most that one build may write"},
		{"memory", KEY_SIZE, FIELD(project, limits.memory_bytes),
		 .fallback = "4GiB", .least = 16 << 20,
		 .most = G_GUINT64_CONSTANT(1) << 40,
		 .doc = "The most memory that one build may take"},
		{"processes", KEY_COUNT, FIELD(project, limits.processes),
		 .fallback = "1024", .least = 16, .most = 1000000,
		 .doc = "The most processes of one build"},
		{"log", KEY_SIZE, FIELD(project, limits.log_bytes),
		 .fallback = "16MiB", .least = 1 << 10, .most = 1 << 30,
		 .doc = "How much of a build's log is kept"},
		{NULL},
	}};

static const struct schema input_form = {
	.size = sizeof(struct build_input),
	.free = build_input_free,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(build_input, name),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "Its folder below /build/inputs, $REROLL_INPUTS of a "
			"script"},
		{"build", KEY_TEXT, FIELD(build_input, build),
		 .flags = KEY_REQUIRED, .expect = expect_word,
		 .doc = "What the build is anointed as"},
		{"path", KEY_TEXT, FIELD(build_input, path),
		 .expect = expect_inside,
		 .doc = "The role or path of the one artifact that is shown; "
			"without it all are"},
		{NULL},
	}};

static const struct schema build_form = {
	.size = sizeof(struct build_rule),
	.free = build_rule_free,
	.check = build_rule_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(build_rule, name),
		 .expect = expect_word,
		 .doc = "A name for messages instead of one made of arch, "
			"defconfig and toolchain"},
		{"arch", KEY_TEXT, FIELD(build_rule, arch), .names = arch_names,
		 .doc = "The kernel's name of the architecture, or one that is "
			"usual for it; needed unless the recipe is script, "
			"which takes this machine's"},
		{"recipe", KEY_WORD, FIELD(build_rule, recipe),
		 .fallback = "kbuild", .words = recipe_words,
		 .doc = "kbuild configures and makes a kernel, script runs the "
			"command"},
		{"command", KEY_LINES, FIELD(build_rule, command),
		 .doc = "What the recipe script runs, by sh -e in the source "
			"folder"},
		{"defconfig", KEY_LIST, FIELD(build_rule, defconfig),
		 .item = KEY_TEXT, .expect = expect_target,
		 .doc = "Configurations to start from, a build each; without "
			"one that of the architecture"},
		{"seed", KEY_COUNT, FIELD(build_rule, seed), .fallback = "0",
		 .most = G_MAXUINT32,
		 .doc = "What a randconfig is drawn with, as KCONFIG_SEED; "
			"with "
			"0 each series has its own, made from the files that "
			"it leads to"},
		{"toolchain", KEY_LIST, FIELD(build_rule, toolchain),
		 .fallback = "gcc", .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Toolchains, a build each: gcc, clang or one of the "
			"site file"},
		{"config", KEY_LIST, FIELD(build_rule, config),
		 .item = KEY_LINES, .expect = expect_fragment,
		 .doc = "Fragments laid over the configuration, in this order: "
			"files beside the project file or else in the base "
			"tree, or lines as they stand in one"},
		{"without", KEY_LIST, FIELD(build_rule, without),
		 .item = KEY_LINES, .expect = expect_fragment,
		 .doc = "Fragments of config; each is also left out in a build "
			"of its own, since a feature must be switchable"},
		{"targets", KEY_LIST, FIELD(build_rule, targets),
		 .item = KEY_TEXT, .expect = expect_target,
		 .doc = "Targets of make; without one those of the "
			"architecture"},
		{"artifacts", KEY_LIST, FIELD(build_rule, artifacts),
		 .item = KEY_TEXT, .expect = expect_artifact,
		 .doc = "Files of the output folder to keep beside the "
			"recipe's own"},
		{"extras", KEY_LIST, FIELD(build_rule, extras),
		 .item = KEY_TEXT, .words = extra_words,
		 .doc = "What kbuild makes beside its artifacts: headers for "
			"programs as a tar file, these or the modules as an "
			"ext2 image"},
		{"inputs", KEY_ROWS, FIELD(build_rule, inputs), .most = 100,
		 .form = &input_form,
		 .doc = "Anointed builds whose artifacts the build may read; "
			"with another one anointed it is another build"},
		{"anoint", KEY_TEXT, FIELD(build_rule, anoint),
		 .expect = expect_word,
		 .doc = "Anoint the base's own build as this when it passed; "
			"the entry must be a single build"},
		{"warnings", KEY_WORD, FIELD(build_rule, warnings),
		 .fallback = "new", .words = warnings_words,
		 .doc = "Which of the compiler's warnings count: those the "
			"base does not have, all, or none"},
		{"lava", KEY_BOOL, FIELD(build_rule, boot), .fallback = "false",
		 .doc = "Whether to boot what was built, on any lab, LAVA or "
			"QEMU; reroll check does not boot"},
		{"each-patch", KEY_BOOL, FIELD(build_rule, each_patch),
		 .fallback = "false",
		 .doc = "Whether the tree after every patch of the series is "
			"to build; the first that does not is named, also "
			"when a later one mends it"},
		{NULL},
	}};

static const struct schema tests_form = {
	.keys = (const struct schema_key[]){
		{"path", KEY_TEXT, FIELD(project, tests.path),
		 .expect = expect_inside,
		 .doc = "The reference tests, a LAVA test definition: the same "
			"as definitions with this path alone"},
		{"definitions", KEY_ROWS, FIELD(project, tests.definitions),
		 .most = 100, .form = &suite_form,
		 .doc = "Reference tests, a suite each"},
		{"student", KEY_BOOL, FIELD(project, tests.student),
		 .fallback = "true",
		 .doc = "Whether the tests that the submitter's description "
			"names are run too"},
		{"boards", KEY_LIST, FIELD(project, tests.boards),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Boards to boot on; without one every board that the "
			"final .config satisfies"},
		{"rootfs", KEY_LIST, FIELD(project, tests.rootfs),
		 .item = KEY_TEXT, .expect = expect_word,
		 .doc = "Root file systems of the site file, a job each"},
		{"known-failures", KEY_PATH,
		 FIELD(project, tests.known_failures), .flags = KEY_EXISTS,
		 .doc = "A file of test cases, one a line, whose failure is "
			"shown and not counted"},
		{NULL},
	}};

static const struct schema reply_form = {
	.keys = (const struct schema_key[]){
		{"to", KEY_TEXT, FIELD(project, reply.to),
		 .fallback = "submitter", .expect = expect_reply_to,
		 .doc = "Who is answered: submitter, all, or an address; "
			"reroll "
			"check answers the submitter"},
		{"cc", KEY_LIST, FIELD(project, reply.cc), .item = KEY_TEXT,
		 .expect = expect_address,
		 .doc = "Addresses that get every reply too"},
		{"on", KEY_LIST, FIELD(project, reply.on),
		 .fallback = "verdict incomplete trouble", .item = KEY_TEXT,
		 .words = reply_words,
		 .doc = "What is answered by mail: a verdict on the series, "
			"one that stays incomplete, one that waits for staff; "
			"reroll check shows every reply"},
		{"sign", KEY_TEXT, FIELD(project, reply.sign),
		 .doc = "Who signs the replies; without it the name of the "
			"bot"},
		{"templates", KEY_PATH, FIELD(project, templates),
		 .flags = KEY_EXISTS,
		 .doc = "A folder of templates that come before the site's"},
		{"language", KEY_TEXT, FIELD(project, reply.language),
		 .fallback = "en", .expect = expect_language,
		 .doc = "The language of the templates; reroll check has only "
			"those it finds"},
		{NULL},
	}};

static const struct schema gate_form = {
	.keys = (const struct schema_key[]){
		{"push", KEY_TEXT, FIELD(project, push), .expect = expect_ref,
		 .doc = "A ref that is moved on when everything passed; reroll "
			"check moves none"},
		{NULL},
	}};

const struct schema project_form = {
	.size = sizeof(struct project),
	.check = project_check,
	.keys = (const struct schema_key[]){
		{"name", KEY_TEXT, FIELD(project, name), .flags = KEY_REQUIRED,
		 .doc = "The project's name, as replies print it"},
		{"match", KEY_SECTION, .form = &match_form,
		 .doc = "Which series belong here; the first project that "
			"matches wins, in the order of the files: list must "
			"hold where it stands, and of subject and cover one; a "
			"project without them takes everything"},
		{"base", KEY_TEXT, FIELD(project, base), .expect = expect_base,
		 .doc = "A tree of the site file, or a branch or tag of it as "
			"tree/ref; without it the site's first tree"},
		{"signoff", KEY_SECTION, .form = &signoff_form,
		 .doc = "Who may submit"},
		{"description", KEY_SECTION, .form = &description_form,
		 .doc = "The submitter's own test description"},
		{"style", KEY_SECTION, .form = &style_form,
		 .doc = "How the patches must look"},
		{"limits", KEY_SECTION, .form = &limits_form,
		 .doc = "What a series may take"},
		{"builds", KEY_ROWS, FIELD(project, builds), .most = 1000,
		 .form = &build_form,
		 .doc = "What is built: each entry once for every defconfig, "
			"toolchain and fragment left out"},
		{"tests", KEY_SECTION, .form = &tests_form,
		 .doc = "What is run on the boards"},
		{"reply", KEY_SECTION, .form = &reply_form,
		 .doc = "The answer"},
		{"gate", KEY_SECTION, .form = &gate_form,
		 .doc = "What follows when everything passed"},
		{NULL},
	}};
