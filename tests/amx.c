/*
 * Stands in for a processor with AMX, for User-Mode Linux on one without: the
 * extended state of a process is as long as there, and a short one is refused.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum { NT_X86_XSTATE = 0x202, WHOLE = 11008 };

long ptrace(enum __ptrace_request request, ...)
{
	long (*next)(enum __ptrace_request, ...) = dlsym(RTLD_NEXT, "ptrace");
	static char rest[WHOLE];
	struct iovec *vector, wanted, real = { rest, sizeof(rest) };
	va_list arguments;
	pid_t pid;
	void *address, *data;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if ((unsigned long)address != NT_X86_XSTATE ||
	    (request != PTRACE_SETREGSET && request != PTRACE_GETREGSET))
		return next(request, pid, address, data);
	vector = data;
	wanted = *vector;
	if (wanted.iov_len > WHOLE)
		wanted.iov_len = WHOLE;
	if (request == PTRACE_GETREGSET) {
		memset(wanted.iov_base, 0, wanted.iov_len);
		if (next(request, pid, address, &wanted) < 0)
			return -1;
		vector->iov_len = vector->iov_len < WHOLE ? vector->iov_len : WHOLE;
		return 0;
	}
	if (wanted.iov_len != WHOLE) {
		errno = EFAULT;
		return -1;
	}
	if (next(PTRACE_GETREGSET, pid, address, &real) < 0)
		return -1;
	wanted.iov_len = real.iov_len;
	return next(PTRACE_SETREGSET, pid, address, &wanted);
}
