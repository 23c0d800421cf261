/*
** turn.c: the core's turns behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_turn_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_turn_get(store, key.number, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_turn_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_turn_del(store, key.number, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_turn_find(store, filter, rows, page, err);
}

const kalb_noun kalb_turn = {KAL_TURN, "turn", sizeof(kal_turn), add, get, set,
                             del,      find,   kal_turn_count,   NULL};
