/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serve/settings.h"

#include "base/base.h"

static bool read_files(struct settings *settings,
		       const struct serve_options *options, GError **error)
{
	g_autoptr(problems_t) problems = problems_new();

	settings->site = options->site_path
				 ? site_load(options->site_path, problems)
				 : site_default();
	if (settings->site) {
		settings->projects = projects_load(
			options->projects_path ? options->projects_path
					       : settings->site->projects,
			problems);
		settings->boards = boards_of_site(settings->site, problems);
	}
	if (problems_count(problems) == 0)
		reply_problems_add(settings->projects, settings->site,
				   problems);
	return !problems_to_error(problems, error);
}

struct settings *settings_load(const struct serve_options *options,
			       GError **error)
{
	g_autoptr(settings_t) settings = g_new0(struct settings, 1);

	settings->refs = 1;
	if (!read_files(settings, options, error))
		return NULL;
	settings->labs = lab_pool_new(settings->site, error);
	return settings->labs ? g_steal_pointer(&settings) : NULL;
}

struct settings *settings_ref(struct settings *settings)
{
	settings->refs++;
	return settings;
}

void settings_unref(struct settings *settings)
{
	if (!settings || --settings->refs)
		return;
	lab_pool_free(settings->labs);
	g_clear_pointer(&settings->boards, g_ptr_array_unref);
	g_clear_pointer(&settings->projects, g_ptr_array_unref);
	site_free(settings->site);
	g_free(settings);
}
