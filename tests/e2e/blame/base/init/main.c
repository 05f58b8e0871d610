#include "kernel.h"

int start(void)
{
#ifdef CONFIG_FEATURE
	arch_setup();
	return feature_level();
#else
	return arch_setup();
#endif
}
