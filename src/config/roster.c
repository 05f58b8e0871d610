/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML and CSV come to the same tree, so one table reads both; which it is goes
 * by the name's end, *.csv, as a line of CSV is well-formed YAML too.
 */
#include "config/roster-internal.h"

#include <string.h>

#include "base/base.h"
#include "config/csv.h"
#include "config/file.h"
#include "config/schema.h"

#define ROSTER_PEOPLE 20000

/* A person has five keys and values, and addresses. */
static const struct yaml_limits limits = {ROSTER_BYTES, ROSTER_PEOPLE * 24};

static const struct schema person_form = {
	.size = sizeof(struct person),
	.free = (void (*)(gpointer))person_free,
	.keys = (const struct schema_key[]){
		{"login", KEY_TEXT, FIELD(person, login), .flags = KEY_REQUIRED,
		 .doc = "Who it is, in one word; unique"},
		{"name", KEY_TEXT, FIELD(person, name), .flags = KEY_REQUIRED,
		 .doc = "The name as the person writes it"},
		{"emails", KEY_LIST, FIELD(person, emails), .item = KEY_TEXT,
		 .flags = KEY_REQUIRED, .expect = expect_address, .least = 1,
		 .most = 100, .doc = "Addresses that are theirs alone"},
		{"group", KEY_TEXT, FIELD(person, group),
		 .doc = "A class or team"},
		{"extension", KEY_SPAN, FIELD(person, extension_s),
		 .fallback = "0", .most = 10 * 365 * 86400,
		 .doc = "How long after the deadline they may still submit"},
		{NULL},
	}};

/* The file's only key, so that the walk over rows does the rest. */
struct people {
	GPtrArray *list;
};

static const struct schema people_form = {
	.keys = (const struct schema_key[]){
		{"people", KEY_ROWS, FIELD(people, list), .form = &person_form,
		 .least = 1, .most = ROSTER_PEOPLE, .doc = "The people"},
		{NULL},
	}};

void person_free(struct person *person)
{
	if (!person)
		return;
	schema_clear(&person_form, person);
	g_free(person);
}

/* Local parts but for case, domains as IDNA writes them: the same mailbox. */
char *roster_address_key(const char *address)
{
	const char *at = strrchr(address, '@');
	g_autofree char *local = g_utf8_casefold(address,
						 (gssize)(at - address));
	g_autofree char *domain = g_utf8_casefold(at + 1, -1);
	g_autofree char *ascii = g_hostname_to_ascii(domain);

	return g_strdup_printf("%s@%s", local, ascii ? ascii : domain);
}

/* Told at the second, which names the line of the first. */
static void tell_shared(const struct schema_reader *reader, GHashTable *seen,
			char *key, const struct node *node, const char *what)
{
	const struct node *first = g_hash_table_lookup(seen, key);
	g_autofree char *quoted = text_quote(node->text, -1);

	if (first)
		schema_problem(reader, node,
			       "found the %s %s a second time, expected it "
			       "once: line %u has it too",
			       what, quoted, first->line);
	else
		g_hash_table_insert(seen, g_strdup(key), (gpointer)(gsize)node);
}

static void check_shared(const struct schema_reader *reader,
			 const struct node *list)
{
	g_autoptr(GHashTable) logins = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) addresses = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < list->items->len; i++) {
		const struct node *person = list->items->pdata[i];
		const struct node *login = node_value(person, "login");
		const struct node *emails = node_value(person, "emails");

		tell_shared(reader, logins, login->text, login, "login");
		for (guint j = 0; j < emails->items->len; j++) {
			const struct node *email = emails->items->pdata[j];
			g_autofree char *key = roster_address_key(email->text);

			tell_shared(reader, addresses, key, email, "address");
		}
	}
}

struct node_tree *roster_read(const char *text, gsize len, const char *file,
			      struct problems *problems)
{
	if (g_str_has_suffix(file, ".csv"))
		return csv_read(text, len, file, "emails", problems);
	return yaml_read(text, len, file, &limits, problems);
}

GPtrArray *roster_parse(const char *text, gsize len, const char *file,
			struct problems *problems)
{
	guint before = problems_count(problems);
	struct people people = {NULL};
	struct schema_reader reader = {file, "/", problems};
	g_autoptr(GPtrArray) list = NULL;
	g_autoptr(node_tree_t) tree = roster_read(text, len, file, problems);
	struct node *top, *name;

	if (!tree)
		return NULL;
	top = node_new(tree, NODE_MAP, 1, 1);
	name = node_new(tree, NODE_SCALAR, 1, 1);
	name->text = g_strdup("people");
	g_ptr_array_add(top->keys, name);
	g_ptr_array_add(top->items, tree->root);
	schema_fill(&people_form, top, &reader, &people);
	list = g_steal_pointer(&people.list);
	problems_sort(problems, before, file);
	if (problems_count(problems) > before)
		return NULL;
	check_shared(&reader, tree->root);
	if (problems_count(problems) > before)
		return NULL;
	return g_steal_pointer(&list);
}

GPtrArray *roster_load(const char *path, struct problems *problems)
{
	gsize len;
	g_autofree char *text = file_read(path, ROSTER_BYTES, &len, problems);

	return text ? roster_parse(text, len, path, problems) : NULL;
}
