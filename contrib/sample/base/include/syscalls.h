/* The system calls: one function each, a table that maps names to them. */
#ifndef SYSCALLS_H
#define SYSCALLS_H

struct syscall {
	const char *name;
	int (*call)(int arg);
};

/* Ended by an entry without a name. */
extern const struct syscall syscall_table[];

int sys_version(int arg);

#endif
