/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Renames found as git's merge finds them, for it decides where a change goes.
 * First files of the same content; then those that alone have their base name,
 * if three quarters of them are the same; then the likest pairs of all, if half
 * of them is. Likeness counts the bytes in pieces (a line, 64 bytes at most)
 * that both have, as a share of the larger file.
 *
 * Where a tree has too many files to compare all, those of the same name or the
 * same folder are.
 */
#include <config.h>
#include <string.h>

#include "base/base.h"
#include "tree/merge-internal.h"

#define PAIRS_MOST 20000 /* of files that are compared whatever their names */
#define BYTES_MOST (256 << 20) /* of them; then no more are compared */
#define SAME_MOST 100	       /* sources of one content looked at */
#define PIECE_BYTES 64
#define BINARY_BYTES 8000 /* looked at for a NUL */
#define SCORE_SAME 60000
#define SCORE_LEAST (SCORE_SAME / 2)
#define SCORE_NAMED (SCORE_SAME / 4 * 3)
#define BEST_MOST 4 /* sources kept in mind for a target */
#define EMPTY_ID "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

struct search {
	struct objects *objects;
	const GPtrArray *sources, *targets;
	GHashTable *pieces; /* of sources: end to GArray of struct piece */
	gsize bytes;	    /* read so far */
	GError **error;
};

struct piece {
	guint64 hash;
	gsize bytes;
};

struct match {
	struct rename_end *source, *target;
	int score;
	bool named; /* same base name */
};

