/*
** sqlite_backup.c: the seam to SQLite for whole files: copying pages, hashing bytes, running scripts statement by
** statement.
*/
#include "care/care.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define STEP 1024           /* pages copied between two looks at `stop` */
#define BLOCK (1024 * 1024) /* bytes hashed at once */

static sqlite3 *handle_of(kali_db *db) {
    return kali_db_handle(db);
}

/* ---- copying ---- */

static kal_code step_all(sqlite3_backup *copy, kali_db *to, const _Atomic(bool) *stop,
                         kal_err *err) {
    int rc;
    do {
        if (stop && *stop) return kali_fail(err, KAL_INTERRUPTED, "interrupted");
        rc = sqlite3_backup_step(copy, STEP);
    } while (rc == SQLITE_OK);
    return rc == SQLITE_DONE ? KAL_OK : kali_db_fail(to, rc, err);
}

kal_code kali_db_copy(kali_db *from, kali_db *to, const _Atomic(bool) *stop, kal_err *err) {
    sqlite3_backup *copy = sqlite3_backup_init(handle_of(to), "main", handle_of(from), "main");
    if (!copy) return kali_db_fail(to, sqlite3_errcode(handle_of(to)), err);
    kal_code code = step_all(copy, to, stop, err);
    int rc = sqlite3_backup_finish(copy); /* rolls back what is not complete */
    if (code == KAL_OK && rc != SQLITE_OK) code = kali_db_fail(to, rc, err);
    return code;
}

/* ---- hashing ---- */

static kal_code hash_file(sqlite3_file *file, char *block, uint64_t *out, kal_err *err) {
    sqlite3_int64 size = 0;
    if (file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return kali_fail(err, KAL_IO, "its size cannot be read");
    uint64_t h = 0;
    for (sqlite3_int64 at = 0; at < size; at += BLOCK) {
        int n = size - at < BLOCK ? (int)(size - at) : BLOCK;
        if (file->pMethods->xRead(file, block, n, at) != SQLITE_OK)
            return kali_fail(err, KAL_IO, "it cannot be read at byte %lld", (long long)at);
        uint64_t parts[2] = {h, kal_text_hash((kal_str){block, (size_t)n})};
        h = kal_text_hash((kal_str){(const char *)parts, sizeof parts});
    }
    *out = h;
    return KAL_OK;
}

kal_code kali_db_hash(kali_db *db, uint64_t *out, kal_err *err) {
    sqlite3_file *file = NULL;
    sqlite3_file_control(handle_of(db), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (!file || !file->pMethods) return kali_fail(err, KAL_IO, "it is not open");
    char *block = malloc(BLOCK);
    if (!block) return kali_no_memory(err);
    kal_code code = hash_file(file, block, out, err);
    free(block);
    return code;
}

/* It attaches a file of its own, which this connection otherwise may not. */
kal_code kali_db_pack(kali_db *db, kal_err *err) {
    int before = sqlite3_limit(handle_of(db), SQLITE_LIMIT_ATTACHED, 1);
    kal_code code = kali_db_script(db, "VACUUM", err);
    sqlite3_limit(handle_of(db), SQLITE_LIMIT_ATTACHED, before);
    return code;
}

/* ---- scripts ---- */

bool kali_db_triggers(kali_db *db, bool enabled) {
    int before = 0;
    sqlite3_db_config(handle_of(db), SQLITE_DBCONFIG_ENABLE_TRIGGER, -1, &before);
    sqlite3_db_config(handle_of(db), SQLITE_DBCONFIG_ENABLE_TRIGGER, (int)enabled, (int *)0);
    return before != 0;
}

static const char *skip_comments(const char *p) {
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (p[0] != '-' || p[1] != '-') return p;
        p += strcspn(p, "\n");
    }
}

kal_code kali_db_next(kali_db *db, const char **sql, kali_sieve *sieve, void *context,
                      kal_err *err) {
    const char *text = skip_comments(*sql), *tail = text;
    sqlite3_stmt *q = NULL;
    *sql = text;
    if (!*text) return KAL_OK;
    /* A statement that is skipped may not even be possible: its end is found without preparing it. */
    size_t len = 0;
    char *copy = malloc(strlen(text) + 1);
    if (!copy) return kali_no_memory(err);
    do {
        size_t n = strcspn(tail, ";");
        tail += n + (tail[n] == ';');
        len = (size_t)(tail - text);
        memcpy(copy, text, len);
        copy[len] = 0;
    } while (*tail && !sqlite3_complete(copy));
    *sql = tail;
    bool skip = false;
    kal_code code = sieve ? sieve(context, copy, &skip, err) : KAL_OK;
    if (code == KAL_OK && !skip) {
        int rc = sqlite3_prepare_v2(handle_of(db), copy, -1, &q, NULL);
        if (rc == SQLITE_OK) rc = sqlite3_step(q);
        if (rc != SQLITE_DONE && rc != SQLITE_ROW && rc != SQLITE_OK)
            code = kali_db_fail(db, rc, err);
        sqlite3_finalize(q);
    }
    free(copy);
    return code;
}
