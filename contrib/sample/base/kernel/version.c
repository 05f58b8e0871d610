#include "syscalls.h"

int sys_version(int arg)
{
	return arg + 1;
}
