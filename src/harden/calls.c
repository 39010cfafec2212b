/* harden/calls.c - seccomp: which system calls there are for this process.
 *
 * What is not in the list is answered EPERM, so that the request that tried it fails and the
 * server goes on. A name that this kernel or processor does not know is passed over.
 *
 * One program may be started: ourselves, to ask whether new settings are good and to become the
 * successor (docs/adr/0082). The filter cannot read a path, but it sees where it stands: the path
 * is put on a page of its own at an address that never changes, made read-only, and execve is
 * allowed with that address alone. A successor puts its path at the same place, so the filter that
 * it was born with fits it too. */
#include "harden/inner.h"

#include <errno.h>
#include <limits.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static const char *const allowed[] = {
    /* files */
    "access",
    "chmod",
    "close",
    "close_range",
    "copy_file_range",
    "creat",
    "dup",
    "dup2",
    "dup3",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchown",
    "fcntl",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "getcwd",
    "getdents",
    "getdents64",
    "ioctl",
    "link",
    "linkat",
    "lseek",
    "lstat",
    "mkdir",
    "mkdirat",
    "newfstatat",
    "open",
    "openat",
    "pipe",
    "pipe2",
    "pread64",
    "preadv",
    "preadv2",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readahead",
    "readlink",
    "readlinkat",
    "readv",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "stat",
    "statfs",
    "statx",
    "sync_file_range",
    "truncate",
    "umask",
    "unlink",
    "unlinkat",
    "utimensat",
    "write",
    "writev",
    /* memory; mmap and mprotect are below */
    "brk",
    "madvise",
    "membarrier",
    "mincore",
    "mlock",
    "mlock2",
    "mremap",
    "msync",
    "munlock",
    "munmap",
    /* threads and processes; clone and execve are below */
    "exit",
    "exit_group",
    "futex",
    "get_robust_list",
    "getcpu",
    "getegid",
    "geteuid",
    "getgid",
    "getgroups",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getresgid",
    "getresuid",
    "getrusage",
    "getsid",
    "gettid",
    "getuid",
    "restart_syscall",
    "rseq",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_setaffinity",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    "setpriority",
    "sigaltstack",
    "tgkill",
    "wait4",
    "waitid",
    "arch_prctl",
    "getrlimit",
    "setrlimit",
    "prlimit64",
    "prctl",
    /* time, chance, the machine */
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "getitimer",
    "getrandom",
    "gettimeofday",
    "nanosleep",
    "setitimer",
    "sysinfo",
    "time",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "times",
    "uname",
    /* network; socket is below */
    "accept",
    "accept4",
    "bind",
    "connect",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd",
    "eventfd2",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "poll",
    "ppoll",
    "pselect6",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "select",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
    "socketpair",
};

static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* Above what the kernel gives out by itself, below the end of user space on both processors. */
#define PROGRAM_AT ((char *)0x100000000000)
enum { PAGE_BYTES = 64 * 1024 /* the largest page of a supported kernel */ };
static bool program_kept;

static bool keep_program(const char *program)
{
    size_t len = strlen(program);
    if (len >= PATH_MAX)
        return false;
    char *at = mmap(PROGRAM_AT, PAGE_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != PROGRAM_AT) {
        if (at != MAP_FAILED)
            munmap(at, PAGE_BYTES);
        return false;
    }
    memcpy(at, program, len + 1);
    program_kept = mprotect(at, PAGE_BYTES, PROT_READ) == 0;
    return program_kept;
}

const char *harden_program(const char *program)
{
    return program_kept ? PROGRAM_AT : program;
}

/* ---- the filter --------------------------------------------------------------------------- */

static bool allow(scmp_filter_ctx filter, const char *name)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) /* of another processor */
        return true;
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) == 0;
}

static bool allow_where(scmp_filter_ctx filter, const char *name, struct scmp_arg_cmp argument)
{
    int number = seccomp_syscall_resolve_name(name);
    return number < 0 || seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &argument) == 0;
}

/* Memory that can be written is never run. */
static bool allow_memory(scmp_filter_ctx filter, const char *name)
{
    const uint64_t both = PROT_WRITE | PROT_EXEC;
    return allow_where(filter, name, SCMP_A2(SCMP_CMP_MASKED_EQ, both, 0)) &&
           allow_where(filter, name, SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_WRITE)) &&
           allow_where(filter, name, SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC));
}

/* Threads, and what posix_spawn makes; no copy of ourselves, no namespaces. clone3 hides its flags
 * in memory: the C library takes clone when there is none. */
static bool allow_threads(scmp_filter_ctx filter)
{
    const uint64_t spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                            CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_VM;
    int clone3 = seccomp_syscall_resolve_name("clone3");
    return allow_where(filter, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, spaces, CLONE_VM)) &&
           (clone3 < 0 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), clone3, 0) == 0);
}

static bool fill(scmp_filter_ctx filter)
{
    bool good =
        allow_memory(filter, "mmap") && allow_memory(filter, "mprotect") && allow_threads(filter);
    for (size_t i = 0; good && i < COUNT_OF(allowed); i++)
        good = allow(filter, allowed[i]);
    for (size_t i = 0; good && i < COUNT_OF(families); i++)
        good = allow_where(filter, "socket", SCMP_A0(SCMP_CMP_EQ, (uint64_t)families[i]));
    if (good && program_kept)
        good = allow_where(filter, "execve", SCMP_A0(SCMP_CMP_EQ, (uint64_t)(uintptr_t)PROGRAM_AT));
    return good;
}

static bool load(scmp_filter_ctx filter)
{
    /* Threads that run already too; a tree instead of a list; what the filter costs otherwise
     * (speculation) older kernels take from the whole process. */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    return seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && fill(filter) &&
           seccomp_load(filter) == 0;
}

Hardened harden_calls(HardenMode mode, const char *program)
{
    if (HARDEN_SANITIZED || mode == HARDEN_OFF)
        return HARDEN_ABSENT;
    if (!keep_program(program))
        return HARDEN_FAILED;
    if (hardened_before())
        return HARDENED_BEFORE;
    scmp_filter_ctx filter =
        seccomp_init(mode == HARDEN_LOG ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM));
    bool good = filter && load(filter);
    if (filter)
        seccomp_release(filter);
    return good ? HARDENED : HARDEN_FAILED;
}
