// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kernel that was built leaves: its images, device trees, modules,
 * headers. Installing and packing run in the sandbox as the build did, since
 * the folders are the build's; what comes out is copied by artifacts.c.
 *
 * What is there at the end must be of this build. A series that changes more
 * than sources may end that make makes an image or a device tree, and the
 * base's would be taken for its own: so those are taken out of the view before
 * make runs, which links them again if it still knows how. Of sources alone
 * make sees by itself that they are older.
 */
#include <config.h>

#include <string.h>

#include "base/base.h"
#include "build/build-internal.h"
#include "build/kconfig.h"
#include "tree/tree.h"

#define MODULES_DIR "reroll-modules"
#define HEADERS_DIR "reroll-headers"
#define DTBS_LIST "reroll-dtbs"
#define DTBS_MOST 8192
#define MODULES_TAR "modules.tar"
#define HEADERS_TAR "headers.tar"
#define MODULES_IMAGE "modules.ext2"
#define HEADERS_IMAGE "headers.ext2"

static bool has_target(const struct build_spec *spec, const char *target)
{
	return g_ptr_array_find_with_equal_func(spec->targets, target,
						g_str_equal, NULL);
}

/* Whether the build made any module. */
static bool has_modules(const struct build_run *run)
{
	g_autofree char *order = layers_read(&run->out->layers, "modules.order",
					     KCONFIG_TEXT_BYTES);

	return order && *order;
}

/* Without depmod, which takes its time, only insmod can load what is there. */
static bool install_modules(struct build_run *run, GError **error)
{
	const struct build_spec *spec = run->spec;
	g_autofree char *to = g_strdup_printf("INSTALL_MOD_PATH=%s/%s",
					      run->out_seen, MODULES_DIR);
	const char *const words[] = {to, "modules_install",
				     spec->modules_image ? NULL : "DEPMOD=true",
				     NULL};

	if (!kbuild_make(run, words, error))
		return false;
	if (build_run_passed(run) &&
	    !image_pack_tar(run, MODULES_DIR, MODULES_TAR, error))
		return false;
	return !build_run_passed(run) || !spec->modules_image ||
	       image_pack_ext2(run, MODULES_DIR, MODULES_IMAGE, error);
}

static bool install_headers(struct build_run *run, GError **error)
{
	const struct build_spec *spec = run->spec;
	g_autofree char *to = g_strdup_printf("INSTALL_HDR_PATH=%s/%s",
					      run->out_seen, HEADERS_DIR);
	const char *const words[] = {to, "headers_install", NULL};

	if (!kbuild_make(run, words, error))
		return false;
	if (build_run_passed(run) && spec->headers &&
	    !image_pack_tar(run, HEADERS_DIR, HEADERS_TAR, error))
		return false;
	return !build_run_passed(run) || !spec->headers_image ||
	       image_pack_ext2(run, HEADERS_DIR, HEADERS_IMAGE, error);
}

/* Device trees are made where the configuration has any use for them. */
static bool may_have_dtbs(const struct build_run *run)
{
	g_autofree char *config = NULL;

	if (!has_target(run->spec, "all") && !has_target(run->spec, "dtbs"))
		return false;
	config = layers_read(&run->out->layers, ".config", KCONFIG_TEXT_BYTES);
	return config && strstr(config, "\nCONFIG_OF=y\n");
}

static char *dtbs_dir(const struct build_run *run)
{
	return g_strdup_printf("arch/%s/boot/dts/", run->spec->source_arch);
}

static bool list_dtbs(struct build_run *run, GError **error)
{
	static const char script[] =
		"[ ! -d \"$1\" ] || find \"$1\" -name '*.dtb' -type f | "
		"sort >" DTBS_LIST;
	g_autofree char *dir = dtbs_dir(run);
	const char *const argv[] = {"sh", "-e", "-c", script, "sh", dir, NULL};

	return build_run_step(run, argv, SANDBOX_OUT, error);
}

bool kbuild_install(struct build_run *run, GError **error)
{
	const struct build_spec *spec = run->spec;

	if (has_modules(run) && !install_modules(run, error))
		return false;
	if (build_run_passed(run) && (spec->headers || spec->headers_image) &&
	    !install_headers(run, error))
		return false;
	return !build_run_passed(run) || !may_have_dtbs(run) ||
	       list_dtbs(run, error);
}

/* Made of these, or of nothing, a product follows by its dates. */
static const char *const plain_sources[] = {"**.c", "**.h", "**.S",
					    "Documentation/**"};

static bool is_plain_source(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(plain_sources); i++) {
		if (text_glob(plain_sources[i], path))
			return true;
	}
	return false;
}

static bool may_end_products(const struct build_run *run)
{
	if (!run->warm || run->base || run->clean || !run->changes)
		return false;
	for (guint i = 0; i < run->changes->len; i++) {
		const struct tree_change *change = run->changes->pdata[i];

		if (change->mode == 0 || !is_plain_source(change->path))
			return true;
	}
	return false;
}

