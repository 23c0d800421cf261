/*
** store.c: opening and closing, and the transaction around a write. The rules of durability stand here.
*/
#include "care/care.h"
#include "recall/lexicon.h"
#include "recall/vector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int64_t kali_store_ms(kal_store *store) {
    if (store->options.now) return store->options.now(store->options.context);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void kal_store_now(kal_store *store, char out[25]) {
    kali_time_format(kali_store_ms(store), out);
}

kal_str kal_text(const char *z) {
    return (kal_str){z, z ? strlen(z) : 0};
}

/* ---- opening ---- */

/* SQLite's own errors do not say what kind of thing stands at the path. */
static kal_code look_at(const char *path, const kal_options *options, kal_err *err) {
    struct stat st;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT && options->create && !options->read_only) return KAL_OK;
        if (errno == ENOENT)
            return kali_fail(err, KAL_NOT_FOUND, "%s: no such database (kalito init makes one)",
                             path);
        return kali_fail(err, KAL_IO, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) return kali_fail(err, KAL_NOT_KALITO, "%s: is a folder", path);
    if (!S_ISREG(st.st_mode)) return kali_fail(err, KAL_NOT_KALITO, "%s: is not a file", path);
    if (access(path, R_OK) != 0)
        return kali_fail(err, KAL_IO, "%s: cannot be read: %s", path, strerror(errno));
    /* SQLite takes a file of one byte for an empty one. */
    if (st.st_size > 0 && st.st_size < 100)
        return kali_fail(err, KAL_NOT_KALITO, "%s: is not a database", path);
    if (st.st_size == 0 && !options->create)
        return kali_fail(err, KAL_NOT_FOUND, "%s: is empty (kalito init makes it a database)",
                         path);
    return KAL_OK;
}

/* "file:x" would be a URI to Debian's SQLite; a path with a folder in front never is. */
char *kali_plain_path(const char *path) {
    bool memory = strcmp(path, ":memory:") == 0;
    const char *folder = memory || path[0] == '/' ? "" : "./";
    size_t size = strlen(folder) + strlen(path) + 1;
    char *out = malloc(size);
    if (out) snprintf(out, size, "%s%s", folder, path);
    return out;
}

/* What happens to the file once it is open. */
typedef kal_code (*arrival)(kal_store *store, kal_report *report, kal_err *err);

static kal_code open_file(kal_store *store, const char *path, arrival arrive, kal_report *report,
                          kal_err *err) {
    bool memory = strcmp(path, ":memory:") == 0;
    if (memory) store->options.create = true;
    kal_code code = memory ? KAL_OK : look_at(path, &store->options, err);
    if (code != KAL_OK) return code;
    char *plain = kali_plain_path(path);
    store->path = strdup(path);
    if (!plain || !store->path) {
        free(plain);
        return kali_no_memory(err);
    }
    mode_t old = umask(077);
    code = kali_db_open(plain, &store->options, &store->db, err);
    if (code == KAL_OK) code = arrive(store, report, err);
    if (code == KAL_OK && arrive == kali_migrate) code = kali_redaction_open(store, err);
    if (code == KAL_OK) kali_db_accept(store->db);
    umask(old);
    free(plain);
    return code;
}

kal_code kali_name_file(const char *path, kal_code code, kal_err *err) {
    if (!err || strstr(err->message, path)) return code;
    kal_err inner = *err;
    return kali_fail(err, code, "%s: %s", path, inner.message);
}

static kal_code open_store(const char *path, const kal_options *options, arrival arrive,
                           kal_report *report, kal_store **out, kal_err *err) {
    *out = NULL;
    if (!path || !*path) return kali_fail(err, KAL_MISUSE, "store.open: the path is empty");
    kal_store *store = calloc(1, sizeof *store);
    if (!store) return kali_no_memory(err);
    if (options) store->options = *options;
    store->migrated_from = -1;
    kal_err local;
    kal_code code = open_file(store, path, arrive, report, err ? err : &local);
    if (code != KAL_OK) {
        kal_store_close(store);
        return kali_name_file(path, code, err);
    }
    *out = store;
    return KAL_OK;
}

