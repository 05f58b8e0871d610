// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A job as text: templates/lava/DEVICE-TYPE.mustache on JSON data, whose every
 * text is a quoted YAML scalar already, so that no value can be more than a
 * value.
 */
#include "lab/lava-internal.h"

#include <string.h>

void lava_try_free(struct lava_try *attempt)
{
	if (!attempt)
		return;
	g_free(attempt->name);
	g_free(attempt->mark);
	g_free(attempt->token);
	g_free(attempt);
}

struct lava_try *lava_try_new(const struct lab_job *job, guint number)
{
	struct lava_try *attempt = g_new0(struct lava_try, 1);

	attempt->name = number == 1
				? g_strdup(job->name)
				: g_strdup_printf("%s.r%u", job->name, number);
	attempt->mark = clock_new_id();
	/* The end: ids that are fixed in a test differ there. */
	memmove(attempt->mark,
		attempt->mark + strlen(attempt->mark) - LAVA_MARK_BYTES,
		LAVA_MARK_BYTES + 1);
	attempt->token = clock_new_id();
	return attempt;
}

/* `hex` digits after `what`. */
static char *find_hex(const char *text, const char *what, gsize hex)
{
	const char *at = strstr(text, what);

	if (!at)
		return NULL;
	at += strlen(what);
	if (strspn(at, "0123456789abcdef") < hex)
		return NULL;
	return g_strndup(at, hex);
}

void lava_text_marks(const char *definition, char **mark, char **token)
{
	*mark = find_hex(definition, "reroll-mark: \"", LAVA_MARK_BYTES);
	*token = find_hex(definition, "token: \"", 32);
}

static json_t *quoted(const char *text)
{
	g_autofree char *scalar = text ? yaml_text_quote(text) : NULL;

	return json_text(scalar);
}

static json_t *file_json(const char *url, const char *sha256)
{
	return json_pack("{s:o, s:o}", "url", quoted(url), "sha256",
			 quoted(sha256));
}

/* What stands between the quotes of QEMU's command line. */
static void append_words(GString *to, const char *words)
{
	g_auto(GStrv) all = g_strsplit_set(words ? words : "", " \t\n", -1);

	for (char **word = all; *word; word++) {
		/* LAVA sees a panic by its last line, which a reboot omits. */
		if (**word && !g_str_has_prefix(*word, "panic="))
			g_string_append_printf(to, "%s%s", to->len ? " " : "",
					       *word);
	}
}

static json_t *image_arg(const struct board *board, bool dtb)
{
	g_autoptr(GString) args = g_string_new("-kernel {kernel}");
	g_autoptr(GString) append = g_string_new(NULL);
	g_autofree char *shell = NULL;

	if (dtb)
		g_string_append(args, " -dtb {dtb}");
	for (guint i = 0; i < board->qemu.options->len; i++) {
		g_autofree char *option = g_shell_quote(
			board->qemu.options->pdata[i]);

		g_string_append_printf(args, " %s", option);
	}
	if (board->qemu.console)
		g_string_append_printf(append, "console=%s",
				       board->qemu.console);
	append_words(append, board->qemu.append);
	shell = g_shell_quote(append->str);
	g_string_append_printf(args, " -append %s", shell);
	return quoted(args->str);
}

/* The names by which LAVA's own template knows the emulators. */
static const char *lava_arch(const struct board *board)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"},
		{"aarch64", "arm64"},
		{"ppc64le", "ppc64"},
	};
	const char *name = board->qemu.system ? board->qemu.system
			   : board->arch      ? board->arch->qemu
					      : NULL;

	name = name ? name : board->arch_name;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(name, names[i][0]) == 0)
			return names[i][1];
	}
	return name;
}

/* By role, and by file name where the board has one. */
static const struct artifact *find_artifact(const struct lab_job *job,
					    const char *role, const char *name)
{
	for (guint i = 0; i < job->artifacts->len; i++) {
		const struct artifact *artifact = job->artifacts->pdata[i];
		g_autofree char *base = g_path_get_basename(artifact->path);

		if (name ? strcmp(base, name) == 0
			 : strcmp(artifact->role, role) == 0)
			return artifact;
	}
	return NULL;
}

