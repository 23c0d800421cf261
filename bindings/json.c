/*
** json.c: kalito.json: JSON to Lua values; json_encode.c is the way back. Integers keep their 64 bits; null is
** kalito.json.null; an array is a table with elements 1..n, or one marked by kalito.json.array (so that an empty one
** stays one).
*/
#include "boundary.h"

#include <jansson.h>
#include <pthread.h>
#include <string.h>

/* ---- decoding ---- */

typedef struct json_box {
    json_t *root;
} json_box;

static int drop(lua_State *L) {
    json_box *box = lua_touserdata(L, 1);
    json_decref(box->root);
    box->root = NULL;
    return 0;
}

static void mark_array(lua_State *L) {
    luaL_newmetatable(L, KALB_ARRAY);
    lua_setmetatable(L, -2);
}

static void push_value(lua_State *L, const json_t *value) {
    const char *key;
    json_t *member;
    size_t i;
    luaL_checkstack(L, 6, NULL);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        lua_createtable(L, 0, (int)json_object_size(value));
        json_object_foreach((json_t *)(uintptr_t)value, key, member) {
            push_value(L, member);
            lua_setfield(L, -2, key);
        }
        break;
    case JSON_ARRAY:
        lua_createtable(L, (int)json_array_size(value), 0);
        mark_array(L);
        json_array_foreach(value, i, member) {
            push_value(L, member);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        lua_pushlstring(L, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER: lua_pushinteger(L, json_integer_value(value)); break;
    case JSON_REAL: lua_pushnumber(L, json_real_value(value)); break;
    case JSON_TRUE:
    case JSON_FALSE: lua_pushboolean(L, json_is_true(value)); break;
    case JSON_NULL: lua_pushlightuserdata(L, NULL); break;
    }
}

static bool is_deep(const json_t *value, int depth) {
    const char *key;
    json_t *member;
    size_t i;
    if (depth > KALB_JSON_DEPTH) return true;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) {
        if (is_deep(member, depth + 1)) return true;
    }
    json_array_foreach(value, i, member) {
        if (is_deep(member, depth + 1)) return true;
    }
    return false;
}

/* jansson takes a lack of memory for wrong JSON: while it reads, this stands before its allocator, of which the whole
** process has one. */
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER;
static json_malloc_t allocate = malloc;
static _Thread_local bool lacking;

static void *get_memory(size_t size) {
    void *p = allocate(size);
    if (!p) lacking = true;
    return p;
}

static json_t *load_text(const char *text, size_t len, json_error_t *error) {
    json_free_t release;
    lacking = false;
    pthread_mutex_lock(&reading);
    json_get_alloc_funcs(&allocate, &release);
    json_set_alloc_funcs(get_memory, release);
    json_t *root = json_loadb(text, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, error);
    json_set_alloc_funcs(allocate, release);
    pthread_mutex_unlock(&reading);
    return root;
}

static int no_json(lua_State *L) {
    lua_pushnil(L);
    lua_insert(L, -2);
    lua_pushliteral(L, "json");
    return 3;
}

static json_box *push_box(lua_State *L) {
    json_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->root = NULL;
    if (luaL_newmetatable(L, "kalito.json")) {
        lua_pushcfunction(L, drop);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return box;
}

/* kalito.json.decode(text) -> value, or nil, message, "json" */
static int decode(lua_State *L) {
    size_t len;
    json_error_t error;
    const char *text = luaL_checklstring(L, 1, &len);
    json_box *box = push_box(L);
    box->root = load_text(text, len, &error);
    if (lacking) return kalb_no_memory(L);
    if (!box->root) {
        lua_pushfstring(L, "%s (byte %d)", error.text, error.position);
        return no_json(L);
    }
    if (is_deep(box->root, 0)) {
        lua_pushfstring(L, "JSON is nested deeper than %d", KALB_JSON_DEPTH);
        return no_json(L);
    }
    push_value(L, box->root);
    json_decref(box->root);
    box->root = NULL;
    return 1;
}

/* kalito.json.array(t) -> t, marked as an array even when it is empty */
static int array(lua_State *L) {
    if (lua_isnoneornil(L, 1)) lua_settop(L, 0), lua_newtable(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    mark_array(L);
    return 1;
}

int kalb_open_json(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"decode", decode}, {"encode", kalb_json_encode}, {"array", array}, {NULL, NULL}};
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
