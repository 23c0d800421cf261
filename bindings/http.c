/*
** http.c: the module kalito_http, loaded at the first request: one function that sends a request and hands on the
** answer, one that waits. It stands alone (nothing else of kalito is linked into it), so it has its own small
** readers of a table.
*/
#include "kalito.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <time.h>

#define CLIENT "kalito.http"

typedef struct client {
    kal_http *http;
    bool busy;
} client;

static int close_client(lua_State *L) {
    client *c = luaL_checkudata(L, 1, CLIENT);
    kal_http_close(c->http);
    c->http = NULL;
    return 0;
}

/* Pushes the client of the module, or a new one while a callback of that one sends a request too. */
static client *push_client(lua_State *L) {
    kal_err err;
    lua_pushvalue(L, lua_upvalueindex(1));
    client *c = lua_touserdata(L, -1);
    if (c->busy) {
        lua_pop(L, 1);
        c = lua_newuserdatauv(L, sizeof *c, 0);
        memset(c, 0, sizeof *c);
        luaL_setmetatable(L, CLIENT);
    }
    if (!c->http && kal_http_open(&c->http, &err) != KAL_OK) luaL_error(L, "%s", err.message);
    return c;
}

/* ---- the settings ---- */

static void check_keys(lua_State *L) {
    static const char *const keys[] = {
        "url",           "method",     "headers",    "body",    "connect_timeout",
        "stall_timeout", "answer_max", "allow_http", "ca_file", NULL};
    luaL_checktype(L, 1, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int i = 0;
        while (keys[i] && strcmp(keys[i], key) != 0)
            i++;
        if (!keys[i]) luaL_error(L, "http.request: unknown key '%s'", key);
    }
}

/* Each leaves the value on the stack, so that borrowed text stays alive. */
static kal_str get_text(lua_State *L, const char *key) {
    kal_str text = {NULL, 0};
    if (lua_getfield(L, 1, key) == LUA_TNIL) return text;
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "'%s' must be a string", key);
    text.data = lua_tolstring(L, -1, &text.len);
    return text;
}

static double get_number(lua_State *L, const char *key) {
    if (lua_getfield(L, 1, key) == LUA_TNIL) return 0;
    double value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    if (!(value > 0 && value <= 1e9)) luaL_error(L, "'%s' must be a number above 0", key);
    return value;
}

/* Stack: plus the table and the array. */
static void get_headers(lua_State *L, kal_http_request *r) {
    if (lua_getfield(L, 1, "headers") == LUA_TNIL) return;
    luaL_checktype(L, -1, LUA_TTABLE);
    int table = lua_gettop(L);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        n++;
    kal_header *headers = lua_newuserdatauv(L, (n + 1) * sizeof *headers, 0);
    r->headers = headers;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        kal_header *h = &headers[r->header_count++];
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "'headers' must hold strings");
        h->name.data = lua_tolstring(L, -2, &h->name.len);
        h->value.data = lua_tolstring(L, -1, &h->value.len);
    }
}

static void get_request(lua_State *L, kal_http_request *r) {
    check_keys(L);
    luaL_checkstack(L, 20, NULL);
    r->url = get_text(L, "url");
    r->method = get_text(L, "method");
    r->body = get_text(L, "body");
    r->ca_file = get_text(L, "ca_file");
    r->connect_ms = (int64_t)(get_number(L, "connect_timeout") * 1000);
    r->stall_s = (int64_t)(get_number(L, "stall_timeout") + 0.5);
    r->answer_max = (size_t)get_number(L, "answer_max");
    lua_getfield(L, 1, "allow_http");
    r->allow_http = lua_toboolean(L, -1);
    get_headers(L, r);
}

/* ---- callbacks: a Lua error never passes through libcurl ---- */

typedef struct call {
    lua_State *L;
    kal_str piece;
    bool failed;  /* the error is at the top of the stack */
    bool stopped; /* the function said false */
} call;

