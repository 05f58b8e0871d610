/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hostile build may try, each as a sentence that must not come true.
 * Those marked work without a sandbox, which shows that the attempt is sound.
 * What a shell cannot try this program does: a copy of it is in the source.
 * Bounds on memory, processes and disk are in test-sandbox.c.
 */
#include "test-build.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "build/sandbox.h"

#define KEY_NAME "reroll-test-escape"

/* Inside: one attempt, by its name; true when it came true. */

static bool try_abstract_socket(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(at.sun_path + 1, g_getenv("ABSTRACT"),
		  sizeof(at.sun_path) - 1);
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool try_key(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING,
		       "user", KEY_NAME, 0) > 0;
}

static bool try_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0;
}

static bool try_typing(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (ioctl(fd, TIOCSTI, "x") == 0)
			return true;
	}
	return false;
}

static bool try_ptrace(void)
{
	pid_t pid = (pid_t)atoi(g_getenv("VICTIM"));

	return ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0;
}

static bool try_namespaces(void)
{
	static const int kinds[] = {CLONE_NEWUSER,
				    CLONE_NEWUSER | CLONE_NEWNS,
				    CLONE_NEWUSER | CLONE_NEWNET,
				    CLONE_NEWNS,
				    CLONE_NEWNET,
				    CLONE_NEWPID,
				    CLONE_NEWIPC,
				    CLONE_NEWUTS};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (unshare(kinds[i]) == 0)
			return true;
	}
	return false;
}

static bool try_mounts(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL) == 0 ||
	       mount("/", "/tmp", NULL, MS_BIND, NULL) == 0 ||
	       mount(NULL, SANDBOX_SRC, NULL, MS_REMOUNT | MS_BIND, NULL) ==
		       0 ||
	       umount2(SANDBOX_OUT, MNT_DETACH) == 0 ||
	       syscall(SYS_fsopen, "tmpfs", 0) >= 0 ||
	       syscall(SYS_open_tree, AT_FDCWD, "/", 1) >= 0;
}

/* The marks with which overlayfs hides what is below. */
static bool try_overlay_marks(void)
{
	return setxattr(".", "trusted.overlay.opaque", "y", 1, 0) == 0 ||
	       setxattr(".", "trusted.overlay.redirect", "/..", 3, 0) == 0;
}

static bool try_devices(void)
{
	static const int kinds[] = {S_IFBLK, S_IFCHR};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (mknod("/tmp/dev", (mode_t)kinds[i] | 0666, 0x801) == 0 ||
		    mknod("dev", (mode_t)kinds[i] | 0666, 0x801) == 0)
			return true;
	}
	return false;
}

static bool try_root(void)
{
	return setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0 ||
	       chroot("/tmp") == 0;
}

static bool try_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now) == 0 ||
	       sethostname("x", 1) == 0;
}

/* All that is open is for input and output. */
static bool try_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool (*try)(void);
} attempts[] = {
	{"abstract-socket", try_abstract_socket},
	{"key", try_key},
	{"terminal", try_terminal},
	{"typing", try_typing},
	{"ptrace", try_ptrace},
	{"namespaces", try_namespaces},
	{"mounts", try_mounts},
	{"overlay-marks", try_overlay_marks},
	{"devices", try_devices},
	{"root", try_root},
	{"clock", try_clock},
	{"descriptors", try_descriptors},
};

static int attempt(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(attempts); i++) {
		if (strcmp(attempts[i].name, name) == 0)
			return attempts[i].try() ? 0 : 1;
	}
	return 2;
}

/* Outside. */

#define TRY "exec \"$SRC/escape\" "

