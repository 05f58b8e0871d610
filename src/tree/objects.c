/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New objects in memory. They stand beside libgit2's object database, not in
 * it: its writer would touch the dates of objects that are there already, and
 * a base repository is never written to unless a ref is wanted. What is kept
 * goes into one pack of whole objects; its index is written here as well,
 * for the ids and offsets are known.
 */
#include <config.h>
#include <errno.h>
#include <git2/sys/odb_backend.h>
#include <string.h>
#include <zlib.h>

#include "base/base.h"
#include "tree/tree-internal.h"

struct object {
	git_oid id;
	git_object_t type;
	GBytes *data;
	guint32 offset, crc; /* in the pack */
};

struct objects {
	git_odb *odb;
	GHashTable *by_id;
	GPtrArray *list; /* of struct object, in order of their making */
};

static guint oid_hash(gconstpointer key)
{
	const git_oid *id = key;
	guint hash;

	memcpy(&hash, id->id, sizeof(hash));
	return hash;
}

static gboolean oid_equal(gconstpointer a, gconstpointer b)
{
	return git_oid_equal(a, b);
}

static void object_free(gpointer data)
{
	struct object *object = data;

	g_bytes_unref(object->data);
	g_free(object);
}

void tree_set_git_error(GError **error, int code, const char *what)
{
	const git_error *last = git_error_last();
	enum reroll_error kind = code == GIT_ENOTFOUND ? REROLL_ERROR_NOT_FOUND
						       : REROLL_ERROR_TEMP;

	g_set_error(error, REROLL_ERROR, kind, "%s: %s", what,
		    last ? last->message : "libgit2 does not say why");
}

struct objects *objects_new(git_repository *repo, GError **error)
{
	g_autoptr(objects_t) objects = g_new0(struct objects, 1);
	int code = git_repository_odb(&objects->odb, repo);

	objects->by_id = g_hash_table_new(oid_hash, oid_equal);
	objects->list = g_ptr_array_new_with_free_func(object_free);
	if (code == 0)
		return g_steal_pointer(&objects);
	tree_set_git_error(error, code, "the object store cannot be opened");
	return NULL;
}

void objects_free(struct objects *objects)
{
	if (!objects)
		return;
	g_hash_table_unref(objects->by_id);
	g_ptr_array_unref(objects->list);
	git_odb_free(objects->odb);
	g_free(objects);
}

bool objects_add(struct objects *objects, git_object_t type, GBytes *data,
		 git_oid *id, GError **error)
{
	struct object *object;
	gsize len;
	const void *bytes = g_bytes_get_data(data, &len);
	int code = git_odb_hash(id, bytes, len, type);

	if (code < 0) {
		tree_set_git_error(error, code, "an object has no id");
		return false;
	}
	if (g_hash_table_contains(objects->by_id, id) ||
	    git_odb_exists_ext(objects->odb, id, GIT_ODB_LOOKUP_NO_REFRESH))
		return true;
	object = g_new0(struct object, 1);
	object->id = *id;
	object->type = type;
	object->data = g_bytes_ref(data);
	g_ptr_array_add(objects->list, object);
	g_hash_table_insert(objects->by_id, &object->id, object);
	return true;
}

static void odb_object_release(gpointer data)
{
	git_odb_object_free(data);
}

GBytes *objects_read(struct objects *objects, git_object_t type,
		     const git_oid *id, GError **error)
{
	struct object *object = g_hash_table_lookup(objects->by_id, id);
	git_odb_object *stored = NULL;
	int code;

	if (object && object->type == type)
		return g_bytes_ref(object->data);
	code = git_odb_read(&stored, objects->odb, id);
	if (code < 0) {
		tree_set_git_error(error, code, "an object cannot be read");
		return NULL;
	}
	if (git_odb_object_type(stored) != type) {
		git_odb_object_free(stored);
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "an object is not of the type that was expected");
		return NULL;
	}
	return g_bytes_new_with_free_func(git_odb_object_data(stored),
					  git_odb_object_size(stored),
					  odb_object_release, stored);
}

bool objects_find_blob(struct objects *objects, const char *hex, git_oid *id)
{
	gsize len = strlen(hex);
	git_oid prefix;
	git_object_t type;
	size_t size;

	if (len < GIT_OID_MINPREFIXLEN || len > GIT_OID_HEXSZ ||
	    git_oid_fromstrn(&prefix, hex, len) < 0)
		return false;
	for (guint i = 0; i < objects->list->len; i++) {
		const struct object *object = objects->list->pdata[i];

		if (object->type == GIT_OBJECT_BLOB &&
		    git_oid_ncmp(&object->id, &prefix, len) == 0) {
			*id = object->id;
			return true;
		}
	}
	return git_odb_exists_prefix(id, objects->odb, &prefix, len) == 0 &&
	       git_odb_read_header(&size, &type, objects->odb, id) == 0 &&
	       type == GIT_OBJECT_BLOB;
}

static void append_be32(GByteArray *to, guint32 value)
{
	guint32 big = GUINT32_TO_BE(value);

	g_byte_array_append(to, (const guint8 *)&big, sizeof(big));
}

/* SHA-1 over what is there, put behind it. */
static void append_checksum(GByteArray *to)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[GIT_OID_RAWSZ];
	gsize len = sizeof(digest);

	g_checksum_update(sum, to->data, to->len);
	g_checksum_get_digest(sum, digest, &len);
	g_byte_array_append(to, digest, (guint)len);
}

