/*
** summary.c: summaries of ranges of messages.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_summary, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),
    FIELD(session, KAL_TYPE_TEXT, false),
    FIELD(summary, KAL_TYPE_TEXT, true),
    FIELD(message_count, KAL_TYPE_INTEGER, true),
    FIELD(start_message_id, KAL_TYPE_TEXT, true),
    FIELD(end_message_id, KAL_TYPE_TEXT, true),
    FIELD(importance_score, KAL_TYPE_REAL, true),
    FIELD(created_at, KAL_TYPE_TEXT, false),
    FIELD(origin, KAL_TYPE_TEXT, false),
    FIELD(model, KAL_TYPE_TEXT, false),
    FIELD(policy, KAL_TYPE_TEXT, false),
    FIELD(source_tokens, KAL_TYPE_INTEGER, false),
    FIELD(level, KAL_TYPE_INTEGER, false),
    FIELD(parent, KAL_TYPE_TEXT, false),
};
enum { ID, SESSION, SUMMARY, COUNT, START, END, IMPORTANCE, CREATED };

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_ID},
    {.check = KALI_TEXT, .wrote = KALI_WORDS},
    {.check = KALI_RANGE, .max = 9.3e18, .number = 0},
    {.check = KALI_ID},
    {.check = KALI_ID},
    {.check = KALI_RANGE, .max = 1, .number = 0.7},
    {.check = KALI_TIME},
    {.check = KALI_ONE_OF, .words = "model extract user", .preset = "user"},
    {.check = KALI_NAME},
    {.check = KALI_NAME},
    {.check = KALI_RANGE, .max = 9.3e18, .number = NAN},
    {.check = KALI_RANGE, .max = 100, .number = 0},
    {.check = KALI_ID},
};

#define SCORE KALI_SCORE("0.7")
#define CREATED_AT KALI_TIME_OF("created_at")
#define COLUMNS                                                                                    \
    "id, session_id, coalesce(summary, ''), message_count, start_message_id, end_message_id,"      \
    " " SCORE ", " CREATED_AT ", origin, model, policy, source_tokens, level, parent"
#define FROM                                                                                       \
    " FROM conversation_summaries WHERE ($8 <= 0 OR " SCORE " >= $8)"                              \
    " AND ($19 IS NULL OR " CREATED_AT " >= $19) AND ($20 IS NULL OR " CREATED_AT " < $20)"
#define OLDEST                                                                                     \
    " AND (coalesce(" CREATED_AT ", ''), id) > ($2, $3) ORDER BY coalesce(" CREATED_AT             \
    ", ''), id LIMIT $9"
#define NEWEST                                                                                     \
    " AND (coalesce(" CREATED_AT ", ''), id) < ($4, $5)"                                           \
    " ORDER BY coalesce(" CREATED_AT ", '') DESC, id DESC LIMIT $9"
#define SCORED                                                                                     \
    " AND (" SCORE ", coalesce(" CREATED_AT ", ''), id) < ($6, $21, $22)"                          \
    " ORDER BY " SCORE " DESC, coalesce(" CREATED_AT ", '') DESC, id DESC LIMIT $9"
#define OF_SESSION " AND session_id = $1"

const kali_noun kali_summary_noun = {
    .name = "summary",
    .size = sizeof(kal_summary),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(SESSION) | KAL_BIT(SUMMARY),
    .filters = KALI_BY_SESSION | KALI_BY_TIME | KALI_BY_IMPORTANCE,
    .time_field = CREATED,
    .score_field = IMPORTANCE,
    .key_field = {-1, CREATED, CREATED, CREATED},
    .preset = KAL_ORDER_OLDEST,
    .add = "INSERT INTO conversation_summaries(id, session_id, summary, message_count,"
           " start_message_id, end_message_id, importance_score, created_at, origin, model, policy,"
           " source_tokens, level, parent)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    .get = "SELECT " COLUMNS " FROM conversation_summaries WHERE id = $1",
    .set = "UPDATE conversation_summaries SET summary = $3, message_count = $4,"
           " start_message_id = $5, end_message_id = $6, importance_score = $7 WHERE id = $1",
    .del = "DELETE FROM conversation_summaries WHERE id = $1",
    .list = {{NULL, "SELECT " COLUMNS FROM OLDEST, "SELECT " COLUMNS FROM NEWEST,
              "SELECT " COLUMNS FROM SCORED},
             {NULL, "SELECT " COLUMNS FROM OF_SESSION OLDEST,
              "SELECT " COLUMNS FROM OF_SESSION NEWEST, "SELECT " COLUMNS FROM OF_SESSION SCORED}},
    .tally = {"SELECT count(*)" FROM, "SELECT count(*)" FROM OF_SESSION},
};

kal_code kal_summary_add(kal_store *store, kal_summary *row, kal_err *err) {
    return kali_note_add(store, &kali_summary_noun, row, err);
}

kal_code kal_summary_get(kal_store *store, kal_str id, kal_summary *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_summary_noun, key, out, err);
}

kal_code kal_summary_set(kal_store *store, const kal_summary *row, kal_err *err) {
    kal_summary merged;
    return kali_note_set(store, &kali_summary_noun, row, &merged, err);
}

kal_code kal_summary_del(kal_store *store, kal_str id, kal_err *err) {
    kali_key key = {kali_some(id), 0};
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_summary_release(store, key.id, err);
    if (code == KAL_OK) code = kali_row_delete(store, &kali_summary_noun, key, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    return kali_write_end(store, code, err);
}

kal_code kal_summary_find(kal_store *store, const kal_filter *filter, kal_summary *rows,
                          kal_page *page, kal_err *err) {
    return kali_row_find(store, &kali_summary_noun, filter, rows, page, err);
}

kal_code kal_summary_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_summary_noun, filter, out, err);
}
