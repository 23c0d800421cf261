/*
** check.c: is everything in the file as it should be? A table of questions, each with the line that says what is
** wrong and the command that mends it. Nothing is changed here; optimize.c mends what can be derived.
*/
#include "care/care.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TIME                                                                                       \
    "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z'"
#define BAD_TIME(column) "(" column " IS NULL OR " column " NOT GLOB " TIME ")"
#define OUTSIDE(column, low, high)                                                                 \
    "(" column " IS NULL OR typeof(" column ") NOT IN ('real', 'integer') OR " column " < " low    \
    " OR " column " > " high ")"
#define REBUILD "kalito optimize --rebuild"
#define VALUES "kalito optimize --values"
#define RESTORE "kalito restore BACKUP; without one, kalito recover"
#define REINDEX "kalito optimize --reindex"

/* A question: how many rows are not right, and the first of them. One statement answers up to four: columns 2i and
** 2i + 1. */
typedef struct question {
    const char *sql; /* NULL: answered by the columns behind those of the question before */
    const char *what;
    const char *mend;
    bool wrong;
    bool rows; /* reads every message */
} question;

#define ANSWER(condition)                                                                          \
    "count(CASE WHEN " condition " THEN 1 END), min(CASE WHEN " condition " THEN id END)"

static const question QUESTIONS[] = {
    /* One pass over the messages for four questions. */
    {"SELECT " ANSWER("role IS NULL OR role NOT IN ('user', 'assistant', 'system', 'tool')") ", " ANSWER(
         OUTSIDE(
             "importance_score", "0",
             "1")) ", " ANSWER(BAD_TIME("created_at")) ", " ANSWER("token_usage < 0 OR typeof(token_usage) NOT IN ('integer', 'null')") " FROM messages",
     "messages without a role of user, assistant, system, tool",
     "kalito message set {} --role user", true, true},
    {NULL, "messages with an importance outside of 0 to 1", VALUES, true, false},
    {NULL, "messages whose time is not in kalito's form: they sort wrongly", REBUILD, true, false},
    {NULL, "messages with a token usage that is no number >= 0", VALUES, true, false},
    {"SELECT count(*), min(session_id) FROM messages WHERE session_id NOT IN (SELECT id FROM sessions)",
     "messages without their session: nothing shows them", REBUILD, true, true},
    {"SELECT count(*), min(id) FROM sessions s WHERE message_count <>"
     " (SELECT count(*) FROM messages WHERE session_id = s.id)",
     "sessions with a wrong count of messages", REBUILD, true, true},
    {"SELECT count(*), min(id) FROM sessions WHERE persona_id IS NOT NULL"
     " AND persona_id NOT IN (SELECT id FROM personas)",
     "sessions with a persona that is gone: they have none", NULL, false, false},
    {"SELECT count(*), min(id) FROM sessions WHERE boundary_id <> 0 AND NOT EXISTS"
     " (SELECT 1 FROM messages m WHERE m.id = boundary_id AND m.session_id = sessions.id"
     " AND m.created_at = boundary_at)",
     "sessions whose last archived message is gone or has another time", "kalito summary undo {}",
     true, false},
    {"SELECT count(*), min(id) FROM personas p WHERE is_default = 1 AND EXISTS (SELECT 1 FROM personas o"
     " WHERE o.is_default = 1 AND o.category IS p.category AND o.id <> p.id)",
     "default personas beside another one of their category", "kalito persona default {}", true,
     false},
    {"SELECT count(*), min(id) FROM personas WHERE temperature < 0 OR temperature > 2 OR topP < 0 OR topP > 1",
     "personas with a temperature outside of 0 to 2 or a topP outside of 0 to 1", VALUES, true,
     false},
    {"SELECT " ANSWER(OUTSIDE("importance_score", "0", "1")) ", " ANSWER("pin_type NOT IN ('user', 'auto', 'manual', 'code', 'concept', 'system')") ", " ANSWER(
         "session_id NOT IN (SELECT id FROM sessions)") ", " ANSWER("source_message_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages m"
                                                                    " WHERE m.id = CAST(source_message_id AS INTEGER))") " FROM semantic_pins",
     "pins with an importance outside of 0 to 1", VALUES, true, true},
    {NULL, "pins of an unknown type", VALUES, true, false},
    {NULL, "pins without their session", REBUILD, true, false},
    {NULL, "pins whose message is gone: they stay", NULL, false, false},
    {"SELECT " ANSWER(OUTSIDE("importance_score", "0", "1")) ", " ANSWER("session_id NOT IN (SELECT id FROM sessions)") ", " ANSWER(
         "parent IS NOT NULL AND parent NOT IN (SELECT id FROM conversation_summaries)") " FROM conversation_summaries",
     "summaries with an importance outside of 0 to 1", VALUES, true, false},
    {NULL, "summaries without their session", REBUILD, true, false},
    {NULL, "summaries whose summary of summaries is gone", REBUILD, true, false},
    {"SELECT count(*), min(s.id) FROM conversation_summaries s WHERE s.start_message_id IS NOT NULL"
     " AND NOT EXISTS (SELECT 1 FROM messages a JOIN messages b"
     " ON b.id = CAST(s.end_message_id AS INTEGER) AND b.session_id = s.session_id"
     " WHERE a.id = CAST(s.start_message_id AS INTEGER) AND a.session_id = s.session_id"
     " AND (a.created_at, a.id) <= (b.created_at, b.id))",
     "summaries whose range of messages is gone or the wrong way round", NULL, false, false},
    {"SELECT count(*), min(session_id) FROM conversation_summaries s WHERE before_at IS NOT NULL AND before_id <> 0"
     " AND NOT EXISTS (SELECT 1 FROM conversation_summaries p WHERE p.session_id = s.session_id"
     " AND p.before_at IS NOT NULL AND p.end_message_id = CAST(s.before_id AS TEXT))",
     "summaries that leave a gap behind the one before", "kalito summary undo {}", true, false},
    {"SELECT count(*), min(session_id) FROM conversation_summaries s WHERE before_at IS NOT NULL AND EXISTS"
     " (SELECT 1 FROM conversation_summaries p WHERE p.session_id = s.session_id AND p.id <> s.id"
     " AND p.before_at = s.before_at AND p.before_id = s.before_id)",
     "summaries that overlap: they begin at the same message", "kalito summary undo {}", true,
     false},
    {"SELECT count(*) = 0, '' FROM kalito_meta WHERE key = 'store_id'",
     "the name of the database is missing: its backups cannot be told from others", REBUILD, true,
     false},
    {"SELECT count(*), '' FROM kalito_meta WHERE key = 'erasing'",
     "forgetting was interrupted: the file may still hold traces of what is gone",
     "kalito optimize", true, false},
};

