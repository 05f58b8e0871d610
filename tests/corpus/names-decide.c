/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names-decide FOLDER: the decision for every case of FOLDER/cases.json, a JSON
 * object a line. Unlike `reroll parse --roster` it takes rosters as they stand,
 * those too that the loader refuses (shared or empty addresses).
 */
#include <config.h>
#include <stdio.h>

#include "base/json.h"
#include "mail/mail.h"

static char *text_of(const json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static struct person *person_new(const json_t *row)
{
	struct person *person = g_new0(struct person, 1);
	size_t i;
	json_t *email;

	person->login = text_of(row, "id");
	person->name = text_of(row, "name");
	person->emails = g_ptr_array_new_with_free_func(g_free);
	json_array_foreach (json_object_get(row, "emails"), i, email) {
		g_ptr_array_add(person->emails,
				g_strdup(json_string_value(email)));
	}
	return person;
}

static GPtrArray *roster_new(const json_t *rows)
{
	GPtrArray *roster = g_ptr_array_new_with_free_func(
		(GDestroyNotify)person_free);
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		g_ptr_array_add(roster, person_new(row));
	return roster;
}

/* The lists and relays that the cases take as configured. */
static void add_rules(GPtrArray *lists, GPtrArray *relays)
{
	static struct munging_list list;
	static char relay[] = "devnull+*@kernel.example";
	static char address[] = "list@lists.example.org";
	static char list_id[] = "list.lists.example.org";

	list.address = address;
	list.list_id = list_id;
	g_ptr_array_add(lists, &list);
	g_ptr_array_add(relays, relay);
}

static struct message *message_read(const char *folder, const char *file)
{
	static const struct message_options options;
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autofree char *data = NULL;
	gsize len = 0;

	g_file_get_contents(path, &data, &len, NULL);
	return message_parse(data ? data : "", len, path, &options);
}

static void decide(const char *folder, const json_t *row)
{
	g_autoptr(GPtrArray)
		roster = roster_new(json_object_get(row, "roster"));
	g_autoptr(GPtrArray) lists = g_ptr_array_new();
	g_autoptr(GPtrArray) relays = g_ptr_array_new();
	const struct identity_rules rules = {roster, lists, relays};
	g_autofree char *file = text_of(row, "file");
	g_autoptr(message_t) message = message_read(folder, file);
	g_autoptr(identity_t) identity = NULL;
	g_autoptr(json_t) answer = NULL;

	add_rules(lists, relays);
	identity = identity_decide(message, &rules);
	answer = json_pack(
		"{s:O, s:s, s:o, s:s}", "case", json_object_get(row, "case"),
		"decision", identity_decision_name(identity->decision), "who",
		json_text(identity->who ? identity->who->login : NULL),
		"reason", identity->reason);
	json_write(answer, stdout, 0);
}

int main(int argc, char **argv)
{
	g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : ".",
						 "cases.json", NULL);
	g_autoptr(json_t) cases = json_load_file(path, 0, NULL);
	size_t i;
	json_t *row;

	if (!cases) {
		fprintf(stderr, "names-decide: %s cannot be read\n", path);
		return 2;
	}
	json_array_foreach (json_object_get(cases, "cases"), i, row)
		decide(argv[1], row);
	return 0;
}
