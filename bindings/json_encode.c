/*
** json_encode.c: the writing half of kalito.json: Lua values to JSON.
*/
#include "boundary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text under way: its memory belongs to a userdata, so that an error loses nothing. */
typedef struct buffer {
    char *data;
    size_t len, room;
} buffer;

typedef struct writer {
    lua_State *L;
    buffer *out;
    int indent; /* blanks a level; 0: one line */
} writer;

static int free_buffer(lua_State *L) {
    buffer *b = lua_touserdata(L, 1);
    free(b->data);
    b->data = NULL;
    b->room = 0;
    return 0;
}

static buffer *push_buffer(lua_State *L) {
    buffer *b = lua_newuserdatauv(L, sizeof *b, 0);
    memset(b, 0, sizeof *b);
    if (luaL_newmetatable(L, "kalito.buffer")) {
        lua_pushcfunction(L, free_buffer);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return b;
}

static void put(writer *w, const char *text, size_t len) {
    buffer *b = w->out;
    if (b->room - b->len < len) {
        size_t room = (b->room + len) * 2 + 256;
        char *data = realloc(b->data, room);
        if (!data) kalb_no_memory(w->L);
        b->data = data;
        b->room = room;
    }
    if (len) memcpy(b->data + b->len, text, len);
    b->len += len;
}

/* The length of what must be escaped at `s`, else 0; *code is its code point: JSON's own, and what a
** terminal would act upon (C1 controls, bidirectional and zero-width marks, line separators). */
static size_t unsafe(const unsigned char *s, size_t left, unsigned *code) {
    *code = s[0];
    if (s[0] < 0x20 || s[0] == '"' || s[0] == '\\' || s[0] == 0x7F) return 1;
    if (left >= 2 && s[0] == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) return *code = s[1], 2;
    if (left < 3 || s[0] != 0xE2) return 0;
    *code = 0x2000u + ((s[1] & 0x3Fu) << 6) + (s[2] & 0x3Fu);
    bool mark = (*code >= 0x200B && *code <= 0x200F && *code != 0x200D) ||
                (*code >= 0x2028 && *code <= 0x202E) || (*code >= 0x2060 && *code <= 0x206F);
    return mark ? 3 : 0;
}

/* Most bytes: no need to look at them closer. */
static bool is_plain(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static void put_escape(writer *w, unsigned code) {
    static const char *const names = "\"\"\\\\\bb\ff\nn\rr\tt";
    char text[8];
    for (const char *p = names; *p; p += 2) {
        if ((unsigned char)*p != code) continue;
        put(w, (char[]){'\\', p[1]}, 2);
        return;
    }
    snprintf(text, sizeof text, "\\u%04x", code);
    put(w, text, 6);
}

static void put_string(writer *w, const char *text, size_t len) {
    size_t plain = 0, i = 0;
    put(w, "\"", 1);
    while (i < len) {
        unsigned code;
        size_t n = is_plain(text[i]) ? 0 : unsafe((const unsigned char *)text + i, len - i, &code);
        if (n == 0) {
            i++;
            continue;
        }
        put(w, text + plain, i - plain);
        put_escape(w, code);
        plain = i += n;
    }
    put(w, text + plain, len - plain);
    put(w, "\"", 1);
}

static void put_integer(writer *w, lua_Integer v) {
    char text[KAL_NUMBER_SIZE];
    put(w, text, kal_text_integer(v, text));
}

static void put_real(writer *w, double v) {
    char text[KAL_NUMBER_SIZE];
    if (!isfinite(v)) luaL_error(w->L, "JSON has no %s", isnan(v) ? "NaN" : "infinity");
    put(w, text, kal_text_real(v, text));
}

static void new_line(writer *w, int depth) {
    if (!w->indent) return;
    put(w, "\n", 1);
    for (int i = 0; i < depth * w->indent; i++)
        put(w, " ", 1);
}

static void put_value(writer *w, int depth);

/* Each of these writes the table at the top and leaves it there. */
static void put_array(writer *w, int depth, size_t n) {
    put(w, "[", 1);
    for (size_t i = 1; i <= n; i++) {
        if (i > 1) put(w, ",", 1);
        new_line(w, depth + 1);
        lua_rawgeti(w->L, -1, (lua_Integer)i);
        put_value(w, depth + 1);
        lua_pop(w->L, 1);
    }
    if (n) new_line(w, depth);
    put(w, "]", 1);
}

static int by_name(const void *x, const void *y) {
    const kal_str *a = x, *b = y;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The sorted keys of the table at the top, which keeps them alive; in a userdata that takes its place at the top. */
static kal_str *push_keys(writer *w, size_t *count) {
    lua_State *L = w->L;
    int object = lua_gettop(L);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, object); lua_pop(L, 1))
        n++;
    kal_str *keys = lua_newuserdatauv(L, (n + 1) * sizeof *keys, 0);
    n = 0;
    for (lua_pushnil(L); lua_next(L, object); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "a JSON object has only string keys, not %s", luaL_typename(L, -2));
        keys[n].data = lua_tolstring(L, -2, &keys[n].len);
        n++;
    }
    qsort(keys, n, sizeof *keys, by_name);
    *count = n;
    return keys;
}

