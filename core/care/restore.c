/*
** restore.c: making a database what its backup is. The live file is written through the engine, in one transaction:
** renaming a database under its users corrupts it. Only what the engine cannot open is replaced as a file.
*/
#include "care/care.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A restore under way. */
typedef struct restoring {
    const kal_restore *what;
    kal_options options;
    kali_db *backup, *live;
    kal_backup source; /* what the backup holds */
    char folder[KAL_PATH_MAX], stem[KAL_NAME_MAX + 1];
    int64_t now;
} restoring;

static int64_t now_ms(const kal_options *options) {
    if (options->now) return options->now(options->context);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static kal_code open_plain(const char *path, const kal_options *options, kali_db **out,
                           kal_err *err) {
    char *plain = kali_plain_path(path);
    if (!plain) return kali_no_memory(err);
    kal_code code = kali_db_open(plain, options, out, err);
    free(plain);
    return code;
}

static bool is_damage(kal_code code) {
    return code == KAL_CORRUPT || code == KAL_NOT_KALITO;
}

/* ---- where nothing usable is ---- */

static kal_code copy_beside(restoring *r, const char *stem, const char *name, kali_db *from,
                            kal_backup *out, kal_err *err) {
    kali_copy copy = {.from = from,
                      .folder = r->folder,
                      .stem = stem,
                      .name = name,
                      .now = r->now,
                      .verify = from == r->backup};
    return kali_backup_write(&copy, out, err);
}

static const char *name_in(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A log or journal that belongs to the file that was moved away would be applied to the new one. */
static void remove_companions(const char *path) {
    static const char *const ends[] = {"-journal", "-wal", "-shm"};
    char name[KAL_PATH_MAX + 10];
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

/* The engine cannot read the file, so nobody else can be using it: it is exchanged for a copy of the backup. */
static kal_code exchange(restoring *r, kal_backup *kept, kal_err *err) {
    kal_backup made;
    char stem[KAL_NAME_MAX + 40];
    snprintf(stem, sizeof stem, "%s-damaged", r->stem);
    kal_code code = copy_beside(r, stem, NULL, r->backup, &made, err);
    if (code != KAL_OK) return code;
    remove_companions(r->what->path);
    /* The copy has the name under which the damaged file is kept: the two trade places. */
    if (renameat2(AT_FDCWD, made.path, AT_FDCWD, r->what->path, RENAME_EXCHANGE) != 0) {
        kali_fail(err, KAL_IO, "%s: %s", r->what->path, strerror(errno));
        unlink(made.path);
        return KAL_IO;
    }
    memset(kept, 0, sizeof *kept);
    snprintf(kept->path, sizeof kept->path, "%s", made.path);
    return kali_sync(r->folder, err);
}

static kal_code create(restoring *r, kal_err *err) {
    kal_backup made;
    return copy_beside(r, r->stem, name_in(r->what->path), r->backup, &made, err);
}

/* ---- over a live database ---- */

/* *empty: there is nothing to keep. */
static kal_code refuse_other(restoring *r, bool *empty, kal_err *err) {
    kal_backup live = {0};
    kali_file_kind what;
    int64_t version;
    kal_code code = kali_identify(r->live, &what, &version, err);
    *empty = what == KALI_EMPTY;
    if (code != KAL_OK || *empty || r->what->other) return code;
    if (what == KALI_OTHER) return kali_fail(err, KAL_REFUSED, "is a database of another program");
    code = kali_backup_describe(r->live, &live, err);
    if (code != KAL_OK) return code;
    bool differ =
        live.store_id[0] && r->source.store_id[0] && strcmp(live.store_id, r->source.store_id) != 0;
    if (differ)
        return kali_fail(err, KAL_REFUSED, "'%.200s' is a backup of another database",
                         r->what->backup);
    return KAL_OK;
}

/* Every other connection has a lock on the file while it is open (WAL) or in a transaction (DELETE). */
static kal_code take(restoring *r, kal_err *err) {
    kal_code code =
        kali_db_script(r->live, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", err);
    if (code == KAL_BUSY)
        return kali_fail(
            err, KAL_BUSY,
            "others have the database open: end them first (kalito doctor names them)");
    return code;
}

/* Of another page size, a log cannot take it: for the time of writing a journal does. */
static kal_code write_over(restoring *r, kal_err *err) {
    static const char SIZE[] = "PRAGMA page_size";
    static const char IS_WAL[] =
        "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'";
    int64_t a, b, wal;
    kal_code code = kali_db_integer(r->live, SIZE, &a, err);
    if (code == KAL_OK) code = kali_db_integer(r->backup, SIZE, &b, err);
    if (code == KAL_OK) code = kali_db_integer(r->live, IS_WAL, &wal, err);
    bool change = code == KAL_OK && wal && a != b;
    if (change) code = kali_db_script(r->live, "PRAGMA journal_mode = DELETE", err);
    if (code == KAL_OK) code = kali_db_copy(r->backup, r->live, NULL, err);
    if (change && code == KAL_OK) code = kali_db_script(r->live, "PRAGMA journal_mode = WAL", err);
    if (code == KAL_OK && wal) kali_db_script(r->live, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
    return code;
}

static kal_code keep(restoring *r, kal_backup *kept, kal_err *err) {
    char stem[KAL_NAME_MAX + 40];
    snprintf(stem, sizeof stem, "%s-before-restore", r->stem);
    return copy_beside(r, stem, NULL, r->live, kept, err);
}

static kal_code replace(restoring *r, kal_backup *kept, kal_err *err) {
    kal_code code = open_plain(r->what->path, &r->options, &r->live, err);
    if (code == KAL_OK) code = take(r, err);
    if (code == KAL_OK) kali_db_accept(r->live);
    bool empty = false;
    if (code == KAL_OK) code = refuse_other(r, &empty, err);
    if (code == KAL_OK && !empty) code = keep(r, kept, err);
    if (code == KAL_OK) code = write_over(r, err);
    kali_db_close(r->live);
    return is_damage(code) ? exchange(r, kept, err) : code;
}

static kal_code restore(restoring *r, kal_backup *kept, kal_err *err) {
    struct stat st;
    kal_code code = open_plain(r->what->backup, &(kal_options){.read_only = true}, &r->backup, err);
    if (code != KAL_OK) return code;
    if (stat(r->what->path, &st) != 0)
        code = errno == ENOENT ? create(r, err) : kali_fail(err, KAL_IO, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        code = kali_fail(err, KAL_NOT_KALITO, "is not a file");
    else
        code = replace(r, kept, err);
    kali_db_close(r->backup);
    return code;
}

/* Is it the same file? Restoring a database from itself would only lock it out. */
static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

kal_code kal_store_restore(const kal_restore *what, kal_backup *kept, kal_err *err) {
    memset(kept, 0, sizeof *kept);
    if (!what->path || !*what->path || !what->backup ||
        strlen(what->path) >= KAL_PATH_MAX - KAL_NAME_MAX)
        return kali_fail(err, KAL_MISUSE, "store.restore: a path is missing or too long");
    if (same_file(what->path, what->backup))
        return kali_fail(err, KAL_MISUSE, "store.restore: the backup is the database itself");
    restoring *r = calloc(1, sizeof *r);
    if (!r) return kali_no_memory(err);
    r->what = what;
    if (what->options) r->options = *what->options;
    r->now = now_ms(&r->options);
    kali_path_folder(what->path, r->folder);
    kali_path_stem(what->path, r->stem);
    kal_code code = kal_backup_verify(what->backup, &r->source, err);
    if (code == KAL_OK) {
        code = restore(r, kept, err);
        if (code != KAL_OK) kali_name_file(what->path, code, err);
    }
    free(r);
    return code;
}
