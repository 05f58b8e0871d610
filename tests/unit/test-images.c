/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules for an initramfs, from archives that tar made. */
#include "test-build.h"

#include "build/images.h"

#define TOP "lib/modules/6.1.0/"

struct fixture {
	struct tempdir *dir;
	char *root, *tar;
};

/* A module as insmod never would take it, with the strings of a .modinfo. */
static void put_module(const struct fixture *fixture, const char *path,
		       const char *depends)
{
	g_autofree char *full = g_build_filename(fixture->root, TOP, path,
						 NULL);
	g_autofree char *folder = g_path_get_dirname(full);
	g_autoptr(GString) text = g_string_new("\177ELF");

	g_string_append_len(text, "\0license=GPL\0depends=", 21);
	g_string_append(text, depends);
	g_string_append_len(text, "\0name=x\0", 8);
	assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
	assert_true(
		g_file_set_contents(full, text->str, (gssize)text->len, NULL));
}

static void run(const char *dir, const char *const *argv, char **out)
{
	g_autoptr(GError) error = NULL;
	int status = 1;

	if (!g_spawn_sync(dir, (char **)(gsize)argv, NULL, G_SPAWN_SEARCH_PATH,
			  NULL, NULL, out, NULL, &status, &error) ||
	    status != 0)
		fail_msg("%s: %d %s", argv[0], status,
			 error ? error->message : "");
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->dir = tempdir_new(NULL);
	fixture->root = g_build_filename(fixture->dir->path, "root", NULL);
	fixture->tar = g_build_filename(fixture->dir->path, "modules.tar",
					NULL);
	put_module(fixture, "kernel/net/virtio-net.ko", "failover,virtio_ring");
	put_module(fixture, "kernel/net/failover.ko", "");
	put_module(fixture, "kernel/virtio/virtio_ring.ko", "virtio");
	put_module(fixture, "kernel/virtio/virtio.ko", "");
	put_module(fixture, "kernel/sound/big.ko", "virtio");
	put_module(fixture, "kernel/loop/a.ko", "b");
	put_module(fixture, "kernel/loop/b.ko", "a,a,not_there");
	test_put(fixture->root, TOP "modules.builtin",
		 "kernel/fs/ext2/ext2.ko\n");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tempdir_free(fixture->dir);
	g_free(fixture->root);
	g_free(fixture->tar);
	g_free(fixture);
	return 0;
}

static GBytes *make(const struct fixture *fixture, const char *words,
		    GError **error)
{
	const char *const tar[] = {"tar",	  "-cf", fixture->tar, "-C",
				   fixture->root, ".",	 NULL};
	g_auto(GStrv) names = g_strsplit(words, " ", -1);
	g_autoptr(GPtrArray) list = g_ptr_array_new();

	for (char **name = names; *name; name++)
		g_ptr_array_add(list, *name);
	run(NULL, tar, NULL);
	return images_modules_cpio(fixture->tar, list, error);
}

/* What cpio(1) unpacks of it, below `dir`. */
static void unpack(const struct fixture *fixture, GBytes *cpio, char **dir)
{
	g_autofree char *path = g_build_filename(fixture->dir->path, "x.cpio",
						 NULL);
	const char *const argv[] = {"sh", "-c", "cpio -i --quiet <../x.cpio",
				    NULL};
	gsize len;
	const char *data = g_bytes_get_data(cpio, &len);

	*dir = g_build_filename(fixture->dir->path, "unpacked", NULL);
	assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
	assert_int_equal(g_mkdir_with_parents(*dir, 0755), 0);
	run(*dir, argv, NULL);
}

