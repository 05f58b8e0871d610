// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a machine boots. The initramfs is one file of several archives in a row,
 * each of which begins at a multiple of 4 bytes: else the kernel drops all that
 * comes after a compressed one, without a word.
 */
#include "lab/qemu-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/file.h"
#include "lab/guest.h"
#include "lab/rootfs.h"

#define COPY_BYTES (1 << 20)
#define INITRD_NAME "initrd"
#define ROOT_NAME "root.img"

/* Images of the build, for a board with disks. */
static const struct {
	const char *role, *name;
} images[] = {
	{"modules-image", "modules"},
	{"headers-image", "headers"},
};

static void disk_free(gpointer data)
{
	struct qemu_disk *disk = data;

	g_free(disk->path);
	g_free(disk);
}

void qemu_boot_free(struct qemu_boot *boot)
{
	if (!boot)
		return;
	g_free(boot->system);
	g_free(boot->kernel);
	g_free(boot->dtb);
	g_free(boot->initrd);
	g_ptr_array_unref(boot->disks);
	g_free(boot->console);
	g_free(boot);
}

/* By its role, or with `name` by the name of its file; either may be NULL. */
static const struct artifact *find_artifact(const struct lab_job *job,
					    const char *role, const char *name)
{
	for (guint i = 0; i < job->artifacts->len; i++) {
		const struct artifact *artifact = job->artifacts->pdata[i];
		const char *slash = strrchr(artifact->path, '/');

		if (role && strcmp(artifact->role, role) != 0)
			continue;
		if (!name || strcmp(artifact->path, name) == 0 ||
		    strcmp(slash ? slash + 1 : artifact->path, name) == 0)
			return artifact;
	}
	return NULL;
}

static char *find_path(const struct lab_job *job, const char *artifacts,
		       const char *role, const char *name, GError **error)
{
	const struct artifact *artifact = find_artifact(job, role, name);

	if (artifact)
		return g_build_filename(artifacts, artifact->path, NULL);
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the board %s boots %s, which the build has not made",
		    job->board->name, name ? name : "a kernel");
	return NULL;
}

static void add_disk(struct qemu_boot *boot, const char *name, char *path)
{
	struct qemu_disk *disk = g_new0(struct qemu_disk, 1);

	disk->name = name;
	disk->path = path;
	g_ptr_array_add(boot->disks, disk);
}

/* Whether the kernel has virtio disks, or loads them first of all. */
static bool has_virtio(const struct lab_job *job)
{
	const struct artifact *artifact = find_artifact(job, "config", NULL);
	g_autofree char *path = artifact
					? g_build_filename(job->build_dir,
							   artifact->path, NULL)
					: NULL;
	g_autofree char *text = NULL;

	if (!path || !g_file_get_contents(path, &text, NULL, NULL))
		return true;
	return strstr(text, "\nCONFIG_VIRTIO_BLK=") != NULL;
}

static bool root_is_disk(const struct lab_job *job)
{
	return job->rootfs && job->rootfs->kind == ROOTFS_DISK;
}

static bool check_root(const struct lab_job *job, GError **error)
{
	const struct rootfs_config *root = job->rootfs;

	if (root && !root->path) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the root %s has no path on this machine",
			    root->name);
		return false;
	}
	if (!root_is_disk(job) || job->board->disk)
		return true;
	g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
		    "the root %s is a disk, and the board %s takes none",
		    root->name, job->board->name);
	return false;
}

static void add_disks(struct qemu_boot *boot, const char *artifacts,
		      const char *inputs)
{
	const struct lab_job *job = boot->job;

	if (root_is_disk(job))
		add_disk(boot, "root",
			 g_build_filename(inputs, ROOT_NAME, NULL));
	for (gsize i = 0; job->board->disk && i < G_N_ELEMENTS(images); i++) {
		const struct artifact *artifact = find_artifact(
			job, images[i].role, NULL);

		if (artifact)
			add_disk(boot, images[i].name,
				 g_build_filename(artifacts, artifact->path,
						  NULL));
	}
	boot->virtio_disks = boot->disks->len && has_virtio(job);
}

struct qemu_boot *qemu_boot_new(const struct lab_job *job,
				const char *artifacts, const char *inputs,
				const char *out, GError **error)
{
	g_autoptr(qemu_boot_t) boot = g_new0(struct qemu_boot, 1);
	const struct board *board = job->board;

	boot->job = job;
	boot->disks = g_ptr_array_new_with_free_func(disk_free);
	boot->system = qemu_system(board);
	boot->initrd = g_build_filename(inputs, INITRD_NAME, NULL);
	boot->console = g_build_filename(out, "console", NULL);
	if (!check_root(job, error))
		return NULL;
	boot->kernel = find_path(job, artifacts,
				 board->kernel ? NULL : "kernel", board->kernel,
				 error);
	if (!boot->kernel)
		return NULL;
	if (board->dtb) {
		boot->dtb = find_path(job, artifacts, "dtb", board->dtb, error);
		if (!boot->dtb)
			return NULL;
	}
	add_disks(boot, artifacts, inputs);
	return g_steal_pointer(&boot);
}

