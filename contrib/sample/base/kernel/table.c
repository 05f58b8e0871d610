#include <stddef.h>

#include "syscalls.h"

const struct syscall syscall_table[] = {
	{ "version", sys_version },
	{ NULL, NULL },
};
