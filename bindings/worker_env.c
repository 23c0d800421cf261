/*
 * What a policy sees: the interpreter's state with counted memory and counted instructions, and
 * the environment. Only what cannot reach out of a script is there. These walls keep honest
 * mistakes cheap and give good messages; against malice it is the kernel's walls that hold,
 * because the interpreter has faults that plain source reaches.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "worker.h"

#include "embedded.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#ifdef KALITO_TEST_UNRESTRICTED
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define HOOK_STEP 1000

int kalb_open_text(lua_State *L); /* text.c */

kalb_worker *kalb_worker_of(lua_State *L) {
    void *w;
    lua_getallocf(L, &w);
    return w;
}

/* Counts what the interpreter holds, so that the limit does not depend on the C library. */
static void *count_memory(void *ud, void *block, size_t old, size_t size) {
    kalb_worker *w = ud;
    if (block == NULL) old = 0;
    if (size == 0) {
        free(block);
        w->used -= old;
        return NULL;
    }
    if (size > old && (w->used > w->cap || size - old > w->cap - w->used)) return NULL;
    void *moved = realloc(block, size);
    if (moved != NULL) w->used = w->used - old + size;
    return moved;
}

static void count_instructions(lua_State *L, lua_Debug *ar) {
    (void)ar;
    kalb_worker *w = kalb_worker_of(L);
    w->instructions -= HOOK_STEP;
    if (w->instructions > 0) return;
    w->failure = KALB_LIMIT;
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, 1);
    luaL_where(L, 0);
    lua_pushfstring(L, "%smore than %d instructions", lua_tostring(L, -1), KALB_INSTRUCTIONS);
    lua_error(L);
}

void kalb_worker_count(kalb_worker *w) {
    w->instructions = KALB_INSTRUCTIONS;
    w->failure = KALB_POLICY;
    lua_sethook(w->L, count_instructions, LUA_MASKCOUNT, HOOK_STEP);
}

lua_State *kalb_worker_state(kalb_worker *w) {
    w->cap = KALB_MEMORY;
    w->L = lua_newstate(count_memory, w);
    return w->L;
}

/* pcall, but what ends a call for good passes through. */
static int guarded_pcall(lua_State *L) {
    luaL_checkany(L, 1);
    kalb_worker *w = kalb_worker_of(L);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    if (status == LUA_ERRMEM) w->failure = KALB_LIMIT;
    if (w->failure != KALB_POLICY) return lua_error(L);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* Hooks are off inside a finalizer, so there are none: Lua looks for __gc only here. */
static int guarded_setmetatable(lua_State *L) {
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
        return luaL_error(L, "cannot change a protected metatable");
    }
    lua_settop(L, 2);
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "__gc is not allowed in a policy");
        lua_settop(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

static int guarded_getmetatable(lua_State *L) {
    luaL_checkany(L, 1);
    if (lua_type(L, 1) != LUA_TTABLE || !lua_getmetatable(L, 1)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushliteral(L, "__metatable");
    if (lua_rawget(L, -2) == LUA_TNIL) lua_pop(L, 1);
    return 1;
}

/* kalito.script.builtin(name): the value a shipped file returns, made once. */
static int script_builtin(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL) return 1;
    const char *source;
    size_t len;
    if (!kalb_embedded(L, name, &source, &len)) {
        return luaL_error(L, "there is no built-in script '%s'", name);
    }
    const char *chunk = lua_pushfstring(L, "@kalito/%s.lua", name);
    if (luaL_loadbufferx(L, source, len, chunk, "t") != LUA_OK) return lua_error(L);
    lua_call(L, 0, 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, lua_upvalueindex(1), name);
    return 1;
}

/* Copies fields from the table at index `from` to the table on top. */
static void copy_fields(lua_State *L, int from, const char *const *names) {
    for (; *names != NULL; names++) {
        lua_getfield(L, from, *names);
        lua_setfield(L, -2, *names);
    }
}

/* Adds a library to the table on top, without some of its fields. */
static void add_library(lua_State *L, const char *name, lua_CFunction open,
                        const char *const *without) {
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    for (; *without != NULL; without++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *without);
    }
    lua_setfield(L, -2, name);
}

/* A string's metatable leads to the string library only, and cannot be had. */
static void lock_strings(lua_State *L) {
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

/* Adds `kalito` to the table on top. */
static void add_kalito(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, kalb_open_text);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, "text");
    lua_createtable(L, 0, 1);
    lua_newtable(L);
    lua_pushcclosure(L, script_builtin, 1);
    lua_setfield(L, -2, "builtin");
    lua_setfield(L, -2, "script");
    lua_setfield(L, -2, "kalito");
}

#ifdef KALITO_TEST_UNRESTRICTED
/* A test build without the interpreter's walls: every library, any system call by number, and
 * memory that ends after so many bytes more. */
static int raw_syscall(lua_State *L) {
    long args[7] = {0};
    for (int i = 0; i < 7; i++) {
        bool text = lua_type(L, i + 1) == LUA_TSTRING;
        args[i] = text ? (long)(size_t)lua_tostring(L, i + 1) : (long)luaL_optinteger(L, i + 1, 0);
    }
    long n = syscall(args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

static int cap_memory(lua_State *L) {
    kalb_worker *w = kalb_worker_of(L);
    w->cap = w->used + (size_t)luaL_checkinteger(L, 1);
    return 0;
}

static void remove_walls(lua_State *L) {
    luaL_openlibs(L);
    lua_register(L, "syscall", raw_syscall);
    lua_register(L, "cap_memory", cap_memory);
}
#else
static void remove_walls(lua_State *L) {
    (void)L;
}
#endif

int kalb_worker_environment(lua_State *L) {
    static const char *const base[] = {"assert",   "error",    "ipairs",   "next",   "pairs",
                                       "rawequal", "rawget",   "rawlen",   "rawset", "_VERSION",
                                       "select",   "tonumber", "tostring", "type",   NULL};
    static const luaL_Reg guarded[] = {{"pcall", guarded_pcall},
                                       {"setmetatable", guarded_setmetatable},
                                       {"getmetatable", guarded_getmetatable},
                                       {NULL, NULL}};
    static const char *const all[] = {NULL};
    static const char *const no_dump[] = {"dump", NULL};
    static const char *const no_chance[] = {"random", "randomseed", NULL};
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    lua_newtable(L);
    copy_fields(L, lua_gettop(L) - 1, base);
    add_library(L, "string", luaopen_string, no_dump);
    add_library(L, "table", luaopen_table, all);
    add_library(L, "math", luaopen_math, no_chance);
    add_library(L, "utf8", luaopen_utf8, all);
    luaL_setfuncs(L, guarded, 0);
    add_kalito(L);
    lock_strings(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    remove_walls(L);
    return 0;
}
