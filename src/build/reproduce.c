// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reproduce.sh: the same build with git, make and the compiler, for a machine
 * without reroll. It is written section by section; whatever is not our own
 * text is quoted for the shell. The series lies beside it as the mails git am
 * takes, so that the tree comes out the same.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/sandbox-internal.h"
#include "tree/tree.h"

#define SCRIPT "reproduce.sh"
#define SERIES "series.mbox"
#define MESSAGE_ID_BYTES 200
#define ROOT_BYTES 200

static void add_quoted(GString *out, const char *text)
{
	g_autofree char *quoted = g_shell_quote(text);

	g_string_append(out, quoted);
}

/* "name='text'" on a line. */
static void add_setting(GString *out, const char *name, const char *text)
{
	g_string_append_printf(out, "%s=", name);
	add_quoted(out, text);
	g_string_append_c(out, '\n');
}

/* Of another system's compiler the machine has at most a namesake. */
static void add_root(GString *out, const struct build_spec *spec)
{
	g_autofree char *root = NULL;

	if (!spec->root)
		return;
	root = text_one_line(spec->root, -1, ROOT_BYTES);
	g_string_append_printf(
		out,
		"# Its compiler was that of another system, the chroot %s\n"
		"# (%s, toolchain %s): for the same files run it in one.\n",
		root, spec->arch ? spec->arch : "this arch", spec->toolchain);
}

static void add_head(GString *out, const struct build_run *run)
{
	const GPtrArray *ids = run->job->message_ids;

	g_string_append_printf(
		out,
		"#!/bin/sh\n"
		"# Build %s of the series below, as reroll built it:\n"
		"#   [REPO=CLONE] sh " SCRIPT " [FOLDER]\n"
		"# FOLDER is made (without one: reproduce). CLONE is a path or "
		"URL of a repository\n"
		"# that has the base.\n",
		run->spec->id);
	for (guint i = 0; ids && i < ids->len; i++) {
		g_autofree char *line = text_one_line(ids->pdata[i], -1,
						      MESSAGE_ID_BYTES);

		g_string_append_printf(out, "# Mail: %s\n", line);
	}
	add_root(out, run->spec);
	g_string_append(out, "set -eu\n\n");
}

/* Programs of this machine alone, with a whole path, are looked for too. */
static void add_tools(GString *out, const struct build_run *run)
{
	const GPtrArray *tools = run->spec->tools;
	g_autoptr(GString) packages = g_string_new("git");

	g_string_append(out, "missing=\nfor tool in git");
	for (guint i = 0; i < tools->len; i++) {
		const struct build_tool *tool = tools->pdata[i];

		g_string_append_c(out, ' ');
		add_quoted(out, tool->program);
		if (tool->package)
			g_string_append_printf(packages, " %s", tool->package);
	}
	if (run->spec->recipe == RECIPE_KBUILD)
		g_string_append(packages, " libelf-dev libssl-dev");
	g_string_append_printf(
		out,
		"; do\n"
		"	command -v \"$tool\" >/dev/null || "
		"missing=\"$missing $tool\"\n"
		"done\n"
		"[ -z \"$missing\" ] || {\n"
		"	echo \"not installed:$missing; on Debian:\" >&2\n"
		"	echo 'sudo apt-get install %s' >&2\n"
		"	exit 3\n"
		"}\n\n",
		packages->str);
}

static void add_places(GString *out, const struct build_job *job)
{
	add_setting(out, "base", job->base_commit);
	add_setting(out, "tree", job->tree);
	if (job->base_url) {
		g_autofree char *quoted = g_shell_quote(job->base_url);

		g_string_append_printf(out, "url=%s\nrepo=${REPO:-$url}\n",
				       quoted);
	} else {
		g_string_append(out, "repo=${REPO:?a clone that has $base}\n");
	}
	g_string_append(out,
			"[ ! -d \"$repo\" ] || repo=$(cd \"$repo\" && pwd)\n"
			"series=$(cd \"$(dirname \"$0\")\" && pwd)/" SERIES "\n"
			"mkdir -p \"${1:-reproduce}\"\n"
			"cd \"${1:-reproduce}\"\n\n");
}

/* The first id leads to the whole thread. */
static void add_fetch_of_mails(GString *out, const GPtrArray *ids)
{
	g_autofree char *id = NULL;
	gsize len;

	if (!ids || !ids->len)
		return;
	id = g_strdup(ids->pdata[0]);
	len = strlen(id);
	if (id[0] == '<' && id[len - 1] == '>') {
		id[len - 1] = '\0';
		memmove(id, id + 1, len - 1);
	}
	g_string_append(out, "	[ -f \"$series\" ] || {\n"
			     "		series=$PWD/" SERIES "\n"
			     "		b4 am -o - -- ");
	add_quoted(out, id);
	g_string_append(out, " >\"$series\"\n	}\n");
}

static void add_sources(GString *out, const struct build_job *job)
{
	g_string_append(
		out, "in_src() {\n"
		     "	git -C src -c core.autocrlf=false "
		     "-c commit.gpgSign=false \\\n"
		     "		-c apply.whitespace=nowarn "
		     "-c user.name=reproduce \\\n"
		     "		-c user.email=reproduce@localhost \"$@\"\n"
		     "}\n"
		     "if [ ! -d src ]; then\n"
		     "	git init -q src\n"
		     "	in_src fetch -q --depth 1 \"$repo\" \"$base\" ||\n"
		     "		in_src fetch -q \"$repo\" "
		     "'+refs/*:refs/base/*'\n"
		     "	in_src checkout -q --detach \"$base\"\n");
	add_fetch_of_mails(out, job->message_ids);
	g_string_append(
		out,
		"	[ ! -s \"$series\" ] || "
		"in_src am -q --keep-cr \"$series\"\n"
		"	: >ready\n"
		"fi\n"
		"[ \"$(in_src rev-parse 'HEAD^{tree}')\" = \"$tree\" ] ||\n"
		"	echo \"warning: src is not the tree that was built\" "
		">&2\n\n");
}

