#include "kernel.h"

int text_length(const char *text)
{
	int length = 0;

	while (text[length])
		length++;
	return clamp(length, 80);
}
EXPORT_SYMBOL(text_length);

int text_upper(int c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}
