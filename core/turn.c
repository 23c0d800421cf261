/*
** turn.c: what was sent for each turn of a chat, so that every answer can be explained later; and what is known of
** the models that answered.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>

#define FIELD(row, name, type, settable)                                                           \
    { #name, type, offsetof(row, name), settable }

/* ---- turns ---- */

static const kal_field FIELDS[] = {
    FIELD(kal_turn, id, KAL_TYPE_INTEGER, false),
    FIELD(kal_turn, session, KAL_TYPE_TEXT, false),
    FIELD(kal_turn, created_at, KAL_TYPE_TEXT, false),
    FIELD(kal_turn, message, KAL_TYPE_INTEGER, true),
    FIELD(kal_turn, reply, KAL_TYPE_INTEGER, true),
    FIELD(kal_turn, budget, KAL_TYPE_INTEGER, false),
    FIELD(kal_turn, tokens, KAL_TYPE_INTEGER, false),
    FIELD(kal_turn, prompt_tokens, KAL_TYPE_INTEGER, true),
    FIELD(kal_turn, completion_tokens, KAL_TYPE_INTEGER, true),
    FIELD(kal_turn, model, KAL_TYPE_TEXT, true),
    FIELD(kal_turn, hash, KAL_TYPE_TEXT, false),
    FIELD(kal_turn, details, KAL_TYPE_TEXT, true),
};
enum {
    ID,
    SESSION,
    CREATED,
    MESSAGE,
    REPLY,
    BUDGET,
    TOKENS,
    PROMPT,
    COMPLETION,
    MODEL,
    HASH,
    DETAILS
};

#define COUNT                                                                                      \
    { .check = KALI_RANGE, .max = 9e15, .number = NAN }
static const kali_rule RULES[] = {
    COUNT,
    {.check = KALI_ID},
    {.check = KALI_TIME},
    COUNT,
    COUNT,
    COUNT,
    COUNT,
    COUNT,
    COUNT,
    {.check = KALI_NAME},
    {.check = KALI_ID},
    {.check = KALI_TEXT, .wrote = KALI_JSON},
};

#define COLUMNS                                                                                    \
    "id, session_id, created_at, message_id, reply_id, budget, tokens, prompt_tokens,"             \
    " completion_tokens, model, hash, details"
#define FROM                                                                                       \
    " FROM kalito_turns WHERE ($19 IS NULL OR created_at >= $19) AND ($20 IS NULL OR created_at < $20)"
#define OF_SESSION " AND session_id = $1"
#define OLDEST " AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $9"
#define NEWEST " AND (created_at, id) < ($4, $5) ORDER BY created_at DESC, id DESC LIMIT $9"

const kali_noun kali_turn_noun = {
    .name = "turn",
    .size = sizeof(kal_turn),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required =
        KAL_BIT(SESSION) | KAL_BIT(BUDGET) | KAL_BIT(TOKENS) | KAL_BIT(HASH) | KAL_BIT(DETAILS),
    .filters = KALI_BY_SESSION | KALI_BY_TIME,
    .time_field = CREATED,
    .score_field = -1,
    .key_field = {-1, CREATED, CREATED, -1},
    .preset = KAL_ORDER_NEWEST,
    .add = "INSERT INTO kalito_turns(session_id, created_at, message_id, reply_id, budget, tokens,"
           " prompt_tokens, completion_tokens, model, hash, details)"
           " VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    .get = "SELECT " COLUMNS " FROM kalito_turns WHERE id = $1",
    .set = "UPDATE kalito_turns SET message_id = $4, reply_id = $5, prompt_tokens = $8,"
           " completion_tokens = $9, model = $10, details = $12 WHERE id = $1",
    .del = "DELETE FROM kalito_turns WHERE id = $1",
    .list = {{NULL, "SELECT " COLUMNS FROM OLDEST, "SELECT " COLUMNS FROM NEWEST, NULL},
             {NULL, "SELECT " COLUMNS FROM OF_SESSION OLDEST,
              "SELECT " COLUMNS FROM OF_SESSION NEWEST, NULL}},
    .tally = {"SELECT count(*)" FROM, "SELECT count(*)" FROM OF_SESSION},
};

kal_code kal_turn_add(kal_store *store, kal_turn *row, kal_err *err) {
    char now[25];
    kali_answer_begin(store);
    kal_store_now(store, now);
    if (!row->created_at.data && !kali_arena_copy(&store->arena, kal_text(now), &row->created_at))
        return kali_no_memory(err);
    kal_code code = kali_row_prepare(store, &kali_turn_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_session_exists(store, row->session, err);
    if (code == KAL_OK) code = kali_row_insert(store, &kali_turn_noun, row, err);
    row->id = kali_db_last_id(store->db);
    row->has |= KAL_TURN_ID;
    return kali_write_end(store, code, err);
}

kal_code kal_turn_get(kal_store *store, int64_t id, kal_turn *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {{0}, id};
    return kali_row_get(store, &kali_turn_noun, key, out, err);
}

kal_code kal_turn_set(kal_store *store, const kal_turn *row, kal_err *err) {
    kal_turn merged;
    return kali_plain_set(store, &kali_turn_noun, row, &merged, err);
}

kal_code kal_turn_del(kal_store *store, int64_t id, kal_err *err) {
    kali_key key = {{0}, id};
    return kali_plain_del(store, &kali_turn_noun, key, err);
}

kal_code kal_turn_find(kal_store *store, const kal_filter *filter, kal_turn *rows, kal_page *page,
                       kal_err *err) {
    return kali_row_find(store, &kali_turn_noun, filter, rows, page, err);
}

kal_code kal_turn_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_turn_noun, filter, out, err);
}
