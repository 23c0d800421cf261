/*
** search.c: db.search: plain text search.
*/
#include "boundary.h"

static void push_spans(lua_State *L, const kal_found *f) {
    lua_createtable(L, (int)f->span_count, 0);
    for (size_t i = 0; i < f->span_count; i++) {
        lua_createtable(L, 2, 0);
        lua_pushinteger(L, (lua_Integer)f->spans[i].from + 1);
        lua_rawseti(L, -2, 1);
        lua_pushinteger(L, (lua_Integer)f->spans[i].to);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Positions become Lua's: from 1, the last one included. */
static void push_found(lua_State *L, const kal_found *f) {
    const struct {
        const char *name;
        kal_str text;
    } texts[] = {{"kind", kal_text(f->noun == KAL_MESSAGE ? "message"
                                   : f->noun == KAL_PIN   ? "pin"
                                                          : "summary")},
                 {"id", f->id},
                 {"session", f->session},
                 {"role", f->role},
                 {"speaker", f->speaker},
                 {"created_at", f->created_at},
                 {"text", f->text}};
    lua_createtable(L, 0, 13);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kalb_push_text(L, texts[i].text);
        lua_setfield(L, -2, texts[i].name);
    }
    lua_pushnumber(L, f->importance_score);
    lua_setfield(L, -2, "importance_score");
    lua_pushnumber(L, f->score);
    lua_setfield(L, -2, "score");
    lua_pushinteger(L, (lua_Integer)f->part.from + 1);
    lua_setfield(L, -2, "from");
    lua_pushinteger(L, (lua_Integer)f->part.to);
    lua_setfield(L, -2, "to");
    push_spans(L, f);
    lua_setfield(L, -2, "spans");
}

/* db.search.find{ query =, session = | sessions =, limit =, width = } -> list of what was found, best first */
static int find(lua_State *L) {
    static const char *const keys[] = {"query", "session", "sessions", "limit", "width", NULL};
    kal_search search = {.limit = 20};
    kal_str one;
    kal_err err;
    size_t count;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "search.find", keys);
    kalb_field_text(L, 1, "query", &search.text);
    kalb_field_integer(L, 1, "limit", &search.limit);
    kalb_field_integer(L, 1, "width", &search.width);
    kalb_field_sessions(L, 1, &one, &search.sessions, &search.session_count);
    size_t room = search.limit > 0 && search.limit <= 1000 ? (size_t)search.limit : 1;
    kal_found *rows = lua_newuserdatauv(L, room * sizeof *rows, 0);
    if (kal_search_find(kalb_store(L), &search, rows, &count, &err) != KAL_OK)
        return kalb_fail(L, &err);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_found(L, &rows[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

const luaL_Reg kalb_search_functions[] = {{"find", find}, {NULL, NULL}};
