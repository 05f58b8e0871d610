#ifndef KERNEL_H
#define KERNEL_H

#ifdef __CHECKER__
#define __user __attribute__((noderef, address_space(1)))
#else
#define __user
#endif

#define EXPORT_SYMBOL(name)                                          \
	asm(".section \"___ksymtab+" #name "\", \"a\"\n"             \
	    "__ksymtab_" #name ":\n.long 0\n.previous")
#define MODULE_LICENSE(name)                                         \
	static const char license[]                                  \
		__attribute__((used, section(".modinfo"))) =         \
			"license=" name

int start(void);
int text_length(const char *text);
int text_upper(int c);
int parse(const char *text);
int math_sum(int a, int b);
int feature_level(void);
int arch_setup(void);

static inline int clamp(int value, int most)
{
	return value > most ? most : value;
}

#endif
