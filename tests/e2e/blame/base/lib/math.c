#include "kernel.h"

int math_sum(int a, int b)
{
	return clamp(a + b, 1000);
}
EXPORT_SYMBOL(math_sum);
