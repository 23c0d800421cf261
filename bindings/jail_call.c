/*
 * The work of a jailed policy: single calls and batches. Starts the worker again when it is gone,
 * counts strikes, and checks what the worker says: nothing unchecked reaches Lua.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jail_handle.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define STRIKES_TABLE "kalito.jail.strikes" /* in the registry: count by policy */
#define NO_SECCOMP "seccomp is missing here, so policies of others are refused"
#define WORKER_BUSY_MS 30000 /* then a new worker, well before the kernel's CPU limit */
#define CHUNK_ELEMENTS 512   /* of a batch in one request */
#define CHUNK_BYTES (256u * 1024)

int kalb_jail_push_fail(lua_State *L, const kalb_jail *j, kalb_outcome outcome, const char *what) {
    char text[KALB_ERROR_MAX * 2];
    char safe[KALB_ERROR_MAX];
    bool placed = strncmp(what, j->name, strlen(j->name)) == 0 || strncmp(what, "...", 3) == 0;
    int n = placed ? snprintf(text, sizeof text, "%s", what)
                   : snprintf(text, sizeof text, "%.255s: %s", j->name, what);
    size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    len = kalb_safe_text(text, len, safe, sizeof safe);
    lua_pushnil(L);
    lua_pushlstring(L, safe, len);
    lua_pushstring(L, kalb_outcome_code(outcome));
    return 3;
}

/* Whether an outcome speaks against the policy itself and costs more than an error. */
static bool is_strike(kalb_outcome outcome) {
    return outcome == KALB_LIMIT || outcome == KALB_CRASHED || outcome == KALB_TIMEOUT;
}

int kalb_jail_strikes(lua_State *L, const char *key) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, STRIKES_TABLE);
    lua_getfield(L, -1, key);
    int n = (int)lua_tointeger(L, -1);
    lua_pop(L, 2);
    return n;
}

/* Also in the registry: a policy opened again in this run keeps its strikes. */
static void strike(lua_State *L, kalb_jail *j) {
    j->strikes++;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, STRIKES_TABLE);
    lua_pushinteger(L, j->strikes);
    lua_setfield(L, -2, j->key);
    lua_pop(L, 1);
}

static kalb_outcome ask(kalb_jail *j, kalb_buf *request, bool *by_itself) {
    kalb_buf_patch(request, sizeof(uint32_t) + 1, ++j->seq);
    return kalb_process_ask(&j->process, request, &j->reply, by_itself);
}

kalb_reader kalb_jail_reply(const kalb_jail *j) {
    return (kalb_reader){j->reply.data + KALB_FRAME_HEADER, j->reply.data + j->reply.len};
}

/* A running worker with the policy inside; j->reply is its self-description. When the policy does
 * not load (any more), the outcome says so and the worker is gone. */
static kalb_outcome start(kalb_jail *j, bool *by_itself) {
    kalb_outcome outcome = kalb_process_start(&j->process, j->program);
    *by_itself = true;
    if (outcome == KALB_OK) outcome = ask(j, &j->load, by_itself);
    return outcome;
}

static kalb_outcome ask_once(kalb_jail *j, kalb_buf *request, bool *by_itself) {
    if (j->process.busy_ms > WORKER_BUSY_MS) kalb_process_stop(&j->process);
    if (request == &j->load) return start(j, by_itself);
    if (j->process.pid == 0) {
        kalb_outcome outcome = start(j, by_itself);
        kalb_reader body = kalb_jail_reply(j);
        unsigned loaded = KALB_OK;
        if (outcome != KALB_OK) return outcome;
        if (!kalb_read_byte(&body, &loaded) || loaded != KALB_OK) {
            kalb_process_stop(&j->process);
            snprintf(j->process.problem, sizeof j->process.problem, "it does not load any more");
            return KALB_CRASHED;
        }
    }
    return ask(j, request, by_itself);
}

/* A worker that someone else killed, and one that was too slow by the wall clock (a loaded
 * machine), get a second try. */
kalb_outcome kalb_jail_ask(kalb_jail *j, kalb_buf *request) {
    bool by_itself;
    kalb_outcome outcome = ask_once(j, request, &by_itself);
    if (outcome == KALB_TIMEOUT || !by_itself) outcome = ask_once(j, request, &by_itself);
    return outcome;
}

/* Pushes the values of one answered element. NULL, or why they are none. Behind a first nil stands
 * nothing: nil, message, code is the jail's own way to say that a call failed. */
static const char *push_values(lua_State *L, kalb_reader *r, const kalb_limits *limits) {
    unsigned n;
    if (!kalb_read_byte(r, &n) || n > KALB_VALUES_MAX) return "a wrong number of results";
    luaL_checkstack(L, KALB_VALUES_MAX + 4, NULL);
    for (unsigned i = 0; i < n; i++) {
        const char *bad = kalb_value_get(L, r, limits);
        if (bad != NULL) return bad;
    }
    if (n > 1 && lua_isnil(L, -(int)n)) lua_pop(L, (int)n - 1);
    return NULL;
}