kal_code kal_store_open(const char *path, const kal_options *options, kal_store **out,
                        kal_err *err) {
    if (!out) return kali_fail(err, KAL_MISUSE, "store.open: out is NULL");
    kal_code code = open_store(path, options, kali_migrate, NULL, out, err);
    /* Lists show what another program has written in its place. Where that cannot be, a search says why. */
    if (code == KAL_OK) kali_index_refresh(*out, NULL);
    return code;
}

kal_code kal_store_migrate(const char *path, const kal_options *options, kal_report *steps,
                           kal_err *err) {
    kal_store *store;
    bool only_look = options && options->read_only;
    kal_code code =
        open_store(path, options, only_look ? kali_migrate_plan : kali_migrate, steps, &store, err);
    kal_store_close(store);
    return code;
}

void kal_store_close(kal_store *store) {
    if (!store) return;
    if (store->db) kal_store_rollback(store);
    kali_lexicon_free(store->lexicon);
    kali_words_close(store->words);
    kali_vectors_forget(store);
    kali_documents_forget(store);
    kali_db_close(store->reader);
    kali_db_close(store->db);
    kali_redaction_close(store);
    kali_arena_free(&store->arena);
    kali_arena_free(&store->scratch);
    kali_memo_clear(&store->memo);
    free(store->path);
    free(store->migration_backup);
    free(store);
}

void kal_store_interrupt(kal_store *store) {
    if (!store) return;
    store->interrupted = true;
    kali_db_interrupt(store->db);
    if (store->reader) kali_db_interrupt(store->reader);
}