/* What the build finds in its environment, but for what is the machine's. */
static void add_environment(GString *out)
{
	static const char *const own[] = {"PATH=", "HOME=", "USER="};

	for (const char *const *row = sandbox_env; *row; row++) {
		const char *equals = strchr(*row, '=');
		g_autofree char *name = g_strndup(*row,
						  (gsize)(equals - *row) + 1);
		bool is_own = false;

		for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
			is_own |= strcmp(own[i], name) == 0;
		if (is_own)
			continue;
		g_string_append_printf(out, "export %s", name);
		add_quoted(out, equals + 1);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "mkdir -p out\n");
}

/* A fragment has no line but comments and settings, so END is none of it. */
static void add_fragments(GString *out, const struct build_spec *spec)
{
	if (!spec->fragments->len)
		return;
	g_string_append(out, "cat >requests <<'END'\n");
	for (guint i = 0; i < spec->fragments->len; i++) {
		const char *text = spec->fragments->pdata[i];

		g_string_append_printf(
			out, "# %s\n%s%s",
			(const char *)spec->fragment_names->pdata[i], text,
			g_str_has_suffix(text, "\n") ? "" : "\n");
	}
	g_string_append(out, "END\n"
			     "name='CONFIG_[A-Za-z0-9_]*'\n"
			     "sed -n -e \"s/^ *\\($name\\)=.*/\\1/p\" \\\n"
			     "	-e \"s/^ *# \\($name\\) is not set.*/\\1/p\" "
			     "requests >names\n"
			     "grep -v -w -F -f names out/.config >merged || :\n"
			     "cat requests >>merged\n"
			     "mv merged out/.config\n"
			     "run olddefconfig\n");
}

static void add_targets(GString *out, const struct build_spec *spec)
{
	g_string_append(out, "run");
	for (guint i = 0; i < spec->targets->len; i++) {
		g_string_append_c(out, ' ');
		add_quoted(out, spec->targets->pdata[i]);
	}
	g_string_append(out, "\n"
			     "[ ! -s out/modules.order ] || run "
			     "INSTALL_MOD_PATH=\"$PWD/modules\" \\\n"
			     "	DEPMOD=true modules_install\n");
	if (spec->headers || spec->headers_image)
		g_string_append(out, "run INSTALL_HDR_PATH=\"$PWD/headers\" "
				     "headers_install\n");
}

static void add_kbuild(GString *out, const struct build_spec *spec)
{
	g_string_append(out, "run() {\n"
			     "	(cd src && make -j\"$(nproc)\" "
			     "--output-sync=target O=\"$OLDPWD/out\"");
	for (guint i = 0; i < spec->make_args->len; i++) {
		g_string_append(out, " \\\n		");
		add_quoted(out, spec->make_args->pdata[i]);
	}
	g_string_append(out, " \\\n		\"$@\")\n}\nrun ");
	add_quoted(out, spec->defconfig);
	g_string_append_c(out, '\n');
	add_fragments(out, spec);
	add_targets(out, spec);
}

static void add_script(GString *out, const struct build_spec *spec)
{
	for (guint i = 0; i < spec->make_args->len; i++) {
		const char *row = spec->make_args->pdata[i];
		const char *equals = strchr(row, '=');

		if (!equals) /* none of a script's, then */
			continue;
		g_string_append_printf(out, "export %.*s=", (int)(equals - row),
				       row);
		add_quoted(out, equals + 1);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "REROLL_OUT=$PWD/out\n"
			     "REROLL_JOBS=$(nproc)\n"
			     "export REROLL_OUT REROLL_JOBS\n"
			     "cd src\n"
			     "sh -e -c ");
	add_quoted(out, spec->command);
	g_string_append_c(out, '\n');
}

static GBytes *write_script(const struct build_run *run)
{
	GString *out = g_string_new(NULL);

	add_head(out, run);
	add_tools(out, run);
	add_places(out, run->job);
	add_sources(out, run->job);
	add_environment(out);
	if (run->spec->recipe == RECIPE_KBUILD)
		add_kbuild(out, run->spec);
	else
		add_script(out, run->spec);
	return g_string_free_to_bytes(out);
}

static GBytes *write_series(const struct build_job *job, GError **error)
{
	g_autoptr(repo_t) repo = build_open_repo(job, error);

	return repo ? repo_format_mails(repo, job->base_commit, job->head,
					error)
		    : NULL;
}

bool reproduce_write(struct build_run *run, GError **error)
{
	const struct build_job *job = run->job;
	g_autoptr(GBytes) series = NULL, script = NULL;
	g_autoptr(GError) local = NULL;

	if (!job->base_commit || !job->head)
		return true;
	series = write_series(job, &local);
	if (!series) { /* the build is none the worse for it */
		log_event(LOG_LEVEL_WARNING, job->run_id,
			  "build %s has no %s: %s", run->spec->id, SCRIPT,
			  local->message);
		return true;
	}
	script = write_script(run);
	return artifact_write(run, "series", SERIES, series, error) &&
	       artifact_write(run, "reproduce", SCRIPT, script, error);
}
