/*
** optimize.c: making a file smaller and faster, and making anew what can be derived: search index, counts, times of
** messages, sessions of rows that lost theirs. And the journal mode.
*/
#include "care/care.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static int64_t size_of(kal_store *store) {
    kal_store_info info;
    return kal_store_stat(store, &info, NULL) == KAL_OK ? info.file_size + info.wal_size : 0;
}

/* ---- what can be derived ---- */

/* Rows are never removed: they get a session that shows them. */
static const char LOST_SESSIONS[] =
    "INSERT INTO sessions(id, name, created_at, updated_at, saved)"
    " SELECT session_id, 'recovered', max(created_at), max(created_at), 1 FROM"
    " (SELECT session_id, created_at FROM messages"
    " UNION ALL SELECT session_id, created_at FROM semantic_pins"
    " UNION ALL SELECT session_id, created_at FROM conversation_summaries)"
    " WHERE session_id NOT IN (SELECT id FROM sessions) GROUP BY session_id";
static const char COUNTS[] =
    "UPDATE sessions SET message_count = (SELECT count(*) FROM messages WHERE session_id = sessions.id)"
    " WHERE message_count <> (SELECT count(*) FROM messages WHERE session_id = sessions.id)";
static const char NAME[] =
    "INSERT INTO kalito_meta(key, value) SELECT 'store_id', lower(hex(randomblob(16)))"
    " WHERE NOT EXISTS (SELECT 1 FROM kalito_meta WHERE key = 'store_id')";

static kal_code run_counted(kal_store *store, const char *sql, const char *what, kal_report *report,
                            kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code == KAL_OK) code = kali_run(q, err);
    if (code == KAL_OK && kali_db_changes(store->db))
        kali_report_add(report, false, NULL, "%s: %lld", what,
                        (long long)kali_db_changes(store->db));
    return code;
}

/* A summary whose summary of summaries is gone stands for itself again. */
static const char PARENTS[] =
    "UPDATE conversation_summaries SET parent = NULL WHERE parent IS NOT NULL"
    " AND parent NOT IN (SELECT id FROM conversation_summaries)";

static kal_code rebuild_rows(kal_store *store, kal_report *report, kal_err *err) {
    kali_db_triggers(store->db, false);
    kal_code code = kali_adopt_times(store, report, err);
    kali_db_triggers(store->db, true);
    if (code == KAL_OK)
        code = run_counted(store, LOST_SESSIONS, "sessions made for rows without one", report, err);
    if (code == KAL_OK)
        code = run_counted(store, COUNTS, "counts of messages corrected", report, err);
    if (code == KAL_OK)
        code =
            run_counted(store, PARENTS, "summaries that stand for themselves again", report, err);
    return code == KAL_OK ? run_counted(store, NAME, "the database got its name again", report, err)
                          : code;
}

static kal_code rebuild(kal_store *store, kal_report *report, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_write_end(store, rebuild_rows(store, report, err), err);
    if (code == KAL_OK) code = kal_index_rebuild(store, err);
    if (code == KAL_OK) kali_report_add(report, false, NULL, "search index made anew");
    return code;
}

/* ---- values ---- */

/* A number stays within its range, what is none gets the default; `where` says which rows are looked at. */
#define WITHIN(table, column, low, high, preset, where)                                            \
    "UPDATE " table " SET " column " = CASE WHEN typeof(" column                                   \
    ") NOT IN ('real', 'integer') THEN " preset " ELSE max(" low ", min(" high ", " column         \
    ")) END WHERE " where "(typeof(" column ") NOT IN ('real', 'integer') OR " column " < " low    \
    " OR " column " > " high ")"
#define SCORE(table, preset) WITHIN(table, "importance_score", "0", "1", preset, "")

kal_code kali_mend_values(kal_store *store, kal_report *report, kal_err *err) {
    static const struct {
        const char *sql, *what;
    } steps[] = {
        {SCORE("messages", "0.5"), "importances of messages mended"},
        {"UPDATE messages SET token_usage = CASE WHEN typeof(token_usage) = 'real' AND token_usage >= 0"
         " THEN CAST(token_usage AS INTEGER) END"
         " WHERE token_usage < 0 OR typeof(token_usage) NOT IN ('integer', 'null')",
         "token usages of messages mended"},
        {SCORE("semantic_pins", "0.8"), "importances of pins mended"},
        {"UPDATE semantic_pins SET pin_type = 'user' WHERE pin_type IS NOT NULL AND pin_type NOT IN"
         " ('user', 'auto', 'manual', 'code', 'concept', 'system')",
         "types of pins mended"},
        {SCORE("conversation_summaries", "0.7"), "importances of summaries mended"},
        {WITHIN("personas", "temperature", "0", "2", "NULL", "temperature IS NOT NULL AND "),
         "temperatures of personas mended"},
        {WITHIN("personas", "topP", "0", "1", "NULL", "topP IS NOT NULL AND "),
         "topP of personas mended"},
    };
    kal_code code = KAL_OK;
    bool before = kali_db_triggers(store->db, false);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && code == KAL_OK; i++)
        code = run_counted(store, steps[i].sql, steps[i].what, report, err);
    kali_db_triggers(store->db, before);
    return code;
}

static kal_code mend_values(kal_store *store, kal_report *report, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    return code == KAL_OK ? kali_write_end(store, kali_mend_values(store, report, err), err) : code;
}

static kal_code reindex(kal_store *store, kal_report *report, kal_err *err) {
    kal_code code = kali_db_script(store->db, "REINDEX", err);
    if (code == KAL_OK) kali_report_add(report, false, NULL, "indexes of the tables made anew");
    return code;
}

/* ---- smaller and faster ---- */