/* Protected: 1 is the call. */
static int give_piece(lua_State *L) {
    call *c = lua_touserdata(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushlstring(L, c->piece.data, c->piece.len);
    lua_call(L, 1, 1);
    c->stopped = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    return 0;
}

/* Calls the function at `index` with the call; an error stays on the stack. */
static bool guarded(call *c, int index) {
    lua_pushvalue(c->L, index);
    lua_pushlightuserdata(c->L, c);
    if (lua_pcall(c->L, 1, 0, 0) != LUA_OK) c->failed = true;
    return !c->failed;
}

static bool on_chunk(void *context, kal_str piece) {
    call *c = context;
    c->piece = piece;
    return guarded(c, 3) && !c->stopped;
}

static int nothing(lua_State *L) {
    (void)L;
    return 0;
}

/* Ctrl-C sets a hook that raises at the next call: so there is one. A hook that waits on the main thread while a
** coroutine sends the request ends the transfer too. */
static bool on_alive(void *context) {
    call *c = context;
    const int all = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
    lua_rawgeti(c->L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main = lua_tothread(c->L, -1);
    lua_pop(c->L, 1);
    if (main != c->L && lua_gethookmask(main) == all && lua_gethookcount(main) == 1) return false;
    return guarded(c, 4);
}

/* ---- the functions ---- */

static void push_response(lua_State *L, const kal_http *http) {
    kal_header header;
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, kal_http_status(http));
    lua_setfield(L, -2, "status");
    lua_newtable(L);
    for (size_t i = 0; kal_http_header(http, i, &header); i++) {
        lua_getglobal(L, "string");
        lua_getfield(L, -1, "lower");
        lua_pushlstring(L, header.name.data, header.name.len);
        lua_call(L, 1, 1);
        lua_pushlstring(L, header.value.data, header.value.len);
        lua_settable(L, -4);
        lua_pop(L, 1);
    }
    lua_setfield(L, -2, "headers");
    kal_str body = kal_http_body(http);
    if (body.data) lua_pushlstring(L, body.data, body.len);
    if (body.data) lua_setfield(L, -2, "body");
}

/* Performs with the callbacks at 3 and 4; the call is over before Lua allocates again. */
static kal_code perform(lua_State *L, client *own, const kal_http_request *given, kal_err *err) {
    call c = {.L = L};
    kal_http_request r = *given;
    if (!lua_isnil(L, 2)) r.chunk = on_chunk;
    r.alive = on_alive;
    r.context = &c;
    own->busy = true;
    kal_code code = kal_http_perform(own->http, &r, err);
    own->busy = false;
    if (c.failed) lua_error(L);
    return code;
}

/* http.request(settings [, on_chunk]) -> { status =, headers = { name in lower case = value }, body = },
** or nil, message, code, transient. on_chunk gets the body of an answer with status 2xx in pieces, and may return
** false to stop; its errors, and those of a debug hook such as Ctrl-C's, are raised again here. */
static int request(lua_State *L) {
    kal_http_request r = {0};
    kal_err err;
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, give_piece, 1);
    lua_pushcfunction(L, nothing);
    get_request(L, &r);
    client *own = push_client(L);
    kal_code code = perform(L, own, &r, &err);
    if (code == KAL_MISUSE) return luaL_error(L, "%s", err.message);
    if (code == KAL_OK) {
        push_response(L, own->http);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, err.message);
    lua_pushstring(L, kal_code_name(code));
    lua_pushboolean(L, kal_http_transient(own->http));
    return 4;
}

/* http.wait(seconds): sleeps, up to a day; a signal ends it early. */
static int wait_seconds(lua_State *L) {
    double seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= 86400, 1, "must be between 0 and 86400");
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    nanosleep(&t, NULL);
    return 0;
}

KAL_API int luaopen_kalito_http(lua_State *L);
int luaopen_kalito_http(lua_State *L) {
    luaL_checkversion(L);
    lua_newtable(L);
    lua_pushliteral(L, KALITO_VERSION);
    lua_setfield(L, -2, "_VERSION");
    lua_pushcfunction(L, wait_seconds);
    lua_setfield(L, -2, "wait");
    client *c = lua_newuserdatauv(L, sizeof *c, 0);
    memset(c, 0, sizeof *c);
    if (luaL_newmetatable(L, CLIENT)) {
        lua_pushcfunction(L, close_client);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, request, 1);
    lua_setfield(L, -2, "request");
    return 1;
}
