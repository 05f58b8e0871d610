// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The archive of modules is read twice: for what each module depends on (the
 * "depends=" of its .modinfo), then for the content of those that are wanted.
 * No name of it is ever a path of this machine.
 */
#include "build/images.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/base.h"

#define BLOCK_BYTES 65536
#define MODULE_BYTES (64 << 20)
#define TOTAL_BYTES (256 << 20)
#define MODULES_MOST 20000
#define BUILTIN "/modules.builtin"
#define DEPENDS "depends="

typedef struct archive archive_reader_t, archive_writer_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_reader_t, archive_read_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_writer_t, archive_write_free)
typedef struct archive_entry archive_entry_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_entry_t, archive_entry_free)

enum state { UNSEEN, OPEN, TAKEN };

struct module {
	char *name, *path; /* "virtio_net", "lib/modules/.../virtio_net.ko" */
	char **depends;
	GBytes *content; /* of those taken */
	enum state state;
};

struct modules {
	GHashTable *by_name; /* of struct module */
	GHashTable *builtin; /* a set of names */
	char *top;	     /* "lib/modules/RELEASE" */
	GPtrArray *order;    /* of struct module, borrowed: as to load them */
	gsize bytes;
};

static void module_free(gpointer data)
{
	struct module *module = data;

	g_free(module->name);
	g_free(module->path);
	g_strfreev(module->depends);
	g_clear_pointer(&module->content, g_bytes_unref);
	g_free(module);
}

static void modules_clear(struct modules *modules)
{
	g_clear_pointer(&modules->by_name, g_hash_table_unref);
	g_clear_pointer(&modules->builtin, g_hash_table_unref);
	g_clear_pointer(&modules->order, g_ptr_array_unref);
	g_free(modules->top);
}

typedef struct modules modules_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(modules_t, modules_clear)

/* "drivers/net/virtio-net.ko" is the module virtio_net. */
static char *module_name(const char *path)
{
	char *name = g_path_get_basename(path);

	if (g_str_has_suffix(name, ".ko"))
		name[strlen(name) - strlen(".ko")] = '\0';
	return g_strdelimit(name, "-", '_');
}

/* Every "depends=a,b" between NULs; a name that is no module matters little. */
static char **read_depends(const char *data, gsize len)
{
	static const char mark[] = "\0" DEPENDS;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *end = data + len, *at = data;

	while ((at = memmem(at, (gsize)(end - at), mark, sizeof(mark) - 1))) {
		const char *stop;

		at += sizeof(mark) - 1;
		stop = memchr(at, '\0', (gsize)(end - at));
		while (stop && at < stop) {
			const char *comma = memchr(at, ',', (gsize)(stop - at));
			const char *to = comma ? comma : stop;
			g_autofree char *name = g_strndup(at, (gsize)(to - at));

			if (*name)
				g_ptr_array_add(names, module_name(name));
			at = comma ? comma + 1 : stop;
		}
	}
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}

static bool set_error(GError **error, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the archive of modules cannot be read: %s",
		    why ? why : "it is damaged");
	return false;
}

static bool set_too_large(GError **error, const char *what)
{
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_LIMIT,
		    "the archive of modules has %s", what);
	return false;
}

static GBytes *read_entry(struct archive *archive, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	g_autofree guint8 *block = g_malloc(BLOCK_BYTES);
	la_ssize_t n;

	while ((n = archive_read_data(archive, block, BLOCK_BYTES)) > 0) {
		if (data->len + (gsize)n > MODULE_BYTES) {
			set_too_large(error, "a module over 64 MiB");
			return NULL;
		}
		g_byte_array_append(data, block, (guint)n);
	}
	if (n < 0) {
		set_error(error, archive);
		return NULL;
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&data));
}

/* "./lib/modules/5.10/x" without what is before "lib/"; NULL: not below it. */
static const char *inside(const char *path)
{
	if (!path || strstr(path, ".."))
		return NULL;
	path += strspn(path, "./");
	return g_str_has_prefix(path, "lib/modules/") ? path : NULL;
}

/* Called with the content of each entry that is a module or a list. */
typedef bool (*entry_taker)(struct modules *modules, const char *path,
			    GBytes *content, GError **error);

