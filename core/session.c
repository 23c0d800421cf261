/*
** session.c: conversations. A session owns its messages, summaries and pins: deleting it deletes them.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_session, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),
    FIELD(name, KAL_TYPE_TEXT, true),
    FIELD(model, KAL_TYPE_TEXT, true),
    FIELD(recap, KAL_TYPE_TEXT, true),
    FIELD(persona, KAL_TYPE_TEXT, true),
    FIELD(created_at, KAL_TYPE_TEXT, false),
    FIELD(updated_at, KAL_TYPE_TEXT, true),
    FIELD(saved, KAL_TYPE_BOOLEAN, true),
    FIELD(archived_at, KAL_TYPE_TEXT, true),
    FIELD(boundary_at, KAL_TYPE_TEXT, true),
    FIELD(boundary_id, KAL_TYPE_INTEGER, true),
    FIELD(message_count, KAL_TYPE_INTEGER, false),
    FIELD(external_id, KAL_TYPE_TEXT, false),
};
enum {
    ID,
    NAME,
    MODEL,
    RECAP,
    PERSONA,
    CREATED,
    UPDATED,
    SAVED,
    ARCHIVED,
    BOUNDARY_AT,
    BOUNDARY_ID
};

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_NAME, .wrote = KALI_WORDS},
    {.check = KALI_NAME},
    {.check = KALI_ANY, .wrote = KALI_WORDS},
    {.check = KALI_NAME},
    {.check = KALI_TIME},
    {.check = KALI_TIME},
    {.number = 0},
    {.check = KALI_TIME},
    {.check = KALI_TIME, .preset = ""},
    {.check = KALI_RANGE, .max = 9.3e18, .number = 0},
    {.check = KALI_RANGE, .max = 9.3e18, .number = 0},
    {.check = KALI_ID},
};

#define CREATED_AT KALI_TIME_OF("created_at")
#define UPDATED_AT KALI_TIME_OF("updated_at")
#define COLUMNS                                                                                    \
    "id, name, model, recap, persona_id, " CREATED_AT ", " UPDATED_AT                              \
    ", coalesce(saved, 0), archived_at,"                                                           \
    " boundary_at, boundary_id, message_count, external_id"
#define WHERE                                                                                      \
    " WHERE ($11 IS NULL OR persona_id = $11) AND ($13 IS NULL OR name = $13)"                     \
    " AND ($14 IS NULL OR (id >= $14 AND id < $15))"                                               \
    " AND ($16 IS NULL OR coalesce(saved, 0) = $16)"                                               \
    " AND ($18 IS NULL OR (archived_at IS NOT NULL) = $18)"                                        \
    " AND ($19 IS NULL OR " UPDATED_AT " >= $19) AND ($20 IS NULL OR " UPDATED_AT " < $20)"

const kali_noun kali_session_noun = {
    .name = "session",
    .size = sizeof(kal_session),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .filters = KALI_BY_PERSONA | KALI_BY_NAME | KALI_BY_PREFIX | KALI_BY_SAVED | KALI_BY_SCOPE |
               KALI_BY_TIME,
    .time_field = CREATED,
    .score_field = -1,
    .key_field = {-1, CREATED, UPDATED, -1},
    .preset = KAL_ORDER_NEWEST,
    .add = "INSERT INTO sessions(id, name, model, recap, persona_id, created_at, updated_at, saved,"
           " archived_at, boundary_at, boundary_id, external_id)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13)",
    .get = "SELECT " COLUMNS " FROM sessions WHERE id = $1",
    .set =
        "UPDATE sessions SET name = $2, model = $3, recap = $4, persona_id = $5, updated_at = $7,"
        " saved = $8, archived_at = $9, boundary_at = $10, boundary_id = $11 WHERE id = $1",
    .del = "DELETE FROM sessions WHERE id = $1",
    .list = {{NULL,
              "SELECT " COLUMNS " FROM sessions" WHERE " AND (coalesce(" CREATED_AT
              ", ''), id) > ($2, $3)"
              " ORDER BY coalesce(" CREATED_AT ", ''), id LIMIT $9",
              "SELECT " COLUMNS " FROM sessions" WHERE " AND (coalesce(" UPDATED_AT
              ", ''), id) < ($4, $5)"
              " ORDER BY coalesce(" UPDATED_AT ", '') DESC, id DESC LIMIT $9",
              NULL}},
    .tally = {"SELECT count(*) FROM sessions" WHERE},
};

static kal_code check_persona(kal_store *store, kal_str id, kal_err *err) {
    kal_persona persona;
    kali_key key = {id, 0};
    return id.data ? kali_row_get(store, &kali_persona_noun, key, &persona, err) : KAL_OK;
}

/* The default persona of the category "general". */
static kal_code choose_persona(kal_store *store, kal_session *row, kal_err *err) {
    static const char SQL[] =
        "SELECT id FROM personas WHERE is_default = 1 AND category = 'general'";
    kali_stmt *q;
    bool found;
    if (kali_given(&kali_session_noun, row, PERSONA))
        return check_persona(store, row->persona, err);
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code == KAL_OK) code = kali_step(q, &found, err);
    if (code != KAL_OK || !found) return code;
    bool copied = kali_arena_copy(&store->arena, kali_text(q, 0), &row->persona);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

