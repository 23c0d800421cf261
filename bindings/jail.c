/*
 * kalito.jail for Lua: opening a policy in the jail, what it says about itself, closing, and what
 * protects on this machine. A handle owns the worker process and the buffers; it is created
 * empty, acquired into, and closed by one function.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jail_handle.h"

#include <lauxlib.h>
#include <string.h>

#ifndef KALITO_PROGRAM
#define KALITO_PROGRAM "/usr/local/bin/kalito"
#endif

/* Address is the key of the registry under which the program stands when it is not that one. */
static const char PROGRAM_KEY = 'p';

kalb_jail *kalb_jail_check(lua_State *L) {
    kalb_jail *j = luaL_checkudata(L, 1, KALB_JAIL_HANDLE);
    if (!j->open) luaL_error(L, "the jail is closed");
    return j;
}

static int handle_close(lua_State *L) {
    kalb_jail *j = luaL_checkudata(L, 1, KALB_JAIL_HANDLE);
    kalb_process_stop(&j->process);
    kalb_buf_free(&j->load);
    kalb_buf_free(&j->request);
    kalb_buf_free(&j->reply);
    j->open = false;
    return 0;
}

/* The policy's own words, and the worker's process id. */
static int handle_info(lua_State *L) {
    kalb_jail *j = kalb_jail_check(L);
    lua_getiuservalue(L, 1, 1);
    lua_getfield(L, -1, "info");
    lua_pushinteger(L, j->process.pid);
    lua_setfield(L, -2, "pid");
    return 1;
}

/* Raises about a key that jail.open does not know, and about values of the wrong type. */
static void check_open_arguments(lua_State *L) {
    static const char *const known[] = {"name", "source", "options", "program", "unisolated", NULL};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int i = 0;
        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL) luaL_error(L, "unknown key '%s'", key);
        lua_pop(L, 1);
    }
}

/* Pushes field `key` of the table at 1, a string; `otherwise` when it is absent, if allowed. */
static const char *push_string(lua_State *L, const char *key, const char *otherwise, size_t *len) {
    int type = lua_getfield(L, 1, key);
    if (type == LUA_TNIL && otherwise != NULL) {
        lua_pop(L, 1);
        lua_pushstring(L, otherwise);
    } else if (type != LUA_TSTRING) {
        luaL_error(L, "'%s' must be a string", key);
    }
    return lua_tolstring(L, -1, len);
}

/* Pushes the program that becomes the worker. */
static const char *push_program(lua_State *L) {
    const char *own = KALITO_PROGRAM;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &PROGRAM_KEY) == LUA_TSTRING) own = lua_tostring(L, -1);
    return push_string(L, "program", own, NULL);
}

/* Names a policy together with its content, so that a corrected file starts without strikes. */
static const char *push_key(lua_State *L, const char *name, const char *source, size_t len) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)source[i]) * 1099511628211u;
    return lua_pushfstring(L, "%s %I", name, (LUAI_UACINT)hash);
}

/* Keeps the string on top alive as long as the handle at 2. Stack: minus one. */
static void keep(lua_State *L, const char *field) {
    lua_getiuservalue(L, 2, 1);
    lua_insert(L, -2);
    lua_setfield(L, -2, field);
    lua_pop(L, 1);
}

/* From the arguments at 1 into the handle at 2: names and the request that loads the policy.
 * False: the source is too long. */
static bool prepare(lua_State *L, kalb_jail *j) {
    static const kalb_limits limits = KALB_LIMITS_REQUEST;
    size_t len;
    j->name = push_string(L, "name", NULL, NULL);
    j->program = push_program(L);
    keep(L, "program");
    lua_settop(L, 3);
    const char *source = push_string(L, "source", NULL, &len);
    j->key = push_key(L, j->name, source, len);
    keep(L, "key");
    kalb_buf_reset(&j->load, KALB_REQUEST_MAX);
    kalb_frame_begin(&j->load, KALB_FRAME_LOAD, 0);
    lua_getfield(L, 1, "unisolated");
    kalb_buf_byte(&j->load, lua_toboolean(L, -1) ? 1 : 0);
    if (lua_getfield(L, 1, "options") != LUA_TNIL) luaL_checktype(L, -1, LUA_TTABLE);
    static const int values[] = {3, 4, 6}; /* name, source, options */
    for (int i = 0; i < 3 && len <= KALB_SOURCE_MAX; i++) {
        const char *bad = kalb_value_put(L, values[i], &j->load, &limits);
        if (bad != NULL) luaL_error(L, "cannot pass the options: %s", bad);
    }
    lua_settop(L, 3);
    keep(L, "name");
    j->open = true;
    return kalb_frame_end(&j->load) && len <= KALB_SOURCE_MAX;
}

/* Makes the table of the policy's self-description from the values at first, ... on top. False: a
 * value has the wrong type. Order is that of the worker's answer. */
static bool make_info(lua_State *L, int first) {
    static const struct {
        const char *field;
        int type;
        bool needed;
    } fields[] = {{"functions", LUA_TTABLE, true}, {"confined", LUA_TTABLE, true},
                  {"name", LUA_TSTRING, false},    {"describe", LUA_TSTRING, false},
                  {"defaults", LUA_TTABLE, false}, {"tests", LUA_TTABLE, false}};
    if (lua_gettop(L) != first + 5) return false;
    lua_createtable(L, 0, 7);
    for (int i = 0; i < 6; i++) {
        int type = lua_type(L, first + i);
        if (type != fields[i].type && (fields[i].needed || type != LUA_TNIL)) return false;
        lua_pushvalue(L, first + i);
        lua_setfield(L, -2, fields[i].field);
    }
    return true;
}

