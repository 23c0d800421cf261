/*
** message.c: messages. The order of a session is (created_at, id); a message is stored together with its
** entry in the search index and the count of its session.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_message, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_INTEGER, false),
    FIELD(session, KAL_TYPE_TEXT, false),
    FIELD(role, KAL_TYPE_TEXT, true),
    FIELD(text, KAL_TYPE_TEXT, true),
    FIELD(model, KAL_TYPE_TEXT, true),
    FIELD(token_usage, KAL_TYPE_INTEGER, true),
    FIELD(importance_score, KAL_TYPE_REAL, true),
    FIELD(created_at, KAL_TYPE_TEXT, false),
    FIELD(external_id, KAL_TYPE_TEXT, false),
    FIELD(speaker, KAL_TYPE_TEXT, true),
    FIELD(score_reasons, KAL_TYPE_TEXT, true),
};
enum { ID, SESSION, ROLE, TEXT, MODEL, TOKENS, IMPORTANCE, CREATED };

/* What a double holds exactly. An id at the end of SQLite's range would leave no room for the next. */
#define ID_MAX 9007199254740991.0

static const kali_rule RULES[] = {
    {.check = KALI_RANGE, .min = 1, .max = ID_MAX, .number = NAN},
    {.check = KALI_ID},
    {.check = KALI_ONE_OF, .words = KALI_ROLES},
    {.check = KALI_TEXT, .wrote = KALI_WORDS},
    {.check = KALI_NAME},
    {.check = KALI_RANGE, .max = 9.3e18, .number = NAN},
    {.check = KALI_RANGE, .max = 1, .number = 0.5},
    {.check = KALI_TIME},
    {.check = KALI_ID},
    {.check = KALI_NAME, .wrote = KALI_WORDS},
    {.check = KALI_ANY, .wrote = KALI_JSON},
};

#define SCORE KALI_SCORE("0.5")
#define COLUMNS                                                                                    \
    "id, session_id, role, coalesce(text, ''), model_id, token_usage, " SCORE ","                  \
    " created_at, external_id, speaker, score_reasons"
#define WHERE                                                                                      \
    " WHERE ($7 IS NULL OR role = $7) AND ($8 <= 0 OR " SCORE " >= $8)"                            \
    " AND id <= $17"
#define SPAN " AND session_id = $1 AND (created_at, id) > ($2, $3) AND (created_at, id) < ($4, $5)"
#define TIMES " AND ($19 IS NULL OR created_at >= $19) AND ($20 IS NULL OR created_at < $20)"
#define SCORED                                                                                     \
    " AND (" SCORE ", created_at, id) < ($6, $21, $22)"                                            \
    " ORDER BY " SCORE " DESC, created_at DESC, id DESC LIMIT $9"

const kali_noun kali_message_noun = {
    .name = "message",
    .size = sizeof(kal_message),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(SESSION) | KAL_BIT(ROLE) | KAL_BIT(TEXT),
    .filters = KALI_BY_SESSION | KALI_BY_ROLE | KALI_BY_TIME | KALI_BY_IMPORTANCE | KALI_BY_SCOPE,
    .time_field = CREATED,
    .score_field = IMPORTANCE,
    .key_field = {-1, CREATED, CREATED, CREATED},
    .preset = KAL_ORDER_OLDEST,
    .add =
        "INSERT INTO messages(id, session_id, role, text, model_id, token_usage, importance_score,"
        " created_at, external_id, speaker, score_reasons)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    .get = "SELECT " COLUMNS " FROM messages WHERE id = $1",
    .set = "UPDATE messages SET role = $3, text = $4, model_id = $5, token_usage = $6,"
           " importance_score = $7, speaker = $10, score_reasons = $11 WHERE id = $1",
    .del = "DELETE FROM messages WHERE id = $1",
    .list =
        {{NULL, "SELECT " COLUMNS " FROM messages" WHERE TIMES " AND id > $3 ORDER BY id LIMIT $9",
          "SELECT " COLUMNS " FROM messages" WHERE TIMES " AND id < $5 ORDER BY id DESC LIMIT $9",
          "SELECT " COLUMNS " FROM messages" WHERE TIMES SCORED},
         {NULL, "SELECT " COLUMNS " FROM messages" WHERE SPAN " ORDER BY created_at, id LIMIT $9",
          "SELECT " COLUMNS " FROM messages" WHERE SPAN
          " ORDER BY created_at DESC, id DESC LIMIT $9",
          "SELECT " COLUMNS " FROM messages" WHERE SPAN SCORED}},
    .tally = {"SELECT count(*) FROM messages" WHERE TIMES,
              "SELECT count(*) FROM messages" WHERE SPAN},
};

