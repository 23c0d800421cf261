/*
** migrate.c: what kind of file this is, and bringing an older one up to date: a verified backup beside it, then
** numbered steps, embedded from schema/, all in one transaction. A file from a newer kalito, or of another program,
** stays as it is. What only files of the original need stands in adopt.c.
*/
#include "care/care.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KALI_APPLICATION 0x4B414C49 /* 'KALI' */

/* What is in the schema: anything, the original's tables, and views in the place of tables of ours, which may do anything
** when they are read, and never end. */
typedef struct contents {
    int64_t all, original, views;
} contents;

static kal_code look_into(kali_db *db, contents *out, kal_err *err) {
    static const char SQL[] =
        "SELECT count(*), count(CASE WHEN type = 'table' AND name IN"
        " ('sessions', 'personas', 'messages', 'conversation_summaries', 'semantic_pins') THEN 1 END),"
        " count(CASE WHEN type = 'view' AND name GLOB 'kalito_*' THEN 1 END) FROM sqlite_master";
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(db, SQL, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    *out = (contents){kali_integer(q, 0), kali_integer(q, 1), kali_integer(q, 2)};
    kali_reset(q);
    return KAL_OK;
}

static kal_code identify(kali_db *db, kali_file_kind *what, int64_t *version, contents *found,
                         kal_err *err) {
    int64_t application;
    kal_code code = kali_db_integer(db, "PRAGMA application_id", &application, err);
    if (code == KAL_OK) code = kali_db_integer(db, "PRAGMA user_version", version, err);
    if (code == KAL_OK) code = look_into(db, found, err);
    if (code != KAL_OK) return code;
    /* Our mark on a file without our tables is no file of ours. */
    *what = application == KALI_APPLICATION && found->original == 5 ? KALI_OURS
            : application != 0                                      ? KALI_OTHER
            : found->all == 0 && *version == 0                      ? KALI_EMPTY
            : found->original == 5                                  ? KALI_ORIGINAL
                                                                    : KALI_OTHER;
    return KAL_OK;
}

kal_code kali_identify(kali_db *db, kali_file_kind *what, int64_t *version, kal_err *err) {
    contents found;
    return identify(db, what, version, &found, err);
}

static int latest(void) {
    return kali_migrations[kali_migration_count - 1].version;
}

static kal_code refuse(kali_db *db, kali_file_kind what, int64_t version, int64_t views,
                       kal_err *err) {
    if (what == KALI_OTHER)
        return kali_fail(err, KAL_NOT_KALITO, "is a database of another program: left unchanged");
    if (what == KALI_OURS && version > latest())
        return kali_fail(
            err, KAL_TOO_NEW,
            "was written by a newer kalito (schema %d, this one knows %d): left unchanged",
            (int)version, latest());
    if (what == KALI_ORIGINAL) return kali_adopt_inspect(db, err);
    if (what == KALI_OURS && views)
        return kali_fail(err, KAL_NOT_KALITO,
                         "has a view in the place of a table of kalito: left unchanged");
    return KAL_OK;
}

static kal_code admit(kali_db *db, kali_file_kind *what, int64_t *version, kal_err *err) {
    contents found;
    kal_code code = identify(db, what, version, &found, err);
    return code == KAL_OK ? refuse(db, *what, *version, found.views, err) : code;
}

/* ---- the steps ---- */

/* A statement of a migration that an adopted file cannot or must not have. */
typedef struct sieve {
    kal_store *store;
    kal_report *report;
    bool adopting;
    char rule[64]; /* the name of the unique index under way: rows may break it */
} sieve;

static kal_code has_column(kali_db *db, const char *table, const char *column, bool *out,
                           kal_err *err) {
    char sql[320];
    int64_t n;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'",
             table, column);
    kal_code code = kali_db_integer(db, sql, &n, err);
    *out = n > 0;
    return code;
}

