# Objects of system calls beside the core; one line each.
