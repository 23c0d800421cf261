/*
 * Byte buffers, and Lua values to bytes and back. A value is a tag and its content: n t f, i and
 * d with 8 bytes, s with a length, T with two counts (list part, then key and value pairs). No
 * I/O here and no knowledge of what the values mean: kalb_value_get can be fuzzed as it is.
 */
#include "frame.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void kalb_buf_reset(kalb_buf *b, size_t max) {
    b->len = 0;
    b->max = max;
    b->failed = false;
}

bool kalb_buf_reserve(kalb_buf *b, size_t cap) {
    if (cap <= b->cap) return true;
    if (cap > b->max) return false;
    size_t grown = b->cap < 512 ? 1024 : b->cap * 2;
    if (grown < cap) grown = cap;
    unsigned char *data = realloc(b->data, grown);
    if (data == NULL) return false;
    b->data = data;
    b->cap = grown;
    return true;
}

void kalb_buf_put(kalb_buf *b, const void *bytes, size_t n) {
    if (b->failed || n == 0) return;
    if (n > b->max - b->len || !kalb_buf_reserve(b, b->len + n)) {
        b->failed = true;
        return;
    }
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
}

void kalb_buf_byte(kalb_buf *b, unsigned byte) {
    unsigned char c = (unsigned char)byte;
    kalb_buf_put(b, &c, 1);
}

void kalb_buf_u32(kalb_buf *b, uint32_t n) {
    kalb_buf_put(b, &n, sizeof n);
}

void kalb_buf_patch(kalb_buf *b, size_t at, uint32_t n) {
    if (at <= b->len && b->len - at >= sizeof n) memcpy(b->data + at, &n, sizeof n);
}

void kalb_buf_free(kalb_buf *b) {
    free(b->data);
    *b = (kalb_buf){0};
}

bool kalb_read_bytes(kalb_reader *r, const unsigned char **bytes, size_t n) {
    if (n > (size_t)(r->end - r->at)) return false;
    *bytes = r->at;
    r->at += n;
    return true;
}

bool kalb_read_byte(kalb_reader *r, unsigned *byte) {
    if (r->at == r->end) return false;
    *byte = *r->at++;
    return true;
}

bool kalb_read_u32(kalb_reader *r, uint32_t *n) {
    const unsigned char *bytes;
    if (!kalb_read_bytes(r, &bytes, sizeof *n)) return false;
    memcpy(n, bytes, sizeof *n);
    return true;
}

void kalb_frame_begin(kalb_buf *b, unsigned kind, uint32_t seq) {
    kalb_buf_u32(b, 0);
    kalb_buf_byte(b, kind);
    kalb_buf_u32(b, seq);
}

bool kalb_frame_end(kalb_buf *b) {
    if (b->failed || b->len > UINT32_MAX) return false;
    kalb_buf_patch(b, 0, (uint32_t)(b->len - sizeof(uint32_t)));
    return true;
}

/* One value on its way out. */
typedef struct writer {
    kalb_buf *b;
    const kalb_limits *limits;
    int nodes;
} writer;

static const char *put_value(lua_State *L, int idx, writer *w, int depth);

static void put_string(kalb_buf *b, const char *s, size_t n) {
    if (n > UINT32_MAX) {
        b->failed = true;
        return;
    }
    kalb_buf_byte(b, 's');
    kalb_buf_u32(b, (uint32_t)n);
    kalb_buf_put(b, s, n);
}

static void put_integer(kalb_buf *b, lua_Integer n) {
    kalb_buf_byte(b, 'i');
    kalb_buf_put(b, &n, sizeof n);
}

static const char *put_number(lua_State *L, int idx, writer *w) {
    if (lua_isinteger(L, idx)) {
        put_integer(w->b, lua_tointeger(L, idx));
        return NULL;
    }
    lua_Number n = lua_tonumber(L, idx);
    if (w->limits->finite && !isfinite(n)) return "a number that is not finite";
    kalb_buf_byte(w->b, 'd');
    kalb_buf_put(w->b, &n, sizeof n);
    return NULL;
}

