/*
 * A worker: reads a request, runs the policy, answers, and ends when its parent goes away. One
 * worker holds one policy in one interpreter that is never reused. It owns no decision about
 * strikes, retries or defaults; the program does.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "worker.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME_CPU_MS 100 /* a batch is answered in part after this, far from the wall limit */

/* Addresses that are keys of the registry: the policy's functions by name; its options, or nil when
 * it has no defaults and was given none. */
static const char FUNCTIONS = 'f';
static const char OPTIONS = 'o';

/* Appends the value at idx to the answer, or raises as an invalid reply. */
static void put_answer(lua_State *L, int idx, const kalb_limits *limits, const char *what) {
    kalb_worker *w = kalb_worker_of(L);
    const char *bad = kalb_value_put(L, idx, &w->out, limits);
    if (bad == NULL) return;
    w->failure = KALB_INVALID;
    luaL_error(L, "%s: %s", what, bad);
}

static void get_arg(lua_State *L, kalb_worker *w) {
    static const kalb_limits limits = KALB_LIMITS_REQUEST;
    const char *bad = kalb_value_get(L, &w->args, &limits);
    if (bad != NULL) luaL_error(L, "a request with %s", bad);
}

/* Takes name, source, options from the request. Stack: the policy's table. */
static void load_policy(lua_State *L, kalb_worker *w) {
    for (int i = 0; i < 3; i++)
        get_arg(L, w);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &OPTIONS);
    size_t len;
    const char *name = luaL_checkstring(L, 1);
    const char *source = luaL_checklstring(L, 2, &len);
    if (luaL_loadbufferx(L, source, len, lua_pushfstring(L, "@%s", name), "t") != LUA_OK) {
        lua_error(L);
    }
    lua_call(L, 0, 1);
    if (!lua_istable(L, -1)) {
        luaL_error(L, "%s: returns a %s, not the policy's table", name, luaL_typename(L, -1));
    }
    lua_replace(L, 1);
    lua_settop(L, 1);
}

/* Keeps the functions of the policy's table at 1. Stack: plus the set of their names. */
static void collect_functions(lua_State *L) {
    lua_newtable(L);
    lua_newtable(L);
    int names = lua_gettop(L) - 1;
    int functions = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_isfunction(L, -1)) {
            lua_pushvalue(L, -2);
            lua_pushboolean(L, 1);
            lua_rawset(L, names);
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, functions);
        }
        lua_pop(L, 1);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &FUNCTIONS);
}

static void push_confined(lua_State *L, const kalb_confined *confined) {
    lua_createtable(L, 0, 3);
    lua_pushboolean(L, confined->seccomp);
    lua_setfield(L, -2, "seccomp");
    lua_pushboolean(L, confined->no_new_privs);
    lua_setfield(L, -2, "no_new_privs");
    lua_pushboolean(L, confined->rlimits);
    lua_setfield(L, -2, "rlimits");
}

/* Copies the fields of the table at `from` to the table on top. Stack: unchanged. */
static void copy_pairs(lua_State *L, int from) {
    int to = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, from)) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

/* Lays the options given by the program over the defaults of the policy's table at 1: one start is
 * enough, though nobody knows the defaults before it. What is no option is the program's to
 * refuse, which learns the defaults from the answer. Stack: unchanged. */
static void lay_options(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &OPTIONS);
    lua_pushliteral(L, "defaults");
    lua_rawget(L, 1);
    if (lua_istable(L, -1)) {
        int defaults = lua_gettop(L);
        lua_newtable(L);
        copy_pairs(L, defaults);
        if (lua_istable(L, defaults - 1)) copy_pairs(L, defaults - 1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &OPTIONS);
    }
    lua_settop(L, 1);
}

/* Loads, and answers functions, confined, name, describe, defaults, tests. Protected. */
static int answer_load(lua_State *L) {
    static const kalb_limits limits = KALB_LIMITS_INFO;
    static const char *const fields[] = {"name", "describe", "defaults", "tests"};
    kalb_worker *w = kalb_worker_of(L);
    load_policy(L, w);
    lay_options(L);
    kalb_buf_byte(&w->out, 6);
    collect_functions(L);
    put_answer(L, -1, &limits, "functions");
    push_confined(L, &w->confined);
    put_answer(L, -1, &limits, "confined");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushstring(L, fields[i]);
        lua_rawget(L, 1);
        put_answer(L, -1, &limits, fields[i]);
    }
    return 0;
}

/* Options ride in the last argument, unless the caller has put his own there. Stack: unchanged. */
static void add_options(lua_State *L) {
    if (!lua_istable(L, -1)) return;
    lua_pushliteral(L, "options");
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pushliteral(L, "options");
        lua_rawgetp(L, LUA_REGISTRYINDEX, &OPTIONS);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
}

/* Calls the function for one element and answers its results. Protected. */
static int answer_call(lua_State *L) {
    static const kalb_limits limits = KALB_LIMITS_ANSWER;
    kalb_worker *w = kalb_worker_of(L);
    luaL_checkstack(L, KALB_VALUES_MAX + 8, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &FUNCTIONS);
    lua_pushlstring(L, w->function, w->function_len);
    lua_rawget(L, -2);
    lua_replace(L, 1);
    lua_settop(L, 1);
    for (unsigned i = 0; i < w->arg_count; i++)
        get_arg(L, w);
    if (w->arg_count > 0) add_options(L);
    lua_call(L, (int)w->arg_count, LUA_MULTRET);
    int count = lua_gettop(L);
    if (count > KALB_VALUES_MAX) lua_settop(L, count = KALB_VALUES_MAX);
    kalb_buf_byte(&w->out, (unsigned)count);
    for (int i = 1; i <= count; i++)
        put_answer(L, i, &limits, "result");
    return 0;
}

