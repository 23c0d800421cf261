#include "vfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static sqlite3_vfs layer;
static sqlite3_vfs *disk;

typedef struct layer_file {
    sqlite3_file base;
    sqlite3_file *real;
    int name; /* in the trace, -1: none of its files */
} layer_file;

#define REAL(file) (((layer_file *)(file))->real)
#define NAME(file) (((layer_file *)(file))->name)

/* ---- failing on demand */

static fault_kind failing;
static int countdown, fired;
static bool persists;

void vfs_fail(fault_kind kind, int n, bool persistent) {
    failing = kind;
    countdown = n;
    persists = persistent;
    fired = 0;
}

int vfs_heal(void) {
    countdown = 0;
    return fired;
}

static bool fails_now(fault_kind from, fault_kind to) {
    if (countdown == 0 || failing < from || failing > to) return false;
    if (countdown > 1) {
        countdown--;
        return false;
    }
    if (!persists) countdown = 0;
    fired++;
    return true;
}

/* ---- writing down */

static trace *tracing;

/* The number of a file in the traced folder, -1 for any other. */
static int name_of(const char *path) {
    size_t n = tracing && path ? strlen(tracing->dir) : 0;
    if (!n || strncmp(path, tracing->dir, n) != 0 || path[n] != '/') return -1;
    const char *name = path + n + 1;
    size_t length = strlen(name);
    if (strchr(name, '/') || (length > 4 && strcmp(name + length - 4, "-shm") == 0)) return -1;
    for (int i = 0; i < tracing->name_count; i++)
        if (strcmp(tracing->names[i], name) == 0) return i;
    assert_true(tracing->name_count < TRACED && length < sizeof tracing->names[0]);
    strcpy(tracing->names[tracing->name_count], name);
    return tracing->name_count++;
}

static void note(step_kind kind, int name, int64_t at, const void *data, size_t size) {
    trace *t = tracing;
    if (!t || name < 0) return;
    if (t->count == t->room) {
        t->room = t->room * 2 + 256;
        t->steps = realloc(t->steps, t->room * sizeof *t->steps);
        assert_non_null(t->steps);
    }
    step *s = &t->steps[t->count++];
    *s = (step){.kind = kind, .name = name, .at = at, .size = size};
    if (!size) return;
    s->data = malloc(size);
    assert_non_null(s->data);
    memcpy(s->data, data, size);
}

void trace_begin(trace *t, const char *dir) {
    memset(t, 0, sizeof *t);
    snprintf(t->dir, sizeof t->dir, "%s", dir);
    tracing = t;
    DIR *d = opendir(dir);
    struct dirent *e;
    assert_non_null(d);
    while ((e = readdir(d))) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        int name = e->d_type == DT_REG ? name_of(path) : -1;
        if (name >= 0) t->start[name] = (uint8_t *)read_file(path, &t->start_size[name]);
    }
    closedir(d);
    t->start_count = t->name_count;
}

void trace_end(void) {
    tracing = NULL;
}

void trace_mark(void) {
    note(STEP_MARK, 0, 0, NULL, 0);
}

void trace_free(trace *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->steps[i].data);
    free(t->steps);
    for (int i = 0; i < t->start_count; i++)
        free(t->start[i]);
}

/* ---- the calls */

