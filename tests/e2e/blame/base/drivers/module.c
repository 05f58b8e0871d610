#include "kernel.h"

MODULE_LICENSE("GPL");

int module_length(const char *text);
int module_length(const char *text)
{
	return text_length(text);
}