/* A statement that fails because of damage is an answer too. */
static kal_code lost(kal_report *report, const char *what, kal_code code, const kal_err *err) {
    if (code != KAL_CORRUPT && code != KAL_IO) return code;
    kali_report_add(report, true, RESTORE, "%s cannot be read: %s", what, err->message);
    return KAL_OK;
}

/* Ids that another program has made may be anything: none is put into a command that a shell would read otherwise. */
static bool is_plain(kal_str id) {
    for (size_t i = 0; i < id.len; i++)
        if (!isalnum((unsigned char)id.data[i]) && !(i && strchr("-_.", id.data[i]))) return false;
    return id.len > 0;
}

/* A command with {} in it names the first of the rows. */
static const char *name_first(const char *mend, kal_str first, char out[KAL_NAME_MAX + 80]) {
    const char *gap = mend ? strstr(mend, "{}") : NULL;
    if (!gap) return mend;
    if (!is_plain(first)) first = kal_text("ID");
    snprintf(out, KAL_NAME_MAX + 80, "%.*s%.*s%s", (int)(gap - mend), mend, KALI_STR(first),
             gap + 2);
    return out;
}

static void answer(kali_stmt *q, int column, const question *p, kal_report *report) {
    int64_t n = kali_integer(q, column);
    if (n <= 0) return;
    char mend[KAL_NAME_MAX + 80];
    kal_str first = kali_text(q, column + 1);
    if (first.len)
        kali_report_add(report, p->wrong, name_first(p->mend, first, mend),
                        "%s (%lld, first: %.*s)", p->what, (long long)n, KALI_STR(first));
    else
        kali_report_add(report, p->wrong, p->mend, "%s", p->what);
}

