/*
** persona.c: who answers. At most one persona of a category is its default; a default one stays.
*/
#include "internal.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_persona, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),
    FIELD(name, KAL_TYPE_TEXT, true),
    FIELD(prompt, KAL_TYPE_TEXT, true),
    FIELD(description, KAL_TYPE_TEXT, true),
    FIELD(icon, KAL_TYPE_TEXT, true),
    FIELD(default_model, KAL_TYPE_TEXT, true),
    FIELD(suggested_models, KAL_TYPE_TEXT, true),
    FIELD(temperature, KAL_TYPE_REAL, true),
    FIELD(maxTokens, KAL_TYPE_INTEGER, true),
    FIELD(created_at, KAL_TYPE_TEXT, false),
    FIELD(updated_at, KAL_TYPE_TEXT, true),
    FIELD(category, KAL_TYPE_TEXT, true),
    FIELD(topP, KAL_TYPE_REAL, true),
    FIELD(stopSequences, KAL_TYPE_TEXT, true),
    FIELD(repeatPenalty, KAL_TYPE_REAL, true),
    FIELD(is_default, KAL_TYPE_BOOLEAN, true),
};
enum { ID, NAME, PROMPT, CREATED = 9, UPDATED = 10 };

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_ID},
    {.check = KALI_ANY, .wrote = KALI_WORDS},
    {.check = KALI_ANY, .wrote = KALI_WORDS},
    {.check = KALI_NAME},
    {.check = KALI_NAME},
    {.check = KALI_STRINGS},
    {.check = KALI_RANGE, .max = 2, .number = NAN},
    {.check = KALI_RANGE, .min = 1, .max = 1e9, .number = NAN},
    {.check = KALI_TIME},
    {.check = KALI_TIME},
    {.check = KALI_NAME},
    {.check = KALI_RANGE, .max = 1, .number = NAN},
    {.check = KALI_STRINGS},
    {.check = KALI_ABOVE, .number = NAN},
    {.number = 0},
};

#define CREATED_AT KALI_TIME_OF("created_at")
#define COLUMNS                                                                                                                 \
    "id, coalesce(name, ''), coalesce(prompt, ''), description, icon, default_model, suggested_models, temperature, maxTokens," \
    " " CREATED_AT ", " KALI_TIME_OF(                                                                                           \
        "updated_at") ", category, topP, stopSequences, repeatPenalty, coalesce(is_default, 0)"
#define WHERE                                                                                      \
    " WHERE ($12 IS NULL OR category = $12) AND ($13 IS NULL OR name = $13)"                       \
    " AND ($14 IS NULL OR (id >= $14 AND id < $15))"

const kali_noun kali_persona_noun = {
    .name = "persona",
    .size = sizeof(kal_persona),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(NAME) | KAL_BIT(PROMPT),
    .filters = KALI_BY_CATEGORY | KALI_BY_NAME | KALI_BY_PREFIX,
    .time_field = CREATED,
    .score_field = -1,
    .key_field = {NAME, CREATED, CREATED, -1},
    .preset = KAL_ORDER_DEFAULT,
    .add =
        "INSERT INTO personas(id, name, prompt, description, icon, default_model, suggested_models,"
        " temperature, maxTokens, created_at, updated_at, category, topP, stopSequences,"
        " repeatPenalty, is_default)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    .get = "SELECT " COLUMNS " FROM personas WHERE id = $1",
    .set =
        "UPDATE personas SET name = $2, prompt = $3, description = $4, icon = $5,"
        " default_model = $6, suggested_models = $7, temperature = $8, maxTokens = $9,"
        " updated_at = $11, category = $12, topP = $13, stopSequences = $14, repeatPenalty = $15,"
        " is_default = $16 WHERE id = $1",
    .del = "DELETE FROM personas WHERE id = $1",
    .list = {{"SELECT " COLUMNS " FROM personas" WHERE " AND (coalesce(name, ''), id) > ($2, $3)"
              " ORDER BY coalesce(name, ''), id LIMIT $9",
              "SELECT " COLUMNS " FROM personas" WHERE " AND (coalesce(" CREATED_AT
              ", ''), id) > ($2, $3)"
              " ORDER BY coalesce(" CREATED_AT ", ''), id LIMIT $9",
              "SELECT " COLUMNS " FROM personas" WHERE " AND (coalesce(" CREATED_AT
              ", ''), id) < ($4, $5)"
              " ORDER BY coalesce(" CREATED_AT ", '') DESC, id DESC LIMIT $9",
              NULL}},
    .tally = {"SELECT count(*) FROM personas" WHERE},
};

