/*
** sql.c: db.sql: reading with raw SQL.
*/
#include "boundary.h"

#include <string.h>

#define PARAMETERS 64

/* The parameters of a call; texts borrow from its table. */
typedef struct parameters {
    kal_value values[PARAMETERS];
    const char *names[PARAMETERS];
    size_t count;
} parameters;

static void read_value(lua_State *L, int index, kal_value *v) {
    *v = (kal_value){.kind = KAL_NULL};
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        v->kind = lua_isinteger(L, index) ? KAL_INTEGER : KAL_REAL;
        v->integer = lua_tointeger(L, index);
        v->real = lua_tonumber(L, index);
        return;
    case LUA_TBOOLEAN:
        v->kind = KAL_INTEGER;
        v->integer = lua_toboolean(L, index);
        return;
    case LUA_TSTRING:
        v->kind = KAL_TEXT;
        v->text.data = lua_tolstring(L, index, &v->text.len);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) return; /* json.null */
        break;
    default: break;
    }
    luaL_error(L, "sql: a parameter is a %s", luaL_typename(L, index));
}

/* A list gives ?, ?1 ...; a table with names gives :name, @name, $name. */
static void read_parameters(lua_State *L, int index, parameters *p) {
    if (lua_isnoneornil(L, index)) return;
    luaL_checktype(L, index, LUA_TTABLE);
    bool list = lua_rawlen(L, index) > 0;
    for (lua_Integer i = 1; list && lua_rawgeti(L, index, i) != LUA_TNIL; i++, lua_pop(L, 1)) {
        if (p->count == PARAMETERS) luaL_error(L, "sql: more than %d parameters", PARAMETERS);
        read_value(L, -1, &p->values[p->count++]);
    }
    lua_settop(L, index);
    if (list) return;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (p->count == PARAMETERS) luaL_error(L, "sql: more than %d parameters", PARAMETERS);
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "sql: a name of a parameter is no string");
        p->names[p->count] = lua_tostring(L, -2);
        read_value(L, -1, &p->values[p->count++]);
    }
}

static void push_value(lua_State *L, const kal_value *v) {
    if (v->kind == KAL_INTEGER)
        lua_pushinteger(L, v->integer);
    else if (v->kind == KAL_REAL)
        lua_pushnumber(L, v->real);
    else if (v->kind == KAL_NULL)
        lua_pushnil(L);
    else
        kalb_push_text(L, v->text);
}

/* Rows as tables by the names of their columns, and the names in their order. */
static int push_rows(lua_State *L, const kal_rows *rows) {
    lua_createtable(L, (int)rows->count, 0);
    for (size_t i = 0; i < rows->count; i++) {
        lua_createtable(L, 0, (int)rows->columns);
        for (size_t k = 0; k < rows->columns; k++) {
            kalb_push_text(L, rows->names[k]);
            push_value(L, &rows->values[i * rows->columns + k]);
            lua_rawset(L, -3);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_createtable(L, (int)rows->columns, 0);
    for (size_t k = 0; k < rows->columns; k++) {
        kalb_push_text(L, rows->names[k]);
        lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    return 2;
}

/* db.sql(text [, parameters [, { limit =, ms = }]]) -> rows, names of columns */
int kalb_sql(lua_State *L) {
    static const char *const keys[] = {"limit", "ms", NULL};
    parameters p = {.count = 0};
    kal_rows rows;
    kal_err err;
    int64_t ms = 0;
    kal_sql query = {.values = p.values};
    query.text.data = luaL_checklstring(L, 1, &query.text.len);
    lua_settop(L, 3);
    kalb_check_keys(L, 3, "sql", keys);
    kalb_field_integer(L, 3, "limit", &query.limit);
    kalb_field_integer(L, 3, "ms", &ms);
    luaL_argcheck(L, ms >= 0 && ms <= 3600000, 3, "ms must be between 0 and 3600000");
    query.ms = (int)ms;
    read_parameters(L, 2, &p);
    query.count = p.count;
    if (p.count && p.names[0]) query.names = p.names;
    if (kal_store_sql(kalb_store(L), &query, &rows, &err) != KAL_OK) return kalb_fail(L, &err);
    return push_rows(L, &rows);
}