static int64_t size_of(const char *path, const char *suffix) {
    char name[4096];
    struct stat st;
    int n = snprintf(name, sizeof name, "%s%s", path, suffix);
    return n > 0 && n < (int)sizeof name && stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

kal_code kal_store_stat(kal_store *store, kal_store_info *out, kal_err *err) {
    kali_answer_begin(store);
    memset(out, 0, sizeof *out);
    static const char JOURNAL[] = "PRAGMA journal_mode";
    int64_t version, free_pages, page_size, pages;
    kal_code code = kali_db_integer(store->db, "PRAGMA user_version", &version, err);
    if (code == KAL_OK)
        code = kali_db_integer(store->db, "PRAGMA freelist_count", &free_pages, err);
    if (code == KAL_OK) code = kali_db_integer(store->db, "PRAGMA page_size", &page_size, err);
    if (code == KAL_OK) code = kali_db_integer(store->db, "PRAGMA page_count", &pages, err);
    kali_stmt *q;
    bool row;
    if (code == KAL_OK) code = kali_db_use(store->db, JOURNAL, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &out->journal_mode);
    kali_reset(q);
    if (!copied) return kali_no_memory(err);
    out->path = kal_text(store->path);
    out->schema_version = (int)version;
    out->read_only = kali_db_read_only(store->db);
    out->file_size = pages * page_size;
    out->wal_size = size_of(store->path, "-wal");
    out->free_size = free_pages * page_size;
    out->migrated_from = store->migrated_from;
    out->migration_backup = kal_text(store->migration_backup);
    return KAL_OK;
}

int kal_store_migrated(const kal_store *store) {
    return store->migrated_from;
}

/* ---- transactions ---- */

static const char BEGIN_SQL[] = "BEGIN IMMEDIATE";
static const char READ_SQL[] = "BEGIN";
static const char COMMIT_SQL[] = "COMMIT";
static const char ROLLBACK_SQL[] = "ROLLBACK";

static kal_code run(kal_store *store, const char *sql, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    return code == KAL_OK ? kali_run(q, err) : code;
}

static void roll_back(kal_store *store) {
    /* An interruption may reach into this too, and must not leave the transaction open. */
    for (int tries = 0; run(store, ROLLBACK_SQL, NULL) == KAL_INTERRUPTED && tries < 1000;)
        tries++;
    kali_touch_forget(store);
    kali_document_forget(store);
    kali_documents_forget(store);
    kali_vectors_forget(store); /* ids that were rolled back come again */
    store->seen = false;
}

/* Takes the write lock. What another connection has written since is looked at first, so that index
** and counts are complete before anything is added to them. */
static kal_code lock(kal_store *store, kal_err *err) {
    /* SQLite begins such a transaction and fails later, or not at all. */
    if (kali_db_read_only(store->db))
        return kali_fail(err, KAL_READONLY, "the database is open for reading only");
    kal_code code = run(store, BEGIN_SQL, err);
    if (code != KAL_OK) return code;
    uint32_t version = kali_db_version(store->db);
    kali_documents_locked(store, version);
    if (store->seen && version == store->version) return KAL_OK;
    kali_touch_forget(store);
    kali_document_forget(store);
    code = kali_index_catch_up(store, err);
    if (code == KAL_OK) code = kali_redaction_load(store, err);
    if (code != KAL_OK) roll_back(store);
    store->version = version;
    store->seen = code == KAL_OK;
    return code;
}

static kal_code commit(kal_store *store, kal_err *err) {
    kal_code code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = kali_document_flush(store, err);
    if (code == KAL_OK) code = run(store, COMMIT_SQL, err);
    /* The number counts our own commits too: those are not news. */
    store->version = kali_db_version(store->db);
    kali_documents_committed(store, store->version);
    if (code != KAL_OK) roll_back(store);
    return code;
}

kal_code kali_write_begin(kal_store *store, kal_err *err) {
    if (!store->batch) return lock(store, err);
    if (store->reading)
        return kali_fail(err, KAL_MISUSE, "store.begin_read: the transaction is for reading");
    if (store->failed)
        return kali_fail(err, KAL_REFUSED, "the transaction has failed: roll it back");
    return KAL_OK;
}

kal_code kali_write_end(kal_store *store, kal_code code, kal_err *err) {
    if (!store->batch) {
        if (code == KAL_OK) return commit(store, err);
        roll_back(store);
        return code;
    }
    /* These are found before anything is written. */
    if (code != KAL_OK && code != KAL_MISUSE && code != KAL_NOT_FOUND && code != KAL_EXISTS)
        store->failed = true;
    return code;
}

kal_code kali_read_begin(kal_store *store, kal_err *err) {
    return store->batch ? KAL_OK : run(store, READ_SQL, err);
}

void kali_read_end(kal_store *store) {
    if (!store->batch) run(store, COMMIT_SQL, NULL);
}

kal_code kal_store_begin(kal_store *store, kal_err *err) {
    if (store->batch)
        return kali_fail(err, KAL_MISUSE, "store.begin: a transaction is open already");
    kal_code code = lock(store, err);
    store->batch = code == KAL_OK;
    store->failed = false;
    return code;
}

kal_code kal_store_begin_read(kal_store *store, kal_err *err) {
    if (store->batch)
        return kali_fail(err, KAL_MISUSE, "store.begin_read: a transaction is open already");
    kal_code code = run(store, READ_SQL, err);
    store->batch = store->reading = code == KAL_OK;
    store->failed = false;
    return code;
}

/* Others may have written meanwhile: what this store knows of the file stays as it was. */
static kal_code end_reading(kal_store *store, kal_err *err) {
    store->batch = store->reading = false;
    return run(store, COMMIT_SQL, err);
}

kal_code kal_store_commit(kal_store *store, kal_err *err) {
    if (!store->batch) return kali_fail(err, KAL_MISUSE, "store.commit: no transaction is open");
    if (store->reading) return end_reading(store, err);
    store->batch = false;
    if (!store->failed) return commit(store, err);
    roll_back(store);
    return kali_fail(err, KAL_REFUSED, "the transaction had failed and was rolled back");
}

void kal_store_rollback(kal_store *store) {
    if (!store || !store->batch) return;
    store->batch = store->reading = false;
    roll_back(store);
}

void kali_answer_begin(kal_store *store) {
    kali_arena_reset(&store->arena);
}