static char *content(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, TOP, name, NULL);
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void a_module_comes_with_all_it_depends_on(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GBytes) cpio = make(fixture, "virtio_net", NULL);
	g_autofree char *dir = NULL, *dep = NULL, *load = NULL, *one = NULL;
	g_autofree char *absent = NULL;

	assert_non_null(cpio);
	assert_int_equal(g_bytes_get_size(cpio) % 4, 0);
	unpack(fixture, cpio, &dir);
	load = content(dir, "modules.load");
	assert_string_equal(load, "/" TOP "kernel/virtio/virtio.ko\n"
				  "/" TOP "kernel/virtio/virtio_ring.ko\n"
				  "/" TOP "kernel/net/failover.ko\n"
				  "/" TOP "kernel/net/virtio-net.ko\n");
	dep = content(dir, "modules.dep");
	assert_non_null(strstr(
		dep, "kernel/net/virtio-net.ko: kernel/net/failover.ko "
		     "kernel/virtio/virtio_ring.ko kernel/virtio/virtio.ko\n"));
	one = content(dir, "kernel/virtio/virtio.ko");
	assert_memory_equal(one, "\177ELF", 4);
	absent = g_build_filename(dir, TOP, "kernel/sound", NULL);
	assert_false(g_file_test(absent, G_FILE_TEST_EXISTS));
}

static void every_spelling_of_a_name_is_understood(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GBytes) a = make(fixture, "virtio_net", NULL);
	g_autoptr(GBytes) b = make(fixture, "virtio-net virtio", NULL);
	g_autoptr(GBytes) c = make(fixture, "kernel/net/virtio-net.ko", NULL);

	assert_true(g_bytes_equal(a, b));
	assert_true(g_bytes_equal(a, c));
}

static void a_module_that_is_built_in_needs_nothing(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GBytes) cpio = make(fixture, "ext2", NULL);
	g_autofree char *dir = NULL, *absent = NULL;

	unpack(fixture, cpio, &dir);
	absent = g_build_filename(dir, "lib", NULL);
	assert_false(g_file_test(absent, G_FILE_TEST_EXISTS));
}

static void a_module_that_is_not_there_is_named(void **state)
{
	g_autoptr(GError) error = NULL;

	assert_null(make(*state, "virtio gone", &error));
	assert_int_equal(error->code, REROLL_ERROR_NOT_FOUND);
	assert_string_equal(error->message,
			    "the build made no module \"gone\"");
}

static void modules_in_a_circle_come_once_each(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GBytes) cpio = make(fixture, "a", NULL);
	g_autofree char *dir = NULL, *load = NULL;

	unpack(fixture, cpio, &dir);
	load = content(dir, "modules.load");
	assert_string_equal(load, "/" TOP "kernel/loop/b.ko\n"
				  "/" TOP "kernel/loop/a.ko\n");
}

static void a_damaged_archive_is_an_error_of_the_input(void **state)
{
	const struct fixture *fixture = *state;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	test_put(fixture->dir->path, "modules.tar", "no tar file at all\n");
	assert_null(images_modules_cpio(fixture->tar, names, &error));
	assert_int_equal(error->code, REROLL_ERROR_INPUT);
}

static void a_module_outside_the_folder_of_the_release_is_refused(void **state)
{
	static const char *const paths[] = {
		"lib/modules/6/c.ko", "lib/modules/c.ko",
		"lib/modules/6.1.0-and-a-name-that-is-much-longer/c.ko"};
	const struct fixture *fixture = *state;

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *file = g_build_filename(fixture->root,
							 paths[i], NULL);
		g_autofree char *folder = g_path_get_dirname(file);

		assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
		test_put(fixture->root, paths[i], "no module\n");
		assert_null(make(fixture, "c a", &error));
		assert_int_equal(error->code, REROLL_ERROR_INPUT);
		assert_int_equal(unlink(file), 0);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_module_comes_with_all_it_depends_on),
		CASE(every_spelling_of_a_name_is_understood),
		CASE(a_module_that_is_built_in_needs_nothing),
		CASE(a_module_that_is_not_there_is_named),
		CASE(modules_in_a_circle_come_once_each),
		CASE(a_damaged_archive_is_an_error_of_the_input),
		CASE(a_module_outside_the_folder_of_the_release_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
