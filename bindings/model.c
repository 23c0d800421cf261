/*
** model.c: the core's models behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_model_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_model_get(store, key.id, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_model_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_model_del(store, key.id, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_model_find(store, filter, rows, page, err);
}

const kalb_noun kalb_model = {KAL_MODEL, "model", sizeof(kal_model), add, get, set,
                              del,       find,    kal_model_count,   NULL};
