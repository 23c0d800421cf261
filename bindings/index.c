/*
** index.c: db.index: comparing the search index with the rows, and making it anew.
*/
#include "boundary.h"

#define FINDINGS 1000

/* db.index.check() -> list of findings as texts, how many there are in all */
static int check(lua_State *L) {
    kal_err err;
    size_t count;
    kal_finding *rows = lua_newuserdatauv(L, FINDINGS * sizeof *rows, 0);
    if (kal_index_check(kalb_store(L), rows, FINDINGS, &count, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < count && i < FINDINGS; i++) {
        kalb_push_text(L, rows[i].what);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_pushinteger(L, (lua_Integer)count);
    return 2;
}

static int rebuild(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_index_rebuild(kalb_store(L), &err), &err);
}

const luaL_Reg kalb_index_functions[] = {{"check", check}, {"rebuild", rebuild}, {NULL, NULL}};
