/* Linked into a program, it lets the program's calls fail: allocations, and what reaches the disk, as the
 * environment says. The functions stand in the executable, before those of the libraries: what SQLite, Lua,
 * jansson and stdio ask for comes here, too.
 *   KALITO_FAIL=KIND:N[+]  the N-th call of that kind, and with + all after it
 *   KALITO_FAIL_LOG=FILE   at the end the file says how many calls there were, and how many have failed
 * Always it ends a program that breaks one of two rules: nobody but SQLite opens the database's files, for closing
 * them would drop SQLite's locks, and there is no fork, for the copy would hold the same database.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

#if defined(__SANITIZE_ADDRESS__)
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *p, size_t size);

/* ---- what fails, and when */

enum { MEMORY, WRITE, FULL, SHORT, SYNC, TRUNCATE, OPEN, NAME, READ, KINDS };
static const char *const NAMES[KINDS] = {"memory",   "write", "full", "short", "sync",
                                         "truncate", "open",  "name", "read"};

static int failing = -1;
static long count, first, failed;
static bool persists;

/* A debugger stops here. */
static void __attribute__((noinline)) fail_now(void) {
    failed++;
}

static bool fails(int from, int to) {
    if (failing < from || failing > to) return false;
    count++;
    if (count != first && !(persists && count > first)) return false;
    fail_now();
    return true;
}

static void begin(void) __attribute__((constructor));
static void begin(void) {
    const char *what = getenv("KALITO_FAIL"), *colon = what ? strchr(what, ':') : NULL;
    if (!colon) return;
    first = atol(colon + 1);
    persists = colon[strlen(colon) - 1] == '+';
    for (int i = 0; i < KINDS; i++)
        if (strncmp(what, NAMES[i], (size_t)(colon - what)) == 0) failing = i;
}

static void end(void) __attribute__((destructor));
static void end(void) {
    const char *log = getenv("KALITO_FAIL_LOG");
    char text[64];
    failing = -1;
    int n = snprintf(text, sizeof text, "%ld %ld\n", count, failed);
    int fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd >= 0) {
        if (write(fd, text, (size_t)n) != n) _exit(99);
        close(fd);
    }
}

/* ---- memory */

/* The parts of the address space whose allocations count: the program and the libraries under it, but not those
 * of TLS, nor the loader. */
#define RANGES 64
static struct range {
    uintptr_t from, to;
    bool counts;
} ranges[RANGES];
static int range_count;

static bool is_ours(const char *path) {
    static const char *const names[] = {"libsqlite3", "liblua",  "libjansson", "kalito_http", "libuuid",
                                        "libedit",    "libz.so", "libc.so",    "libcurl"};
    if (!*path) return true; /* the program */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(path, names[i])) return true;
    return false;
}

static int note_range(struct dl_phdr_info *info, size_t size, void *address) {
    (void)size;
    uintptr_t at = (uintptr_t)address;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;
        if (p->p_type != PT_LOAD || at < from || at >= from + p->p_memsz) continue;
        if (range_count < RANGES)
            ranges[range_count++] = (struct range){from, from + p->p_memsz, is_ours(info->dlpi_name)};
        return 1;
    }
    return 0;
}

static bool counts(void *caller) {
    uintptr_t at = (uintptr_t)caller;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < range_count; i++)
            if (at >= ranges[i].from && at < ranges[i].to) return ranges[i].counts;
        if (!dl_iterate_phdr(note_range, caller)) return false;
    }
    return false;
}

static bool no_memory(void *caller) {
    if (failing != MEMORY || !counts(caller) || !fails(MEMORY, MEMORY)) return false;
    errno = ENOMEM;
    return true;
}

PUBLIC void *malloc(size_t size) {
    return no_memory(__builtin_return_address(0)) ? NULL : REAL(malloc)(size);
}

PUBLIC void *calloc(size_t number, size_t size) {
    return no_memory(__builtin_return_address(0)) ? NULL : REAL(calloc)(number, size);
}

/* What shrinks stays where it is. */
PUBLIC void *realloc(void *p, size_t size) {
    bool grows = failing == MEMORY && (!p || size > malloc_usable_size(p));
    return grows && no_memory(__builtin_return_address(0)) ? NULL : REAL(realloc)(p, size);
}

/* ---- the disk */