static kal_code refuse_taken(kal_code code, const kal_session *row, kal_err *err) {
    if (code != KAL_EXISTS) return code;
    return kali_fail(err, KAL_EXISTS,
                     "a session has the id '%.*s' or the external id '%.*s' already",
                     KALI_STR(row->id), KALI_STR(row->external_id));
}

kal_code kal_session_add(kal_store *store, kal_session *row, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_row_mint(store, &kali_session_noun, row, err);
    if (code == KAL_OK && !row->updated_at.data) row->updated_at = row->created_at;
    if (code == KAL_OK) code = kali_row_prepare(store, &kali_session_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = choose_persona(store, row, err);
    if (code == KAL_OK)
        code = refuse_taken(kali_row_insert(store, &kali_session_noun, row, err), row, err);
    /* Its number in the search index: made here, it is no part of adding the first message. */
    int64_t number;
    if (code == KAL_OK) code = kali_document_session(store, row->id, &number, err);
    return kali_write_end(store, code, err);
}

kal_code kal_session_get(kal_store *store, kal_str id, kal_session *out, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_touch_flush(store, err);
    kali_key key = {kali_some(id), 0};
    return code == KAL_OK ? kali_row_get(store, &kali_session_noun, key, out, err) : code;
}

kal_code kal_session_get_external(kal_store *store, kal_str external_id, kal_session *out,
                                  kal_err *err) {
    static const char SQL[] = "SELECT " COLUMNS " FROM sessions WHERE external_id = $1";
    kali_answer_begin(store);
    kal_code code = kali_touch_flush(store, err);
    kali_stmt *q;
    bool row;
    if (code == KAL_OK) code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, external_id);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row)
        return kali_fail(err, KAL_NOT_FOUND, "no session has the external id '%.*s'",
                         KALI_STR(external_id));
    code = kali_row_read(store, &kali_session_noun, q, out, err);
    kali_reset(q);
    return code;
}

kal_code kal_session_set(kal_store *store, const kal_session *row, kal_err *err) {
    kal_session merged;
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = kali_row_merge(store, &kali_session_noun, row, &merged, err);
    if (code == KAL_OK) code = check_persona(store, merged.persona, err);
    if (code == KAL_OK) code = kali_row_update(store, &kali_session_noun, &merged, err);
    return kali_write_end(store, code, err);
}

kal_code kal_session_del(kal_store *store, kal_str id, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    kali_key key = {kali_some(id), 0};
    code = kali_touch_flush(store, err);
    if (code == KAL_OK) code = kali_row_delete(store, &kali_session_noun, key, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    kali_touch_forget(store);
    return kali_write_end(store, code, err);
}

kal_code kal_session_find(kal_store *store, const kal_filter *filter, kal_session *rows,
                          kal_page *page, kal_err *err) {
    return kali_row_find(store, &kali_session_noun, filter, rows, page, err);
}

kal_code kal_session_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_session_noun, filter, out, err);
}

kal_code kali_session_exists(kal_store *store, kal_str id, kal_err *err) {
    kal_session row;
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_session_noun, key, &row, err);
}