static bool is_asked(const struct modules *modules, const char *path,
		     bool listing)
{
	g_autofree char *name = module_name(path);
	const struct module *module;

	if (listing)
		return g_str_has_suffix(path, ".ko") ||
		       g_str_has_suffix(path, BUILTIN);
	module = g_hash_table_lookup(modules->by_name, name);
	return module && module->state == TAKEN && !module->content &&
	       strcmp(module->path, path) == 0;
}

static bool walk(struct modules *modules, const char *tar_path,
		 entry_taker take, bool listing, GError **error)
{
	g_autoptr(archive_reader_t) archive = archive_read_new();
	struct archive_entry *entry;
	int code;

	archive_read_support_format_tar(archive);
	if (archive_read_open_filename(archive, tar_path, BLOCK_BYTES) !=
	    ARCHIVE_OK)
		return set_error(error, archive);
	while ((code = archive_read_next_header(archive, &entry)) ==
	       ARCHIVE_OK) {
		const char *path = inside(archive_entry_pathname(entry));
		g_autofree char *kept = g_strdup(path);
		g_autoptr(GBytes) content = NULL;

		if (!path || archive_entry_filetype(entry) != AE_IFREG ||
		    !is_asked(modules, path, listing))
			continue;
		content = read_entry(archive, error);
		if (!content || !take(modules, kept, content, error))
			return false;
	}
	return code == ARCHIVE_EOF || set_error(error, archive);
}

static void add_builtin(struct modules *modules, const char *text, gsize len)
{
	g_autofree char *copy = g_strndup(text, len);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);

	for (char **line = lines; *line; line++)
		g_hash_table_add(modules->builtin, module_name(*line));
}

/* All of them are below the one folder of their release. */
static bool check_top(struct modules *modules, const char *path, GError **error)
{
	gsize len = strlen("lib/modules/");

	len += strcspn(path + len, "/");
	if (!modules->top)
		modules->top = g_strndup(path, len);
	if (path[len] == '/' && len == strlen(modules->top) &&
	    strncmp(path, modules->top, len) == 0)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_INPUT,
		    "the archive of modules has files outside the folder of "
		    "its first release");
	return false;
}

static bool take_depends(struct modules *modules, const char *path,
			 GBytes *content, GError **error)
{
	gsize len;
	const char *data = g_bytes_get_data(content, &len);
	struct module *module;

	if (!check_top(modules, path, error))
		return false;
	if (g_str_has_suffix(path, BUILTIN)) {
		add_builtin(modules, data ? data : "", len);
		return true;
	}
	if (g_hash_table_size(modules->by_name) >= MODULES_MOST)
		return set_too_large(error, "more than 20000 modules");
	module = g_new0(struct module, 1);
	module->name = module_name(path);
	module->path = g_strdup(path);
	module->depends = read_depends(data ? data : "", len);
	g_hash_table_replace(modules->by_name, module->name, module);
	return true;
}

static bool take_content(struct modules *modules, const char *path,
			 GBytes *content, GError **error)
{
	g_autofree char *name = module_name(path);
	struct module *module = g_hash_table_lookup(modules->by_name, name);

	modules->bytes += g_bytes_get_size(content);
	if (modules->bytes > TOTAL_BYTES)
		return set_too_large(error, "over 256 MiB of what is wanted");
	module->content = g_bytes_ref(content);
	return true;
}

/* The module and all below it, those it depends on first; no recursion. */
static void order_from(struct modules *modules, struct module *first)
{
	g_autoptr(GPtrArray) stack = g_ptr_array_new();

	g_ptr_array_add(stack, first);
	while (stack->len > 0) {
		struct module *top = stack->pdata[stack->len - 1];

		if (top->state != UNSEEN) {
			g_ptr_array_set_size(stack, (gint)stack->len - 1);
			if (top->state == OPEN)
				g_ptr_array_add(modules->order, top);
			top->state = TAKEN;
			continue;
		}
		top->state = OPEN;
		for (char **name = top->depends; *name; name++) {
			struct module *below = g_hash_table_lookup(
				modules->by_name, *name);

			if (below && below->state == UNSEEN)
				g_ptr_array_add(stack, below);
		}
	}
}

