/*
** vector.c: db.vector: vectors of messages, and the messages that are near one.
*/
#include "boundary.h"

/* The list of numbers under `values`, in a userdata that is left on the stack; NULL when there is none. */
static const float *check_values(lua_State *L, size_t *count) {
    int type = lua_getfield(L, 1, "values");
    *count = 0;
    if (type == LUA_TNIL) return NULL;
    if (type != LUA_TTABLE) luaL_error(L, "values must be a list of numbers");
    int list = lua_gettop(L);
    size_t n = lua_rawlen(L, list);
    float *out = lua_newuserdatauv(L, (n + 1) * sizeof *out, 0);
    for (size_t i = 0; i < n; i++) {
        if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TNUMBER)
            luaL_error(L, "values must be a list of numbers");
        out[i] = (float)lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    *count = n;
    return out;
}

/* db.vector.set{ message =, model =, values =, text = } -> true */
static int set(lua_State *L) {
    static const char *const keys[] = {"message", "model", "values", "text", NULL};
    kal_vector row = {0};
    kal_err err;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "vector.set", keys);
    kalb_field_integer(L, 1, "message", &row.message);
    kalb_field_text(L, 1, "model", &row.model);
    kalb_field_text(L, 1, "text", &row.text);
    row.values = check_values(L, &row.dimension);
    return kalb_done(L, kal_vector_set(kalb_store(L), &row, &err), &err);
}

/* db.vector.del(model) -> true; without a model all */
static int del(lua_State *L) {
    kal_err err;
    return kalb_done(L, kal_vector_del(kalb_store(L), kalb_check_text(L, 1), &err), &err);
}

/* db.vector.count(model) -> integer; without a model all */
static int count(lua_State *L) {
    int64_t n;
    kal_err err;
    if (kal_vector_count(kalb_store(L), kalb_check_text(L, 1), &n, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_pushinteger(L, n);
    return 1;
}

/* db.vector.missing{ model =, after =, limit = } -> ids, ascending */
static int missing(lua_State *L) {
    static const char *const keys[] = {"model", "after", "limit", NULL};
    kal_missing query = {.limit = 100};
    kal_err err;
    size_t n;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "vector.missing", keys);
    kalb_field_text(L, 1, "model", &query.model);
    kalb_field_integer(L, 1, "after", &query.after);
    kalb_field_integer(L, 1, "limit", &query.limit);
    luaL_argcheck(L, query.limit >= 1 && query.limit <= 10000, 1,
                  "limit must be between 1 and 10000");
    int64_t *ids = lua_newuserdatauv(L, (size_t)query.limit * sizeof *ids, 0);
    if (kal_vector_missing(kalb_store(L), &query, ids, &n, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushinteger(L, ids[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static void check_near(lua_State *L, kal_near *query, kal_str *one) {
    static const char *const keys[] = {"model", "values",  "session", "sessions",
                                       "limit", "without", NULL};
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "vector.find", keys);
    kalb_field_text(L, 1, "model", &query->model);
    kalb_field_integer(L, 1, "limit", &query->limit);
    kalb_field_integer(L, 1, "without", &query->without);
    kalb_field_sessions(L, 1, one, &query->sessions, &query->session_count);
    query->values = check_values(L, &query->dimension);
}

/* db.vector.find{ model =, values =, session = | sessions =, limit =, without = } -> hits, nearest first */
static int find(lua_State *L) {
    kal_near query = {.limit = 10};
    kal_str one;
    kal_err err;
    size_t n;
    check_near(L, &query, &one);
    size_t room = query.limit > 0 && query.limit <= 1000 ? (size_t)query.limit : 1;
    kal_hit *hits = lua_newuserdatauv(L, room * sizeof *hits, 0);
    if (kal_vector_find(kalb_store(L), &query, hits, &n, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_hits(L, hits, n);
    return 1;
}

const luaL_Reg kalb_vector_functions[] = {{"set", set},         {"del", del},   {"count", count},
                                          {"missing", missing}, {"find", find}, {NULL, NULL}};