/* Pushes nil, message, code of an element that failed. NULL, or why it is no such thing. */
static const char *push_error(lua_State *L, const kalb_jail *j, kalb_reader *r, unsigned outcome) {
    char safe[KALB_ERROR_MAX];
    uint32_t len;
    const unsigned char *text;
    if (outcome != KALB_POLICY && outcome != KALB_LIMIT && outcome != KALB_INVALID &&
        outcome != KALB_UNISOLATED) {
        return "an unknown outcome";
    }
    if (!kalb_read_u32(r, &len) || !kalb_read_bytes(r, &text, len)) return "a broken message";
    kalb_safe_text((const char *)text, len, safe, sizeof safe);
    kalb_jail_push_fail(L, j, outcome, outcome == KALB_UNISOLATED ? NO_SECCOMP : safe);
    return NULL;
}

int kalb_jail_push_answer(lua_State *L, kalb_jail *j, kalb_reader *r, const kalb_limits *limits,
                          bool *broken) {
    int top = lua_gettop(L);
    unsigned outcome = KALB_INVALID;
    const char *bad = "no answer";
    if (kalb_read_byte(r, &outcome)) {
        bad = outcome == KALB_OK ? push_values(L, r, limits) : push_error(L, j, r, outcome);
    }
    *broken = bad != NULL;
    if (bad != NULL) {
        lua_settop(L, top);
        kalb_process_stop(&j->process);
        kalb_jail_push_fail(L, j, KALB_INVALID, bad);
    }
    if (bad != NULL || is_strike(outcome)) strike(L, j);
    return lua_gettop(L) - top;
}

/* More in a reply than was asked for: not our worker's doing, so it ends. */
static bool has_rest(lua_State *L, kalb_jail *j, const kalb_reader *r) {
    if (r->at == r->end) return false;
    kalb_process_stop(&j->process);
    strike(L, j);
    return true;
}

/* A request that got no reply at all. */
int kalb_jail_push_no_answer(lua_State *L, kalb_jail *j, kalb_outcome outcome) {
    if (outcome == KALB_INVALID || is_strike(outcome)) strike(L, j);
    return kalb_jail_push_fail(L, j, outcome, j->process.problem);
}

int kalb_jail_push_quarantined(lua_State *L, const kalb_jail *j) {
    return kalb_jail_push_fail(L, j, KALB_QUARANTINED, "out for this run after two failures");
}

/* Begins a call of the function named at index 2; raises if the policy has none such. Returns
 * where the number of elements stands. */
static size_t begin_call(lua_State *L, kalb_jail *j) {
    size_t len;
    const char *function = luaL_checklstring(L, 2, &len);
    lua_getiuservalue(L, 1, 1);
    lua_getfield(L, -1, "info");
    lua_getfield(L, -1, "functions");
    lua_getfield(L, -1, function);
    if (!lua_toboolean(L, -1)) luaL_error(L, "%s has no function '%s'", j->name, function);
    lua_pop(L, 4);
    kalb_buf_reset(&j->request, KALB_REQUEST_MAX);
    kalb_frame_begin(&j->request, KALB_FRAME_CALL, 0);
    kalb_buf_u32(&j->request, (uint32_t)len);
    kalb_buf_put(&j->request, function, len);
    kalb_buf_u32(&j->request, 0);
    return j->request.len - sizeof(uint32_t);
}

/* Adds one element, arguments at first .. first + count - 1. False: too large, and taken back.
 * Raises about a value that cannot travel. */
static bool put_element(lua_State *L, kalb_jail *j, int first, lua_Integer count) {
    static const kalb_limits limits = KALB_LIMITS_REQUEST;
    kalb_buf *b = &j->request;
    size_t mark = b->len;
    if (count > KALB_VALUES_MAX) luaL_error(L, "more than %d arguments", KALB_VALUES_MAX);
    kalb_buf_u32(b, 0);
    kalb_buf_byte(b, (unsigned)count);
    for (int i = 0; i < count; i++) {
        const char *bad = kalb_value_put(L, first + i, b, &limits);
        if (bad == NULL) continue;
        if (strcmp(bad, KALB_TOO_BIG) != 0 && strcmp(bad, KALB_TOO_MANY) != 0) {
            luaL_error(L, "argument %d: %s", i + 1, bad);
        }
        b->len = mark;
        b->failed = false;
        return false;
    }
    kalb_buf_patch(b, mark, (uint32_t)(b->len - mark - sizeof(uint32_t)));
    return true;
}

