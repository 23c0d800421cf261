/*
** card.c: the character card that a persona came from. What stands in it is read in Lua; here it is a text.
*/
#include "internal.h"

#include <stddef.h>

#define FIELD(name, type, settable)                                                                \
    { #name, type, offsetof(kal_card, name), settable }
static const kal_field FIELDS[] = {
    FIELD(id, KAL_TYPE_TEXT, false),
    FIELD(spec, KAL_TYPE_TEXT, true),
    FIELD(card, KAL_TYPE_TEXT, true),
    FIELD(prompt_hash, KAL_TYPE_TEXT, true),
};
enum { ID, SPEC, CARD, PROMPT_HASH };

static const kali_rule RULES[] = {
    {.check = KALI_ID},
    {.check = KALI_ONE_OF, .words = "v1 v2 v3"},
    {.check = KALI_TEXT, .wrote = KALI_JSON},
    {.check = KALI_ID},
};

#define COLUMNS "persona_id, spec, card, prompt_hash"

const kali_noun kali_card_noun = {
    .name = "card",
    .size = sizeof(kal_card),
    .fields = FIELDS,
    .rules = RULES,
    .count = sizeof FIELDS / sizeof *FIELDS,
    .required = KAL_BIT(ID) | KAL_BIT(SPEC) | KAL_BIT(CARD) | KAL_BIT(PROMPT_HASH),
    .time_field = ID,
    .score_field = -1,
    .key_field = {ID, -1, -1, -1},
    .preset = KAL_ORDER_DEFAULT,
    .add = "INSERT INTO kalito_cards(" COLUMNS ") VALUES ($1, $2, $3, $4)",
    .get = "SELECT " COLUMNS " FROM kalito_cards WHERE persona_id = $1",
    .set = "UPDATE kalito_cards SET spec = $2, card = $3, prompt_hash = $4 WHERE persona_id = $1",
    .del = "DELETE FROM kalito_cards WHERE persona_id = $1",
    .list = {{"SELECT " COLUMNS " FROM kalito_cards WHERE (persona_id, persona_id) > ($2, $3)"
              " ORDER BY persona_id LIMIT $9",
              NULL, NULL, NULL}},
    .tally = {"SELECT count(*) FROM kalito_cards"},
};

kal_code kal_card_add(kal_store *store, kal_card *row, kal_err *err) {
    kal_persona persona;
    kali_answer_begin(store);
    kal_code code = kali_row_prepare(store, &kali_card_noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    kali_key key = {row->id, 0};
    code = kali_row_get(store, &kali_persona_noun, key, &persona, err);
    if (code == KAL_OK) code = kali_row_insert(store, &kali_card_noun, row, err);
    if (code == KAL_EXISTS)
        kali_fail(err, code, "the persona '%.*s' has a card already", KALI_STR(row->id));
    return kali_write_end(store, code, err);
}

kal_code kal_card_get(kal_store *store, kal_str id, kal_card *out, kal_err *err) {
    kali_answer_begin(store);
    kali_key key = {kali_some(id), 0};
    return kali_row_get(store, &kali_card_noun, key, out, err);
}

kal_code kal_card_set(kal_store *store, const kal_card *row, kal_err *err) {
    kal_card merged;
    return kali_plain_set(store, &kali_card_noun, row, &merged, err);
}

kal_code kal_card_del(kal_store *store, kal_str id, kal_err *err) {
    kali_key key = {kali_some(id), 0};
    return kali_plain_del(store, &kali_card_noun, key, err);
}

kal_code kal_card_find(kal_store *store, const kal_filter *filter, kal_card *rows, kal_page *page,
                       kal_err *err) {
    return kali_row_find(store, &kali_card_noun, filter, rows, page, err);
}

kal_code kal_card_count(kal_store *store, const kal_filter *filter, int64_t *out, kal_err *err) {
    return kali_row_count(store, &kali_card_noun, filter, out, err);
}
