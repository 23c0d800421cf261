/*
** adopt.c: files of the original Kalito: which ones can be adopted, the columns that older ones lack, and the
** ranges of its summaries. Rows keep ids, texts and scores. Tables, columns and triggers that are not ours are named
** and never read.
*/
#include "care/care.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- can it be adopted? ---- */

/* Without these a table only has the name. */
static const struct {
    const char *table, *column;
} NEEDED[] = {
    {"sessions", "id"},
    {"personas", "id"},
    {"personas", "name"},
    {"personas", "prompt"},
    {"messages", "session_id"},
    {"messages", "role"},
    {"messages", "text"},
    {"messages", "created_at"},
    {"conversation_summaries", "id"},
    {"conversation_summaries", "session_id"},
    {"conversation_summaries", "summary"},
    {"semantic_pins", "id"},
    {"semantic_pins", "session_id"},
    {"semantic_pins", "content"},
};

static kal_code count(kali_db *db, const char *sql, kal_str a, kal_str b, int64_t *out,
                      kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, a);
    kali_bind_text(q, 2, b);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    *out = row ? kali_integer(q, 0) : 0;
    kali_reset(q);
    return KAL_OK;
}

kal_code kali_adopt_inspect(kali_db *db, kal_err *err) {
    static const char COLUMN[] =
        "SELECT count(*) FROM pragma_table_info($1) WHERE name = $2 COLLATE NOCASE";
    int64_t n, plain;
    kal_code code = kali_db_integer(
        db,
        "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT wr AND name IN"
        " ('sessions', 'personas', 'messages', 'conversation_summaries', 'semantic_pins')",
        &plain, err);
    if (code == KAL_OK)
        code = kali_db_integer(
            db,
            "SELECT count(*) FROM pragma_table_info('messages') WHERE name = 'id' AND pk = 1"
            " AND type = 'INTEGER' COLLATE NOCASE",
            &n, err);
    if (code != KAL_OK) return code;
    if (plain != 5 || n != 1)
        return kali_fail(
            err, KAL_NOT_KALITO,
            "has tables with the names of Kalito's that are not like them: left unchanged");
    for (size_t i = 0; i < sizeof NEEDED / sizeof *NEEDED; i++) {
        code = count(db, COLUMN, kal_text(NEEDED[i].table), kal_text(NEEDED[i].column), &n, err);
        if (code != KAL_OK) return code;
        if (n == 0)
            return kali_fail(err, KAL_NOT_KALITO,
                             "is a database of another program (no column %s.%s): left unchanged",
                             NEEDED[i].table, NEEDED[i].column);
    }
    return KAL_OK;
}

/* ---- columns that older files lack ---- */

/* The columns of the original's tables, as the first schema makes them. */
static const char COLUMNS[] =
    "SELECT m.name, c.name, c.type, c.dflt_value FROM sqlite_master m JOIN pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' ORDER BY 1, c.cid";

static kal_code add_column(kali_db *db, kali_stmt *q, bool plan, kal_report *report, kal_err *err) {
    char sql[400];
    kal_str preset = kali_text(q, 3);
    kali_report_add(report, false, NULL, "column %s.%s, which older files lack, is added",
                    kali_text(q, 0).data, kali_text(q, 1).data);
    if (plan) return KAL_OK;
    /* A time of creation cannot be the default of a column that is added. */
    bool constant = preset.data && strcmp(preset.data, "CURRENT_TIMESTAMP") != 0;
    snprintf(sql, sizeof sql, "ALTER TABLE %s ADD COLUMN %s %s%s%s", kali_text(q, 0).data,
             kali_text(q, 1).data, kali_text(q, 2).data, constant ? " DEFAULT " : "",
             constant ? preset.data : "");
    return kali_db_script(db, sql, err);
}

static kal_code add_missing(kali_db *db, kali_stmt *q, bool plan, kal_report *report,
                            kal_err *err) {
    static const char FIND[] =
        "SELECT count(*) FROM pragma_table_info($1) WHERE name = $2 COLLATE NOCASE";
    bool row;
    kal_code code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        int64_t there = 0;
        code = count(db, FIND, kali_text(q, 0), kali_text(q, 1), &there, err);
        if (code == KAL_OK && !there) code = add_column(db, q, plan, report, err);
        if (code != KAL_OK) break;
    }
    kali_reset(q);
    return code;
}

static kal_code complete_columns(kali_db *db, bool plan, kal_report *report, kal_err *err) {
    kali_db *model;
    kali_stmt *q;
    kal_options options = {.create = true};
    kal_code code = kali_db_open(":memory:", &options, &model, err);
    if (code != KAL_OK) return code;
    code = kali_db_script(model, kali_migrations[0].sql, err);
    if (code == KAL_OK) code = kali_db_use(model, COLUMNS, &q, err);
    if (code == KAL_OK) code = add_missing(db, q, plan, report, err);
    kali_db_close(model);
    return code;
}

