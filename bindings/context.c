/*
** context.c: db.context: building a context and handing it out as plain tables.
*/
#include "boundary.h"

#include <string.h>

typedef struct context_box {
    kal_context *context;
} context_box;
#define KALB_CONTEXT "kalito.context"

static int close_context(lua_State *L) {
    context_box *box = luaL_checkudata(L, 1, KALB_CONTEXT);
    kal_context_close(box->context);
    box->context = NULL;
    return 0;
}

static context_box *push_box(lua_State *L) {
    context_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->context = NULL;
    if (luaL_newmetatable(L, KALB_CONTEXT)) {
        lua_pushcfunction(L, close_context);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return box;
}

/* ---- the plan: values of any type and size, made harmless here and by the core ---- */

/* A plan comes from a policy: what is no number keeps its default. */
static void read_number(lua_State *L, const char *key, double *out) {
    lua_pushstring(L, key);
    lua_rawget(L, -2);
    if (lua_type(L, -1) == LUA_TNUMBER) *out = lua_tonumber(L, -1);
    lua_pop(L, 1);
}

static void read_count(lua_State *L, const char *key, int64_t *out) {
    double v = (double)*out;
    read_number(L, key, &v);
    *out = v >= 1e9 ? 1000000000 : v > 0 ? (int64_t)v : 0;
}

static void read_share(lua_State *L, const char *key, kal_share *share) {
    lua_pushstring(L, key);
    lua_rawget(L, -2);
    if (lua_istable(L, -1)) {
        read_count(L, "limit", &share->limit);
        read_number(L, "share", &share->share);
        read_number(L, "min_importance", &share->min_importance);
    }
    lua_pop(L, 1);
}

static void read_plan(lua_State *L, int table, kal_plan *plan) {
    *plan = kal_plan_default();
    lua_pushliteral(L, "plan");
    lua_rawget(L, table);
    if (lua_istable(L, -1)) {
        read_share(L, "pin", &plan->pin);
        read_share(L, "summary", &plan->summary);
        read_share(L, "recalled", &plan->recalled);
        read_share(L, "recent", &plan->recent);
        read_count(L, "block", &plan->block);
        read_number(L, "brevity", &plan->brevity);
    }
    lua_pop(L, 1);
}

/* ---- what was recalled ---- */

/* Reads the list of {id, score, lent, reasons, beside, copies}; the array is a userdata and the texts are left on the stack,
** so that both live as long as the call. */
static void read_recalled(lua_State *L, int table, kal_request *request) {
    lua_pushliteral(L, "recalled");
    if (lua_rawget(L, table) != LUA_TTABLE) return;
    int list = lua_gettop(L);
    size_t n = lua_rawlen(L, list);
    if (n > 1000) n = 1000;
    kal_recalled *rows = lua_newuserdatauv(L, (n + 1) * sizeof *rows, 0);
    luaL_checkstack(L, (int)n * 4 + 8, NULL);
    for (size_t i = 0; i < n; i++) {
        rows[i] = (kal_recalled){0};
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        int row = lua_gettop(L);
        luaL_checktype(L, row, LUA_TTABLE);
        if (!kalb_field_integer(L, row, "id", &rows[i].id))
            luaL_error(L, "recalled: 'id' is missing");
        kalb_field_number(L, row, "score", &rows[i].score);
        kalb_field_number(L, row, "lent", &rows[i].lent);
        kalb_field_text(L, row, "reasons", &rows[i].reasons);
        kalb_field_integer(L, row, "beside", &rows[i].beside);
        rows[i].copies = kalb_field_ids(L, row, "copies", &rows[i].copy_count);
    }
    request->recalled = rows;
    request->recalled_count = n;
}

/* Reads the list of {id, text, score, reasons} as read_recalled does. */
static void read_notes(lua_State *L, int table, kal_request *request) {
    lua_pushliteral(L, "notes");
    if (lua_rawget(L, table) != LUA_TTABLE) return;
    int list = lua_gettop(L);
    size_t n = lua_rawlen(L, list);
    if (n > 1000) luaL_error(L, "context.notes has more than 1000 entries");
    kal_note *notes = lua_newuserdatauv(L, (n + 1) * sizeof *notes, 0);
    luaL_checkstack(L, (int)n * 4 + 8, NULL);
    for (size_t i = 0; i < n; i++) {
        notes[i] = (kal_note){0};
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        int row = lua_gettop(L);
        luaL_checktype(L, row, LUA_TTABLE);
        kalb_field_text(L, row, "id", &notes[i].id);
        kalb_field_text(L, row, "text", &notes[i].text);
        kalb_field_number(L, row, "score", &notes[i].score);
        kalb_field_text(L, row, "reasons", &notes[i].reasons);
    }
    request->notes = notes;
    request->note_count = n;
}

static void read_request(lua_State *L, kal_request *r) {
    static const char *const keys[] = {"session",  "persona", "prompt",  "text",  "message", "role",
                                       "query",    "own",     "similar", "asked", "budget",  "plan",
                                       "recalled", "save",    "keep",    "notes", NULL};
    kalb_check_keys(L, 1, "context.build", keys);
    kalb_field_text(L, 1, "session", &r->session);
    kalb_field_text(L, 1, "persona", &r->persona);
    kalb_field_text(L, 1, "prompt", &r->prompt);
    kalb_field_text(L, 1, "text", &r->text);
    kalb_field_integer(L, 1, "message", &r->message);
    kalb_field_text(L, 1, "role", &r->role);
    kalb_field_text(L, 1, "query", &r->query);
    kalb_field_boolean(L, 1, "own", &r->own);
    kalb_field_number(L, 1, "similar", &r->similar);
    kalb_field_text(L, 1, "asked", &r->asked);
    if (!kalb_field_integer(L, 1, "budget", &r->budget))
        luaL_error(L, "context.build: 'budget' is missing");
    read_recalled(L, 1, r);
    read_notes(L, 1, r);
}

/* ---- the result ---- */

static void set_text(lua_State *L, const char *key, kal_str text) {
    if (!text.data) return;
    lua_pushlstring(L, text.data, text.len);
    lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, int64_t value) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, key);
}