/* Now, but later than every message the session has: a clock that stands still or goes back must not
** change the order of a conversation. */
static kal_code stamp(kal_store *store, const kali_touch *t, kal_message *row, kal_err *err) {
    char now[25];
    int64_t ms = kali_store_ms(store), last;
    if (t->last[0] && kali_time_ms(kal_text(t->last), &last) && last >= ms) ms = last + 1;
    kali_time_format(ms, now);
    if (kali_arena_copy(&store->arena, kal_text(now), &row->created_at)) return KAL_OK;
    return kali_no_memory(err);
}

static kal_code taken(const kal_message *row, kal_err *err) {
    if (row->external_id.data)
        return kali_fail(err, KAL_EXISTS,
                         "the session has a message with the external id '%.*s' already",
                         KALI_STR(row->external_id));
    return kali_fail(err, KAL_EXISTS, "a message has the id %lld already", (long long)row->id);
}

static kali_document document_of(const kal_message *row, int64_t session_number) {
    return (kali_document){.id = row->id,
                           .session = row->session,
                           .role = row->role,
                           .speaker = row->speaker,
                           .text = row->text,
                           .created_at = row->created_at,
                           .number = session_number};
}

static kal_code insert(kal_store *store, kal_message *row, kal_err *err) {
    kali_touch *t;
    kal_code code = kali_touch_get(store, row->session, &t, err);
    if (code != KAL_OK) return code;
    if (!row->created_at.data) code = stamp(store, t, row, err);
    if (code == KAL_OK) code = kali_row_insert(store, &kali_message_noun, row, err);
    if (code != KAL_OK) return code == KAL_EXISTS ? taken(row, err) : code;
    row->id = kali_db_last_id(store->db);
    row->has |= KAL_MESSAGE_ID;
    if (!t->number) code = kali_document_session(store, row->session, &t->number, err);
    if (code != KAL_OK) return code;
    kali_document document = document_of(row, t->number);
    kali_touch_add(store, t, row->created_at);
    return kali_index_message(store, &document, err);
}

kal_code kal_message_add(kal_store *store, kal_message *row, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_row_prepare(store, &kali_message_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    return kali_write_end(store, insert(store, row, err), err);
}

kal_code kal_message_get(kal_store *store, int64_t id, kal_message *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {{0}, id};
    return kali_row_get(store, &kali_message_noun, key, out, err);
}

kal_code kal_message_get_external(kal_store *store, kal_str session, kal_str external_id,
                                  kal_message *out, kal_err *err) {
    static const char SQL[] = "SELECT " COLUMNS " FROM messages WHERE session_id = $1"
                              " AND external_id = $2";
    kali_answer_begin(store);
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    kali_bind_text(q, 2, external_id);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row)
        return kali_fail(err, KAL_NOT_FOUND,
                         "the session has no message with the external id '%.*s'",
                         KALI_STR(external_id));
    code = kali_row_read(store, &kali_message_noun, q, out, err);
    kali_reset(q);
    return code;
}

/* Re-scoring changes many rows in nothing but their score: it touches neither text nor index. */
static kal_code set_score(kal_store *store, const kal_message *row, kal_err *err) {
    static const char SQL[] =
        "UPDATE messages SET importance_score = $2, score_reasons = $3 WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, row->id);
    kali_bind_real(q, 2, row->importance_score);
    kali_bind_text(q, 3, row->score_reasons);
    return kali_run(q, err);
}

static bool only_score_differs(const kal_message *row) {
    return !row->role.data && !row->text.data && !row->model.data && !row->speaker.data &&
           !(row->has & ~(unsigned)(KAL_MESSAGE_ID | KAL_MESSAGE_IMPORTANCE | KAL_BIT(10)));
}

kal_code kal_message_set(kal_store *store, const kal_message *row, kal_err *err) {
    kal_message merged;
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_row_merge(store, &kali_message_noun, row, &merged, err);
    if (code == KAL_OK)
        code = only_score_differs(row) ? set_score(store, &merged, err)
                                       : kali_row_update(store, &kali_message_noun, &merged, err);
    if (code == KAL_OK && row->text.data) code = kali_index_settle(store, err);
    if (code == KAL_OK && (row->role.data || row->speaker.data)) {
        kali_document document = document_of(&merged, 0);
        code = kali_document_add(store, &document, err);
    }
    return kali_write_end(store, code, err);
}

kal_code kal_message_del(kal_store *store, int64_t id, kal_err *err) {
    kali_key key = {{0}, id};
    kali_gap gap;
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = kali_chain_find(store, id, &gap, err);
    if (code == KAL_OK) code = kali_row_delete(store, &kali_message_noun, key, err);
    if (code == KAL_OK && gap.session.data) code = kali_chain_mend(store, &gap, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    kali_touch_forget(store);
    return kali_write_end(store, code, err);
}

kal_code kal_message_find(kal_store *store, const kal_filter *filter, kal_message *rows,
                          kal_page *page, kal_err *err) {
    return kali_row_find(store, &kali_message_noun, filter, rows, page, err);
}

kal_code kal_message_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_message_noun, filter, out, err);
}
