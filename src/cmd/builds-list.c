/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `reroll builds` shows: first the whole, then each that is kept. */
#include <stdio.h>
#include <string.h>

#include "cmd/builds-internal.h"
#include "cmd/cmd.h"

#define TREE_SHOWN 12

/* The way in use; those before it in the table, and why they are not. */
struct ways {
	const struct snapshot_ops *used; /* NULL: none works */
	bool wanted;			 /* the site file names it */
	json_t *refused;		 /* of {"name", "why"} */
};

static json_t *refuse_way(const char *name, const char *why)
{
	return json_pack("{s:s, s:o}", "name", name, "why", json_text(why));
}

static void find_ways(const struct builds *builds, struct ways *ways)
{
	g_autoptr(GError) none = NULL;

	ways->refused = json_array();
	ways->wanted = site_snapshots(builds->site);
	ways->used = keep_snapshots(builds->keep, &none);
	if (ways->wanted && !ways->used)
		json_array_append_new(ways->refused,
				      refuse_way(site_snapshots(builds->site),
						 none->message));
	for (gsize i = 0; !ways->wanted && snapshot_table[i]; i++) {
		g_autoptr(GError) why = NULL;

		if (snapshot_table[i] == ways->used)
			break;
		if (!snapshot_table[i]->works(keep_dir(builds->keep), &why))
			json_array_append_new(
				ways->refused,
				refuse_way(snapshot_table[i]->name,
					   why->message));
	}
}

/* The names that stand for the result now. */
static json_t *names_of(const GPtrArray *anointed,
			const struct keep_entry *entry)
{
	json_t *names = json_array();

	for (guint i = 0; i < anointed->len; i++) {
		const struct anointed *one = anointed->pdata[i];

		if (strcmp(entry->kind, "results") == 0 &&
		    g_strcmp0(one->key, entry->key) == 0)
			json_array_append_new(names, json_text(one->name));
	}
	return names;
}

static const char *const meta_names[] = {
	"id",	"project",   "arch",	  "defconfig",	 "toolchain",
	"tree", "base_tree", "base_name", "base_status",
};

static json_t *entry_json(struct keep *keep, const struct keep_entry *entry,
			  const GPtrArray *anointed)
{
	g_autoptr(json_t) meta = meta_read(keep, entry->kind, entry->key);
	json_t *json = json_pack(
		"{s:o, s:o, s:I, s:I, s:b, s:b, s:o}", "kind",
		json_text(entry->kind), "key", json_text(entry->key), "bytes",
		(json_int_t)entry->bytes, "used_at", (json_int_t)entry->used_at,
		"held", entry->held, "pinned", entry->pinned, "anointed",
		names_of(anointed, entry));

	for (gsize i = 0; i < G_N_ELEMENTS(meta_names); i++)
		json_object_set_new(json, meta_names[i],
				    json_text(meta_text(meta, meta_names[i])));
	return json;
}

/* Sources are kept by their tree, which has a name where a base of it has. */
static void name_sources(json_t *list)
{
	json_t *one, *other;
	gsize i, j;

	json_array_foreach (list, i, one) {
		const char *tree = meta_text(one, "key");

		if (strcmp(meta_text(one, "kind"), "sources") != 0)
			continue;
		json_object_set_new(one, "base_tree", json_text(tree));
		json_array_foreach (list, j, other) {
			if (g_strcmp0(meta_text(other, "base_tree"), tree) ==
				    0 &&
			    meta_text(other, "base_name"))
				json_object_set(
					one, "base_name",
					json_object_get(other, "base_name"));
		}
	}
}

static json_t *anointed_json(const struct anointed *anointed)
{
	json_t *uses = json_array();

	for (guint i = 0; i < anointed->uses->len; i++) {
		const struct anointed_use *use = anointed->uses->pdata[i];

		json_array_append_new(
			uses, json_pack("{s:o, s:o, s:o, s:o, s:I}", "project",
					json_text(use->project), "build",
					json_text(use->build), "run",
					json_text(use->run), "key",
					json_text(use->key), "at",
					(json_int_t)use->at));
	}
	return json_pack("{s:o, s:o, s:b, s:I, s:o}", "name",
			 json_text(anointed->name), "key",
			 json_text(anointed->key), "revoked", !anointed->key,
			 "at", (json_int_t)anointed->at, "uses", uses);
}