/* What the error at the top says; without running any of the script's code. */
static void put_failure(kalb_worker *w, int status) {
    char own[64];
    size_t len = 0;
    const char *text = lua_type(w->L, -1) == LUA_TSTRING ? lua_tolstring(w->L, -1, &len) : NULL;
    if (text == NULL) {
        len = (size_t)snprintf(own, sizeof own, "an error that is a %s, not a text",
                               luaL_typename(w->L, -1));
        text = own;
    } else if (strcmp(text, "not enough memory") == 0) {
        len = (size_t)snprintf(own, sizeof own, "more than %u MiB of memory", KALB_MEMORY >> 20);
        text = own;
    }
    if (len > KALB_ERROR_MAX) len = KALB_ERROR_MAX;
    kalb_buf_byte(&w->out, status == LUA_ERRMEM ? KALB_LIMIT : w->failure);
    kalb_buf_u32(&w->out, (uint32_t)len);
    kalb_buf_put(&w->out, text, len);
}

/* One element of the reply: fresh allowances, the call, its results or its error. */
static void answer(kalb_worker *w, lua_CFunction f, unsigned ms) {
    size_t mark = w->out.len;
    w->out.max = mark + KALB_ANSWER_MAX;
    kalb_buf_byte(&w->out, KALB_OK);
    kalb_worker_count(w);
    kalb_worker_time(ms);
    lua_pushcfunction(w->L, f);
    int status = lua_pcall(w->L, 0, 0, 0);
    kalb_worker_time(0);
    if (status == LUA_OK) return;
    w->out.len = mark;
    w->out.failed = false;
    put_failure(w, status);
    lua_settop(w->L, 0);
}

/* Body: may it run without seccomp (a byte), then the arguments of load_policy. */
static bool serve_load(kalb_worker *w) {
    unsigned unisolated;
    if (!kalb_read_byte(&w->args, &unisolated)) return false;
    if (w->confined.seccomp || unisolated) {
        answer(w, answer_load, KALB_LOAD_MS);
        return true;
    }
    kalb_buf_byte(&w->out, KALB_UNISOLATED);
    kalb_buf_u32(&w->out, 0);
    return true;
}

/* Answers elements until they end, or the reply is large or late enough to be sent. */
static bool serve_call(kalb_worker *w) {
    kalb_reader r = w->args;
    const unsigned char *name;
    uint32_t len, count, size;
    if (!kalb_read_u32(&r, &len) || !kalb_read_bytes(&r, &name, len)) return false;
    w->function = (const char *)name;
    w->function_len = len;
    if (!kalb_read_u32(&r, &count)) return false;
    long start = kalb_worker_cpu_ms();
    while (count-- > 0) {
        const unsigned char *element;
        if (!kalb_read_u32(&r, &size) || !kalb_read_bytes(&r, &element, size)) return false;
        w->args = (kalb_reader){element, element + size};
        if (!kalb_read_byte(&w->args, &w->arg_count)) return false;
        if (w->arg_count > KALB_VALUES_MAX) return false;
        answer(w, answer_call, KALB_CALL_MS);
        if (w->out.len > KALB_ANSWERS_ENOUGH) break;
        if (kalb_worker_cpu_ms() - start > FRAME_CPU_MS) break;
    }
    return true;
}

/* False ends the worker: the parent is gone, or is not a parent. */
static bool serve(kalb_worker *w) {
    uint32_t len, seq;
    unsigned kind;
    if (!kalb_worker_read(&len, sizeof len) || len > KALB_REQUEST_MAX) return false;
    kalb_buf_reset(&w->in, KALB_REQUEST_MAX);
    if (!kalb_buf_reserve(&w->in, len) || !kalb_worker_read(w->in.data, len)) return false;
    w->args = (kalb_reader){w->in.data, w->in.data + len};
    if (!kalb_read_byte(&w->args, &kind) || !kalb_read_u32(&w->args, &seq)) return false;
    kalb_worker_time_reply(seq);
    kalb_buf_reset(&w->out, KALB_REPLY_MAX);
    kalb_frame_begin(&w->out, KALB_FRAME_REPLY, seq);
    bool known = kind == KALB_FRAME_LOAD ? serve_load(w) : kind == KALB_FRAME_CALL && serve_call(w);
    return known && kalb_frame_end(&w->out) && kalb_worker_write(w->out.data, w->out.len);
}

/* Making the clock, and the C library's first allocation, need more calls than the filter leaves,
 * so they come first. */
int kalb_worker_main(void) {
    static kalb_worker w;
    if (!kalb_worker_clock() || kalb_worker_state(&w) == NULL) _exit(3);
    kalb_worker_confine(&w.confined);
    lua_pushcfunction(w.L, kalb_worker_environment);
    if (lua_pcall(w.L, 0, 0, 0) != LUA_OK) _exit(3);
    while (serve(&w))
        ;
    _exit(0);
}