static bool copy_all(int from, int to)
{
	g_autofree char *block = NULL;
	ssize_t n;

	while ((n = copy_file_range(from, NULL, to, NULL, COPY_BYTES, 0)) > 0)
		;
	if (n == 0)
		return true;
	block = g_malloc(COPY_BYTES);
	while ((n = read(from, block, COPY_BYTES)) > 0) {
		if (!file_write_all(to, block, (gsize)n))
			return false;
	}
	return n == 0;
}

static bool append_file(int fd, const char *path, GError **error)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = from >= 0 && copy_all(from, fd);

	if (!ok)
		qemu_set_errno(error, "cannot be copied", path);
	if (from >= 0)
		close(from);
	return ok;
}

static bool pad(int fd, GError **error)
{
	static const char zeros[4];
	off_t at = lseek(fd, 0, SEEK_END);

	return (at >= 0 && file_write_all(fd, zeros, (gsize)(-at & 3))) ||
	       qemu_set_errno(error, "cannot be written", INITRD_NAME);
}

/* A root of the site that is no disk, or our own. */
static bool append_root(const struct qemu_boot *boot, const struct site *site,
			int fd, GError **error)
{
	const struct lab_job *job = boot->job;
	g_autofree char *own = NULL;
	const char *path = job->rootfs ? job->rootfs->path : NULL;

	if (!job->rootfs || root_is_disk(job)) {
		own = rootfs_builtin(site, job->arch, error);
		path = own;
	}
	return path && append_file(fd, path, error) && pad(fd, error);
}

/* Of a build without modules, whatever is named may be built in. */
static bool append_modules(const struct lab_job *job, int fd, GError **error)
{
	const struct artifact *artifact = find_artifact(job, "modules", NULL);
	g_autofree char *path = NULL;
	g_autoptr(GBytes) cpio = NULL;
	g_autoptr(GError) local = NULL;
	gconstpointer data;
	gsize len;

	if (!artifact || !job->board->modules->len)
		return true;
	path = g_build_filename(job->build_dir, artifact->path, NULL);
	cpio = images_modules_cpio(path, job->board->modules, &local);
	if (!cpio) {
		g_set_error(error, REROLL_ERROR, REROLL_ERROR_CONFIG,
			    "the board %s: %s", job->board->name,
			    local->message);
		return false;
	}
	data = g_bytes_get_data(cpio, &len);
	return (!len || file_write_all(fd, data, len) ||
		qemu_set_errno(error, "cannot be written", INITRD_NAME)) &&
	       pad(fd, error);
}

static bool append_guest(const struct qemu_boot *boot, const char *word, int fd,
			 GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const struct guest_spec spec = {
		.suites = boot->job->suites,
		.word = word,
		.root_disk = root_is_disk(boot->job),
		.disks = names,
	};

	for (guint i = 0; i < boot->disks->len; i++) {
		const struct qemu_disk *disk = boot->disks->pdata[i];

		if (i || !spec.root_disk)
			g_ptr_array_add(names, (gpointer)(guintptr)disk->name);
	}
	return guest_write(&spec, fd, error);
}

/* The sandbox reads it as nobody; no other of this machine gets to it. */
static int create(const char *path, GError **error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0)
		qemu_set_errno(error, "cannot be made", path);
	else
		fchmod(fd, 0644);
	return fd;
}

static bool make_initrd(const struct qemu_boot *boot, const struct site *site,
			const char *path, const char *word, GError **error)
{
	int fd = create(path, error);
	bool ok;

	if (fd < 0)
		return false;
	ok = append_root(boot, site, fd, error) &&
	     append_modules(boot->job, fd, error) &&
	     append_guest(boot, word, fd, error);
	close(fd);
	return ok;
}

/* An image is never written to: a second name of it, or a copy. */
static bool make_disk(const char *from, const char *to, GError **error)
{
	struct stat st;
	int in, out;
	bool ok;

	if (stat(from, &st) == 0 && (st.st_mode & S_IROTH) &&
	    link(from, to) == 0)
		return true;
	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return qemu_set_errno(error, "cannot be read", from);
	out = create(to, error);
	ok = out >= 0 && (ioctl(out, FICLONE, in) == 0 || copy_all(in, out) ||
			  qemu_set_errno(error, "cannot be copied", from));
	if (out >= 0)
		close(out);
	close(in);
	return ok;
}

bool qemu_boot_make(const struct qemu_boot *boot, const struct site *site,
		    const char *inputs, const char *word, GError **error)
{
	g_autofree char *initrd = g_build_filename(inputs, INITRD_NAME, NULL);
	g_autofree char *disk = g_build_filename(inputs, ROOT_NAME, NULL);

	return make_initrd(boot, site, initrd, word, error) &&
	       (!root_is_disk(boot->job) ||
		make_disk(boot->job->rootfs->path, disk, error));
}
