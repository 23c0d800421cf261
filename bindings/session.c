/*
** session.c: the core's sessions behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_session_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_session_get(store, key.id, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_session_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_session_del(store, key.id, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_session_find(store, filter, rows, page, err);
}

/* db.session.get_external(external_id) -> row */
static int get_external(lua_State *L) {
    kal_session row = {0};
    kal_err err;
    kal_str external_id = {NULL, 0};
    external_id.data = luaL_checklstring(L, 1, &external_id.len);
    if (kal_session_get_external(kalb_store(L), external_id, &row, &err) != KAL_OK)
        return kalb_fail(L, &err);
    kalb_push_row(L, KAL_SESSION, &row);
    return 1;
}

static const luaL_Reg more[] = {{"get_external", get_external},
                                {"forget", kalb_session_forget},
                                {"holders", kalb_session_holders},
                                {NULL, NULL}};

const kalb_noun kalb_session = {KAL_SESSION, "session", sizeof(kal_session), add, get, set,
                                del,         find,      kal_session_count,   more};
