/*
** migrate.c: what kind of file this is, and bringing an older one up to date: numbered steps,
** embedded from schema/, all in one transaction. A file from a newer kalito, or of another program,
** stays as
** it is.
*/
#include "internal.h"

#include <stdio.h>

#define KALI_APPLICATION 0x4B414C49 /* 'KALI' */

typedef enum kind { EMPTY, OURS, ORIGINAL, OTHER } kind;

static const char COUNT_TABLES[] = "SELECT count(*) FROM sqlite_master";
static const char COUNT_ORIGINAL[] =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
    " ('sessions', 'personas', 'messages', 'conversation_summaries', 'semantic_pins')";

static kal_code identify(kal_store *store, kind *what, int64_t *version, kal_err *err) {
    int64_t application, tables, original;
    kal_code code = kali_db_integer(store->db, "PRAGMA application_id", &application, err);
    if (code == KAL_OK) code = kali_db_integer(store->db, "PRAGMA user_version", version, err);
    if (code == KAL_OK) code = kali_db_integer(store->db, COUNT_TABLES, &tables, err);
    if (code == KAL_OK) code = kali_db_integer(store->db, COUNT_ORIGINAL, &original, err);
    if (code != KAL_OK) return code;
    *what = application == KALI_APPLICATION ? OURS
            : application != 0              ? OTHER
            : tables == 0 && *version == 0  ? EMPTY
            : original == 5                 ? ORIGINAL
                                            : OTHER;
    return KAL_OK;
}

static kal_code apply(kal_store *store, int64_t from, kal_err *err) {
    for (size_t i = 0; i < kali_migration_count; i++) {
        if (kali_migrations[i].version <= from) continue;
        kal_code code = kali_db_script(store->db, kali_migrations[i].sql, err);
        if (code != KAL_OK) return code;
    }
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             KALI_APPLICATION, kali_migrations[kali_migration_count - 1].version);
    return kali_db_script(store->db, sql, err);
}

static kal_code refuse(kind what, int64_t version, kal_err *err) {
    int latest = kali_migrations[kali_migration_count - 1].version;
    if (what == OTHER)
        return kali_fail(err, KAL_NOT_KALITO, "is a database of another program: left unchanged");
    if (what == OURS && version > latest)
        return kali_fail(
            err, KAL_TOO_NEW,
            "was written by a newer kalito (schema %d, this one knows %d): left unchanged",
            (int)version, latest);
    return KAL_OK;
}

/* Two processes may come here at once: the second one finds the work done. */
static kal_code upgrade(kal_store *store, kal_err *err) {
    kind what;
    int64_t version;
    kal_code code = kali_db_script(store->db, "BEGIN IMMEDIATE", err);
    if (code != KAL_OK) return code;
    code = identify(store, &what, &version, err);
    if (code == KAL_OK) code = refuse(what, version, err);
    if (code == KAL_OK) code = apply(store, what == ORIGINAL ? 1 : version, err);
    if (code == KAL_OK) code = kali_db_script(store->db, "COMMIT", err);
    if (code != KAL_OK) kali_db_script(store->db, "ROLLBACK", NULL);
    return code;
}

kal_code kali_migrate(kal_store *store, kal_err *err) {
    kind what;
    int64_t version;
    kal_code code = identify(store, &what, &version, err);
    if (code == KAL_OK) code = refuse(what, version, err);
    if (code != KAL_OK) return code;
    int latest = kali_migrations[kali_migration_count - 1].version;
    if (what == OURS && version == latest) return KAL_OK;
    if (what == EMPTY && !store->options.create)
        return kali_fail(err, KAL_NOT_FOUND, "holds no tables (kalito init makes it a database)");
    if (kali_db_read_only(store->db))
        return kali_fail(err, KAL_READONLY, "must be migrated, but cannot be written");
    /* Another process that makes the same file may hold it: then the journal is set there. */
    if (what == EMPTY) kali_db_script(store->db, "PRAGMA journal_mode = WAL", NULL);
    return upgrade(store, err);
}
