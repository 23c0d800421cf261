/*
** backup.c: copies of a whole database: written to a temporary name, verified, made durable, then named. A copy
** that was interrupted is a file named .partial-..., never one that looks like a backup.
*/
#include "care/care.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- paths ---- */

void kali_path_folder(const char *path, char out[KAL_PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (!slash) path = ".", n = 1;
    if (slash == path) n = 1;
    snprintf(out, KAL_PATH_MAX, "%.*s", (int)n, path);
}

void kali_path_stem(const char *path, char out[KAL_NAME_MAX + 1]) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    if (n > 180) n = 180; /* room for what is added, below the limit of file names */
    memcpy(out, name, n);
    out[n] = 0;
}

kal_code kali_sync(const char *path, kal_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return kali_fail(err, KAL_IO, "%s: %s", path, strerror(errno));
    int failed = fsync(fd), number = errno;
    close(fd);
    /* Some file systems cannot sync folders: then they need not. */
    if (failed && number != EINVAL)
        return kali_fail(err, number == ENOSPC ? KAL_FULL : KAL_IO, "%s: %s", path,
                         strerror(number));
    return KAL_OK;
}

/* "20250301T093000000Z" */
static void stamp(int64_t ms, char out[25]) {
    char time[25], *p = out;
    kali_time_format(ms, time);
    for (const char *c = time; *c; c++)
        if (!strchr("-:.", *c)) *p++ = *c;
    *p = 0;
}

/* ---- what a file holds ---- */

static const char INTEGRITY[] = "PRAGMA integrity_check(1)";
static const char QUICK[] = "PRAGMA quick_check(1)";