/* handle:call(function, ...) -> results... | nil, message, code */
int kalb_jail_call(lua_State *L) {
    static const kalb_limits limits = KALB_LIMITS_ANSWER;
    kalb_jail *j = kalb_jail_check(L);
    int count = lua_gettop(L) - 2;
    size_t elements = begin_call(L, j);
    if (j->strikes >= KALB_STRIKES) return kalb_jail_push_quarantined(L, j);
    if (!put_element(L, j, 3, count)) {
        return kalb_jail_push_fail(L, j, KALB_TOO_LARGE, "the arguments are too large");
    }
    kalb_buf_patch(&j->request, elements, 1);
    kalb_frame_end(&j->request);
    kalb_outcome outcome = kalb_jail_ask(j, &j->request);
    if (outcome != KALB_OK) return kalb_jail_push_no_answer(L, j, outcome);
    kalb_reader body = kalb_jail_reply(j);
    bool broken;
    int pushed = kalb_jail_push_answer(L, j, &body, &limits, &broken);
    if (broken || !has_rest(L, j, &body)) return pushed;
    return kalb_jail_push_fail(L, j, KALB_INVALID, "more answers than questions");
}

/* Arguments of one element: a list, with `n` like that of table.pack when nils are in it. Pushes
 * them and returns their number. */
static lua_Integer push_arguments(lua_State *L, int list) {
    if (!lua_istable(L, list)) luaL_error(L, "an element of a batch is no list of arguments");
    lua_pushliteral(L, "n");
    bool counted = lua_rawget(L, list) == LUA_TNUMBER;
    lua_Integer n = counted ? lua_tointeger(L, -1) : (lua_Integer)lua_rawlen(L, list);
    lua_pop(L, 1);
    if (n < 0 || n > KALB_VALUES_MAX) luaL_error(L, "more than %d arguments", KALB_VALUES_MAX);
    for (lua_Integer i = 1; i <= n; i++)
        lua_rawgeti(L, list, i);
    return n;
}

/* Puts elements first, first + 1, ... of the list at index 3 into a request. Returns how many fit;
 * 0: not even the first. */
static lua_Integer fill_request(lua_State *L, kalb_jail *j, lua_Integer first, lua_Integer most) {
    size_t elements = begin_call(L, j);
    lua_Integer count = 0;
    while (count < most && j->request.len < CHUNK_BYTES) {
        lua_rawgeti(L, 3, first + count);
        int list = lua_gettop(L);
        bool fits = put_element(L, j, list + 1, push_arguments(L, list));
        lua_settop(L, list - 1);
        if (!fits) break;
        count++;
    }
    kalb_buf_patch(&j->request, elements, (uint32_t)count);
    return count;
}

/* Makes the `count` values on top the result of element `at` in the table at index 4. */
static void store(lua_State *L, lua_Integer at, int count) {
    lua_createtable(L, count, 1);
    lua_insert(L, -1 - count);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, -1 - i, i);
    lua_pushinteger(L, count);
    lua_setfield(L, -2, "n");
    lua_rawseti(L, 4, at);
}

/* Stores what the reply says about elements first .. first + count - 1. Returns for how many. */
static lua_Integer store_reply(lua_State *L, kalb_jail *j, lua_Integer first, lua_Integer count) {
    static const kalb_limits limits = KALB_LIMITS_ANSWER;
    kalb_reader body = kalb_jail_reply(j);
    lua_Integer done = 0;
    bool broken = false;
    do {
        store(L, first + done, kalb_jail_push_answer(L, j, &body, &limits, &broken));
        done++;
    } while (!broken && done < count && body.at < body.end && j->strikes < KALB_STRIKES);
    if (!broken && done == count) has_rest(L, j, &body);
    return done;
}

/* Does some of the elements from `first` on and returns how many. A request of several that gets
 * no reply says nothing about any of them: they are done again one by one. */
static lua_Integer do_some(lua_State *L, kalb_jail *j, lua_Integer first, lua_Integer left) {
    if (j->strikes >= KALB_STRIKES) {
        store(L, first, kalb_jail_push_quarantined(L, j));
        return 1;
    }
    lua_Integer most = left < CHUNK_ELEMENTS ? left : CHUNK_ELEMENTS;
    if (j->careful > 0) most = 1;
    lua_Integer count = fill_request(L, j, first, most);
    if (count == 0) {
        store(L, first, kalb_jail_push_fail(L, j, KALB_TOO_LARGE, "the arguments are too large"));
        return 1;
    }
    kalb_frame_end(&j->request);
    kalb_outcome outcome = kalb_jail_ask(j, &j->request);
    if (j->careful > 0) j->careful--;
    if (outcome == KALB_OK) return store_reply(L, j, first, count);
    if (count > 1) {
        j->careful = count;
        return 0;
    }
    store(L, first, kalb_jail_push_no_answer(L, j, outcome));
    return 1;
}

int kalb_jail_batch(lua_State *L) {
    kalb_jail *j = kalb_jail_check(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 3);
    lua_newtable(L);
    j->careful = 0;
    for (lua_Integer done = 0; done < count;)
        done += do_some(L, j, done + 1, count - done);
    return 1;
}
