#include "kernel.h"

int arch_setup(void)
{
	return 0;
}
