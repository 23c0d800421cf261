/*
** redaction.c: db.redaction: which secrets are kept out of the file, and texts as it would store them. Detectors are
** lists of their names in Lua, bits in C.
*/
#include "boundary.h"

#include <string.h>

static void push_names(lua_State *L, unsigned detectors, const char *key) {
    lua_newtable(L);
    for (unsigned bit = 1; bit & KAL_REDACT_ALL; bit <<= 1) {
        if (!(detectors & bit)) continue;
        lua_pushstring(L, kal_redact_name(bit));
        lua_rawseti(L, -2, luaL_len(L, -2) + 1);
    }
    lua_setfield(L, -2, key);
}

static unsigned check_name(lua_State *L, int index) {
    const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    for (unsigned bit = 1; bit & KAL_REDACT_ALL; bit <<= 1)
        if (strcmp(kal_redact_name(bit), name) == 0) return bit;
    return (unsigned)luaL_error(L, "a detector must be key, card, email, phone or word, not '%s'",
                                luaL_tolstring(L, index, NULL));
}

unsigned kalb_check_detectors(lua_State *L, int index) {
    unsigned detectors = 0;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_Integer i = 1, n = luaL_len(L, index); i <= n; i++) {
        lua_geti(L, index, i);
        detectors |= check_name(L, -1);
        lua_pop(L, 1);
    }
    return detectors;
}

/* db.redaction.get() -> { kept = names, detectors = names, words = number } */
static int get(lua_State *L) {
    kal_redaction found;
    kal_err err;
    if (kal_redaction_get(kalb_store(L), &found, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_createtable(L, 0, 3);
    push_names(L, found.kept, "kept");
    push_names(L, found.detectors, "detectors");
    lua_pushinteger(L, (lua_Integer)found.words);
    lua_setfield(L, -2, "words");
    return 1;
}

/* db.redaction.set { "key", ... } -> true */
static int set(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_redaction_set(kalb_store(L), kalb_check_detectors(L, 1), &err), &err);
}

typedef kal_code converter(kal_store *store, kal_str text, kal_str *out, kal_err *err);

/* Pushes the text at index 1 as the converter makes it. */
static int convert(lua_State *L, converter *f) {
    kal_str in, out;
    kal_err err;
    in.data = luaL_checklstring(L, 1, &in.len);
    if (f(kalb_store(L), in, &out, &err) != KAL_OK) return kalb_fail(L, &err);
    if (out.data == in.data)
        lua_pushvalue(L, 1);
    else
        kalb_push_text(L, out);
    return 1;
}

/* db.redaction.text(s) -> s without secrets */
static int text(lua_State *L) {
    return convert(L, kal_redaction_text);
}

/* db.redaction.json(s) -> s, its strings without secrets */
static int json(lua_State *L) {
    return convert(L, kal_redaction_json);
}

/* db.redaction.count() -> how many rows hold secrets */
static int count(lua_State *L) {
    int64_t rows;
    kal_err err;
    if (kal_redaction_count(kalb_store(L), &rows, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_pushinteger(L, rows);
    return 1;
}

/* db.redaction.apply() -> how many rows were changed */
static int apply(lua_State *L) {
    int64_t rows;
    kal_err err;
    if (kal_redaction_apply(kalb_store(L), &rows, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_pushinteger(L, rows);
    return 1;
}

const luaL_Reg kalb_redaction_functions[] = {{"get", get},   {"set", set},     {"text", text},
                                             {"json", json}, {"count", count}, {"apply", apply},
                                             {NULL, NULL}};