void rename_end_free(gpointer data)
{
	struct rename_end *end = data;

	g_free(end->path);
	g_free(end);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool same_name(const struct rename_end *a, const struct rename_end *b)
{
	return strcmp(base_name(a->path), base_name(b->path)) == 0;
}

static bool is_regular(const struct rename_end *end)
{
	return (end->entry.mode & MODE_TYPE) == 0100000;
}

/* Empty files are alike without being the same. */
static bool is_free(const struct rename_end *end)
{
	return !end->other &&
	       strcmp(git_oid_tostr_s(&end->entry.id), EMPTY_ID) != 0;
}

static void pair(struct rename_end *source, struct rename_end *target)
{
	source->other = target;
	target->other = source;
}

static guint id_hash(gconstpointer key)
{
	guint hash;

	memcpy(&hash, ((const git_oid *)key)->id, sizeof(hash));
	return hash;
}

static gboolean id_equal(gconstpointer a, gconstpointer b)
{
	return git_oid_equal(a, b);
}

/* The best source of the same content: one of the same base name if any. */
static struct rename_end *find_same(const GPtrArray *sources,
				    const struct rename_end *target)
{
	struct rename_end *best = NULL;

	for (guint i = 0; i < MIN(sources->len, SAME_MOST); i++) {
		struct rename_end *source = sources->pdata[i];

		if (source->other ||
		    ((!is_regular(source) || !is_regular(target)) &&
		     source->entry.mode != target->entry.mode))
			continue;
		if (same_name(source, target))
			return source;
		if (!best)
			best = source;
	}
	return best;
}

static void pair_same(const struct search *search)
{
	g_autoptr(GHashTable) by_id = g_hash_table_new_full(
		id_hash, id_equal, NULL, (GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < search->sources->len; i++) {
		struct rename_end *source = search->sources->pdata[i];
		GPtrArray *same = g_hash_table_lookup(by_id, &source->entry.id);

		if (!is_free(source))
			continue;
		if (!same) {
			same = g_ptr_array_new();
			g_hash_table_insert(by_id, &source->entry.id, same);
		}
		g_ptr_array_add(same, source);
	}
	for (guint i = 0; i < search->targets->len; i++) {
		struct rename_end *target = search->targets->pdata[i];
		const GPtrArray *same = g_hash_table_lookup(by_id,
							    &target->entry.id);
		struct rename_end *source = same ? find_same(same, target)
						 : NULL;

		if (source)
			pair(source, target);
	}
}

static int piece_compare(gconstpointer a, gconstpointer b)
{
	const struct piece *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Pieces of one hash into one; they are sorted. */
static void pieces_join(GArray *pieces)
{
	guint kept = 0;

	for (guint i = 0; i < pieces->len; i++) {
		struct piece *last = kept > 0 ? &g_array_index(pieces,
							       struct piece,
							       kept - 1)
					      : NULL;
		struct piece piece = g_array_index(pieces, struct piece, i);

		if (last && last->hash == piece.hash)
			last->bytes += piece.bytes;
		else
			g_array_index(pieces, struct piece, kept++) = piece;
	}
	g_array_set_size(pieces, kept);
}

/*
 * The pieces of a content. Carriage returns at line ends of a text do not
 * count, nor does a last piece that is cut short.
 */
static GArray *pieces_new(GBytes *content)
{
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	gsize len;
	const char *at = tree_bytes(content, &len), *end = at + len;
	bool text = !memchr(at, '\0', MIN(len, BINARY_BYTES));
	const struct piece empty = {
		.hash = G_GUINT64_CONSTANT(14695981039346656037)};
	struct piece piece = empty;

	for (; at < end; at++) {
		if (text && *at == '\r' && at + 1 < end && at[1] == '\n')
			continue;
		piece.hash = (piece.hash ^ (guchar)*at) * 1099511628211;
		piece.bytes++;
		if (piece.bytes < PIECE_BYTES && *at != '\n')
			continue;
		g_array_append_val(pieces, piece);
		piece = empty;
	}
	g_array_sort(pieces, piece_compare);
	pieces_join(pieces);
	return pieces;
}

static gsize pieces_common(const GArray *a, const GArray *b)
{
	gsize common = 0;

	for (guint i = 0, k = 0; i < a->len && k < b->len;) {
		const struct piece *x = &g_array_index(a, struct piece, i);
		const struct piece *y = &g_array_index(b, struct piece, k);

		if (x->hash == y->hash)
			common += MIN(x->bytes, y->bytes);
		i += x->hash <= y->hash;
		k += y->hash <= x->hash;
	}
	return common;
}

/* The pieces of a source are kept: it is compared with many targets. */
static const GArray *source_pieces(struct search *search,
				   struct rename_end *source, GBytes *content)
{
	GArray *pieces = g_hash_table_lookup(search->pieces, source);

	if (!pieces) {
		pieces = pieces_new(content);
		g_hash_table_insert(search->pieces, source, pieces);
	}
	return pieces;
}

/* How alike the two are, at least `least`, or 0; -1 on trouble. */
static int likeness(struct search *search, struct rename_end *source,
		    struct rename_end *target, int least)
{
	g_autoptr(GBytes) a = NULL, b = NULL;
	g_autoptr(GArray) pieces = NULL;
	gsize most, gap;
	int score;

	if (!is_regular(source) || !is_regular(target) ||
	    search->bytes > BYTES_MOST)
		return 0;
	a = objects_read(search->objects, GIT_OBJECT_BLOB, &source->entry.id,
			 search->error);
	b = a ? objects_read(search->objects, GIT_OBJECT_BLOB,
			     &target->entry.id, search->error)
	      : NULL;
	if (!b)
		return -1;
	search->bytes += g_bytes_get_size(a) + g_bytes_get_size(b);
	most = MAX(g_bytes_get_size(a), g_bytes_get_size(b));
	gap = most - MIN(g_bytes_get_size(a), g_bytes_get_size(b));
	if (most == 0 || most * (gsize)(SCORE_SAME - least) < gap * SCORE_SAME)
		return 0;
	pieces = pieces_new(b);
	score = (int)(pieces_common(source_pieces(search, source, a), pieces) *
		      SCORE_SAME / most);
	return score < least ? 0 : score;
}

/* Base name to the one end that has it and is free, NULL when several have. */
static GHashTable *index_names(const GPtrArray *ends)
{
	GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < ends->len; i++) {
		struct rename_end *end = ends->pdata[i];
		const char *name = base_name(end->path);

		if (is_free(end))
			g_hash_table_insert(names, (gpointer)(gsize)name,
					    g_hash_table_contains(names, name)
						    ? NULL
						    : end);
	}
	return names;
}

static bool pair_named(struct search *search)
{
	g_autoptr(GHashTable) sources = index_names(search->sources);
	g_autoptr(GHashTable) targets = index_names(search->targets);
	GHashTableIter iter;
	gpointer name, source;

	g_hash_table_iter_init(&iter, sources);
	while (g_hash_table_iter_next(&iter, &name, &source)) {
		struct rename_end *target = g_hash_table_lookup(targets, name);
		int score;

		if (!source || !target)
			continue;
		score = likeness(search, source, target, SCORE_NAMED);
		if (score < 0)
			return false;
		if (score >= SCORE_NAMED)
			pair(source, target);
	}
	return true;
}

static GPtrArray *free_ends(const GPtrArray *ends)
{
	GPtrArray *left = g_ptr_array_new();

	for (guint i = 0; i < ends->len; i++) {
		if (is_free(ends->pdata[i]))
			g_ptr_array_add(left, ends->pdata[i]);
	}
	return left;
}

/* Add the name and the folder of a path to those wanted, or look for them. */
static bool in_sight(GHashTable *wanted, const char *path, bool add)
{
	const char *name = base_name(path);
	g_autofree char *folder = g_strndup(path, name - path);
	g_autofree char *mark = g_strconcat("/", name, NULL);

	if (add) {
		g_hash_table_add(wanted, g_steal_pointer(&folder));
		g_hash_table_add(wanted, g_steal_pointer(&mark));
		return true;
	}
	return g_hash_table_contains(wanted, folder) ||
	       g_hash_table_contains(wanted, mark);
}

/* Targets of the name or in the folder of a source, PAIRS_MOST pairs. */
static void narrow_targets(const GPtrArray *sources, GPtrArray *targets)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);
	guint kept = 0, most = PAIRS_MOST / MAX(sources->len, 1);

	for (guint i = 0; i < sources->len; i++)
		in_sight(wanted, ((struct rename_end *)sources->pdata[i])->path,
			 true);
	for (guint i = 0; i < targets->len && kept < most; i++) {
		struct rename_end *target = targets->pdata[i];

		if (in_sight(wanted, target->path, false))
			targets->pdata[kept++] = target;
	}
	g_ptr_array_set_size(targets, (gint)kept);
}