/* A failure may not be passed over: it may have rolled the transaction back, and what follows would be kept. */
static kal_code sift(void *context, const char *text, bool *skip, kal_err *err) {
    sieve *s = context;
    char table[64], column[64];
    s->rule[0] = 0;
    if (!s->adopting) return KAL_OK;
    if (sscanf(text, "ALTER TABLE %63s ADD COLUMN %63s", table, column) == 2) {
        kal_code code = has_column(s->store->db, table, column, skip, err);
        if (code == KAL_OK && *skip)
            kali_report_add(s->report, false, NULL, "column %s.%s is there already: used as it is",
                            table, column);
        return code;
    }
    /* It would reject a statement of the original. */
    *skip = strncmp(text, "CREATE TRIGGER kalito_persona_default ", 38) == 0;
    sscanf(text, "CREATE UNIQUE INDEX %63s", s->rule);
    return KAL_OK;
}

static kal_code run_script(const char *sql, sieve *s, kal_err *err) {
    while (*sql) {
        kal_code code = kali_db_next(s->store->db, &sql, sift, s, err);
        if (code == KAL_EXISTS && s->rule[0]) {
            kali_report_add(s->report, false, NULL,
                            "rule %s is not installed: rows of the file break it", s->rule);
            code = KAL_OK;
        }
        if (code != KAL_OK) return code;
    }
    return KAL_OK;
}

static kal_code apply(sieve *s, int64_t from, kal_err *err) {
    for (size_t i = 0; i < kali_migration_count; i++) {
        if (kali_migrations[i].version <= from) continue;
        kal_code code = run_script(kali_migrations[i].sql, s, err);
        if (code != KAL_OK) return code;
    }
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             KALI_APPLICATION, latest());
    return kali_db_script(s->store->db, sql, err);
}

/* The search index and the counts of what is there, in the same transaction. */
static kal_code index_all(kal_store *store, kal_err *err) {
    kal_code code = kali_index_catch_up(store, err);
    return code == KAL_OK ? kali_document_flush(store, err) : code;
}

/* ---- the backup before ---- */

/* The write lock is held: nothing comes between this copy and the migration. */
static kal_code back_up(kal_store *store, kal_report *report, kal_err *err) {
    char folder[KAL_PATH_MAX], stem[KAL_NAME_MAX + 1], name[KAL_NAME_MAX + 40];
    kal_backup made;
    kali_copy copy = {.folder = folder, .stem = name, .now = kali_store_ms(store), .verify = true};
    if (strcmp(store->path, ":memory:") == 0) return KAL_OK;
    kali_path_folder(store->path, folder);
    kali_path_stem(store->path, stem);
    snprintf(name, sizeof name, "%s-before-migration", stem);
    char *plain = kali_plain_path(store->path);
    if (!plain) return kali_no_memory(err);
    kal_options options = {.read_only = true, .busy_ms = store->options.busy_ms};
    kal_code code = kali_db_open(plain, &options, &copy.from, err);
    free(plain);
    if (code != KAL_OK) return code;
    code = kali_backup_write(&copy, &made, err);
    kali_db_close(copy.from);
    if (code != KAL_OK) return code;
    store->migration_backup = strdup(made.path);
    if (!store->migration_backup) return kali_no_memory(err);
    kali_report_add(report, false, NULL, "backup: %s", made.path);
    return KAL_OK;
}

/* ---- the whole ---- */

static kal_code migrate_rows(kal_store *store, kali_file_kind what, int64_t version,
                             kal_report *report, kal_err *err) {
    sieve s = {.store = store, .report = report, .adopting = what == KALI_ORIGINAL};
    kal_code code = what == KALI_EMPTY ? KAL_OK : back_up(store, report, err);
    if (code == KAL_OK && s.adopting) code = kali_adopt_prepare(store, false, report, err);
    if (code == KAL_OK) code = apply(&s, s.adopting ? 1 : version, err);
    if (code == KAL_OK && what != KALI_EMPTY) code = index_all(store, err);
    if (code == KAL_OK && s.adopting) code = kali_adopt_ranges(store, report, err);
    if (code == KAL_OK && s.adopting) code = kali_adopt_report(store, report, err);
    return code;
}

