/*
** coroutine.c: coroutine.resume and coroutine.wrap as Lua has them, with the resumed thread known to Ctrl-C while it
** runs. The program's own; the module leaves the functions of stock Lua alone.
*/
#include "boundary.h"

/* Runs `thread` with the `count` values at the top. Returns how many results are on top, or -1 with the error
** there. lua_resume raises nothing in L, so that the frame is always left. */
static int resume_with(lua_State *L, lua_State *thread, int count) {
    kalb_running frame;
    int results = 0;
    if (!lua_checkstack(thread, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, thread, count);
    kalb_interrupt_enter(&frame, thread);
    int status = lua_resume(thread, L, count, &results);
    kalb_interrupt_leave(&frame);
    bool fine = status == LUA_OK || status == LUA_YIELD;
    if (fine && !lua_checkstack(L, results + 1)) {
        lua_pop(thread, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(thread, L, fine ? results : 1);
    return fine ? results : -1;
}

/* coroutine.resume(thread, ...) */
static int resume(lua_State *L) {
    lua_State *thread = lua_tothread(L, 1);
    luaL_argexpected(L, thread, 1, "coroutine");
    int results = resume_with(L, thread, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    lua_insert(L, results >= 0 ? -(results + 1) : -2);
    return results >= 0 ? results + 1 : 2;
}

/* What coroutine.wrap gives; upvalue 1 is the thread. An error closes it and goes on in the caller. */
static int wrapped(lua_State *L) {
    lua_State *thread = lua_tothread(L, lua_upvalueindex(1));
    int results = resume_with(L, thread, lua_gettop(L));
    if (results >= 0) return results;
    int status = lua_status(thread);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = lua_resetthread(thread);
        lua_xmove(thread, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* coroutine.wrap(f) */
static int wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *thread = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, thread, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

void kalb_watch_coroutines(lua_State *L) {
    static const luaL_Reg functions[] = {{"resume", resume}, {"wrap", wrap}, {NULL, NULL}};
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