static json_t *artifact_json(const struct lab *lab, const struct lab_job *job,
			     const struct artifact *artifact)
{
	g_autofree char *url = lava_files_url(lab, job, artifact->path);

	return file_json(url, artifact->sha256);
}

/* What u-boot boots it as. */
static const char *kernel_type(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	return g_str_has_prefix(name, "zImage")	  ? "zimage"
	       : g_str_has_prefix(name, "uImage") ? "uimage"
						  : "image";
}

static bool put_images(json_t *data, struct lab *lab, const struct lab_job *job,
		       GError **error)
{
	const struct board *board = job->board;
	const struct artifact *kernel = find_artifact(job, "kernel",
						      board->kernel);
	const struct artifact *dtb = board->dtb ? find_artifact(job, "dtb",
								board->dtb)
						: NULL;

	if (!kernel || (board->dtb && !dtb)) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "board %s: the build has no %s", board->name,
			    kernel	    ? board->dtb
			    : board->kernel ? board->kernel
					    : "kernel");
		return false;
	}
	json_object_set_new(data, "kernel", artifact_json(lab, job, kernel));
	json_object_set_new(data, "kernel_type",
			    quoted(kernel_type(kernel->path)));
	if (dtb)
		json_object_set_new(data, "dtb", artifact_json(lab, job, dtb));
	json_object_set_new(data, "kernel_arg", image_arg(board, dtb));
	return true;
}

static void put_machine(json_t *data, const struct board *board)
{
	json_object_set_new(data, "device_type", quoted(board->device_type));
	json_object_set_new(data, "arch", quoted(lava_arch(board)));
	json_object_set_new(data, "machine", quoted(board->qemu.machine));
	json_object_set_new(data, "cpu", quoted(board->qemu.cpu));
	json_object_set_new(data, "no_kvm", json_boolean(board->qemu.no_kvm));
	if (board->qemu.memory_bytes)
		json_object_set_new(
			data, "memory_mib",
			json_integer(
				(json_int_t)(board->qemu.memory_bytes >> 20)));
}

static json_t *quoted_list(const GPtrArray *texts)
{
	json_t *list = json_array();

	for (guint i = 0; i < texts->len; i++)
		json_array_append_new(list, quoted(texts->pdata[i]));
	return list;
}

static json_t *suite_json(const struct test_suite *suite,
			  const struct lava_file *file, const char *mark)
{
	g_autoptr(GPtrArray) steps = lava_steps(suite, mark);

	return json_pack("{s:o, s:o, s:o}", "name", quoted(suite->name), "url",
			 quoted(file->url), "steps",
			 file->url ? json_array() : quoted_list(steps));
}

/* For a boot alone: without a test LAVA has nothing to put into the root. */
static json_t *no_suite_json(void)
{
	return json_pack("{s:s, s:n, s:[s]}", "name", "\"reroll-boot\"", "url",
			 "steps", "\"true\"");
}

static void put_suites(json_t *data, const struct lab_job *job,
		       const struct lava_files *files, const char *mark)
{
	json_t *suites = json_array();

	for (guint i = 0; i < job->suites->len; i++)
		json_array_append_new(
			suites, suite_json(job->suites->pdata[i],
					   &g_array_index(files->suites,
							  struct lava_file, i),
					   mark));
	if (job->suites->len == 0)
		json_array_append_new(suites, no_suite_json());
	json_object_set_new(data, "suites", suites);
}

static json_t *seconds(guint64 value)
{
	return json_integer((json_int_t)MAX(value, 1));
}

static void put_limits(json_t *data, const struct lab_job *job)
{
	json_object_set_new(data, "queue_s", seconds(LAVA_QUEUE_S));
	json_object_set_new(data, "deploy_s", seconds(LAVA_DEPLOY_S));
	json_object_set_new(data, "boot_s", seconds(job->boot_s));
	json_object_set_new(data, "test_s", seconds(job->test_s));
	json_object_set_new(data, "job_s",
			    seconds(LAVA_DEPLOY_S + job->boot_s + job->test_s +
				    LAVA_SLACK_S));
}