static bool order_all(struct modules *modules, const GPtrArray *names,
		      GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *name = module_name(names->pdata[i]);
		g_autofree char *quoted = text_quote(names->pdata[i], -1);
		struct module *module = g_hash_table_lookup(modules->by_name,
							    name);

		if (module) {
			order_from(modules, module);
			continue;
		}
		if (g_hash_table_contains(modules->builtin, name))
			continue;
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_NOT_FOUND,
			    "the build made no module %s", quoted);
		return false;
	}
	return true;
}

static void add_entry(struct archive *out, const char *path, mode_t mode,
		      GBytes *content)
{
	g_autoptr(archive_entry_t) entry = archive_entry_new();
	gsize len = 0;
	const void *data = content ? g_bytes_get_data(content, &len) : NULL;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	archive_entry_set_size(entry, (la_int64_t)len);
	archive_entry_set_mtime(entry, 0, 0);
	archive_write_header(out, entry);
	if (len)
		archive_write_data(out, data, len);
}

/* The folders on the way to `path` that were not written yet. */
static void add_folders(struct archive *out, GHashTable *seen, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		char *folder = g_strndup(path, (gsize)(slash - path));

		if (g_hash_table_contains(seen, folder)) {
			g_free(folder);
			continue;
		}
		add_entry(out, folder, AE_IFDIR | 0755, NULL);
		g_hash_table_add(seen, folder);
	}
}

static void add_names(GHashTable *set, char **names)
{
	for (char **name = names; *name; name++)
		g_hash_table_add(set, *name);
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko": all it needs, as depmod has them. */
static void describe(const struct modules *modules, guint index, GString *dep)
{
	const struct module *module = modules->order->pdata[index];
	gsize skip;
	g_autoptr(GHashTable) needs = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert(modules->top);
	skip = strlen(modules->top) + 1;
	add_names(needs, module->depends);
	g_string_append_printf(dep, "%s:", module->path + skip);
	for (guint i = index; i-- > 0;) {
		const struct module *below = modules->order->pdata[i];

		if (!g_hash_table_contains(needs, below->name))
			continue;
		add_names(needs, below->depends);
		g_string_append_printf(dep, " %s", below->path + skip);
	}
	g_string_append_c(dep, '\n');
}

static void add_text(const struct modules *modules, struct archive *out,
		     const char *name, const GString *text)
{
	g_autofree char *path = g_build_filename(modules->top, name, NULL);
	g_autoptr(GBytes) content = g_bytes_new(text->str, text->len);

	add_entry(out, path, AE_IFREG | 0644, content);
}

static la_ssize_t write_bytes(struct archive *archive, void *data,
			      const void *block, size_t len)
{
	(void)archive;
	g_byte_array_append(data, block, (guint)len);
	return (la_ssize_t)len;
}

static GBytes *write_cpio(const struct modules *modules)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	g_autoptr(archive_writer_t) out = archive_write_new();
	g_autoptr(GString) dep = g_string_new(NULL), load = g_string_new(NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, NULL);

	archive_write_set_format_cpio_newc(out);
	archive_write_set_bytes_in_last_block(out, 4);
	archive_write_open(out, data, NULL, write_bytes, NULL);
	for (guint i = 0; i < modules->order->len; i++) {
		const struct module *module = modules->order->pdata[i];

		add_folders(out, seen, module->path);
		add_entry(out, module->path, AE_IFREG | 0644, module->content);
		describe(modules, i, dep);
		g_string_append_printf(load, "/%s\n", module->path);
	}
	if (modules->order->len) {
		add_text(modules, out, "modules.dep", dep);
		add_text(modules, out, "modules.load", load);
	}
	archive_write_close(out);
	return g_byte_array_free_to_bytes(g_steal_pointer(&data));
}

GBytes *images_modules_cpio(const char *tar_path, const GPtrArray *names,
			    GError **error)
{
	g_auto(modules_t) modules = {
		.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						 module_free),
		.builtin = g_hash_table_new_full(g_str_hash, g_str_equal,
						 g_free, NULL),
		.order = g_ptr_array_new(),
	};

	if (!walk(&modules, tar_path, take_depends, true, error) ||
	    !order_all(&modules, names, error) ||
	    !walk(&modules, tar_path, take_content, false, error))
		return NULL;
	return write_cpio(&modules);
}
