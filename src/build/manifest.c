// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of a build's artifacts, beside them: manifest.json for programs,
 * SHA256SUMS for `sha256sum -c`. They list neither themselves nor each other.
 */
#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"

/* A name with a backslash or line end is escaped, as coreutils reads it. */
static void add_sum(GString *out, const struct artifact *artifact)
{
	gsize at = out->len;

	g_string_append_printf(out, "%s  ", artifact->sha256);
	for (const char *p = artifact->path; *p; p++) {
		const char *escape = *p == '\\'	  ? "\\\\"
				     : *p == '\n' ? "\\n"
				     : *p == '\r' ? "\\r"
						  : NULL;

		if (!escape)
			g_string_append_c(out, *p);
		else
			g_string_append(out, escape);
		if (escape && out->str[at] != '\\')
			g_string_insert_c(out, (gssize)at, '\\');
	}
	g_string_append_c(out, '\n');
}

static json_t *manifest_json(const struct build_run *run)
{
	const struct build_spec *spec = run->spec;
	const struct build_job *job = run->job;
	g_autoptr(json_t) result = build_result_to_json(run->result);

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:O}",
			 "build", json_text(spec->id), "tree",
			 json_text(job->tree), "arch", json_text(spec->arch),
			 "defconfig", json_text(spec->defconfig), "seed",
			 json_text(spec->seed), "toolchain",
			 json_text(spec->toolchain), "summary",
			 json_text(run->result->summary), "status",
			 build_status_name(run->result->status), "artifacts",
			 json_object_get(result, "artifacts"));
}

static bool write_text(struct build_run *run, const char *name, char *text,
		       GError **error)
{
	g_autoptr(GBytes) content = g_bytes_new_take(text, strlen(text));

	return artifact_write(run, NULL, name, content, error);
}

bool manifest_write(struct build_run *run, GError **error)
{
	g_autoptr(json_t) json = manifest_json(run);
	g_autofree char *dumped = json_dumps(json, JSON_INDENT(1));
	g_autoptr(GString) sums = g_string_new(NULL);

	for (guint i = 0; i < run->result->artifacts->len; i++)
		add_sum(sums, run->result->artifacts->pdata[i]);
	return write_text(run, "manifest.json", g_strconcat(dumped, "\n", NULL),
			  error) &&
	       write_text(run, "SHA256SUMS",
			  g_string_free(g_steal_pointer(&sums), FALSE), error);
}