static void put_visibility(json_t *data, const struct lab *lab)
{
	const GPtrArray *groups = lab->config->groups;

	if (groups && groups->len > 0)
		json_object_set_new(data, "groups", quoted_list(groups));
	else
		json_object_set_new(
			data, "visibility",
			quoted(lab->config->visibility == VISIBILITY_PUBLIC
				       ? "public"
				       : "personal"));
}

static void put_callback(json_t *data, const struct lab *lab,
			 const struct lava_try *attempt)
{
	g_autofree char *name = NULL, *url = NULL;

	if (!lab->site->web.url)
		return;
	name = g_uri_escape_string(lab->config->name, NULL, FALSE);
	url = g_strconcat(lab->site->web.url,
			  g_str_has_suffix(lab->site->web.url, "/") ? "" : "/",
			  "lava/", name, NULL);
	json_object_set_new(data, "callback",
			    json_pack("{s:o, s:o, s:o}", "url", quoted(url),
				      "token", quoted(attempt->token), "header",
				      quoted(LAVA_CALLBACK_HEADER)));
}

static char *read_template(const struct lab *lab, const char *name)
{
	const char *own = g_getenv("REROLL_TEMPLATES");
	const char *const dirs[] = {lab->site->templates,
				    own ? own : REROLL_TEMPLATE_DIR};
	g_autofree char *file = g_strconcat(name, ".mustache", NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path = NULL;
		char *text = NULL;

		if (!dirs[i])
			continue;
		path = g_build_filename(dirs[i], "lava", file, NULL);
		if (g_file_get_contents(path, &text, NULL, NULL))
			return text;
	}
	return NULL;
}

/* That of the device type, else of all that boot by u-boot and tftp. */
static const char *find_template(struct lab *lab, const char *device_type,
				 GError **error)
{
	const char *const names[] = {
		device_type,
		g_str_has_prefix(device_type, "qemu") ? "qemu" : "u-boot"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *known = g_hash_table_lookup(lab->templates,
							names[i]);
		char *text = known || strchr(names[i], '/')
				     ? NULL
				     : read_template(lab, names[i]);

		if (text)
			g_hash_table_insert(lab->templates, g_strdup(names[i]),
					    text);
		if (known || text)
			return known ? known : text;
	}
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "there is no template lava/%s for the device type %s",
		    names[1], device_type);
	return NULL;
}

static char *render(struct lab *lab, json_t *data, const char *device_type,
		    GError **error)
{
	const char *template = find_template(lab, device_type, error);
	const struct template_options options = {.name = device_type};
	g_autofree char *text = NULL;

	text = template ? template_render(template, data, &options, error)
			: NULL;
	if (!text)
		return NULL;
	if (!yaml_text_check(text, strlen(text), "job", error)) {
		g_prefix_error(error, "the template lava/%s makes no YAML: ",
			       device_type);
		if (error && *error)
			(*error)->code = REROLL_ERROR_CONFIG;
		return NULL;
	}
	return g_steal_pointer(&text);
}

char *lava_text(struct lab *lab, const struct lab_job *job,
		const struct lava_files *files, const struct lava_try *attempt,
		GError **error)
{
	g_autoptr(json_t) data = json_object();

	json_object_set_new(data, "job_name", quoted(attempt->name));
	json_object_set_new(data, "tags", quoted_list(job->board->tags));
	json_object_set_new(data, "has_tags",
			    json_boolean(job->board->tags->len > 0));
	json_object_set_new(data, "ramdisk",
			    file_json(files->root.url, files->root.sha256));
	json_object_set_new(data, "mark", quoted(attempt->mark));
	put_machine(data, job->board);
	put_limits(data, job);
	put_visibility(data, lab);
	put_callback(data, lab, attempt);
	put_suites(data, job, files, attempt->mark);
	if (!put_images(data, lab, job, error))
		return NULL;
	return render(lab, data, job->board->device_type, error);
}
