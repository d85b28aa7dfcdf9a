/*
 * A wrapper of ptrace(2), preloaded into User-Mode Linux kernels before 6.16.
 *
 * Such a kernel saves and restores the extended registers of its processes by
 * PTRACE_GETREGSET and PTRACE_SETREGSET with NT_X86_XSTATE, in a buffer of a
 * fixed size. A processor with AMX has a larger state, and its kernel answers
 * EFAULT to a PTRACE_SETREGSET that is not of the whole size
 * (xstateregs_set() in arch/x86/kernel/fpu/regset.c): the first process of the
 * guest cannot be started.
 *
 * The wrapper completes a short PTRACE_SETREGSET with the rest of the state
 * that the process has. Nothing is lost by that: what lies behind the short
 * buffer belongs to features that a process must ask for by
 * arch_prctl(ARCH_REQ_XCOMP_PERM), which User-Mode Linux refuses its guests.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

static long (*next_ptrace)(enum __ptrace_request, ...);
static int (*next_execvp)(const char *, char *const[]);

__attribute__((constructor)) static void find_next(void)
{
	next_ptrace = dlsym(RTLD_NEXT, "ptrace");
	next_execvp = dlsym(RTLD_NEXT, "execvp");
}

/*
 * The buffer is static because the stack of the caller, 16 KiB, is too small
 * for it. These kernels have one processor and are not preemptible, and no
 * interrupt handler switches processes: there is one caller at a time.
 */
static long set_whole_state(pid_t pid, void *type, struct iovec *given)
{
	static char state[65536] __attribute__((aligned(64)));
	struct iovec whole = { state, sizeof(state) };

	if (next_ptrace(PTRACE_GETREGSET, pid, type, &whole) == 0 &&
	    whole.iov_len > given->iov_len) {
		memcpy(state, given->iov_base, given->iov_len);
		return next_ptrace(PTRACE_SETREGSET, pid, type, &whole);
	}
	return next_ptrace(PTRACE_SETREGSET, pid, type, given);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	pid_t pid;
	void *address, *data;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if (request == PTRACE_SETREGSET && (unsigned long)address == NT_X86_XSTATE)
		return set_whole_state(pid, address, data);
	return next_ptrace(request, pid, address, data);
}

/* User-Mode Linux starts its helpers by execvp(); they do without the wrapper. */
int execvp(const char *file, char *const argv[])
{
	unsetenv("LD_PRELOAD");
	return next_execvp(file, argv);
}