static kal_code ask(kal_store *store, kal_check level, kal_report *report, kal_err *err) {
    static const size_t count = sizeof QUESTIONS / sizeof *QUESTIONS;
    for (size_t i = 0; i < count;) {
        kali_stmt *q = NULL;
        bool row = false, skipped = QUESTIONS[i].rows && level == KAL_CHECK_QUICK;
        kal_code code = skipped ? KAL_OK : kali_db_use(store->db, QUESTIONS[i].sql, &q, err);
        if (code == KAL_OK && q) code = kali_step(q, &row, err);
        if (code != KAL_OK) code = lost(report, "part of it", code, err);
        if (code != KAL_OK) return code;
        int column = 0;
        do {
            if (row) answer(q, column, &QUESTIONS[i], report);
            column += 2;
        } while (++i < count && !QUESTIONS[i].sql);
        if (row) kali_reset(q);
    }
    return KAL_OK;
}

/* ---- the file ---- */

static kal_code check_pages(kal_store *store, kal_check level, kal_report *report, kal_err *err) {
    static const char QUICK[] = "PRAGMA quick_check(50)";
    static const char FULL[] = "PRAGMA integrity_check(50)";
    kali_stmt *q;
    bool row = false;
    kal_code code = kali_db_use(store->db, level == KAL_CHECK_FULL ? FULL : QUICK, &q, err);
    if (code != KAL_OK) return lost(report, "the file", code, err);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        kal_str line = kali_text(q, 0);
        bool index = line.data && (strstr(line.data, " missing from index ") ||
                                   strstr(line.data, " entries in index ") ||
                                   strstr(line.data, "non-unique entry in index "));
        if (line.data && strcmp(line.data, "ok") != 0)
            kali_report_add(report, true, index ? REINDEX : RESTORE, "the file is damaged: %.*s",
                            (int)(line.len < 200 ? line.len : 200), line.data);
    }
    return code == KAL_OK ? KAL_OK : lost(report, "the file", code, err);
}

static kal_code check_index(kal_store *store, kal_report *report, kal_err *err) {
    kal_finding rows[20];
    size_t count;
    kal_code code = kal_index_check(store, rows, 20, &count, err);
    if (code != KAL_OK) return lost(report, "the search index", code, err);
    for (size_t i = 0; i < count && i < 20; i++)
        kali_report_add(report, true, REBUILD, "search: %.*s", KALI_STR(rows[i].what));
    if (count > 20) kali_report_add(report, true, REBUILD, "search: ... and %zu more", count - 20);
    return KAL_OK;
}

static kal_code report_size(kal_store *store, kal_report *report, kal_err *err) {
    kal_store_info info;
    kal_code code = kal_store_stat(store, &info, err);
    if (code != KAL_OK) return code;
    bool wasteful = info.free_size > 1 << 20 && info.free_size > info.file_size / 5;
    kali_report_add(report, false, wasteful ? "kalito optimize" : NULL,
                    "the file has %.1f MB, %.1f MB of them free; its log %.1f MB",
                    (double)info.file_size / 1e6, (double)info.free_size / 1e6,
                    (double)info.wal_size / 1e6);
    return KAL_OK;
}

static kal_code report_foreign(kal_store *store, kal_report *report, kal_err *err) {
    size_t count;
    kal_code code = kal_store_foreign(store, NULL, 0, &count, err);
    if (code == KAL_OK && count)
        kali_report_add(report, false, NULL,
                        "%zu tables, columns, views or triggers are not kalito's: left alone",
                        count);
    return code;
}

kal_code kal_store_check(kal_store *store, kal_check level, kal_report *report, kal_err *err) {
    kal_err local;
    if (!err) err = &local;
    if (store->batch) return kali_fail(err, KAL_MISUSE, "store.check: a transaction is open");
    kali_answer_begin(store);
    kal_code code = check_pages(store, level, report, err);
    /* Questions to a damaged file are answered wrongly, or never. */
    if (code == KAL_OK && report->wrong == 0) code = ask(store, level, report, err);
    if (code == KAL_OK && report->wrong == 0 && level == KAL_CHECK_FULL)
        code = check_index(store, report, err);
    if (code == KAL_OK) code = report_foreign(store, report, err);
    return code == KAL_OK ? report_size(store, report, err) : code;
}
