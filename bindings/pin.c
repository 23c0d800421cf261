/*
** pin.c: the core's pins behind the signature that all nouns share.
*/
#include "boundary.h"

static kal_code add(kal_store *store, void *row, kal_err *err) {
    return kal_pin_add(store, row, err);
}

static kal_code get(kal_store *store, kalb_key key, void *out, kal_err *err) {
    return kal_pin_get(store, key.id, out, err);
}

static kal_code set(kal_store *store, const void *row, kal_err *err) {
    return kal_pin_set(store, row, err);
}

static kal_code del(kal_store *store, kalb_key key, kal_err *err) {
    return kal_pin_del(store, key.id, err);
}

static kal_code find(kal_store *store, const kal_filter *filter, void *rows, kal_page *page,
                     kal_err *err) {
    return kal_pin_find(store, filter, rows, page, err);
}

/* db.pin.reject(id) -> true: deletes the pin, and remembers that it is not wanted */
static int reject(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_pin_reject(kalb_store(L), kalb_check_text(L, 1), &err), &err);
}

/* db.pin.rejected(session) -> contents, the latest first; the last thousand */
static int rejected(lua_State *L) {
    const size_t room = 1000;
    size_t count;
    kal_err err;
    kal_str session = kalb_check_text(L, 1);
    kal_str *contents = lua_newuserdatauv(L, room * sizeof *contents, 0);
    if (kal_pin_rejected(kalb_store(L), session, contents, room, &count, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        kalb_push_text(L, contents[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg more[] = {{"reject", reject}, {"rejected", rejected}, {NULL, NULL}};

const kalb_noun kalb_pin = {KAL_PIN, "pin", sizeof(kal_pin), add, get, set,
                            del,     find,  kal_pin_count,   more};
