/*
** stats.c: db.stats: figures of the store or of one session.
*/
#include "boundary.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
} NUMBERS[] = {
#define NUMBER(name)                                                                               \
    { #name, offsetof(kal_stats, name) }
    NUMBER(sessions),    NUMBER(sessions_archived),
    NUMBER(personas),    NUMBER(sessions_temporary),
    NUMBER(summaries),   NUMBER(pins),
    NUMBER(messages),    NUMBER(user),
    NUMBER(assistant),   NUMBER(system),
    NUMBER(tool),        NUMBER(archived),
    NUMBER(bytes),       NUMBER(tokens),
    NUMBER(tokens_live), NUMBER(tokens_used),
};

static void push_usage(lua_State *L, const kal_stats *s) {
    lua_createtable(L, (int)s->usage_count, 0);
    for (size_t i = 0; i < s->usage_count; i++) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, s->usage[i].model);
        lua_setfield(L, -2, "model");
        lua_pushinteger(L, s->usage[i].messages);
        lua_setfield(L, -2, "messages");
        lua_pushinteger(L, s->usage[i].tokens);
        lua_setfield(L, -2, "tokens");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_bins(lua_State *L, const kal_stats *s) {
    lua_createtable(L, KAL_STATS_BINS, 0);
    for (int i = 0; i < KAL_STATS_BINS; i++) {
        lua_pushinteger(L, s->importance[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

/* db.stats.get([session]) -> figures: the fields of kal_stats under their names */
static int get(lua_State *L) {
    kal_err err;
    lua_settop(L, 1);
    kal_stats *s = lua_newuserdatauv(L, sizeof *s, 0);
    kal_str session = kalb_check_text(L, 1);
    if (kal_stats_get(kalb_store(L), session, s, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        lua_pushinteger(L, *(const int64_t *)((const char *)s + NUMBERS[i].offset));
        lua_setfield(L, -2, NUMBERS[i].name);
    }
    if (s->messages) {
        lua_pushstring(L, s->oldest);
        lua_setfield(L, -2, "oldest");
        lua_pushstring(L, s->newest);
        lua_setfield(L, -2, "newest");
    }
    push_bins(L, s);
    lua_setfield(L, -2, "importance");
    push_usage(L, s);
    lua_setfield(L, -2, "usage");
    return 1;
}

const luaL_Reg kalb_stats_functions[] = {{"get", get}, {NULL, NULL}};