static kal_code complete_index(kali_db *db, bool plan, kal_report *report, kal_err *err) {
    static const char NAME[] = "idx_messages_session_created";
    static const char SQL[] =
        "CREATE INDEX idx_messages_session_created ON messages(session_id, created_at DESC)";
    int64_t n;
    kal_code code = count(db, "SELECT count(*) FROM sqlite_master WHERE name = $1", kal_text(NAME),
                          kal_text(""), &n, err);
    if (code != KAL_OK || n) return code;
    kali_report_add(report, false, NULL, "index %s, which older files lack, is added", NAME);
    return plan ? KAL_OK : kali_db_script(db, SQL, err);
}

/* ---- ranges of summaries ---- */

#define PLACED                                                                                     \
    " FROM conversation_summaries s JOIN messages a ON a.id = CAST(s.start_message_id AS INTEGER)" \
    " AND a.session_id = s.session_id JOIN messages b ON b.id = CAST(s.end_message_id AS INTEGER)" \
    " AND b.session_id = s.session_id"

/* The summaries that have no place: all of them, by id, a line each. */
static kal_code list_ranges(kali_db *db, kal_report *report, kal_err *err) {
    static const char SQL[] = "SELECT id, session_id FROM conversation_summaries"
                              " WHERE before_at IS NULL ORDER BY session_id, id LIMIT 100";
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err))
        kali_report_add(report, false, "kalito summary show ID",
                        "summary %.*s of session %.*s does not follow the one before, or names no"
                        " messages of it: it stays, and archives none",
                        KALI_STR(kali_text(q, 0)), KALI_STR(kali_text(q, 1)));
    return code;
}

static kal_code plan_ranges(kali_db *db, kal_report *report, kal_err *err) {
    int64_t all, placed;
    kal_code code = kali_db_integer(db, "SELECT count(*) FROM conversation_summaries", &all, err);
    if (code == KAL_OK)
        code = kali_db_integer(db, "SELECT count(*)" PLACED " WHERE a.id <= b.id", &placed, err);
    if (code == KAL_OK && placed)
        kali_report_add(
            report, false, NULL,
            "%lld summaries name their messages: those that follow each other archive them",
            (long long)placed);
    if (code == KAL_OK && placed < all)
        kali_report_add(
            report, false, NULL,
            "%lld summaries name no messages of their session: they stay, and archive none",
            (long long)(all - placed));
    return code;
}

/* The statement sorts, so that its rows are there before the first of them is changed. */
static kal_code place_ranges(kal_store *store, int64_t *placed, kal_err *err) {
    static const char SQL[] =
        "SELECT s.id, s.session_id, s.start_message_id, s.end_message_id" PLACED
        " ORDER BY s.session_id, a.created_at, a.id, s.created_at, s.id";
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row;) {
        kal_summary range = {.id = kali_text(q, 0),
                             .session = kali_text(q, 1),
                             .start_message_id = kali_text(q, 2),
                             .end_message_id = kali_text(q, 3)};
        kali_answer_begin(store);
        kal_code taken = kali_archive_take(store, &range, err);
        bool refused = taken == KAL_MISUSE || taken == KAL_EXISTS || taken == KAL_NOT_FOUND;
        *placed += taken == KAL_OK;
        code = taken == KAL_OK || refused ? kali_step(q, &row, err) : taken;
    }
    kali_reset(q);
    return code;
}

kal_code kali_adopt_ranges(kal_store *store, kal_report *report, kal_err *err) {
    int64_t placed = 0;
    kal_code code = place_ranges(store, &placed, err);
    if (code == KAL_OK && placed)
        kali_report_add(report, false, NULL, "%lld summaries archive the messages they cover",
                        (long long)placed);
    return code == KAL_OK && report ? list_ranges(store->db, report, err) : code;
}

/* ---- the whole ---- */

kal_code kali_adopt_prepare(kal_store *store, bool plan, kal_report *report, kal_err *err) {
    kal_code code = complete_columns(store->db, plan, report, err);
    if (code == KAL_OK)
        code = plan ? kali_adopt_plan_times(store->db, report, err)
                    : kali_adopt_times(store, report, err);
    if (code == KAL_OK) code = complete_index(store->db, plan, report, err);
    return code == KAL_OK && plan ? plan_ranges(store->db, report, err) : code;
}

/* ---- what is found ---- */

static kal_code report_orphans(kali_db *db, kal_report *report, kal_err *err) {
    int64_t n;
    kal_code code = kali_db_integer(
        db, "SELECT count(*) FROM messages WHERE session_id NOT IN (SELECT id FROM sessions)", &n,
        err);
    if (code == KAL_OK && n)
        kali_report_add(report, false, "kalito check",
                        "%lld messages belong to no session: they stay", (long long)n);
    return code;
}

kal_code kali_adopt_report(kal_store *store, kal_report *report, kal_err *err) {
    kal_foreign rows[64];
    size_t n = 0;
    if (!report) return KAL_OK;
    kal_code code = report_orphans(store->db, report, err);
    if (code == KAL_OK) code = kal_store_foreign(store, rows, 64, &n, err);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < n && i < 64; i++)
        kali_report_add(report, false, NULL, "%s %.*s is not kalito's: left alone, never read",
                        rows[i].kind.data, KALI_STR(rows[i].name));
    if (n > 64) kali_report_add(report, false, NULL, "... and %zu more", n - 64);
    return KAL_OK;
}