static int layer_close(sqlite3_file *f) {
    int rc = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
    free(REAL(f));
    return rc;
}
static int layer_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    return REAL(f)->pMethods->xRead(REAL(f), p, n, at);
}
static int layer_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    if (fails_now(FAULT_WRITE_IO, FAULT_WRITE_SHORT)) {
        if (failing == FAULT_WRITE_SHORT) REAL(f)->pMethods->xWrite(REAL(f), p, n / 2, at);
        return failing == FAULT_WRITE_IO ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    }
    note(STEP_WRITE, NAME(f), at, p, (size_t)n);
    return REAL(f)->pMethods->xWrite(REAL(f), p, n, at);
}
static int layer_truncate(sqlite3_file *f, sqlite3_int64 n) {
    if (fails_now(FAULT_TRUNCATE, FAULT_TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
    note(STEP_TRUNCATE, NAME(f), n, NULL, 0);
    return REAL(f)->pMethods->xTruncate(REAL(f), n);
}
static int layer_sync(sqlite3_file *f, int flags) {
    if (fails_now(FAULT_SYNC, FAULT_SYNC)) return SQLITE_IOERR_FSYNC;
    int rc = REAL(f)->pMethods->xSync(REAL(f), flags);
    note(STEP_SYNC, NAME(f), 0, NULL, 0);
    return rc;
}
static int layer_size(sqlite3_file *f, sqlite3_int64 *n) {
    return REAL(f)->pMethods->xFileSize(REAL(f), n);
}
static int layer_lock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xLock(REAL(f), level);
}
static int layer_unlock(sqlite3_file *f, int level) {
    return REAL(f)->pMethods->xUnlock(REAL(f), level);
}
static int layer_reserved(sqlite3_file *f, int *out) {
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}
static int layer_control(sqlite3_file *f, int op, void *arg) {
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}
static int layer_sector(sqlite3_file *f) {
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}
static int layer_traits(sqlite3_file *f) {
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}
static int layer_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int layer_shm_lock(sqlite3_file *f, int at, int n, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void layer_barrier(sqlite3_file *f) {
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}
static int layer_unmap(sqlite3_file *f, int del) {
    return REAL(f)->pMethods->xShmUnmap(REAL(f), del);
}

static const sqlite3_io_methods METHODS = {2,
                                           layer_close,
                                           layer_read,
                                           layer_write,
                                           layer_truncate,
                                           layer_sync,
                                           layer_size,
                                           layer_lock,
                                           layer_unlock,
                                           layer_reserved,
                                           layer_control,
                                           layer_sector,
                                           layer_traits,
                                           layer_map,
                                           layer_shm_lock,
                                           layer_barrier,
                                           layer_unmap,
                                           NULL,
                                           NULL};

static int layer_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out) {
    (void)vfs;
    f->pMethods = NULL;
    if (fails_now(FAULT_OPEN, FAULT_OPEN)) return SQLITE_CANTOPEN;
    bool is_new = path && access(path, F_OK) != 0;
    REAL(f) = calloc(1, (size_t)disk->szOsFile);
    NAME(f) = name_of(path);
    int rc = disk->xOpen(disk, path, REAL(f), flags, out);
    f->pMethods = REAL(f)->pMethods ? &METHODS : NULL;
    if (!f->pMethods) free(REAL(f));
    if (rc == SQLITE_OK && is_new) note(STEP_CREATE, NAME(f), 0, NULL, 0);
    return rc;
}

static int layer_delete(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    if (fails_now(FAULT_DELETE, FAULT_DELETE)) return SQLITE_IOERR_DELETE;
    int rc = disk->xDelete(disk, path, sync);
    if (rc == SQLITE_OK) note(STEP_DELETE, name_of(path), sync != 0, NULL, 0);
    return rc;
}

/* ---- what the core does without SQLite */

int __real_open(const char *path, int flags, ...);
int __real_fsync(int fd);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);

int __wrap_open(const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    bool is_new = flags & O_CREAT && access(path, F_OK) != 0;
    if (is_new && fails_now(FAULT_OPEN, FAULT_OPEN)) return errno = EIO, -1;
    int fd = __real_open(path, flags, mode);
    if (fd >= 0 && is_new) note(STEP_CREATE, name_of(path), 0, NULL, 0);
    return fd;
}

int __wrap_fsync(int fd) {
    char link[64], path[600];
    if (fails_now(FAULT_SYNC, FAULT_SYNC)) return errno = EIO, -1;
    int failed = __real_fsync(fd);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    if (tracing && strcmp(path, tracing->dir) == 0)
        note(STEP_SYNC_FOLDER, 0, 0, NULL, 0);
    else
        note(STEP_SYNC, name_of(path), 0, NULL, 0);
    return failed;
}

int __wrap_link(const char *from, const char *to) {
    if (fails_now(FAULT_DELETE, FAULT_DELETE)) return errno = EIO, -1;
    int failed = __real_link(from, to);
    if (!failed) note(STEP_LINK, name_of(from), name_of(to), NULL, 0);
    return failed;
}

int __wrap_unlink(const char *path) {
    if (fails_now(FAULT_DELETE, FAULT_DELETE)) return errno = EIO, -1;
    int failed = __real_unlink(path);
    if (!failed) note(STEP_DELETE, name_of(path), 0, NULL, 0);
    return failed;
}

int __wrap_rename(const char *from, const char *to) {
    if (fails_now(FAULT_DELETE, FAULT_DELETE)) return errno = EIO, -1;
    int failed = __real_rename(from, to);
    if (!failed) {
        note(STEP_LINK, name_of(from), name_of(to), NULL, 0);
        note(STEP_DELETE, name_of(from), 0, NULL, 0);
    }
    return failed;
}

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    if (fails_now(FAULT_DELETE, FAULT_DELETE)) return errno = EIO, -1;
    int failed = __real_renameat2(a, from, b, to, flags);
    if (!failed) note(STEP_EXCHANGE, name_of(from), name_of(to), NULL, 0);
    return failed;
}

void vfs_install(void) {
    disk = sqlite3_vfs_find(NULL);
    layer = *disk;
    layer.zName = "fault";
    layer.szOsFile = sizeof(layer_file);
    layer.xOpen = layer_open;
    layer.xDelete = layer_delete;
    sqlite3_vfs_register(&layer, 1);
}
