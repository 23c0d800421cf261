/*
** kalito.c: the module: luaopen_kalito, the shipped scripts and the search for "kalito.NAME". The same in the
** program and in stock lua5.4.
*/
#include "boundary.h"
#include "embedded.h"
#include "jail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* kalito.embedded(name) -> source of the shipped file "policies/score", or nil */
static int embedded(lua_State *L) {
    const char *source;
    size_t len;
    if (!kalb_embedded(L, luaL_checkstring(L, 1), &source, &len)) return 0;
    lua_pushlstring(L, source, len);
    return 1;
}

/* kalito.embedded_hash(name) -> the hash of that source, or nil */
static int embedded_hash(lua_State *L) {
    const kalb_script *s = kalb_embedded_find(luaL_checkstring(L, 1));
    if (!s || !s->source.data) return lua_pushnil(L), 1;
    kalb_push_hash(L, s->hash);
    return 1;
}

/* kalito.embedded_load(name, globals) -> the shipped file as a function, or nil */
static int embedded_load(lua_State *L) {
    int status = kalb_embedded_load(L, luaL_checkstring(L, 1));
    if (status < 0) return lua_pushnil(L), 1;
    if (status != LUA_OK) return lua_error(L);
    lua_pushvalue(L, 2);
    lua_setupvalue(L, -2, 1);
    return 1;
}

/* kalito.embedded_names() -> names of the shipped files, ascending */
static int embedded_names(lua_State *L) {
    lua_createtable(L, (int)kalb_script_count, 0);
    for (size_t i = 0; i < kalb_script_count; i++) {
        lua_pushstring(L, kalb_scripts[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* kalito.time(text) -> the time in the store's form, or nil when it is none */
static int parse_time(lua_State *L) {
    char out[25];
    if (!kal_time_parse(kalb_check_text(L, 1), out)) return 0;
    lua_pushstring(L, out);
    return 1;
}

/* kalito.nearest(word, list) -> the word of the list that is nearest, or nil */
static int nearest(lua_State *L) {
    const char *word = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t n = lua_rawlen(L, 2);
    const char **words = lua_newuserdatauv(L, (n + 1) * sizeof *words, 0);
    luaL_checkstack(L, (int)n + 4, NULL);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        words[i] = luaL_checkstring(L, -1);
    }
    words[n] = NULL;
    lua_pushstring(L, kalb_nearest(word, words));
    return 1;
}

/* kalito.hash(text) -> 16 hexadecimal digits that name the content */
static int hash(lua_State *L) {
    kal_str text;
    text.data = luaL_checklstring(L, 1, &text.len);
    kalb_push_hash(L, kal_text_hash(text));
    return 1;
}

/* kalito.fields(noun) -> list of { name =, type =, settable = } */
static int fields(lua_State *L) {
    static const char *const nouns[] = {"session", "message", "persona", "summary", "pin",
                                        "turn",    "model",   "card",    NULL};
    static const char *const types[] = {"string", "integer", "number", "boolean"};
    size_t count;
    const kal_field *f = kal_fields((kal_noun)luaL_checkoption(L, 1, NULL, nouns), &count);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, f[i].name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, types[f[i].type]);
        lua_setfield(L, -2, "type");
        lua_pushboolean(L, f[i].settable);
        lua_setfield(L, -2, "settable");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* A searcher for require: "kalito.card.store" is scripts/lib/card/store.lua, embedded. */
static int search(lua_State *L) {
    const char *module = luaL_checkstring(L, 1);
    char name[128];
    if (strncmp(module, "kalito.", 7) != 0) return 0;
    snprintf(name, sizeof name, "lib/%s", module + 7);
    for (char *dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
        *dot = '/';
    int status = kalb_embedded_load(L, name);
    if (status < 0) return 0;
    if (status != LUA_OK) return lua_error(L);
    lua_pushfstring(L, "@kalito/%s.lua", name);
    return 2;
}

/* In front of those that look into files: a file kalito/print.lua in the working directory is not ours. */
static void add_searcher(lua_State *L) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchers");
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcfunction(L, search);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
}

/* Sets kalito.NAME to what `open` pushes. */
static void add_part(lua_State *L, const char *name, int (*open)(lua_State *)) {
    open(L);
    lua_setfield(L, -2, name);
}

KAL_API int luaopen_kalito(lua_State *L);
int luaopen_kalito(lua_State *L) {
    static const luaL_Reg functions[] = {{"embedded", embedded},
                                         {"embedded_hash", embedded_hash},
                                         {"embedded_load", embedded_load},
                                         {"embedded_names", embedded_names},
                                         {"time", parse_time},
                                         {"nearest", nearest},
                                         {"hash", hash},
                                         {"fields", fields},
                                         {NULL, NULL}};
    luaL_checkversion(L);
    luaL_newlib(L, functions);
    lua_pushliteral(L, KALITO_VERSION);
    lua_setfield(L, -2, "_VERSION");
    lua_pushliteral(L, KALITO_DATA);
    lua_setfield(L, -2, "installed");
    add_part(L, "open", kalb_open_store);
    add_part(L, "backup", kalb_open_backup);
    add_part(L, "migrate", kalb_open_migrate);
    add_part(L, "restore", kalb_open_restore);
    add_part(L, "recover", kalb_open_recover);
    add_part(L, "json", kalb_open_json);
    add_part(L, "text", kalb_open_text);
    add_part(L, "binary", kalb_open_binary);
    add_part(L, "system", kalb_open_system);
    add_part(L, "term", kalb_open_term);
    add_part(L, "jail", kalb_open_jail);
    add_searcher(L);
    /* The layer written in Lua completes the table; it finds it under its name. */
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "kalito");
    lua_pop(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "kalito.init");
    lua_call(L, 1, 0);
    return 1;
}
