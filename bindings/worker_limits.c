/*
 * What the kernel forbids a worker, and its clock. After kalb_worker_confine the process can read
 * descriptor 0, write descriptor 1, get and return memory, arm its timer and end: no file, no
 * process, no socket, no executable memory, whatever happens to the interpreter. Filters for
 * x86-64 and arm64; elsewhere, and under a sanitizer, seccomp counts as missing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#if defined(__x86_64__) && defined(__LP64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#endif

/* CPU is the last resort, far above what the parent lets one worker do before it makes a new one. */
static bool set_limits(void) {
    const struct rlimit none = {0, 0};
    const struct rlimit cpu = {60, 61};
    const struct rlimit space = {256u << 20, 256u << 20};
    bool ok = setrlimit(RLIMIT_CORE, &none) == 0;
    ok = setrlimit(RLIMIT_CPU, &cpu) == 0 && ok;
    ok = setrlimit(RLIMIT_FSIZE, &none) == 0 && ok;
    ok = setrlimit(RLIMIT_NPROC, &none) == 0 && ok;
    ok = setrlimit(RLIMIT_NOFILE, &none) == 0 && ok;
    return (SANITIZED || setrlimit(RLIMIT_AS, &space) == 0) && ok;
}

/* The parent closes on exec; this is for descriptors that someone else left open in between. */
static void close_others(void) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 2u, ~0u, 0u) == 0) return;
#endif
    struct rlimit limit;
    rlim_t end = 65536;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end) end = limit.rlim_cur;
    for (rlim_t fd = 2; fd < end; fd++)
        close((int)fd);
}

#if defined(__linux__) && defined(THIS_ARCH)
#define FIELD(f) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, f))
/* The low half of an argument: what the kernel looks at in an int. */
#define ARG(n) FIELD(args[n])
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define IF_EQUAL(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (yes), (no))
#define IF_BITS(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (k), (yes), (no))
#define CALL(nr) IF_EQUAL(SYS_##nr, 0, 1), ALLOW
#define CALL_ON(nr, fd) IF_EQUAL(SYS_##nr, 0, 4), ARG(0), IF_EQUAL((fd), 0, 1), ALLOW, KILL

/* x32 calls carry a bit that equals none of these numbers. */
static bool install_filter(void) {
    struct sock_filter rules[] = {
        FIELD(arch),
        IF_EQUAL(THIS_ARCH, 1, 0),
        KILL,
        FIELD(nr),
        CALL_ON(read, 0),
        CALL_ON(write, 1),
        CALL(brk),
        CALL(munmap),
        CALL(mremap),
        CALL(madvise),
        CALL(timer_settime),
        CALL(clock_gettime),
        CALL(exit_group),
        IF_EQUAL(SYS_mmap, 0, 6),
        ARG(2),
        IF_BITS(PROT_EXEC, 3, 0),
        ARG(3),
        IF_BITS(MAP_ANONYMOUS, 0, 1),
        ALLOW,
        KILL,
        KILL,
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof *rules, .filter = rules};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool install_filter(void) {
    return false;
}
#endif

void kalb_worker_confine(kalb_confined *got) {
    *got = (kalb_confined){0};
    close_others();
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    got->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
#endif
    got->rlimits = set_limits();
    got->seccomp = !SANITIZED && got->no_new_privs && install_filter();
}

/* The clock counts this process only: a loaded machine does not shorten a call. When it rings,
 * the interpreter may be anywhere, also inside C; so nothing is cleaned up, the last words are
 * ready made and the process ends. */
static timer_t clock_timer;
static unsigned char last_words[KALB_FRAME_HEADER] = {5, 0, 0, 0, KALB_FRAME_TIME};

static void time_is_up(int signal_number) {
    (void)signal_number;
    ssize_t n = write(1, last_words, sizeof last_words);
    _exit(n == (ssize_t)sizeof last_words ? 0 : 1);
}

bool kalb_worker_clock(void) {
    struct sigaction action = {.sa_handler = time_is_up};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
    uint32_t rest = KALB_FRAME_HEADER - sizeof rest;
    memcpy(last_words, &rest, sizeof rest);
    return sigaction(SIGPROF, &action, NULL) == 0 &&
           timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &clock_timer) == 0;
}

void kalb_worker_time(unsigned ms) {
    struct itimerspec when = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}};
    timer_settime(clock_timer, 0, &when, NULL);
}

long kalb_worker_cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void kalb_worker_time_reply(uint32_t seq) {
    memcpy(last_words + sizeof(uint32_t) + 1, &seq, sizeof seq);
}

bool kalb_worker_read(void *bytes, size_t n) {
    unsigned char *at = bytes;
    while (n > 0) {
        ssize_t got = read(0, at, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

bool kalb_worker_write(const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    while (n > 0) {
        ssize_t put = write(1, at, n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        at += put;
        n -= (size_t)put;
    }
    return true;
}