/* Loads the policy of the handle at 2. Returns 0, or what it pushed: nil, message, code. */
static int load(lua_State *L, kalb_jail *j) {
    static const kalb_limits limits = KALB_LIMITS_INFO;
    kalb_outcome outcome = kalb_jail_ask(j, &j->load);
    if (outcome != KALB_OK) return kalb_jail_push_no_answer(L, j, outcome);
    kalb_reader body = kalb_jail_reply(j);
    bool broken, loaded = body.at < body.end && *body.at == KALB_OK;
    int first = lua_gettop(L) + 1;
    int count = kalb_jail_push_answer(L, j, &body, &limits, &broken);
    if (broken || !loaded) return count;
    if (body.at != body.end || !make_info(L, first)) {
        return kalb_jail_push_fail(L, j, KALB_INVALID,
                                   "name and describe must be texts, defaults and tests tables");
    }
    keep(L, "info");
    return 0;
}

static kalb_jail *new_handle(lua_State *L) {
    kalb_jail *j = lua_newuserdatauv(L, sizeof *j, 1);
    memset(j, 0, sizeof *j);
    j->seq = KALB_PROTOCOL;
    luaL_setmetatable(L, KALB_JAIL_HANDLE);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    return j;
}

/* jail.open{...} -> handle | nil, message, code */
static int jail_open(lua_State *L) {
    check_open_arguments(L);
    kalb_jail *j = new_handle(L);
    int failed = 0;
    if (!prepare(L, j)) {
        failed = kalb_jail_push_fail(L, j, KALB_POLICY, "larger than 64 KiB");
    } else if ((j->strikes = kalb_jail_strikes(L, j->key)) >= KALB_STRIKES) {
        failed = kalb_jail_push_quarantined(L, j);
    } else {
        failed = load(L, j);
    }
    if (failed == 0) {
        lua_settop(L, 2);
        return 1;
    }
    lua_pushcfunction(L, handle_close);
    lua_pushvalue(L, 2);
    lua_call(L, 1, 0);
    return failed;
}

/* Debian's 5.4.4 reads a stale stack pointer when a __concat metamethod makes the stack grow: wrong
 * results or a crash. Run in a worker of its own. */
static const char PROBE[] =
    "local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end\n"
    "local v = setmetatable({}, { __concat = function() deep(150) return 'v' end })\n"
    "return { probe = function()\n"
    "  local function nested(n) if n == 0 then return 'a' .. 'b' .. v .. 'c' .. 'd' end\n"
    "    return (nested(n - 1)) end\n"
    "  for i = 1, 120 do if nested(i) ~= 'abv' then return false end end\n"
    "  return true end }\n";

/* Calls method `name` of the handle at index `at` with one more argument. Stack: plus two. */
static void call_method(lua_State *L, int at, const char *name, const char *argument) {
    lua_getfield(L, at, name);
    lua_pushvalue(L, at);
    lua_pushstring(L, argument);
    lua_call(L, 2, 2);
}

/* Fills the table at 2 from the worker of the handle at 3. */
static void probe_worker(lua_State *L) {
    static const char *const fields[] = {"seccomp", "no_new_privs", "rlimits", NULL};
    call_method(L, 3, "info", NULL);
    lua_getfield(L, -2, "confined");
    for (int i = 0; fields[i] != NULL; i++) {
        lua_getfield(L, -1, fields[i]);
        lua_setfield(L, 2, fields[i]);
    }
    ((kalb_jail *)lua_touserdata(L, 3))->strikes = -KALB_STRIKES; /* to be repeated at will */
    call_method(L, 3, "call", "probe");
    lua_pushboolean(L, !lua_toboolean(L, -2));
    lua_setfield(L, 2, "concat_fault");
    call_method(L, 3, "close", NULL);
    lua_getfield(L, 2, "seccomp");
    lua_setfield(L, 2, "isolated");
}

/* jail.status{program=} -> what protects here, asked of a worker; message when none starts. */
static int jail_status(lua_State *L) {
    lua_settop(L, 1);
    lua_createtable(L, 0, 8);
    lua_pushstring(L, LUA_RELEASE);
    lua_setfield(L, 2, "lua");
    lua_pushcfunction(L, jail_open);
    lua_createtable(L, 0, 4);
    lua_pushstring(L, PROBE);
    lua_setfield(L, -2, "source");
    lua_pushliteral(L, "the probe of the jail");
    lua_setfield(L, -2, "name");
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "unisolated");
    if (lua_istable(L, 1)) {
        lua_getfield(L, 1, "program");
        lua_setfield(L, -2, "program");
    }
    lua_call(L, 1, 2);
    lua_pushvalue(L, 4);
    lua_setfield(L, 2, "message");
    if (lua_isuserdata(L, 3)) probe_worker(L);
    lua_settop(L, 2);
    return 1;
}

void kalb_jail_self(lua_State *L) {
    lua_pushliteral(L, "/proc/self/exe");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &PROGRAM_KEY);
}

int kalb_open_jail(lua_State *L) {
    static const luaL_Reg methods[] = {{"info", handle_info},
                                       {"call", kalb_jail_call},
                                       {"batch", kalb_jail_batch},
                                       {"close", handle_close},
                                       {"__gc", handle_close},
                                       {"__close", handle_close},
                                       {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"open", jail_open}, {"status", jail_status}, {NULL, NULL}};
    if (luaL_newmetatable(L, KALB_JAIL_HANDLE)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -2, "__index");
    }
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