/* The new default takes the place of the category's old one, which goes first: an adopted file may have an
** index that allows only one. */
static kal_code take_default(kal_store *store, const kal_persona *row, kal_err *err) {
    static const char SQL[] = "UPDATE personas SET is_default = 0"
                              " WHERE is_default = 1 AND category IS $2 AND id <> $1";
    kali_stmt *q;
    if (!row->is_default) return KAL_OK;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, row->id);
    kali_bind_text(q, 2, row->category);
    return kali_run(q, err);
}

/* Looked up beforehand: EXISTS must not have changed anything. */
static kal_code refuse_taken(kal_store *store, const kal_persona *row, kal_err *err) {
    kal_persona other;
    kali_key key = {row->id, 0};
    kal_code code = kali_row_get(store, &kali_persona_noun, key, &other, err);
    if (code != KAL_OK) return code == KAL_NOT_FOUND ? KAL_OK : code;
    return kali_fail(err, KAL_EXISTS, "a persona has the id '%.*s' already", KALI_STR(row->id));
}

kal_code kal_persona_add(kal_store *store, kal_persona *row, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_row_mint(store, &kali_persona_noun, row, err);
    if (code == KAL_OK && !row->updated_at.data) row->updated_at = row->created_at;
    if (code == KAL_OK) code = kali_row_prepare(store, &kali_persona_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = refuse_taken(store, row, err);
    if (code == KAL_OK) code = take_default(store, row, err);
    if (code == KAL_OK) code = kali_row_insert(store, &kali_persona_noun, row, err);
    return kali_write_end(store, code, err);
}

kal_code kal_persona_get(kal_store *store, kal_str id, kal_persona *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_persona_noun, key, out, err);
}

kal_code kal_persona_set(kal_store *store, const kal_persona *row, kal_err *err) {
    kal_persona merged;
    char now[25];
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_row_merge(store, &kali_persona_noun, row, &merged, err);
    if (code == KAL_OK && !row->updated_at.data) {
        kal_store_now(store, now);
        merged.updated_at = kal_text(now);
    }
    if (code == KAL_OK) code = take_default(store, &merged, err);
    if (code == KAL_OK) code = kali_row_update(store, &kali_persona_noun, &merged, err);
    return kali_write_end(store, code, err);
}

static kal_code reassign(kal_store *store, const kal_persona *gone, kal_err *err) {
    static const char SQL[] =
        "UPDATE sessions SET persona_id = (SELECT id FROM personas WHERE is_default = 1 AND id <> $1"
        " AND category IN ($2, 'general') ORDER BY category IS $2 DESC, id LIMIT 1)"
        " WHERE persona_id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, gone->id);
    kali_bind_text(q, 2, gone->category);
    return kali_run(q, err);
}

kal_code kal_persona_del(kal_store *store, kal_str id, kal_err *err) {
    kal_persona row;
    kali_key key = {kali_some(id), 0};
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_row_get(store, &kali_persona_noun, key, &row, err);
    if (code == KAL_OK && row.is_default)
        code = kali_fail(err, KAL_REFUSED,
                         "'%.*s' is the default persona of its category and cannot be deleted",
                         KALI_STR(row.name));
    if (code == KAL_OK) code = reassign(store, &row, err);
    if (code == KAL_OK) code = kali_row_delete(store, &kali_persona_noun, key, err);
    return kali_write_end(store, code, err);
}

kal_code kal_persona_find(kal_store *store, const kal_filter *filter, kal_persona *rows,
                          kal_page *page, kal_err *err) {
    return kali_row_find(store, &kali_persona_noun, filter, rows, page, err);
}

kal_code kal_persona_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_persona_noun, filter, out, err);
}
