/*
** adopt.c: files of the original Kalito: which ones can be adopted, the columns that older ones lack, and the times
** of messages, of which there are two forms. Rows keep ids, texts and scores. Tables, columns and triggers that are
** not ours are named and never read.
*/
#include "care.h"

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

/* ---- times ---- */

#define DIGIT "[0-9]"
#define DATE DIGIT DIGIT DIGIT DIGIT "-" DIGIT DIGIT "-" DIGIT DIGIT
#define CLOCK DIGIT DIGIT ":" DIGIT DIGIT ":" DIGIT DIGIT
#define OURS "'" DATE "T" CLOCK "." DIGIT DIGIT DIGIT "Z'"
#define OTHER "'" DATE " " CLOCK "'"
#define ODD "(created_at IS NULL OR typeof(created_at) <> 'text' OR created_at NOT GLOB " OURS ")"

/* One message whose time is in no form of ours. */
typedef struct odd {
    int64_t id;
    kal_str session, time; /* in the arena */
} odd;

static kal_code next_odd(kal_store *store, int64_t after, kali_arena *arena, odd *out, bool *found,
                         kal_err *err) {
    static const char SQL[] =
        "SELECT id, session_id, created_at FROM messages WHERE id > $1 AND " ODD
        " ORDER BY id LIMIT 1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_arena_reset(arena);
    kali_bind_integer(q, 1, after);
    code = kali_step(q, found, err);
    if (code != KAL_OK || !*found) return code;
    out->id = kali_integer(q, 0);
    bool copied = kali_arena_copy(arena, kali_text(q, 1), &out->session) &&
                  kali_arena_copy(arena, kali_text(q, 2), &out->time);
    kali_reset(q);
    return copied ? KAL_OK : kali_fail(err, KAL_NOMEM, "out of memory");
}

/* "1735689600" and "1735689600000": seconds and milliseconds since 1970. */
static bool epoch_ms(kal_str text, int64_t *ms) {
    char *end;
    if (!text.data || text.len < 9 || text.len > 16) return false;
    double value = strtod(text.data, &end);
    if (*end || !(value >= 1e8 && value < 1e14)) return false;
    *ms = (int64_t)(value < 1e11 ? value * 1000 : value);
    return true;
}

/* The time of the message before in its session, else of the one behind it, else 1970. */
static kal_code neighbour_ms(kal_store *store, const odd *o, int64_t *ms, kal_err *err) {
    static const char *const SQL[] = {
        "SELECT created_at FROM messages WHERE session_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1",
        "SELECT created_at FROM messages WHERE session_id = $1 AND id > $2 AND created_at GLOB '" DATE
        "*' ORDER BY id LIMIT 1"};
    *ms = 0;
    for (int i = 0; i < 2; i++) {
        kali_stmt *q;
        bool row;
        kal_code code = kali_db_use(store->db, SQL[i], &q, err);
        if (code != KAL_OK) return code;
        kali_bind_text(q, 1, o->session);
        kali_bind_integer(q, 2, o->id);
        code = kali_step(q, &row, err);
        if (code != KAL_OK) return code;
        bool known = row && kali_text(q, 0).data && kali_time_ms(kali_text(q, 0), ms);
        if (row) kali_reset(q);
        if (known) return KAL_OK;
    }
    return KAL_OK;
}

/* A file may hold that a session has no two messages at one time: then the next millisecond is taken. */
static kal_code set_time(kal_store *store, int64_t id, int64_t ms, kal_err *err) {
    static const char SQL[] = "UPDATE messages SET created_at = $2 WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    for (int tries = 0; code == KAL_OK && tries < 10000; tries++) {
        char time[25];
        kali_time_format(ms + tries, time);
        kali_bind_integer(q, 1, id);
        kali_bind_text(q, 2, kal_text(time));
        kal_code done = kali_run(q, err);
        if (done != KAL_EXISTS) return done;
    }
    return code == KAL_OK
               ? kali_fail(err, KAL_EXISTS, "message %lld finds no time of its own", (long long)id)
               : code;
}