static kal_code check_structure(kali_db *db, const char *sql, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(db, sql, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    kal_str line = row ? kali_text(q, 0) : (kal_str){"", 0};
    if (!row || !kali_is(line, "ok"))
        code = kali_fail(err, KAL_CORRUPT, "the database is damaged: %.200s", kali_some(line).data);
    kali_reset(q);
    return code;
}

static kal_code read_store_id(kali_db *db, char out[40], kal_err *err) {
    static const char FIND[] =
        "SELECT count(*) FROM sqlite_master WHERE name = 'kalito_meta' AND type = 'table'";
    static const char SQL[] = "SELECT value FROM kalito_meta WHERE key = 'store_id'";
    int64_t there;
    kali_stmt *q;
    bool row;
    out[0] = 0;
    kal_code code = kali_db_integer(db, FIND, &there, err);
    if (code != KAL_OK || !there) return code;
    code = kali_db_use(db, SQL, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    snprintf(out, 40, "%s", kali_text(q, 0).data ? kali_text(q, 0).data : "");
    kali_reset(q);
    return KAL_OK;
}

static kal_code count_rows(kali_db *db, kal_backup *out, kal_err *err) {
    const struct {
        const char *sql;
        int64_t *to;
    } counts[] = {
        {"SELECT count(*) FROM sessions", &out->sessions},
        {"SELECT count(*) FROM messages", &out->messages},
        {"SELECT count(*) FROM personas", &out->personas},
        {"SELECT count(*) FROM conversation_summaries", &out->summaries},
        {"SELECT count(*) FROM semantic_pins", &out->pins},
    };
    kal_code code = KAL_OK;
    for (size_t i = 0; i < sizeof counts / sizeof *counts && code == KAL_OK; i++)
        code = kali_db_integer(db, counts[i].sql, counts[i].to, err);
    return code;
}

kal_code kali_backup_describe(kali_db *db, kal_backup *out, kal_err *err) {
    kali_file_kind what;
    int64_t version, pages, page_size;
    kal_code code = kali_identify(db, &what, &version, err);
    if (code != KAL_OK) return code;
    if (what == KALI_OTHER || what == KALI_EMPTY)
        return kali_fail(err, KAL_NOT_KALITO, "is no kalito database");
    code = kali_db_integer(db, "PRAGMA page_count", &pages, err);
    if (code == KAL_OK) code = kali_db_integer(db, "PRAGMA page_size", &page_size, err);
    if (code == KAL_OK) code = read_store_id(db, out->store_id, err);
    if (code != KAL_OK) return code;
    out->schema_version = (int)version;
    out->size = pages * page_size;
    return count_rows(db, out, err);
}

/* Our tables only: those of others are never read. Links that were broken before are no fault of a copy. */
static kal_code count_orphans(kali_db *db, int64_t *out, kal_err *err) {
    return kali_db_integer(
        db,
        "SELECT (SELECT count(*) FROM pragma_foreign_key_check('messages'))"
        " + (SELECT count(*) FROM pragma_foreign_key_check('conversation_summaries'))"
        " + (SELECT count(*) FROM pragma_foreign_key_check('semantic_pins'))",
        out, err);
}

static bool same_rows(const kal_backup *a, const kal_backup *b) {
    return a->sessions == b->sessions && a->messages == b->messages && a->personas == b->personas &&
           a->summaries == b->summaries && a->pins == b->pins;
}

/* ---- writing ---- */

static kal_code make_file(const char *path, kal_err *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    kal_code failed = errno == ENOSPC ? KAL_FULL : errno == ENOENT ? KAL_NOT_FOUND : KAL_IO;
    if (fd < 0) return kali_fail(err, failed, "%s: %s", path, strerror(errno));
    fchmod(fd, 0600); /* whatever the user's mask takes away */
    close(fd);
    return KAL_OK;
}

static kal_code open_raw(const char *path, kal_options options, kali_db **out, kal_err *err) {
    char *plain = kali_plain_path(path);
    *out = NULL;
    if (!plain) return kali_no_memory(err);
    kal_code code = kali_db_open(plain, &options, out, err);
    free(plain);
    return code;
}

/* The rows are counted in the snapshot that is copied. */
static kal_code copy_snapshot(kali_copy *copy, kali_db *to, kal_backup *counts, kal_err *err) {
    bool outside = kali_db_is_idle(copy->from);
    kal_code code = outside ? kali_db_script(copy->from, "BEGIN", err) : KAL_OK;
    int64_t begun = kali_clock_ms();
    if (code == KAL_OK && copy->verify) code = kali_backup_describe(copy->from, counts, err);
    copy->counted_ms = kali_clock_ms() - begun;
    if (code == KAL_OK) code = kali_db_copy(copy->from, to, copy->stop, err);
    if (outside) kali_db_script(copy->from, "COMMIT", NULL);
    /* A backup is one file: it must not come with a log. */
    return code == KAL_OK ? kali_db_script(to, "PRAGMA journal_mode = DELETE", err) : code;
}

static kal_code fill(kali_copy *copy, const char *path, kal_backup *counts, kal_err *err) {
    kali_db *to;
    kal_code code = open_raw(path, (kal_options){.create = true}, &to, err);
    if (code != KAL_OK) return code;
    code = kali_db_script(to,
                          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;"
                          "PRAGMA cache_size = 10;" /* every page is written once */
                          "PRAGMA synchronous = OFF",
                          err);
    if (code == KAL_OK) code = copy_snapshot(copy, to, counts, err);
    kali_db_close(to);
    return code == KAL_OK ? kali_sync(path, err) : code;
}

static kal_code verify_copy(const kali_copy *copy, const char *path, const kal_backup *counts,
                            kal_backup *out, uint64_t *hash, kal_err *err) {
    kali_db *db;
    kal_code code = open_raw(path, (kal_options){.read_only = true}, &db, err);
    if (code != KAL_OK) return code;
    if (copy->verify) {
        code = check_structure(db, QUICK, err);
        if (code == KAL_OK) code = kali_backup_describe(db, out, err);
        if (code == KAL_OK) code = count_orphans(db, &out->orphans, err);
        if (code == KAL_OK && !same_rows(counts, out))
            code = kali_fail(err, KAL_CORRUPT, "the copy has not the rows of the database");
    }
    if (code == KAL_OK) code = kali_db_hash(db, hash, err);
    kali_db_close(db);
    return code;
}

/* Gives the file its name, never that of another one. */
static kal_code name_file(const char *temporary, const kal_backup *out, const char *folder,
                          kal_err *err) {
    if (link(temporary, out->path) != 0) {
        if (errno == EEXIST) return kali_fail(err, KAL_EXISTS, "%s: is there already", out->path);
        /* A file system without links: the time and the content in the name make it new. */
        if (access(out->path, F_OK) == 0 || rename(temporary, out->path) != 0)
            return kali_fail(err, KAL_IO, "%s: %s", out->path, strerror(errno));
    } else {
        unlink(temporary);
    }
    return kali_sync(folder, err);
}

static bool compose(char out[KAL_PATH_MAX], const char *folder, const char *name) {
    int n =
        snprintf(out, KAL_PATH_MAX, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name);
    return n > 0 && n < KAL_PATH_MAX;
}

static void choose_name(const kali_copy *copy, uint64_t hash, char out[KAL_NAME_MAX + 1]) {
    char time[25];
    stamp(copy->now, time);
    if (copy->name)
        snprintf(out, KAL_NAME_MAX + 1, "%s", copy->name);
    else
        snprintf(out, KAL_NAME_MAX + 1, "%s-%s-%016llx.db", copy->stem, time,
                 (unsigned long long)hash);
}

static kal_code write_copy(kali_copy *copy, const char *temporary, kal_backup *out, kal_err *err) {
    kal_backup counts = {0};
    char name[KAL_NAME_MAX + 1];
    uint64_t hash;
    int64_t begun = kali_clock_ms();
    kal_code code = fill(copy, temporary, &counts, err);
    int64_t copied = kali_clock_ms();
    if (code == KAL_OK) code = verify_copy(copy, temporary, &counts, out, &hash, err);
    if (code != KAL_OK) return code;
    out->copy_ms = copied - begun - copy->counted_ms;
    out->verify_ms = kali_clock_ms() - copied + copy->counted_ms;
    kali_time_format(copy->now, out->created_at);
    choose_name(copy, hash, name);
    if (!compose(out->path, copy->folder, name))
        return kali_fail(err, KAL_IO, "%s: the path is too long", copy->folder);
    return name_file(temporary, out, copy->folder, err);
}

kal_code kali_backup_write(kali_copy *copy, kal_backup *out, kal_err *err) {
    static const char *const leftovers[] = {"", "-journal", "-wal", "-shm"};
    char temporary[KAL_PATH_MAX], name[KAL_NAME_MAX + 40], file[KAL_PATH_MAX + 10], time[25];
    memset(out, 0, sizeof *out);
    stamp(copy->now, time);
    snprintf(name, sizeof name, ".partial-%s-%s-%ld", copy->stem, time, (long)getpid());
    if (!compose(temporary, copy->folder, name))
        return kali_fail(err, KAL_IO, "%s: the path is too long", copy->folder);
    kal_code code = make_file(temporary, err);
    if (code != KAL_OK) return code;
    code = write_copy(copy, temporary, out, err);
    for (size_t i = 0; i < 4 && code != KAL_OK; i++) {
        snprintf(file, sizeof file, "%s%s", temporary, leftovers[i]);
        unlink(file);
    }
    return code;
}

/* ---- the public calls ---- */

/* A folder to make a name in, or a new file. */
static kal_code choose_target(const char *target, kali_copy *copy, char folder[KAL_PATH_MAX],
                              kal_err *err) {
    struct stat st;
    if (!target || !*target) return kali_fail(err, KAL_MISUSE, "store.backup: the target is empty");
    if (strlen(target) >= KAL_PATH_MAX - KAL_NAME_MAX)
        return kali_fail(err, KAL_MISUSE, "store.backup: the path is too long");
    copy->folder = folder;
    if (stat(target, &st) == 0) {
        if (!S_ISDIR(st.st_mode)) return kali_fail(err, KAL_EXISTS, "%s: is there already", target);
        size_t n = strlen(target);
        while (n > 1 && target[n - 1] == '/')
            n--;
        snprintf(folder, KAL_PATH_MAX, "%.*s", (int)n, target);
        return KAL_OK;
    }
    const char *name = strrchr(target, '/');
    copy->name = name ? name + 1 : target;
    kali_path_folder(target, folder);
    if (!*copy->name || stat(folder, &st) != 0)
        return kali_fail(err, KAL_NOT_FOUND, "%s: no such folder", folder);
    if (strlen(copy->name) > 200)
        return kali_fail(err, KAL_MISUSE, "store.backup: the name is too long");
    return KAL_OK;
}

kal_code kal_store_backup(kal_store *store, const char *target, kal_backup *out, kal_err *err) {
    char folder[KAL_PATH_MAX], stem[KAL_NAME_MAX + 1];
    kali_copy copy = {.stem = stem, .verify = true, .stop = &store->interrupted};
    if (store->batch) return kali_fail(err, KAL_MISUSE, "store.backup: a transaction is open");
    if (strcmp(store->path, ":memory:") == 0)
        return kali_fail(err, KAL_MISUSE, "store.backup: the database is in memory");
    kal_code code = choose_target(target, &copy, folder, err);
    if (code != KAL_OK) return code;
    kali_path_stem(copy.name ? copy.name : store->path, stem);
    copy.now = kali_store_ms(store);
    store->interrupted = false;
    /* A connection of its own: what it sees is what is committed, and it may wait while ours goes on. */
    kal_options options = {.read_only = kali_db_read_only(store->db),
                           .busy_ms = store->options.busy_ms};
    code = open_raw(store->path, options, &copy.from, err);
    if (code != KAL_OK) return code;
    kali_db_accept(copy.from);
    code = kali_backup_write(&copy, out, err);
    kali_db_close(copy.from);
    return code;
}

/* The time and the hash in a name that kali_backup_write has made: -20250301T093000000Z-0123456789abcdef.db */
static bool read_name(const char *path, char time[25], uint64_t *hash) {
    static const char form[] = "-########T#########Z-hhhhhhhhhhhhhhhh.db";
    static const char digits[] = "0123456789abcdef";
    size_t n = strlen(path);
    if (n < 40) return false;
    char raw[24] = "";
    size_t k = 0;
    uint64_t value = 0;
    const char *p = path + n - 40;
    for (const char *f = form; *f; f++) {
        const char *digit = memchr(digits, *p, *f == 'h' ? 16 : 10);
        if ((*f == '#' || *f == 'h') ? !digit : *p != *f) return false;
        if (*f == '#') raw[k++] = *p;
        if (*f == 'h') value = value << 4 | (uint64_t)(digit - digits);
        p++;
    }
    char text[32];
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.%.3sZ", raw, raw + 4, raw + 6,
             raw + 8, raw + 10, raw + 12, raw + 14);
    *hash = value;
    return kal_time_parse(kal_text(text), time);
}

static kal_code look_at(const char *path, kal_err *err) {
    struct stat st;
    if (stat(path, &st) != 0)
        return kali_fail(err, errno == ENOENT ? KAL_NOT_FOUND : KAL_IO, "%s: %s", path,
                         strerror(errno));
    if (!S_ISREG(st.st_mode)) return kali_fail(err, KAL_NOT_KALITO, "%s: is not a file", path);
    if (st.st_size < 512) return kali_fail(err, KAL_NOT_KALITO, "%s: is not a database", path);
    return KAL_OK;
}

static kal_code verify_content(kali_db *db, const char *path, kal_backup *out, kal_err *err) {
    uint64_t said, is = 0;
    char time[25];
    bool named = read_name(path, time, &said);
    kal_code code = named ? kali_db_hash(db, &is, err) : KAL_OK;
    if (code == KAL_OK && named && said != is)
        code = kali_fail(err, KAL_CORRUPT, "its content is not the one that its name says");
    if (code == KAL_OK) code = check_structure(db, INTEGRITY, err);
    return code == KAL_OK ? count_orphans(db, &out->orphans, err) : code;
}

static kal_code examine(const char *path, bool verify, kal_backup *out, kal_err *err) {
    uint64_t hash;
    kali_db *db;
    int64_t begun = kali_clock_ms();
    memset(out, 0, sizeof *out);
    if (!path || strlen(path) >= KAL_PATH_MAX)
        return kali_fail(err, KAL_MISUSE, "backup: the path is empty or too long");
    snprintf(out->path, sizeof out->path, "%s", path);
    if (!read_name(path, out->created_at, &hash)) out->created_at[0] = 0;
    kal_code code = look_at(path, err);
    if (code == KAL_OK) code = open_raw(path, (kal_options){.read_only = true}, &db, err);
    if (code != KAL_OK) return kali_name_file(path, code, err);
    code = kali_backup_describe(db, out, err);
    if (code == KAL_OK && verify) code = verify_content(db, path, out, err);
    kali_db_close(db);
    out->verify_ms = kali_clock_ms() - begun;
    return code == KAL_OK ? code : kali_name_file(path, code, err);
}

kal_code kal_backup_get(const char *path, kal_backup *out, kal_err *err) {
    return examine(path, false, out, err);
}

kal_code kal_backup_verify(const char *path, kal_backup *out, kal_err *err) {
    return examine(path, true, out, err);
}
