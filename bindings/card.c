/*
** card.c: the core's character cards behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_card_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_card_get(store, key.id, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_card_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_card_del(store, key.id, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_card_find(store, filter, rows, page, err);
}

const kalb_noun kalb_card = {KAL_CARD, "card", sizeof(kal_card), add, get, set,
                             del,      find,   kal_card_count,   NULL};