bool kbuild_drop_products(struct build_run *run, GError **error)
{
	const struct build_spec *spec = run->spec;
	g_autofree char *boot = spec->source_arch
					? g_strdup_printf("arch/%s/boot",
							  spec->source_arch)
					: NULL;
	const char *const paths[] = {"vmlinux", "System.map", spec->image,
				     boot};

	if (!may_end_products(run))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (paths[i] && !snapshot_remove(run->out, paths[i], error))
			return false;
	}
	return true;
}

/* What a kernel leaves, beside its image. */
static const struct artifact_want leavings[] = {
	{".config", "config", "config"},
	{"System.map", "system-map", "System.map"},
	{"vmlinux", "vmlinux", "vmlinux"},
	{MODULES_TAR, "modules", MODULES_TAR},
	{MODULES_IMAGE, "modules-image", MODULES_IMAGE},
	{HEADERS_TAR, "headers", HEADERS_TAR},
	{HEADERS_IMAGE, "headers-image", HEADERS_IMAGE},
};

/* Below arch/ARCH/boot: the same kernel in other wrappings. */
static const char *const other_images[] = {
	"Image",      "Image.gz",    "Image.bz2", "Image.xz",  "Image.zst",
	"zImage",     "bzImage",     "uImage",	  "vmlinuz",   "vmlinuz.efi",
	"vmlinux.gz", "vmlinux.bin", "image",	  "linux.bin", "vmImage",
};

/* Other targets, a folder or "modules", leave no image. */
static bool is_image_wanted(const struct build_spec *spec, const char *image)
{
	return has_target(spec, "all") || has_target(spec, image);
}

/* The kernel's image; a build that should make it and did not has failed. */
static bool collect_image(struct build_run *run, GError **error)
{
	const char *path = run->spec->image;
	g_autofree char *name = path ? g_path_get_basename(path) : NULL;
	guint before = run->result->artifacts->len;

	if (!path)
		return true;
	if (!artifact_collect(run, &run->out->layers,
			      &(struct artifact_want){path, "kernel", name},
			      error))
		return false;
	if (run->result->artifacts->len > before ||
	    !is_image_wanted(run->spec, name))
		return true;
	run->result->status = BUILD_FAILED;
	g_free(run->result->summary);
	run->result->summary = g_strdup_printf(
		"the kernel image %s was not made", path);
	return true;
}

static bool collect_other_images(struct build_run *run, GError **error)
{
	const char *arch = run->spec->source_arch;

	for (gsize i = 0; arch && i < G_N_ELEMENTS(other_images); i++) {
		const char *name = other_images[i];
		g_autofree char *path = g_strdup_printf("arch/%s/boot/%s", arch,
							name);

		if (!artifact_collect(
			    run, &run->out->layers,
			    &(struct artifact_want){path, "image", name},
			    error))
			return false;
	}
	return true;
}

/* The list is the build's own word: a line that is no such path is passed over.
 */
static bool collect_dtbs(struct build_run *run, GError **error)
{
	g_autofree char *text = layers_read(&run->out->layers, DTBS_LIST,
					    KCONFIG_TEXT_BYTES);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", DTBS_MOST);
	g_autofree char *dir = dtbs_dir(run);

	for (char **line = lines; *line; line++) {
		g_autofree char *name = NULL;

		if (!g_str_has_prefix(*line, dir) ||
		    !g_str_has_suffix(*line, ".dtb") || strstr(*line, "../"))
			continue;
		name = g_strconcat("dtbs/", *line + strlen(dir), NULL);
		if (!artifact_collect(
			    run, &run->out->layers,
			    &(struct artifact_want){*line, "dtb", name}, error))
			return false;
	}
	return true;
}

/* A base is never installed: its modules and headers are nowhere. */
bool kbuild_has_all(const struct build_run *run)
{
	const struct build_spec *spec = run->spec;
	const struct layers *out = &run->out->layers;
	g_autofree char *name = spec->image ? g_path_get_basename(spec->image)
					    : NULL;

	if (has_modules(run) || may_have_dtbs(run) || spec->headers ||
	    spec->headers_image)
		return false;
	if (name && is_image_wanted(spec, name) &&
	    !layers_has(out, spec->image))
		return false;
	for (guint i = 0; i < spec->artifacts->len; i++) {
		if (!layers_has(out, spec->artifacts->pdata[i]))
			return false;
	}
	return true;
}

bool kbuild_collect(struct build_run *run, GError **error)
{
	const struct layers *const from[] = {&run->out->layers, NULL};

	if (!collect_image(run, error) || !collect_other_images(run, error) ||
	    !collect_dtbs(run, error))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(leavings); i++) {
		if (!artifact_collect(run, &run->out->layers, &leavings[i],
				      error))
			return false;
	}
	return artifact_collect_listed(run, from, error);
}
