/*
** noun.c: the verbs that all nouns share, once: db.NOUN.add, get, set, del, find, each and count. Each checks
** its arguments, calls one function of the core and pushes the result. Upvalue 1 is the store's box, upvalue 2
** the noun.
*/
#include "boundary.h"

#include <stdio.h>
#include <string.h>

/* Room for one row of any noun. */
typedef union any_row {
    kal_session session;
    kal_message message;
    kal_persona persona;
    kal_summary summary;
    kal_pin pin;
    kal_turn turn;
    kal_model model;
    kal_card card;
} any_row;

#define PAGE 64

static const kalb_noun *noun_of(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(2));
}

static const char *name_of(lua_State *L, const char *verb) {
    return lua_pushfstring(L, "%s.%s", noun_of(L)->name, verb);
}

static kalb_key check_key(lua_State *L) {
    kalb_key key = {{0}, 0};
    if (noun_of(L)->noun == KAL_MESSAGE || noun_of(L)->noun == KAL_TURN)
        key.number = luaL_checkinteger(L, 1);
    else
        key.id.data = luaL_checklstring(L, 1, &key.id.len);
    return key;
}

static int add(lua_State *L) {
    const kalb_noun *noun = noun_of(L);
    any_row row = {0};
    kal_err err;
    lua_settop(L, 1);
    kalb_check_row(L, 1, noun->noun, name_of(L, "add"), &row);
    if (noun->add(kalb_store(L), &row, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_row(L, noun->noun, &row);
    return 1;
}

static int get(lua_State *L) {
    const kalb_noun *noun = noun_of(L);
    any_row row = {0};
    kal_err err;
    if (noun->get(kalb_store(L), check_key(L), &row, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_row(L, noun->noun, &row);
    return 1;
}

static int set(lua_State *L) {
    const kalb_noun *noun = noun_of(L);
    any_row row = {0};
    kal_err err;
    lua_settop(L, 1);
    kalb_check_row(L, 1, noun->noun, name_of(L, "set"), &row);
    return kalb_done(L, noun->set(kalb_store(L), &row, &err), &err);
}

static int del(lua_State *L) {
    kal_err err;
    return kalb_done(L, noun_of(L)->del(kalb_store(L), check_key(L), &err), &err);
}

static int count(lua_State *L) {
    kal_filter filter = {0};
    kal_err err;
    int64_t n;
    lua_settop(L, 1);
    kalb_check_filter(L, 1, name_of(L, "count"), &filter);
    if (noun_of(L)->count(kalb_store(L), &filter, &n, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_pushinteger(L, n);
    return 1;
}

/* Reads the next page into a new list, which is pushed; the filter's table is at index 1. */
static kal_code push_page(lua_State *L, kal_page *page, kal_err *err) {
    const kalb_noun *noun = noun_of(L);
    kal_filter filter = {0};
    kal_store *store = kalb_store(L);
    kalb_check_filter(L, 1, name_of(L, "find"), &filter);
    page->capacity = filter.limit > 0 && filter.limit < PAGE ? (size_t)filter.limit : PAGE;
    void *rows = lua_newuserdatauv(L, noun->size * page->capacity, 0);
    kal_code code = noun->find(store, &filter, rows, page, err);
    if (code != KAL_OK) return code;
    lua_createtable(L, (int)page->count, 0);
    for (size_t i = 0; i < page->count; i++) {
        kalb_push_row(L, noun->noun, (char *)rows + i * noun->size);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return KAL_OK;
}

/* Stack: 1 the filter, 2 the result. */
static int find(lua_State *L) {
    kal_page page = {0};
    kal_err err;
    lua_Integer n = 0;
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) lua_newtable(L), lua_replace(L, 1);
    lua_newtable(L);
    do {
        lua_settop(L, 2);
        if (push_page(L, &page, &err) != KAL_OK) return kalb_fail(L, &err);
        for (size_t i = 1; i <= page.count; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i);
            lua_rawseti(L, 2, ++n);
        }
    } while (!page.done);
    lua_settop(L, 2);
    return 1;
}

/* The step of `each`: upvalues 1 and 2 as everywhere, 3 the filter, 4 the page, 5 the rows read, 6 the
** number of the next one. */
static int step(lua_State *L) {
    kal_page *page = lua_touserdata(L, lua_upvalueindex(4));
    lua_Integer next = lua_tointeger(L, lua_upvalueindex(6));
    kal_err err;
    if (next > (lua_Integer)page->count && !page->done) {
        lua_settop(L, 0);
        lua_pushvalue(L, lua_upvalueindex(3));
        if (push_page(L, page, &err) != KAL_OK) return luaL_error(L, "%s", err.message);
        lua_replace(L, lua_upvalueindex(5));
        next = 1;
    }
    if (next > (lua_Integer)page->count) return 0;
    lua_pushinteger(L, next + 1);
    lua_replace(L, lua_upvalueindex(6));
    lua_rawgeti(L, lua_upvalueindex(5), next);
    return 1;
}

static int each(lua_State *L) {
    kal_filter filter = {0};
    lua_settop(L, 1);
    kalb_check_filter(L, 1, name_of(L, "each"), &filter);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    memset(lua_newuserdatauv(L, sizeof(kal_page), 0), 0, sizeof(kal_page));
    lua_newtable(L);
    lua_pushinteger(L, 1);
    lua_pushcclosure(L, step, 6);
    return 1;
}

void kalb_push_noun(lua_State *L, const kalb_noun *noun) {
    static const luaL_Reg verbs[] = {{"add", add},     {"get", get},   {"set", set},
                                     {"del", del},     {"find", find}, {"each", each},
                                     {"count", count}, {NULL, NULL}};
    lua_newtable(L);
    for (const luaL_Reg *v = verbs; v->name; v++) {
        lua_pushvalue(L, -2);
        lua_pushlightuserdata(L, (void *)(uintptr_t)noun);
        lua_pushcclosure(L, v->func, 2);
        lua_setfield(L, -2, v->name);
    }
}