/* The function that the libraries would have called. */
#define NEXT(name)                                       \
    static __typeof__(&name) next;                       \
    if (!next) next = (__typeof__(next))dlsym(RTLD_NEXT, #name)

static int disk_error(void) {
    errno = failing == FULL || failing == SHORT ? ENOSPC : EIO;
    return -1;
}

static bool is_file(int fd) {
    struct stat st;
    return failing >= WRITE && fd > 2 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* How many bytes of a write arrive; -1: none, and errno is set. Half a write is followed by a full disk. */
static ssize_t arrives(int fd, size_t size) {
    static int half = -1;
    bool follows = half == fd;
    if (!is_file(fd)) return (ssize_t)size;
    half = -1;
    if (follows) return disk_error();
    if (!fails(WRITE, SHORT)) return (ssize_t)size;
    if (failing != SHORT || size < 2) return disk_error();
    half = fd;
    return (ssize_t)(size / 2);
}

PUBLIC ssize_t write(int fd, const void *data, size_t size) {
    NEXT(write);
    ssize_t n = arrives(fd, size);
    return n < 0 ? n : next(fd, data, (size_t)n);
}

PUBLIC ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    NEXT(pwrite64);
    ssize_t n = arrives(fd, size);
    return n < 0 ? n : next(fd, data, (size_t)n, at);
}

/* SQLite's way of reading a file. */
PUBLIC ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    NEXT(pread64);
    return is_file(fd) && fails(READ, READ) ? disk_error() : next(fd, data, size, at);
}

/* What stdio keeps back is written when its file is closed. */
PUBLIC int fclose(FILE *file) {
    NEXT(fclose);
    int fd = fileno(file);
    bool written = failing >= WRITE && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
    bool lost = written && is_file(fd) && fails(WRITE, SHORT);
    int result = next(file);
    return lost ? disk_error() : result;
}

PUBLIC size_t fwrite(const void *data, size_t size, size_t number, FILE *file) {
    NEXT(fwrite);
    if (is_file(fileno(file)) && fails(WRITE, SHORT)) return disk_error(), 0;
    return next(data, size, number, file);
}

PUBLIC int fsync(int fd) {
    NEXT(fsync);
    return fails(SYNC, SYNC) ? disk_error() : next(fd);
}

PUBLIC int fdatasync(int fd) {
    NEXT(fdatasync);
    return fails(SYNC, SYNC) ? disk_error() : next(fd);
}

PUBLIC int ftruncate64(int fd, off64_t size) {
    NEXT(ftruncate64);
    return fails(TRUNCATE, TRUNCATE) ? disk_error() : next(fd, size);
}

static void check_open(const char *path, void *caller) {
    const char *database = getenv("KALITO_DB");
    Dl_info library;
    if (!database || strncmp(path, database, strlen(database)) != 0) return;
    if (dladdr(caller, &library) && strstr(library.dli_fname, "libsqlite3")) return;
    fprintf(stderr, "%s is opened outside SQLite\n", path);
    abort();
}

PUBLIC pid_t fork(void) {
    fprintf(stderr, "fork\n");
    abort();
}

PUBLIC int open64(const char *path, int flags, ...) {
    NEXT(open64);
    check_open(path, __builtin_return_address(0));
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return fails(OPEN, OPEN) ? disk_error() : next(path, flags, mode);
}

PUBLIC int open(const char *path, int flags, ...) {
    NEXT(open);
    check_open(path, __builtin_return_address(0));
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return fails(OPEN, OPEN) ? disk_error() : next(path, flags, mode);
}

PUBLIC FILE *fopen64(const char *path, const char *mode) {
    NEXT(fopen64);
    check_open(path, __builtin_return_address(0));
    return fails(OPEN, OPEN) ? disk_error(), NULL : next(path, mode);
}

/* Making and removing names. */
#define NAME_CALL(name, parameters, ...)                                 \
    PUBLIC int name parameters {                                         \
        NEXT(name);                                                      \
        return fails(NAME, NAME) ? disk_error() : next(__VA_ARGS__);     \
    }
NAME_CALL(unlink, (const char *path), path)
NAME_CALL(remove, (const char *path), path)
NAME_CALL(rename, (const char *from, const char *to), from, to)
NAME_CALL(link, (const char *from, const char *to), from, to)
NAME_CALL(mkdir, (const char *path, mode_t mode), path, mode)
NAME_CALL(renameat2, (int a, const char *from, int b, const char *to, unsigned flags), a, from, b, to, flags)