/* Longest prefix of at most max bytes that does not end inside a UTF-8 sequence. */
static size_t utf8_prefix(const char *s, size_t max) {
    size_t n = max;
    while (n > 0 && max - n < 4 && ((unsigned char)s[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* The `text` of a table when it must be cut; pushes nothing. */
static bool text_too_long(lua_State *L, int idx, const writer *w) {
    if (w->limits->text_bytes == 0) return false;
    lua_pushliteral(L, "text");
    bool yes = lua_rawget(L, idx) == LUA_TSTRING && lua_rawlen(L, -1) > w->limits->text_bytes;
    lua_pop(L, 1);
    return yes;
}

/* List part: values 1, 2, ... up to the first nil. Returns their number. */
static const char *put_list(lua_State *L, int idx, writer *w, int depth, lua_Integer *count) {
    *count = 0;
    while (lua_rawgeti(L, idx, *count + 1) != LUA_TNIL) {
        const char *bad = put_value(L, -1, w, depth);
        lua_pop(L, 1);
        if (bad != NULL) return bad;
        *count += 1;
    }
    lua_pop(L, 1);
    return NULL;
}

/* The pair on top of the stack (key, value) of a table whose text is cut: `text` goes out short,
 * an own `truncated` not at all. True when handled. */
static bool put_cut_pair(lua_State *L, writer *w, uint32_t *pairs) {
    if (lua_type(L, -2) != LUA_TSTRING) return false;
    const char *key = lua_tostring(L, -2);
    if (strcmp(key, "truncated") == 0) return true;
    if (strcmp(key, "text") != 0) return false;
    const char *text = lua_tostring(L, -1);
    put_string(w->b, "text", 4);
    put_string(w->b, text, utf8_prefix(text, w->limits->text_bytes));
    put_string(w->b, "truncated", 9);
    kalb_buf_byte(w->b, 't');
    *pairs += 2;
    return true;
}

static const char *put_pair(lua_State *L, writer *w, int depth) {
    if (lua_isinteger(L, -2)) {
        put_integer(w->b, lua_tointeger(L, -2));
    } else if (lua_type(L, -2) == LUA_TSTRING) {
        size_t n;
        const char *key = lua_tolstring(L, -2, &n);
        put_string(w->b, key, n);
    } else {
        return "a table key that is neither a string nor an integer";
    }
    return put_value(L, -1, w, depth);
}

static const char *put_pairs(lua_State *L, int idx, writer *w, int depth, lua_Integer listed) {
    bool cut = text_too_long(L, idx, w);
    size_t mark = w->b->len;
    uint32_t pairs = 0;
    kalb_buf_u32(w->b, 0);
    lua_pushnil(L);
    while (lua_next(L, idx)) {
        lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
        bool done = (key >= 1 && key <= listed) || (cut && put_cut_pair(L, w, &pairs));
        const char *bad = done ? NULL : put_pair(L, w, depth);
        if (bad != NULL) return bad;
        if (!done) pairs++;
        lua_pop(L, 1);
    }
    kalb_buf_patch(w->b, mark, pairs);
    return NULL;
}

static const char *put_table(lua_State *L, int idx, writer *w, int depth) {
    if (depth >= w->limits->depth) return "tables nested too deep (or a cycle)";
    if (!lua_checkstack(L, 6)) return "tables nested too deep";
    idx = lua_absindex(L, idx);
    kalb_buf_byte(w->b, 'T');
    size_t mark = w->b->len;
    kalb_buf_u32(w->b, 0);
    lua_Integer listed;
    const char *bad = put_list(L, idx, w, depth + 1, &listed);
    if (bad != NULL) return bad;
    kalb_buf_patch(w->b, mark, (uint32_t)listed);
    return put_pairs(L, idx, w, depth + 1, listed);
}

static const char *put_value(lua_State *L, int idx, writer *w, int depth) {
    if (++w->nodes > w->limits->nodes) return KALB_TOO_MANY;
    if (w->b->failed) return KALB_TOO_BIG;
    size_t n;
    const char *s;
    switch (lua_type(L, idx)) {
    case LUA_TNIL: kalb_buf_byte(w->b, 'n'); return NULL;
    case LUA_TBOOLEAN: kalb_buf_byte(w->b, lua_toboolean(L, idx) ? 't' : 'f'); return NULL;
    case LUA_TNUMBER: return put_number(L, idx, w);
    case LUA_TSTRING:
        s = lua_tolstring(L, idx, &n);
        put_string(w->b, s, n);
        return NULL;
    case LUA_TTABLE: return put_table(L, idx, w, depth);
    case LUA_TFUNCTION: return "a function";
    default: return "a userdata or thread";
    }
}

const char *kalb_value_put(lua_State *L, int idx, kalb_buf *b, const kalb_limits *limits) {
    if (b->failed) return KALB_TOO_BIG;
    int top = lua_gettop(L);
    size_t start = b->len;
    size_t max = b->max;
    if (limits->bytes < max - start) b->max = start + limits->bytes;
    writer w = {b, limits, 0};
    const char *bad = put_value(L, idx, &w, 0);
    if (bad == NULL && b->failed) bad = KALB_TOO_BIG;
    b->max = max;
    if (bad != NULL) {
        b->len = start;
        b->failed = false;
        lua_settop(L, top);
    }
    return bad;
}

/* One value on its way in. */
typedef struct parser {
    kalb_reader *r;
    const kalb_limits *limits;
    int nodes;
} parser;

static const char *const SHORT = "a frame that ends early";

static const char *get_value(lua_State *L, parser *p, int depth);

static const char *get_number(lua_State *L, parser *p, unsigned tag) {
    const unsigned char *bytes;
    if (!kalb_read_bytes(p->r, &bytes, 8)) return SHORT;
    if (tag == 'i') {
        lua_Integer n;
        memcpy(&n, bytes, sizeof n);
        lua_pushinteger(L, n);
        return NULL;
    }
    lua_Number n;
    memcpy(&n, bytes, sizeof n);
    if (p->limits->finite && !isfinite(n)) return "a number that is not finite";
    lua_pushnumber(L, n);
    return NULL;
}

static const char *get_string(lua_State *L, parser *p) {
    uint32_t n;
    const unsigned char *bytes;
    if (!kalb_read_u32(p->r, &n) || !kalb_read_bytes(p->r, &bytes, n)) return SHORT;
    lua_pushlstring(L, (const char *)bytes, n);
    return NULL;
}

/* A count is believed only as far as the bytes behind it and the limit on values allow. */
static const char *get_count(parser *p, size_t least, int *count) {
    uint32_t n;
    if (!kalb_read_u32(p->r, &n) || n > (size_t)(p->r->end - p->r->at) / least) return SHORT;
    if (n > (uint32_t)(p->limits->nodes - p->nodes)) return KALB_TOO_MANY;
    *count = (int)n;
    return NULL;
}

static const char *get_pair(lua_State *L, parser *p, int depth) {
    unsigned tag;
    if (!kalb_read_byte(p->r, &tag)) return SHORT;
    if (tag != 's' && tag != 'i') return "a table key that is neither a string nor an integer";
    const char *bad = tag == 's' ? get_string(L, p) : get_number(L, p, tag);
    if (bad == NULL) bad = get_value(L, p, depth);
    if (bad == NULL) lua_rawset(L, -3);
    return bad;
}

static const char *get_table(lua_State *L, parser *p, int depth) {
    if (depth >= p->limits->depth) return "tables nested too deep (or a cycle)";
    if (!lua_checkstack(L, 6)) return "tables nested too deep";
    int count;
    const char *bad = get_count(p, 1, &count);
    if (bad != NULL) return bad;
    lua_createtable(L, count, 0);
    for (int i = 1; i <= count; i++) {
        bad = get_value(L, p, depth + 1);
        if (bad != NULL) return bad;
        lua_rawseti(L, -2, i);
    }
    bad = get_count(p, 2, &count);
    while (bad == NULL && count-- > 0)
        bad = get_pair(L, p, depth + 1);
    return bad;
}

static const char *get_value(lua_State *L, parser *p, int depth) {
    unsigned tag;
    if (!kalb_read_byte(p->r, &tag)) return SHORT;
    if (++p->nodes > p->limits->nodes) return KALB_TOO_MANY;
    switch (tag) {
    case 'n': lua_pushnil(L); return NULL;
    case 't':
    case 'f': lua_pushboolean(L, tag == 't'); return NULL;
    case 'i':
    case 'd': return get_number(L, p, tag);
    case 's': return get_string(L, p);
    case 'T': return get_table(L, p, depth);
    default: return "a value of unknown type";
    }
}

const char *kalb_value_get(lua_State *L, kalb_reader *r, const kalb_limits *limits) {
    if (!lua_checkstack(L, 4)) return "tables nested too deep";
    int top = lua_gettop(L);
    parser p = {r, limits, 0};
    const char *bad = get_value(L, &p, 0);
    if (bad != NULL) lua_settop(L, top);
    return bad;
}