static kal_code fix_odd(kal_store *store, int64_t *rewritten, int64_t *guessed, kal_err *err) {
    kali_arena arena = {0};
    odd o = {.id = INT64_MIN};
    bool found = true;
    kal_code code = KAL_OK;
    for (;;) {
        int64_t ms;
        code = next_odd(store, o.id, &arena, &o, &found, err);
        if (code != KAL_OK || !found) break;
        bool known = (o.time.data && kali_time_ms(o.time, &ms)) || epoch_ms(o.time, &ms);
        if (!known) code = neighbour_ms(store, &o, &ms, err);
        if (code == KAL_OK) code = set_time(store, o.id, ms, err);
        if (code != KAL_OK) break;
        *(known ? rewritten : guessed) += 1;
    }
    kali_arena_free(&arena);
    return code;
}

static kal_code plan_times(kali_db *db, kal_report *report, kal_err *err) {
    int64_t n;
    kal_code code = kali_db_integer(db, "SELECT count(*) FROM messages WHERE " ODD, &n, err);
    if (code == KAL_OK && n)
        kali_report_add(report, false, NULL,
                        "the times of %lld messages are written in one form, at the same instant",
                        (long long)n);
    return code;
}

kal_code kali_adopt_times(kal_store *store, kal_report *report, kal_err *err) {
    static const char ALL[] =
        "UPDATE messages SET created_at = replace(created_at, ' ', 'T') || '.000Z'"
        " WHERE typeof(created_at) = 'text' AND created_at GLOB " OTHER;
    int64_t rewritten = 0, guessed = 0;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, ALL, &q, err);
    if (code == KAL_OK) code = kali_run(q, err);
    if (code == KAL_OK) rewritten = kali_db_changes(store->db);
    /* Two of them would be at one time, where the file does not allow it: one after the other below. */
    if (code == KAL_EXISTS) code = KAL_OK;
    if (code == KAL_OK) code = fix_odd(store, &rewritten, &guessed, err);
    if (code == KAL_OK && rewritten)
        kali_report_add(report, false, NULL,
                        "the times of %lld messages were written in one form, at the same instant",
                        (long long)rewritten);
    if (code == KAL_OK && guessed)
        kali_report_add(report, false, NULL,
                        "%lld messages without a time got that of their neighbour",
                        (long long)guessed);
    return code;
}

kal_code kali_adopt_prepare(kal_store *store, bool plan, kal_report *report, kal_err *err) {
    kal_code code = complete_columns(store->db, plan, report, err);
    if (code == KAL_OK)
        code = plan ? plan_times(store->db, report, err) : kali_adopt_times(store, report, err);
    if (code == KAL_OK) code = complete_index(store->db, plan, report, err);
    return code;
}

/* ---- what is found ---- */

/* A summary's range: two messages of its session, in this order. */
static kal_code report_ranges(kali_db *db, kal_report *report, kal_err *err) {
    int64_t n;
    kal_code code = kali_db_integer(
        db,
        "SELECT count(*) FROM conversation_summaries s WHERE NOT EXISTS (SELECT 1 FROM messages a, messages b"
        " WHERE a.id = CAST(s.start_message_id AS INTEGER) AND b.id = CAST(s.end_message_id AS INTEGER)"
        " AND a.session_id = s.session_id AND b.session_id = s.session_id AND a.id <= b.id)",
        &n, err);
    if (code == KAL_OK && n)
        kali_report_add(
            report, false, "kalito check",
            "%lld summaries name no range of messages of their session: they stay, without one",
            (long long)n);
    return code;
}

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
    kal_code code = report_ranges(store->db, report, err);
    if (code == KAL_OK) code = report_orphans(store->db, report, err);
    if (code == KAL_OK) code = kal_store_foreign(store, rows, 64, &n, err);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < n && i < 64; i++)
        kali_report_add(report, false, NULL, "%s %.*s is not kalito's: left alone, never read",
                        rows[i].kind.data, KALI_STR(rows[i].name));
    if (n > 64) kali_report_add(report, false, NULL, "... and %zu more", n - 64);
    return KAL_OK;
}
