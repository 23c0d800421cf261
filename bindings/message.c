/*
** message.c: the core's messages behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_message_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_message_get(store, key.number, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_message_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_message_del(store, key.number, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_message_find(store, filter, rows, page, err);
}

/* db.message.get_external(session, external_id) -> row */
static int get_external(lua_State *L) {
    kal_message row = {0};
    kal_err err;
    kal_str session = kalb_check_text(L, 1), external_id = kalb_check_text(L, 2);
    if (kal_message_get_external(kalb_store(L), session, external_id, &row, &err) != KAL_OK)
        return kalb_fail(L, &err);
    kalb_push_row(L, KAL_MESSAGE, &row);
    return 1;
}

static const luaL_Reg more[] = {{"get_external", get_external}, {NULL, NULL}};

const kalb_noun kalb_message = {KAL_MESSAGE, "message", sizeof(kal_message), add, get, set,
                                del,         find,      kal_message_count,   more};
