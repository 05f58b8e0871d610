#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls.h"

int main(int argc, char **argv)
{
	int arg = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 0; argc > 1 && syscall_table[i].name; i++) {
		if (strcmp(syscall_table[i].name, argv[1]) == 0) {
			printf("%d\n", syscall_table[i].call(arg));
			return 0;
		}
	}
	fprintf(stderr, "no such system call\n");
	return 1;
}