static void push_item(lua_State *L, const kal_item *item) {
    lua_createtable(L, 0, 9);
    set_text(L, "part", kal_text(kal_part_name(item->part)));
    set_text(L, "id", item->id);
    set_text(L, "role", item->role);
    set_text(L, "text", item->text);
    set_text(L, "reasons", item->reasons);
    set_text(L, "why", kal_text(item->why));
    set_integer(L, "tokens", item->tokens);
    lua_pushnumber(L, item->score);
    lua_setfield(L, -2, "score");
    lua_pushboolean(L, item->in);
    lua_setfield(L, -2, "in");
}

static void push_messages(lua_State *L, const kal_context *context, size_t count) {
    kal_prompt message;
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; kal_context_message(context, i, &message); i++) {
        lua_createtable(L, 0, 2);
        set_text(L, "role", message.role);
        set_text(L, "content", message.content);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_items(lua_State *L, const kal_context *context, size_t count) {
    kal_item item;
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; kal_context_item(context, i, &item); i++) {
        push_item(L, &item);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_context(lua_State *L, const kal_context *context) {
    kal_context_info info;
    kal_context_stat(context, &info);
    lua_createtable(L, 0, 16);
    kalb_push_hash(L, info.hash);
    lua_setfield(L, -2, "hash");
    set_text(L, "session", info.session);
    set_integer(L, "budget", info.budget);
    set_integer(L, "tokens", info.tokens);
    set_integer(L, "bytes", info.bytes);
    set_integer(L, "prefix_bytes", info.prefix_bytes);
    push_messages(L, context, info.messages);
    lua_setfield(L, -2, "messages");
}

/* Sets `items` of the table at `index`. */
static void set_items(lua_State *L, int index, const kal_context *context) {
    kal_context_info info;
    kal_context_stat(context, &info);
    push_items(L, context, info.items);
    lua_setfield(L, index, "items");
}

/* The __index of a context that is kept: its items are made when they are first asked for, which most turns of a chat
** never do. Upvalue 1: the box. */
static int late_items(lua_State *L) {
    context_box *box = lua_touserdata(L, lua_upvalueindex(1));
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    if (strcmp(key, "items") != 0 || !box->context) return 0;
    set_items(L, 1, box->context);
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    lua_getfield(L, 1, "items");
    return 1;
}

/* For the context at the top: the box at `index` is its handle, and makes its items. */
static void keep_box(lua_State *L, int index) {
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "handle");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, index);
    lua_pushcclosure(L, late_items, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

static int build(lua_State *L) {
    kal_request request = {0};
    kal_plan plan;
    kal_err err;
    bool save = false, keep = false;
    lua_settop(L, 1);
    read_request(L, &request);
    read_plan(L, 1, &plan);
    request.plan = &plan;
    kalb_field_boolean(L, 1, "save", &save);
    kalb_field_boolean(L, 1, "keep", &keep);
    kal_store *store = kalb_store(L);
    if (request.query.data) kalb_ensure_words(L, store);
    context_box *box = push_box(L);
    kal_code code = kal_context_build(store, &request, &box->context, &err);
    if (code == KAL_OK) code = kal_context_compare(store, box->context, &err);
    if (code == KAL_OK && save) code = kal_context_save(store, box->context, &err);
    if (code != KAL_OK) return kalb_fail(L, &err);
    int handle = lua_gettop(L);
    push_context(L, box->context);
    if (keep) return keep_box(L, handle), 1;
    set_items(L, handle + 1, box->context);
    kal_context_close(box->context), box->context = NULL;
    return 1;
}

/* db.context.trace(handle) -> members of a JSON object */
static int trace(lua_State *L) {
    context_box *box = luaL_checkudata(L, 1, KALB_CONTEXT);
    kal_str text;
    kal_err err;
    luaL_argcheck(L, box->context, 1, "the context is closed");
    if (kal_context_trace(box->context, &text, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_text(L, text);
    return 1;
}

/* db.context.save(handle) -> true */
static int save(lua_State *L) {
    context_box *box = luaL_checkudata(L, 1, KALB_CONTEXT);
    kal_err err;
    luaL_argcheck(L, box->context, 1, "the context is closed");
    return kalb_done(L, kal_context_save(kalb_store(L), box->context, &err), &err);
}

const luaL_Reg kalb_context_functions[] = {
    {"build", build}, {"save", save}, {"trace", trace}, {NULL, NULL}};
