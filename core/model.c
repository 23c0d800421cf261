/*
** model.c: what is known of a model: how the tokens it reports compare with the estimate, and how many it holds.
*/
#include "internal.h"

#include <math.h>
#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_model, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),      FIELD(ratio, KAL_TYPE_REAL, true),
    FIELD(turns, KAL_TYPE_INTEGER, true), FIELD(context, KAL_TYPE_INTEGER, true),
    FIELD(asked_at, KAL_TYPE_TEXT, true),
};
enum { ID, RATIO, TURNS, CONTEXT, ASKED_AT };

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_RANGE, .min = 0.1, .max = 10, .number = NAN},
    {.check = KALI_RANGE, .max = 9e15, .number = NAN},
    {.check = KALI_RANGE, .min = 1, .max = 1e9, .number = NAN},
    {.check = KALI_TIME},
};

#define COLUMNS "model, ratio, turns, context, asked_at"

const kali_noun kali_model_noun = {
    .name = "model",
    .size = sizeof(kal_model),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(ID) | KAL_BIT(RATIO) | KAL_BIT(TURNS),
    .time_field = ID,
    .score_field = -1,
    .key_field = {ID, -1, -1, -1},
    .preset = KAL_ORDER_DEFAULT,
    .add = "INSERT INTO kalito_models(model, ratio, turns, context, asked_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .get = "SELECT " COLUMNS " FROM kalito_models WHERE model = $1",
    .set = "UPDATE kalito_models SET ratio = $2, turns = $3, context = $4, asked_at = $5"
           " WHERE model = $1",
    .del = "DELETE FROM kalito_models WHERE model = $1",
    .list = {{"SELECT " COLUMNS " FROM kalito_models WHERE (model, model) > ($2, $3)"
              " ORDER BY model LIMIT $9",
              NULL, NULL, NULL}},
    .tally = {"SELECT count(*) FROM kalito_models"},
};

kal_code kal_model_add(kal_store *store, kal_model *row, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_row_prepare(store, &kali_model_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    return kali_write_end(store, kali_row_insert(store, &kali_model_noun, row, err), err);
}

kal_code kal_model_get(kal_store *store, kal_str id, kal_model *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_model_noun, key, out, err);
}

kal_code kal_model_set(kal_store *store, const kal_model *row, kal_err *err) {
    kal_model merged;
    return kali_plain_set(store, &kali_model_noun, row, &merged, err);
}

kal_code kal_model_del(kal_store *store, kal_str id, kal_err *err) {
    kali_key key = {kali_some(id), 0};
    return kali_plain_del(store, &kali_model_noun, key, err);
}

kal_code kal_model_find(kal_store *store, const kal_filter *filter, kal_model *rows, kal_page *page,
                        kal_err *err) {
    return kali_row_find(store, &kali_model_noun, filter, rows, page, err);
}

kal_code kal_model_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_model_noun, filter, out, err);
}