static json_t *list_json(const struct builds *builds)
{
	g_autoptr(GPtrArray) entries = keep_list(builds->keep);
	g_autoptr(GPtrArray) anointed = anointed_list(builds->keep);
	json_t *kept = json_array(), *names = json_array();
	struct ways ways = {0};
	guint64 total = 0;

	find_ways(builds, &ways);
	for (guint i = 0; i < entries->len; i++) {
		const struct keep_entry *entry = entries->pdata[i];

		total += entry->bytes;
		json_array_append_new(
			kept, entry_json(builds->keep, entry, anointed));
	}
	name_sources(kept);
	for (guint i = 0; i < anointed->len; i++)
		json_array_append_new(names, anointed_json(anointed->pdata[i]));
	return json_pack("{s:o, s:I, s:I, s:{s:o, s:b, s:o}, s:o, s:o}",
			 "folder", json_text(keep_dir(builds->keep)),
			 "total_bytes", (json_int_t)total, "limit_bytes",
			 (json_int_t)keep_limit(builds->keep), "snapshots",
			 "way", json_text(ways.used ? ways.used->name : NULL),
			 "configured", ways.wanted, "refused", ways.refused,
			 "kept", kept, "anointed", names);
}

static void print_head(json_t *list)
{
	json_t *snapshots = json_object_get(list, "snapshots"), *refused;
	const char *way = meta_text(snapshots, "way");
	guint64 limit = (guint64)json_integer_value(
		json_object_get(list, "limit_bytes"));
	g_autofree char *total = text_format_size((guint64)json_integer_value(
		json_object_get(list, "total_bytes")));
	g_autofree char *most = text_format_size(limit);
	gsize i;

	printf("folder: %s\n", meta_text(list, "folder"));
	printf("size: %s of %s\n", total, limit ? most : "any size");
	printf("snapshots: %s%s\n", way ? way : "none",
	       json_is_true(json_object_get(snapshots, "configured"))
		       ? ", as the site file says"
		       : "");
	json_array_foreach (json_object_get(snapshots, "refused"), i, refused)
		printf("  not %s: %s\n", meta_text(refused, "name"),
		       meta_text(refused, "why"));
}

static void print_base(json_t *entry)
{
	const char *tree = meta_text(entry, "base_tree");
	const char *name = meta_text(entry, "base_name");
	const char *status = meta_text(entry, "base_status");

	if (tree)
		printf("  base: %.*s%s%s%s%s%s\n", TREE_SHOWN, tree,
		       name ? " (" : "", name ? name : "", name ? ")" : "",
		       status ? ", " : "", status ? status : "");
}

static void print_entry(json_t *entry)
{
	static const char *const states[] = {"held", "pinned"};
	g_autofree char *size = text_format_size(
		(guint64)json_integer_value(json_object_get(entry, "bytes")));
	g_autofree char *age = cmd_age_text(
		json_integer_value(json_object_get(entry, "used_at")));
	const char *id = meta_text(entry, "id");
	const char *project = meta_text(entry, "project");
	json_t *name;
	gsize i;

	printf("\n%s/%s\n", meta_text(entry, "kind"), meta_text(entry, "key"));
	if (id)
		printf("  build: %s%s%s\n", id, project ? " of " : "",
		       project ? project : "");
	print_base(entry);
	printf("  size: %s, used %s ago", size, age);
	for (i = 0; i < G_N_ELEMENTS(states); i++) {
		if (json_is_true(json_object_get(entry, states[i])))
			printf(", %s", states[i]);
	}
	json_array_foreach (json_object_get(entry, "anointed"), i, name)
		printf(", anointed as %s", json_string_value(name));
	putchar('\n');
}

static void print_anointed(json_t *anointed)
{
	json_t *uses = json_object_get(anointed, "uses");
	const char *key = meta_text(anointed, "key");
	g_autofree char *age = cmd_age_text(
		json_integer_value(json_object_get(anointed, "at")));

	printf("\nanointed as %s\n", meta_text(anointed, "name"));
	if (key)
		printf("  result: %s, %s ago\n", key, age);
	else
		printf("  revoked: %s ago\n", age);
	printf("  used: %u times\n", (guint)json_array_size(uses));
}

bool builds_list(const struct builds *builds, GError **error)
{
	g_autoptr(json_t) list = list_json(builds);
	json_t *one;
	gsize i;

	if (builds->json) {
		json_write(list, stdout, 1);
		return cmd_print_end(error);
	}
	print_head(list);
	json_array_foreach (json_object_get(list, "kept"), i, one)
		print_entry(one);
	json_array_foreach (json_object_get(list, "anointed"), i, one)
		print_anointed(one);
	return cmd_print_end(error);
}
