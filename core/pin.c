/*
** pin.c: what a session keeps in sight, most important first.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_pin, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),
    FIELD(session, KAL_TYPE_TEXT, false),
    FIELD(content, KAL_TYPE_TEXT, true),
    FIELD(source_message_id, KAL_TYPE_TEXT, true),
    FIELD(importance_score, KAL_TYPE_REAL, true),
    FIELD(pin_type, KAL_TYPE_TEXT, true),
    FIELD(created_at, KAL_TYPE_TEXT, false),
};
enum { ID, SESSION, CONTENT, SOURCE, IMPORTANCE, PIN_TYPE, CREATED };

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_ID},
    {.check = KALI_TEXT, .wrote = KALI_WORDS},
    {.check = KALI_ID},
    {.check = KALI_RANGE, .max = 1, .number = 0.8},
    {.check = KALI_ONE_OF, .words = "user auto manual code concept system", .preset = "user"},
    {.check = KALI_TIME},
};

#define SCORE KALI_SCORE("0.8")
#define CREATED_AT KALI_TIME_OF("created_at")
#define COLUMNS                                                                                    \
    "id, session_id, coalesce(content, ''), source_message_id, " SCORE ", pin_type, " CREATED_AT
#define FROM                                                                                       \
    " FROM semantic_pins WHERE ($8 <= 0 OR " SCORE " >= $8)"                                       \
    " AND ($10 IS NULL OR pin_type = $10)"                                                         \
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

const kali_noun kali_pin_noun = {
    .name = "pin",
    .size = sizeof(kal_pin),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(SESSION) | KAL_BIT(CONTENT),
    .filters = KALI_BY_SESSION | KALI_BY_TYPE | KALI_BY_TIME | KALI_BY_IMPORTANCE,
    .time_field = CREATED,
    .score_field = IMPORTANCE,
    .key_field = {-1, CREATED, CREATED, CREATED},
    .preset = KAL_ORDER_IMPORTANCE,
    .add = "INSERT INTO semantic_pins(id, session_id, content, source_message_id, importance_score,"
           " pin_type, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    .get = "SELECT " COLUMNS " FROM semantic_pins WHERE id = $1",
    .set = "UPDATE semantic_pins SET content = $3, source_message_id = $4, importance_score = $5,"
           " pin_type = $6 WHERE id = $1",
    .del = "DELETE FROM semantic_pins WHERE id = $1",
    .list = {{NULL, "SELECT " COLUMNS FROM OLDEST, "SELECT " COLUMNS FROM NEWEST,
              "SELECT " COLUMNS FROM SCORED},
             {NULL, "SELECT " COLUMNS FROM OF_SESSION OLDEST,
              "SELECT " COLUMNS FROM OF_SESSION NEWEST, "SELECT " COLUMNS FROM OF_SESSION SCORED}},
    .tally = {"SELECT count(*)" FROM, "SELECT count(*)" FROM OF_SESSION},
};

kal_code kal_pin_add(kal_store *store, kal_pin *row, kal_err *err) {
    return kali_note_add(store, &kali_pin_noun, row, err);
}

kal_code kal_pin_get(kal_store *store, kal_str id, kal_pin *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_pin_noun, key, out, err);
}

kal_code kal_pin_set(kal_store *store, const kal_pin *row, kal_err *err) {
    kal_pin merged;
    return kali_note_set(store, &kali_pin_noun, row, &merged, err);
}

kal_code kal_pin_del(kal_store *store, kal_str id, kal_err *err) {
    return kali_note_del(store, &kali_pin_noun, id, err);
}

kal_code kal_pin_find(kal_store *store, const kal_filter *filter, kal_pin *rows, kal_page *page,
                      kal_err *err) {
    return kali_row_find(store, &kali_pin_noun, filter, rows, page, err);
}

kal_code kal_pin_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_pin_noun, filter, out, err);
}

/* ---- rejected ones ---- */

static kal_code remember(kal_store *store, kal_str id, kal_err *err) {
    static const char SQL[] =
        "INSERT INTO kalito_rejected(session_id, content) SELECT p.session_id, p.content"
        " FROM semantic_pins p WHERE p.id = $1 AND NOT EXISTS (SELECT 1 FROM kalito_rejected r"
        " WHERE r.session_id = p.session_id AND r.content = p.content)";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, id);
    return kali_run(q, err);
}

kal_code kal_pin_reject(kal_store *store, kal_str id, kal_err *err) {
    kali_key key = {kali_some(id), 0};
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = remember(store, key.id, err);
    if (code == KAL_OK) code = kali_row_delete(store, &kali_pin_noun, key, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    return kali_write_end(store, code, err);
}

kal_code kal_pin_rejected(kal_store *store, kal_str session, kal_str *out, size_t capacity,
                          size_t *count, kal_err *err) {
    static const char SQL[] =
        "SELECT content FROM kalito_rejected WHERE session_id = $1 ORDER BY id DESC LIMIT $2";
    kali_stmt *q;
    bool row;
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    kali_bind_integer(q, 2, (int64_t)capacity);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (!kali_arena_copy(&store->arena, kali_text(q, 0), &out[*count])) {
            code = kali_no_memory(err);
            break;
        }
        ++*count;
    }
    kali_reset(q);
    return code;
}