static void put_object(writer *w, int depth) {
    lua_State *L = w->L;
    size_t n;
    const kal_str *keys = push_keys(w, &n);
    put(w, "{", 1);
    for (size_t i = 0; i < n; i++) {
        if (i) put(w, ",", 1);
        new_line(w, depth + 1);
        put_string(w, keys[i].data, keys[i].len);
        put(w, w->indent ? ": " : ":", w->indent ? 2 : 1);
        lua_pushlstring(L, keys[i].data, keys[i].len);
        lua_rawget(L, -3);
        put_value(w, depth + 1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    if (n) new_line(w, depth);
    put(w, "}", 1);
}

static bool is_array(lua_State *L, size_t n) {
    if (n > 0) return true;
    if (!lua_getmetatable(L, -1)) return false;
    luaL_getmetatable(L, KALB_ARRAY);
    bool marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return marked;
}

/* Writes the value at the top of the stack. */
static void put_value(writer *w, int depth) {
    lua_State *L = w->L;
    size_t len;
    luaL_checkstack(L, 12, NULL);
    if (depth > KALB_JSON_DEPTH)
        luaL_error(L, "JSON is nested deeper than %d, or in a circle", KALB_JSON_DEPTH);
    switch (lua_type(L, -1)) {
    case LUA_TNIL: put(w, "null", 4); break;
    case LUA_TBOOLEAN:
        put(w, lua_toboolean(L, -1) ? "true" : "false", lua_toboolean(L, -1) ? 4 : 5);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1))
            put_integer(w, lua_tointeger(L, -1));
        else
            put_real(w, lua_tonumber(L, -1));
        break;
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, -1, &len);
        put_string(w, text, len);
        break;
    }
    case LUA_TTABLE:
        len = lua_rawlen(L, -1);
        if (is_array(L, len))
            put_array(w, depth, len);
        else
            put_object(w, depth);
        break;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) {
            put(w, "null", 4);
            break;
        } /* else: */
        luaL_error(L, "JSON has no userdata");
        break;
    default: luaL_error(L, "JSON has no %s", luaL_typename(L, -1));
    }
}

int kalb_json_encode(lua_State *L) {
    lua_Integer indent = luaL_optinteger(L, 2, 0);
    luaL_argcheck(L, indent >= 0 && indent <= 8, 2, "indent must be between 0 and 8");
    lua_settop(L, 1);
    writer w = {L, push_buffer(L), (int)indent};
    lua_pushvalue(L, 1);
    put_value(&w, 0);
    lua_pushlstring(L, w.out->data, w.out->len);
    return 1;
}