static kal_code add_importance_index(kal_store *store, kal_report *report, kal_err *err) {
    static const char SQL[] =
        "DROP INDEX IF EXISTS kalito_messages_importance;"
        "CREATE INDEX kalito_messages_importance"
        " ON messages(session_id, " KALI_SCORE("0.5") " DESC, created_at DESC, id DESC)";
    kal_code code = kali_db_script(store->db, SQL, err);
    if (code == KAL_OK)
        kali_report_add(report, false, NULL,
                        "index of importance: lists by importance are faster, adding slower");
    return code;
}

static const char MERGE[] =
    "INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('optimize');"
    "INSERT INTO kalito_notes_fts(kalito_notes_fts) VALUES ('optimize')";

static kal_code merge(kal_store *store, kal_report *report, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_write_end(store, kali_db_script(store->db, MERGE, err), err);
    if (code == KAL_OK) kali_report_add(report, false, NULL, "search index merged");
    return code;
}

/* Every statement of the core has its index. With statistics the engine would prefer to read a table whole that was
** small when they were gathered, and go on when it has grown: those that somebody gathered are removed. */
static kal_code forget_statistics(kal_store *store, kal_report *report, kal_err *err) {
    static const char SQL[] =
        "DELETE FROM sqlite_stat1 WHERE tbl IN ('messages', 'sessions', 'personas',"
        " 'conversation_summaries', 'semantic_pins') OR tbl LIKE 'kalito%'";
    int64_t there;
    kali_stmt *q;
    kal_code code = kali_db_integer(
        store->db, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'", &there, err);
    if (code != KAL_OK || !there) return code;
    code = kali_db_use(store->db, SQL, &q, err);
    if (code == KAL_OK) code = kali_run(q, err);
    if (code != KAL_OK || kali_db_changes(store->db) == 0) return code;
    kali_report_add(report, false, NULL, "statistics that lead the engine astray removed");
    return kali_db_script(store->db, "ANALYZE sqlite_master", err);
}

static bool has_room(const char *path, int64_t bytes) {
    char folder[KAL_PATH_MAX];
    struct statvfs fs;
    kali_path_folder(path, folder);
    return statvfs(folder, &fs) != 0 || (double)fs.f_bavail * (double)fs.f_frsize > (double)bytes;
}

/* Writing the whole file again pays when a fifth of it is free. */
static kal_code vacuum(kal_store *store, kal_report *report, kal_err *err) {
    kal_store_info info;
    kal_code code = kal_store_stat(store, &info, err);
    if (code != KAL_OK || info.free_size < 1 << 20 || info.free_size < info.file_size / 5)
        return code;
    if (!has_room(store->path, 2 * info.file_size)) {
        kali_report_add(report, false, NULL,
                        "%.1f MB are free in the file, but the disk has no room to pack it",
                        (double)info.free_size / 1e6);
        return KAL_OK;
    }
    code = kali_db_pack(store->db, err);
    if (code == KAL_OK)
        kali_report_add(report, false, NULL, "file packed: %.1f MB were free",
                        (double)info.free_size / 1e6);
    return code;
}

static kal_code write_log_back(kal_store *store, kal_report *report, kal_err *err) {
    int64_t busy;
    kal_code code = kali_db_integer(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
    if (code == KAL_OK && busy)
        kali_report_add(report, false, NULL, "others read the log: it is written back later");
    return code == KAL_BUSY ? KAL_OK : code;
}

kal_code kal_store_optimize(kal_store *store, unsigned what, kal_report *report, kal_err *err) {
    if (store->batch) return kali_fail(err, KAL_MISUSE, "store.optimize: a transaction is open");
    kali_answer_begin(store);
    int64_t before = size_of(store);
    kal_code code = what & KAL_OPTIMIZE_REINDEX ? reindex(store, report, err) : KAL_OK;
    if (code == KAL_OK && (what & KAL_OPTIMIZE_VALUES)) code = mend_values(store, report, err);
    if (code == KAL_OK)
        code =
            what & KAL_OPTIMIZE_REBUILD ? rebuild(store, report, err) : merge(store, report, err);
    if (code == KAL_OK && (what & KAL_OPTIMIZE_IMPORTANCE))
        code = add_importance_index(store, report, err);
    if (code == KAL_OK) code = forget_statistics(store, report, err);
    if (code == KAL_OK) code = kali_erase_rest(store, err);
    if (code == KAL_OK) code = vacuum(store, report, err);
    if (code == KAL_OK) code = write_log_back(store, report, err);
    if (code != KAL_OK) return code;
    kali_report_add(report, false, NULL, "%.2f MB before, %.2f MB now", (double)before / 1e6,
                    (double)size_of(store) / 1e6);
    return KAL_OK;
}

/* ---- the journal ---- */

kal_code kal_store_journal(kal_store *store, const char *mode, kal_err *err) {
    static const char WAL[] = "PRAGMA journal_mode = WAL";
    static const char DELETE[] = "PRAGMA journal_mode = DELETE";
    bool wal = strcmp(mode, "wal") == 0;
    kal_store_info info;
    if (!wal && strcmp(mode, "delete") != 0)
        return kali_fail(err, KAL_MISUSE, "store.journal must be wal or delete, not '%.40s'", mode);
    if (store->batch) return kali_fail(err, KAL_MISUSE, "store.journal: a transaction is open");
    if (kali_db_read_only(store->db))
        return kali_fail(err, KAL_READONLY, "the database is open for reading only");
    kal_code code = kali_db_script(store->db, wal ? WAL : DELETE, err);
    if (code == KAL_OK) code = kal_store_stat(store, &info, err);
    if (code == KAL_OK && !kali_is(info.journal_mode, mode))
        code = kali_fail(err, KAL_REFUSED, "the journal stays %s", info.journal_mode.data);
    return code;
}
