// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What this machine can do for QEMU. A /dev/kvm that opens may be of no use, as
 * where it is itself emulated: so a machine is started by it whose firmware
 * counts for a while and turns it off. Where that takes longer than any KVM
 * needs, or fails, there is none.
 */
#include "lab/qemu-internal.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#define HAS_COUNTER 1
#endif

#include "base/base.h"

#define PROBE_S 2
#define KEPT_S (24 * 60 * 60)
#define CLOCK_US 20000
#define FIRMWARE_BYTES 65536
#define PROBE_STATUS 33
#define KVM_DEVICE "/dev/kvm"

/*
 * The last 16 bytes of the firmware, where the processor starts, jump to the
 * code 256 bytes before the end:
 *	mov ecx, 50000000; 1: dec ecx; jnz 1b
 *	mov dx, 0x501; mov al, 16; out dx, al; 2: hlt; jmp 2b
 * The port is that of isa-debug-exit, which ends QEMU with status 33.
 */
static const guint8 start_code[] = {0xe9, 0x0d, 0xff};
static const guint8 count_code[] = {
	0x66, 0xb9, 0x80, 0xf0, 0xfa, 0x02, 0x66, 0x49, 0x75, 0xfc,
	0xba, 0x01, 0x05, 0xb0, 0x10, 0xee, 0xf4, 0xeb, 0xfd,
};

/* What is run for each arch; its virtual machines run those of `also`, too. */
static const struct {
	const char *arch, *also, *system;
} probes[] = {
	{"x86_64", "i386", "qemu-system-x86_64"},
};

static const char *probe_system(const struct board *board)
{
	const struct arch *host = arch_of_machine();

	for (gsize i = 0; host && i < G_N_ELEMENTS(probes); i++) {
		if (strcmp(host->name, probes[i].arch) == 0 &&
		    (strcmp(board->arch->name, probes[i].arch) == 0 ||
		     strcmp(board->arch->name, probes[i].also) == 0))
			return probes[i].system;
	}
	return NULL;
}

static bool write_firmware(const char *path, GError **error)
{
	g_autofree guint8 *bytes = g_malloc0(FIRMWARE_BYTES);

	memcpy(bytes + FIRMWARE_BYTES - 16, start_code, sizeof(start_code));
	memcpy(bytes + FIRMWARE_BYTES - 256, count_code, sizeof(count_code));
	return g_file_set_contents(path, (const char *)bytes, FIRMWARE_BYTES,
				   error);
}

bool qemu_probe(const char *system, const char *accel)
{
	g_autoptr(tempdir_t) dir = tempdir_new(NULL);
	g_autofree char *path = dir ? g_build_filename(dir->path, "firmware",
						       NULL)
				    : NULL;
	static const char firmware[] = SANDBOX_INPUTS "/firmware";
	const char *const argv[] = {
		system,	       "-machine",	 "pc",	  "-accel", accel,
		"-nodefaults", "-display",	 "none",  "-m",	    "16M",
		"-device",     "isa-debug-exit", "-bios", firmware, NULL};
	const char *const devices[] = {KVM_DEVICE, NULL};
	const struct sandbox_spec spec = {.argv = argv,
					  .inputs = dir ? dir->path : NULL,
					  .devices = devices,
					  .time_s = PROBE_S};
	g_autoptr(sandbox_result_t) result = NULL;

	/* Root's sandbox is of another user, who is to read it. */
	if (!dir || chmod(dir->path, 0755) < 0 || !write_firmware(path, NULL))
		return false;
	result = sandbox_run(&spec, NULL, NULL);
	return result && !result->process->timed_out &&
	       WIFEXITED(result->process->wait_status) &&
	       WEXITSTATUS(result->process->wait_status) == PROBE_STATUS;
}

/* "1" or "0", as old as what it says. */
static bool read_kept(const char *path, bool *works)
{
	g_autofree char *text = NULL;
	struct stat st;

	if (stat(path, &st) != 0 || time(NULL) - st.st_mtime > KEPT_S ||
	    !g_file_get_contents(path, &text, NULL, NULL))
		return false;
	*works = text[0] == '1';
	return true;
}

static bool find_out(const struct site *site, const char *system)
{
	g_autofree char *folder = place_find(site, "lab");
	g_autofree char *path = g_build_filename(folder, "kvm", NULL);
	bool works;

	if (access(KVM_DEVICE, R_OK | W_OK) != 0)
		return false;
	if (read_kept(path, &works))
		return works;
	works = qemu_probe(system, "kvm");
	/* Where it cannot be kept it is found out again. */
	if (g_mkdir_with_parents(folder, 0755) == 0)
		g_file_set_contents(path, works ? "1\n" : "0\n", -1, NULL);
	log_event(LOG_LEVEL_INFO, NULL, "KVM %s here",
		  works ? "works" : "does not work");
	return works;
}

bool qemu_kvm_works(const struct site *site, const struct board *board)
{
	static GMutex lock;
	static enum { UNKNOWN, WORKS, FAILS } known;
	const char *system = board->qemu.no_kvm ? NULL : probe_system(board);
	bool works;

	if (!system)
		return false;
	g_mutex_lock(&lock);
	if (known == UNKNOWN)
		known = find_out(site, system) ? WORKS : FAILS;
	works = known == WORKS;
	g_mutex_unlock(&lock);
	return works;
}

#ifdef HAS_COUNTER
static guint64 counter_khz(void)
{
	gint64 from_us = g_get_monotonic_time(), us;
	guint64 from = __rdtsc();

	g_usleep(CLOCK_US);
	us = g_get_monotonic_time() - from_us;
	return (__rdtsc() - from) * 1000 / (guint64)us;
}
#endif

guint64 qemu_clock_khz(void)
{
	static gsize khz = 0;

#ifdef HAS_COUNTER
	if (g_once_init_enter(&khz))
		g_once_init_leave(&khz, MAX((gsize)counter_khz(), 1));
#endif
	return khz;
}