static const struct row {
	const char *sentence, *script;
	bool works_outside;
} rows[] = {
	{"a listener on the loopback is reached",
	 "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$PORT'", true},
	{"there is a way to other machines",
	 "grep -v 'lo:' /proc/net/dev | grep :", false},
	{"an abstract socket is reached", TRY "abstract-socket", true},
	{"a socket in the file system is seen", "test -e \"$OTHER/socket\"",
	 true},
	{"the passwords are read", "cat /etc/shadow", false},
	{"another build's folder is read", "cat \"$OTHER/secret\"", true},
	{"another build's folder is written", "echo >\"$OTHER/written\"", true},
	{"another's folder is seen through the first process",
	 "cat \"/proc/1/root$OTHER/secret\"", false},
	{"it is seen through the parent's folder",
	 "cat \"/proc/1/cwd$OTHER/secret\" \"/proc/$PPID/root$OTHER/secret\"",
	 false},
	{"our processes are seen", "test -d /proc/$BOT/fd", true},
	{"our process gets a signal", "kill -0 $BOT", true},
	{"another's process gets a signal", "kill -0 $VICTIM", true},
	{"another's process is killed by number", "kill -9 $VICTIM", false},
	{"all processes are killed", "kill -9 -1; kill -9 1; sleep 0; false",
	 false},
	{"the processes of our group are killed", "kill -9 0", false},
	{"another's process is traced", TRY "ptrace", false},
	{"a key of our session is found", TRY "key", true},
	{"our terminal is opened", TRY "terminal", true},
	{"our terminal is typed into", TRY "typing", false},
	{"what we have open is open there", TRY "descriptors", false},
	{"a namespace is made", TRY "namespaces", false},
	{"something is mounted", TRY "mounts", false},
	{"overlayfs is told what to hide", TRY "overlay-marks", false},
	{"a device is made", TRY "devices", false},
	{"it becomes root", TRY "root", false},
	{"the clock is set", TRY "clock", false},
	{"a program with another's rights gets them",
	 "grep 'NoNewPrivs:.0' /proc/self/status", true},
	{"there is a capability",
	 "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb):.*[1-9a-f]' /proc/self/status",
	 true},
	{"su makes it root", "su root -c true </dev/null", false},
	{"a disk is there",
	 "ls /dev/vd* /dev/sd* /dev/nvme* /dev/loop* /dev/dm* "
	 "2>/dev/null | grep .",
	 false},
	{"the memory or the kernel's log is there",
	 "ls /dev/mem /dev/kmsg /dev/kvm /dev/fuse 2>/dev/null | grep .",
	 false},
	{"a switch of the kernel is set",
	 "echo 1 >/proc/sys/vm/drop_caches || "
	 "echo 100 >/proc/sys/user/max_user_namespaces || "
	 "echo x >/proc/sys/kernel/domainname",
	 false},
	{"it is spared when memory runs out",
	 "echo -999 >/proc/self/oom_score_adj", false},
	{"our control groups are seen", "ls /sys/fs/cgroup", false},
	{"what is kept changes", "echo x >>kept; chmod 0 kept; rm kept; false",
	 false},
	{"the source is written", "echo >>/build/src/escape", false},
};

struct fixture {
	const struct row *row;
	struct tempdir *dir;
	char *src, *out, *old, *work, *other;
	int listener, abstract, in_files;
	pid_t victim;
	GPtrArray *env; /* of char * */
};

static void add_env(struct fixture *fixture, const char *name,
		    const char *value)
{
	g_ptr_array_add(fixture->env, g_strconcat(name, "=", value, NULL));
}

static char *make_folder(struct fixture *fixture, const char *name)
{
	char *path = g_build_filename(fixture->dir->path, name, NULL);

	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(chmod(path, 0777), 0);
	return path;
}

static int listen_at(const void *at, socklen_t len)
{
	const struct sockaddr *address = at;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, address, len), 0);
	assert_int_equal(listen(fd, 100), 0);
	return fd;
}