/* Better first; what is as good keeps its place. */
static int match_compare(gconstpointer a, gconstpointer b)
{
	const struct match *x = a, *y = b;

	return x->score != y->score ? y->score - x->score : y->named - x->named;
}

/* The best sources of one target, behind those of the targets before it. */
static bool add_matches(struct search *search, const GPtrArray *sources,
			struct rename_end *target, GArray *matches)
{
	guint start = matches->len;

	for (guint i = 0; i < sources->len; i++) {
		struct match match = {sources->pdata[i], target, 0, false};
		guint worst = start;

		match.named = same_name(match.source, target);
		match.score = likeness(search, match.source, target,
				       SCORE_LEAST);
		if (match.score < 0)
			return false;
		if (match.score == 0)
			continue;
		if (matches->len - start < BEST_MOST) {
			g_array_append_val(matches, match);
			continue;
		}
		for (guint k = start + 1; k < matches->len; k++) {
			if (match_compare(
				    &g_array_index(matches, struct match, k),
				    &g_array_index(matches, struct match,
						   worst)) > 0)
				worst = k;
		}
		if (match_compare(&g_array_index(matches, struct match, worst),
				  &match) > 0)
			g_array_index(matches, struct match, worst) = match;
	}
	return true;
}

static bool pair_alike(struct search *search)
{
	g_autoptr(GPtrArray) sources = free_ends(search->sources);
	g_autoptr(GPtrArray) targets = free_ends(search->targets);
	g_autoptr(GArray)
		matches = g_array_new(FALSE, FALSE, sizeof(struct match));

	if ((guint64)sources->len * targets->len > PAIRS_MOST)
		narrow_targets(sources, targets);
	for (guint i = 0; i < targets->len; i++) {
		if (!add_matches(search, sources, targets->pdata[i], matches))
			return false;
	}
	g_array_sort(matches, match_compare);
	for (guint i = 0; i < matches->len; i++) {
		struct match *match = &g_array_index(matches, struct match, i);

		if (!match->source->other && !match->target->other)
			pair(match->source, match->target);
	}
	return true;
}

bool renames_find(struct objects *objects, const GPtrArray *sources,
		  const GPtrArray *targets, GError **error)
{
	g_autoptr(GHashTable) pieces = g_hash_table_new_full(
		NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	struct search search = {objects, sources, targets, pieces, 0, error};

	if (sources->len == 0 || targets->len == 0)
		return true;
	pair_same(&search);
	return pair_named(&search) && pair_alike(&search);
}