/* Two processes may come here at once: the second one finds the work done. */
static kal_code upgrade(kal_store *store, kal_report *report, kal_err *err) {
    kali_file_kind what;
    int64_t version;
    kal_code code = kali_db_script(store->db, "BEGIN IMMEDIATE", err);
    if (code != KAL_OK) return code;
    kali_db_triggers(store->db, false);
    kali_db_script(store->db, "PRAGMA cache_size = -65536", NULL); /* it goes through everything */
    code = admit(store->db, &what, &version, err);
    bool needed = code == KAL_OK && !(what == KALI_OURS && version == latest());
    if (needed) code = migrate_rows(store, what, version, report, err);
    if (code == KAL_OK) code = kali_db_script(store->db, "COMMIT", err);
    if (code != KAL_OK) kali_db_script(store->db, "ROLLBACK", NULL);
    kali_document_forget(store);
    kali_db_triggers(store->db, true);
    kali_db_script(store->db, "PRAGMA cache_size = -4000", NULL);
    if (code == KAL_OK && needed && what != KALI_EMPTY)
        store->migrated_from = what == KALI_ORIGINAL ? 0 : (int)version;
    return code;
}

kal_code kali_migrate(kal_store *store, kal_report *report, kal_err *err) {
    kali_file_kind what;
    int64_t version;
    kal_code code = admit(store->db, &what, &version, err);
    if (code != KAL_OK) return code;
    if (what == KALI_OURS && version == latest()) return KAL_OK;
    if (what == KALI_EMPTY && !store->options.create)
        return kali_fail(err, KAL_NOT_FOUND, "holds no tables (kalito init makes it a database)");
    if (kali_db_read_only(store->db))
        return kali_fail(err, KAL_READONLY, "must be migrated, but cannot be written");
    /* Another process that makes the same file may hold it: then the journal is set there. */
    if (what == KALI_EMPTY) kali_db_script(store->db, "PRAGMA journal_mode = WAL", NULL);
    return upgrade(store, report, err);
}

/* ---- what would be done ---- */

static kal_code describe(kal_store *store, kali_file_kind what, int64_t version, kal_report *report,
                         kal_err *err) {
    int64_t messages, notes;
    kal_code code = kali_db_integer(store->db, "SELECT count(*) FROM messages", &messages, err);
    if (code == KAL_OK)
        code = kali_db_integer(store->db,
                               "SELECT (SELECT count(*) FROM semantic_pins)"
                               " + (SELECT count(*) FROM conversation_summaries)",
                               &notes, err);
    if (code != KAL_OK) return code;
    if (what == KALI_ORIGINAL)
        kali_report_add(report, false, NULL,
                        "a file of the original Kalito: it stays readable and writable for it");
    else
        kali_report_add(report, false, NULL, "a file of an older kalito, schema %d", (int)version);
    kali_report_add(report, false, NULL, "a verified backup beside it comes first");
    if (what == KALI_ORIGINAL) code = kali_adopt_prepare(store, true, report, err);
    kali_report_add(report, false, NULL,
                    "schema %d: tables, columns and indexes are added, nothing is removed",
                    latest());
    kali_report_add(report, false, NULL,
                    "the search index takes in %lld messages, %lld pins and summaries",
                    (long long)messages, (long long)notes);
    if (code == KAL_OK && what == KALI_ORIGINAL) code = kali_adopt_report(store, report, err);
    return code;
}

kal_code kali_migrate_plan(kal_store *store, kal_report *report, kal_err *err) {
    kali_file_kind what;
    int64_t version;
    kal_code code = admit(store->db, &what, &version, err);
    if (code != KAL_OK || (what == KALI_OURS && version == latest())) return code;
    if (what == KALI_EMPTY)
        return kali_fail(err, KAL_NOT_FOUND, "holds no tables (kalito init makes it a database)");
    return describe(store, what, version, report, err);
}