static void make_listeners(struct fixture *fixture)
{
	struct sockaddr_in inet = {.sin_family = AF_INET,
				   .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	g_autofree char *name = test_mark();
	g_autofree char *port = NULL;
	socklen_t len = sizeof(inet);

	fixture->listener = listen_at(&inet, sizeof(inet));
	getsockname(fixture->listener, (struct sockaddr *)&inet, &len);
	port = g_strdup_printf("%u", ntohs(inet.sin_port));
	add_env(fixture, "PORT", port);
	g_strlcpy(local.sun_path + 1, name, sizeof(local.sun_path) - 1);
	fixture->abstract = listen_at(&local, sizeof(local));
	add_env(fixture, "ABSTRACT", name);
	g_snprintf(local.sun_path, sizeof(local.sun_path), "%s/socket",
		   fixture->other);
	fixture->in_files = listen_at(&local, sizeof(local));
}

static pid_t make_victim(void)
{
	pid_t pid = fork();

	while (pid == 0)
		pause();
	return pid;
}

static void add_number(struct fixture *fixture, const char *name, pid_t pid)
{
	g_autofree char *text = g_strdup_printf("%d", (int)pid);

	add_env(fixture, name, text);
}

static void copy_program(const struct fixture *fixture)
{
	g_autofree char *path = g_build_filename(fixture->src, "escape", NULL);
	g_autofree char *program = NULL;
	gsize len;

	assert_true(
		g_file_get_contents("/proc/self/exe", &program, &len, NULL));
	assert_true(g_file_set_contents(path, program, (gssize)len, NULL));
	assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->row = *state;
	fixture->dir = tempdir_new(NULL);
	assert_int_equal(chmod(fixture->dir->path, 0755), 0);
	fixture->env = g_ptr_array_new_with_free_func(g_free);
	fixture->src = make_folder(fixture, "src");
	fixture->out = make_folder(fixture, "out");
	fixture->old = make_folder(fixture, "old");
	fixture->work = make_folder(fixture, "work");
	fixture->other = make_folder(fixture, "other");
	test_put(fixture->other, "secret", "secret");
	test_put(fixture->old, "kept", "kept");
	if (geteuid() == 0)
		assert_int_equal(chown(fixture->old, SANDBOX_UID, SANDBOX_UID),
				 0);
	copy_program(fixture);
	make_listeners(fixture);
	fixture->victim = make_victim();
	add_number(fixture, "VICTIM", fixture->victim);
	add_number(fixture, "BOT", getpid());
	add_env(fixture, "OTHER", fixture->other);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	kill(fixture->victim, SIGKILL);
	waitpid(fixture->victim, NULL, 0);
	close(fixture->listener);
	close(fixture->abstract);
	close(fixture->in_files);
	tempdir_free(fixture->dir);
	g_ptr_array_unref(fixture->env);
	g_free(fixture->src);
	g_free(fixture->out);
	g_free(fixture->old);
	g_free(fixture->work);
	g_free(fixture->other);
	g_free(fixture);
	return 0;
}

/* Whether the attempt came true. */
static bool tried(const struct fixture *fixture, bool none)
{
	const char *const argv[] = {"sh", "-c", fixture->row->script, NULL};
	g_autoptr(GPtrArray) env = g_ptr_array_new();
	g_autofree char *src = g_strconcat(
		"SRC=", none ? fixture->src : SANDBOX_SRC, NULL);
	struct sandbox_spec spec = {
		.argv = argv,
		.src = {.top = fixture->src},
		.out = {.top = fixture->out,
			.lower = none ? NULL : fixture->old,
			.work = none ? NULL : fixture->work},
		.cwd = SANDBOX_OUT,
		.time_s = 20,
		.none = none,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(sandbox_result_t) result = NULL;

	for (guint i = 0; i < fixture->env->len; i++)
		g_ptr_array_add(env, fixture->env->pdata[i]);
	g_ptr_array_add(env, src);
	g_ptr_array_add(env, NULL);
	spec.env = (const char *const *)env->pdata;
	result = sandbox_run(&spec, NULL, &error);
	if (!result)
		fail_msg("%s", error->message);
	return process_result_ok(result->process);
}

static void it_is_stopped(void **state)
{
	const struct fixture *fixture = *state;
	g_autofree char *kept = g_build_filename(fixture->old, "kept", NULL);
	g_autofree char *text = NULL;

	if (tried(fixture, false))
		fail_msg("%s", fixture->row->sentence);
	assert_int_equal(waitpid(fixture->victim, NULL, WNOHANG), 0);
	assert_true(g_file_get_contents(kept, &text, NULL, NULL));
	assert_string_equal(text, "kept");
	if (fixture->row->works_outside && !tried(fixture, true))
		fail_msg("the attempt proves nothing: %s",
			 fixture->row->sentence);
}

/* A terminal and a key that a build may be after. */
static void have_secrets(void)
{
	int main_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(main_fd >= 0);
	assert_int_equal(grantpt(main_fd), 0);
	assert_int_equal(unlockpt(main_fd), 0);
	assert_true(setsid() > 0);
	assert_true(open(ptsname(main_fd), O_RDWR | O_CLOEXEC) >= 0);
	assert_true(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0);
	assert_true(syscall(SYS_add_key, "user", KEY_NAME, "secret", 6,
			    KEY_SPEC_SESSION_KEYRING) > 0);
}

static int all_cases(void)
{
	struct CMUnitTest tests[G_N_ELEMENTS(rows)];
	int status = 1;
	pid_t pid = fork(); /* to lead a session */

	if (pid != 0) {
		waitpid(pid, &status, 0);
		return status == 0 ? 0 : 1;
	}
	have_secrets();
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		tests[i] = (struct CMUnitTest){
			.name = rows[i].sentence,
			.test_func = it_is_stopped,
			.setup_func = set_up,
			.teardown_func = tear_down,
			.initial_state = (void *)(guintptr)&rows[i]};
	exit(cmocka_run_group_tests_name("it is stopped that", tests, NULL,
					 NULL));
}

int main(int argc, char **argv)
{
	return argc == 2 ? attempt(argv[1]) : test_as_both(all_cases);
}