/* Type and size, seven bits a byte after the first four. */
static void append_entry_header(GByteArray *to, git_object_t type, gsize size)
{
	guint8 byte = (guint8)(type << 4 | (size & 15));

	for (size >>= 4; size > 0; size >>= 7) {
		byte |= 0x80;
		g_byte_array_append(to, &byte, 1);
		byte = size & 0x7f;
	}
	g_byte_array_append(to, &byte, 1);
}

static bool append_object(GByteArray *pack, z_stream *stream,
			  struct object *object)
{
	gsize len;
	const void *data = g_bytes_get_data(object->data, &len);
	guint start = pack->len;
	guint header, most = (guint)deflateBound(stream, len);

	append_entry_header(pack, object->type, len);
	header = pack->len;
	g_byte_array_set_size(pack, header + most);
	stream->next_in = (Bytef *)(gpointer)(gsize)data;
	stream->avail_in = (uInt)len;
	stream->next_out = pack->data + header;
	stream->avail_out = most;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END ||
	    deflateReset(stream) != Z_OK)
		return false;
	g_byte_array_set_size(pack, header + most - stream->avail_out);
	object->offset = start;
	object->crc = (guint32)crc32(0, pack->data + start, pack->len - start);
	return true;
}

/* All new objects, each whole; NULL when they are more than a pack holds. */
static GByteArray *pack_new(const struct objects *objects)
{
	g_autoptr(GByteArray) pack = g_byte_array_new();
	z_stream stream = {0};
	guint64 size = 0;
	bool ok;

	for (guint i = 0; i < objects->list->len; i++) {
		const struct object *object = objects->list->pdata[i];
		size += g_bytes_get_size(object->data) + 64;
	}
	if (size > G_MAXINT32 || deflateInit(&stream, Z_BEST_SPEED) != Z_OK)
		return NULL;
	g_byte_array_append(pack, (const guint8 *)"PACK", 4);
	append_be32(pack, 2);
	append_be32(pack, objects->list->len);
	ok = true;
	for (guint i = 0; ok && i < objects->list->len; i++)
		ok = append_object(pack, &stream, objects->list->pdata[i]);
	deflateEnd(&stream);
	if (!ok)
		return NULL;
	append_checksum(pack);
	return g_steal_pointer(&pack);
}

static int object_compare(gconstpointer a, gconstpointer b)
{
	const struct object *const *x = a, *const *y = b;

	return git_oid_cmp(&(*x)->id, &(*y)->id);
}

/* Version 2: fan-out, ids, checksums, offsets, the pack's checksum. */
static GByteArray *index_new(const GPtrArray *sorted, const GByteArray *pack)
{
	GByteArray *index = g_byte_array_new();
	guint n = 0;

	g_byte_array_append(index, (const guint8 *)"\377tOc", 4);
	append_be32(index, 2);
	for (int first = 0; first < 256; first++) {
		while (n < sorted->len &&
		       ((struct object *)sorted->pdata[n])->id.id[0] <= first)
			n++;
		append_be32(index, n);
	}
	for (guint i = 0; i < sorted->len; i++)
		g_byte_array_append(index,
				    ((struct object *)sorted->pdata[i])->id.id,
				    GIT_OID_RAWSZ);
	for (guint i = 0; i < sorted->len; i++)
		append_be32(index, ((struct object *)sorted->pdata[i])->crc);
	for (guint i = 0; i < sorted->len; i++)
		append_be32(index, ((struct object *)sorted->pdata[i])->offset);
	g_byte_array_append(index, pack->data + pack->len - GIT_OID_RAWSZ,
			    GIT_OID_RAWSZ);
	append_checksum(index);
	return index;
}

/* Where and how a pack is written. */
struct pack_target {
	const char *dir, *name;
	GFileSetContentsFlags flags;
};

static bool write_file(const struct pack_target *to, const char *suffix,
		       const GByteArray *data, GError **error)
{
	g_autofree char *file = g_strconcat("pack-", to->name, suffix, NULL);
	g_autofree char *path = g_build_filename(to->dir, "pack", file, NULL);
	g_autoptr(GError) cause = NULL;

	if (g_file_set_contents_full(path, (const char *)data->data,
				     (gssize)data->len, to->flags, 0444,
				     &cause))
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
		    "objects cannot be written: %s", cause->message);
	return false;
}

bool objects_write_pack(struct objects *objects, const char *dir, bool durable,
			GError **error)
{
	struct pack_target to = {
		.dir = dir,
		.flags = durable ? G_FILE_SET_CONTENTS_CONSISTENT |
					   G_FILE_SET_CONTENTS_DURABLE
				 : G_FILE_SET_CONTENTS_NONE,
	};
	g_autofree char *folder = g_build_filename(dir, "pack", NULL);
	g_autoptr(GPtrArray) sorted = NULL;
	g_autoptr(GByteArray) pack = NULL, index = NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);

	if (objects->list->len == 0)
		return true;
	if (g_mkdir_with_parents(folder, 0777) != 0) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_TEMP,
			    "the folder \"%s\" cannot be made: %s", folder,
			    g_strerror(errno));
		return false;
	}
	pack = pack_new(objects);
	if (!pack) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
			    "the series makes more than 2 GiB of objects");
		return false;
	}
	sorted = g_ptr_array_copy(objects->list, NULL, NULL);
	g_ptr_array_set_free_func(sorted, NULL);
	g_ptr_array_sort(sorted, object_compare);
	index = index_new(sorted, pack);
	for (guint i = 0; i < sorted->len; i++)
		g_checksum_update(sum,
				  ((struct object *)sorted->pdata[i])->id.id,
				  GIT_OID_RAWSZ);
	to.name = g_checksum_get_string(sum);
	return write_file(&to, ".pack", pack, error) &&
	       write_file(&to, ".idx", index, error);
}
