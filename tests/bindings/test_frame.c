/*
 * Frames without a process: values there and back, limits, and bytes that an attacker chose. Built
 * from bindings/frame.c and bindings/jail_text.c alone; meant for the sanitizer build.
 */
#include "frame.h"
#include "jail.h"

#include <lauxlib.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const kalb_limits strict = KALB_LIMITS_ANSWER;
static const kalb_limits wide = KALB_LIMITS_REQUEST;

static lua_State *new_state(void) {
    lua_State *L = luaL_newstate();
    assert_non_null(L);
    luaL_openlibs(L);
    return L;
}

/* Leaves the value of a Lua expression on the stack. */
static void eval(lua_State *L, const char *expression) {
    lua_pushfstring(L, "return %s", expression);
    if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK) fail_msg("%s", lua_tostring(L, -1));
    lua_remove(L, -2);
}

/* Encodes the value of an expression into b; what kalb_value_put says. */
static const char *put(lua_State *L, const char *expression, kalb_buf *b, const kalb_limits *how) {
    eval(L, expression);
    int top = lua_gettop(L);
    kalb_buf_reset(b, KALB_REQUEST_MAX);
    const char *bad = kalb_value_put(L, -1, b, how);
    assert_int_equal(lua_gettop(L), top);
    lua_pop(L, 1);
    return bad;
}

/* Decodes a copy of exactly n bytes, so that a sanitizer sees any byte read behind them. */
static const char *get(lua_State *L, const unsigned char *bytes, size_t n, const kalb_limits *how) {
    unsigned char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0) memcpy(copy, bytes, n);
    kalb_reader r = {copy, copy + n};
    int top = lua_gettop(L);
    const char *bad = kalb_value_get(L, &r, how);
    assert_int_equal(lua_gettop(L), bad == NULL ? top + 1 : top);
    assert_true(r.at <= r.end);
    free(copy);
    return bad;
}

static const char deep_equal[] =
    "function same(a, b) if math.type(a) ~= math.type(b) then return false end\n"
    "  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end\n"
    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
    "  for k in pairs(b) do if a[k] == nil then return false end end return true end";

static void assert_travels(lua_State *L, const char *expression) {
    kalb_buf b = {0};
    assert_null(put(L, expression, &b, &strict));
    lua_getglobal(L, "same");
    eval(L, expression);
    assert_null(get(L, b.data, b.len, &strict));
    lua_call(L, 2, 1);
    if (!lua_toboolean(L, -1)) fail_msg("%s does not come back", expression);
    lua_pop(L, 1);
    kalb_buf_free(&b);
}

static void test_values_come_back_as_they_were(void **state) {
    (void)state;
    static const char *const values[] = {
        "nil",
        "true",
        "false",
        "0",
        "-1",
        "math.maxinteger",
        "math.mininteger",
        "0.0",
        "-0.5",
        "1e308",
        "''",
        "'a\\0b'",
        "('x'):rep(70000)",
        "{}",
        "{1,2,3}",
        "{a=1}",
        "{1,2,[4]=4}",
        "{[0]=0,[-1]='m'}",
        "{{{{{{{1}}}}}}}",
        "{'a',{b={c={1.5,true}}},n=2}",
        "{[math.maxinteger]=1,[math.mininteger]=2}",
    };
    lua_State *L = new_state();
    assert_int_equal(luaL_dostring(L, deep_equal), LUA_OK);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_travels(L, values[i]);
    lua_close(L);
}

static void test_what_cannot_travel_is_refused_and_leaves_no_trace(void **state) {
    (void)state;
    static const struct {
        const char *expression, *says;
    } cases[] = {
        {"print", "a function"},
        {"{1,{a=print}}", "a function"},
        {"io.stdout", "a userdata or thread"},
        {"coroutine.create(print)", "a userdata or thread"},
        {"0/0", "a number that is not finite"},
        {"{math.huge}", "a number that is not finite"},
        {"{x=-math.huge}", "a number that is not finite"},
        {"{[1.5]=1}", "a table key that is neither a string nor an integer"},
        {"{[true]=1}", "a table key that is neither a string nor an integer"},
        {"{{{{{{{{{}}}}}}}}}", "tables nested too deep (or a cycle)"},
        {"(function() local t = {} t.t = t return t end)()", "tables nested too deep (or a cycle)"},
        {"(function() local t = {} for i = 1, 10000 do t[i] = i end return t end)()",
         KALB_TOO_MANY},
        {"(function() local t = {} for i = 1, 10000 do t['k'..i] = i end return t end)()",
         KALB_TOO_MANY},
        {"('x'):rep(1024 * 1024)", KALB_TOO_BIG},
        {"{[('x'):rep(1024 * 1024)] = 1}", KALB_TOO_BIG},
    };
    lua_State *L = new_state();
    kalb_buf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(put(L, cases[i].expression, &b, &strict), cases[i].says);
        assert_int_equal(b.len, 0);
        assert_false(b.failed);
    }
    kalb_buf_free(&b);
    lua_close(L);
}

static void test_the_limits_allow_what_they_name(void **state) {
    (void)state;
    lua_State *L = new_state();
    kalb_buf b = {0};
    assert_null(put(L, "{{{{{{{{}}}}}}}}", &b, &strict));
    assert_null(get(L, b.data, b.len, &strict));
    assert_null(put(L, "(function() local t = {} for i = 1, 999 do t[i] = i end return t end)()",
                    &b, &strict));
    assert_null(get(L, b.data, b.len, &strict));
    assert_null(put(L, "0/0", &b, &wide));
    assert_string_equal(get(L, b.data, b.len, &strict), "a number that is not finite");
    assert_null(put(L, "{{{{{{{{{}}}}}}}}}", &b, &wide));
    assert_string_equal(get(L, b.data, b.len, &strict), "tables nested too deep (or a cycle)");
    kalb_buf_free(&b);
    lua_close(L);
}

static void test_no_metamethod_is_called(void **state) {
    (void)state;
    lua_State *L = new_state();
    kalb_buf b = {0};
    assert_int_equal(luaL_dostring(L,
                                   "local function no() error 'called' end\n"
                                   "hostile = setmetatable({1, a = 2}, {__index = no, __len = no,\n"
                                   "  __pairs = no, __newindex = no, __eq = no, __name = 'x'})"),
                     LUA_OK);
    assert_null(put(L, "hostile", &b, &strict));
    assert_null(get(L, b.data, b.len, &strict));
    lua_getfield(L, -1, "a");
    assert_int_equal(lua_tointeger(L, -1), 2);
    kalb_buf_free(&b);
    lua_close(L);
}

/* Length of `text` and the flag after a message with it has travelled. */
static size_t cut_length(lua_State *L, const char *text, bool *truncated) {
    kalb_buf b = {0};
    size_t n = 0;
    lua_pushfstring(L, "{{role = 'user', truncated = 7, text = %s}}", text);
    assert_null(put(L, lua_tostring(L, -1), &b, &wide));
    assert_null(get(L, b.data, b.len, &wide));
    lua_rawgeti(L, -1, 1);
    lua_getfield(L, -1, "truncated");
    *truncated = lua_isboolean(L, -1) && lua_toboolean(L, -1);
    lua_getfield(L, -2, "text");
    lua_tolstring(L, -1, &n);
    lua_settop(L, 0);
    kalb_buf_free(&b);
    return n;
}

static void test_long_text_is_cut_between_characters(void **state) {
    (void)state;
    lua_State *L = new_state();
    bool truncated;
    assert_int_equal(cut_length(L, "('x'):rep(65536)", &truncated), 65536);
    assert_false(truncated);
    assert_int_equal(cut_length(L, "('x'):rep(65537)", &truncated), 65536);
    assert_true(truncated);
    assert_int_equal(cut_length(L, "'x' .. ('\\u{E9}'):rep(40000)", &truncated), 65535);
    assert_int_equal(cut_length(L, "('\\u{20AC}'):rep(30000)", &truncated), 65535);
    assert_int_equal(cut_length(L, "'x' .. ('\\u{1F600}'):rep(20000)", &truncated), 65533);
    assert_int_equal(cut_length(L, "('\\x80'):rep(70000)", &truncated), 65532);
    lua_close(L);
}

static const char sample[] = "{1, 2.5, 'three', true, {a = {b = {'c', nil, 7}}, [12] = false}, "
                             "text = 'hello', [-5] = {{{}}}}";

static void test_a_frame_cut_at_any_byte_is_refused(void **state) {
    (void)state;
    lua_State *L = new_state();
    kalb_buf b = {0};
    assert_null(put(L, sample, &b, &strict));
    for (size_t n = 0; n < b.len; n++)
        assert_non_null(get(L, b.data, n, &strict));
    assert_null(get(L, b.data, b.len, &strict));
    kalb_buf_free(&b);
    lua_close(L);
}

static void test_counts_are_not_believed(void **state) {
    (void)state;
    static const unsigned char list[] = {'T', 0xFF, 0xFF, 0xFF, 0xFF, 'n', 'n'};
    static const unsigned char pairs[] = {'T', 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 'i'};
    static const unsigned char string[] = {'s', 0xFF, 0xFF, 0xFF, 0xFF, 'x'};
    static const unsigned char nil_key[] = {'T', 0, 0, 0, 0, 1, 0, 0, 0, 'n', 'n'};
    static const unsigned char nan_key[] = {'T', 0, 0, 0, 0, 1, 0,    0,    0,  'd',
                                            0,   0, 0, 0, 0, 0, 0xF8, 0x7F, 'n'};
    lua_State *L = new_state();
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCSTOP);
    int before = lua_gc(L, LUA_GCCOUNT);
    assert_non_null(get(L, list, sizeof list, &strict));
    assert_non_null(get(L, pairs, sizeof pairs, &strict));
    assert_non_null(get(L, string, sizeof string, &strict));
    assert_non_null(get(L, nil_key, sizeof nil_key, &strict));
    assert_non_null(get(L, nan_key, sizeof nan_key, &strict));
    assert_non_null(get(L, (const unsigned char *)"x", 1, &strict));
    assert_true(lua_gc(L, LUA_GCCOUNT) - before < 64);
    lua_close(L);
}

static void test_endless_nesting_ends(void **state) {
    (void)state;
    size_t n = 500000;
    unsigned char *bytes = malloc(n);
    assert_non_null(bytes);
    static const unsigned char one[] = {'T', 1, 0, 0, 0};
    for (size_t i = 0; i < n; i++)
        bytes[i] = one[i % sizeof one];
    lua_State *L = new_state();
    assert_string_equal(get(L, bytes, n, &wide), "tables nested too deep (or a cycle)");
    free(bytes);
    lua_close(L);
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Changes a few bytes, to others or to those that mean something. */
static void mutate(unsigned char *bytes, size_t n, uint32_t *seed) {
    static const unsigned char tags[] = "ntfidsT\0\1\xFF\x7F\x80";
    for (uint32_t i = next_random(seed) % 6 + 1; i > 0; i--) {
        uint32_t r = next_random(seed);
        bytes[next_random(seed) % n] =
            r & 1 ? tags[(r >> 1) % (sizeof tags - 1)] : (unsigned char)(r >> 1);
    }
}

static void test_mutated_frames_are_values_or_refused(void **state) {
    (void)state;
    lua_State *L = new_state();
    kalb_buf b = {0}, again = {0};
    uint32_t seed = 1;
    int accepted = 0;
    assert_null(put(L, sample, &b, &strict));
    unsigned char *bytes = malloc(b.len);
    assert_non_null(bytes);
    for (int i = 0; i < 200000; i++) {
        memcpy(bytes, b.data, b.len);
        mutate(bytes, b.len, &seed);
        if (get(L, bytes, b.len - next_random(&seed) % 3, &strict) != NULL) continue;
        accepted++;
        kalb_buf_reset(&again, KALB_REQUEST_MAX);
        assert_null(kalb_value_put(L, -1, &again, &strict));
        lua_settop(L, 0);
    }
    assert_true(accepted > 1000);
    free(bytes);
    kalb_buf_free(&b);
    kalb_buf_free(&again);
    lua_close(L);
}

/* An allocator whose call number `left` fails, and all after it unless `once`; -1: none. */
typedef struct failing {
    long left;
    bool once;
} failing;

static void *fail_later(void *ud, void *block, size_t old, size_t size) {
    failing *f = ud;
    if (size == 0) {
        free(block);
        return NULL;
    }
    bool grows = block == NULL || size > old;
    if (grows && f->left == 0) {
        if (f->once) f->left = -1;
        return NULL;
    }
    if (grows && f->left > 0) f->left--;
    return realloc(block, size);
}

/* Decodes the bytes given as light userdata, encodes the value again. */
static int there_and_back(lua_State *L) {
    const kalb_buf *in = lua_touserdata(L, 1);
    kalb_buf *out = lua_touserdata(L, 2);
    kalb_reader r = {in->data, in->data + in->len};
    assert_null(kalb_value_get(L, &r, &strict));
    assert_null(kalb_value_put(L, -1, out, &strict));
    return 0;
}

/* 0 when the run went through, else 1. */
static int run_failing(kalb_buf *in, kalb_buf *out, long at, bool once) {
    failing f = {-1, once};
    lua_State *L = lua_newstate(fail_later, &f);
    assert_non_null(L);
    lua_pushcfunction(L, there_and_back);
    lua_pushlightuserdata(L, in);
    lua_pushlightuserdata(L, out);
    kalb_buf_reset(out, KALB_REQUEST_MAX);
    f.left = at;
    int status = lua_pcall(L, 2, 0, 0);
    f.left = -1;
    assert_true(status == LUA_OK || status == LUA_ERRMEM);
    lua_close(L);
    return status == LUA_OK ? 0 : 1;
}

static void test_every_failing_allocation_is_an_error_or_harmless(void **state) {
    (void)state;
    lua_State *L = new_state();
    kalb_buf in = {0}, out = {0};
    assert_null(put(L, sample, &in, &strict));
    long at = 0;
    while (run_failing(&in, &out, at, false) != 0)
        at++;
    assert_true(at > 10);
    assert_int_equal(out.len, in.len);
    for (long i = 0; i < at; i++)
        run_failing(&in, &out, i, true);
    kalb_buf_free(&in);
    kalb_buf_free(&out);
    lua_close(L);
}

static void test_a_buffer_stops_at_its_maximum_and_stays_failed(void **state) {
    (void)state;
    kalb_buf b = {0};
    kalb_buf_reset(&b, 10);
    kalb_buf_put(&b, "12345678", 8);
    kalb_buf_u32(&b, 1);
    assert_true(b.failed);
    kalb_buf_byte(&b, 1);
    assert_int_equal(b.len, 8);
    assert_false(kalb_frame_end(&b));
    kalb_buf_patch(&b, 6, 0);
    kalb_buf_patch(&b, SIZE_MAX, 0);
    assert_memory_equal(b.data, "12345678", 8);
    kalb_buf_reset(&b, KALB_REQUEST_MAX);
    kalb_frame_begin(&b, KALB_FRAME_CALL, 77);
    assert_true(kalb_frame_end(&b));
    assert_int_equal(b.len, KALB_FRAME_HEADER);
    assert_int_equal(b.data[0], KALB_FRAME_HEADER - 4);
    kalb_buf_free(&b);
    kalb_buf_free(&b);
}

static void assert_safe(const char *text, size_t n, const char *expected) {
    char out[64];
    size_t len = kalb_safe_text(text, n, out, sizeof out);
    assert_string_equal(out, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_foreign_text_cannot_command_a_terminal(void **state) {
    (void)state;
    assert_safe("a b", 3, "a b");
    assert_safe("\x1b[2J", 4, "\\x1B[2J");
    assert_safe("a\r\n\tb", 5, "a\\x0D\\x0A\\x09\x62");
    assert_safe("nul\0x", 5, "nul\\x00x");
    assert_safe("\x7f", 1, "\\x7F");
    assert_safe("\x9b"
                "31m",
                4, "\\x9B31m");
    assert_safe("\xc2\x9b", 2, "\\xC2\\x9B");
    assert_safe("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
    assert_safe("\xe2\x80\xae", 3, "\\xE2\\x80\\xAE");
    assert_safe("\xed\xa0\x80", 3, "\\xED\\xA0\\x80");
    assert_safe("\xc0\x9b", 2, "\\xC0\\x9B");
    assert_safe("\xf3\xa0\x81\x81", 4, "\\xF3\\xA0\\x81\\x81");
    assert_safe("\xe2\x82", 2, "\\xE2\\x82");
}

static void test_foreign_text_is_cut_between_characters(void **state) {
    (void)state;
    char out[8];
    assert_int_equal(kalb_safe_text("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 8, out, sizeof out), 6);
    assert_string_equal(out, "\xc3\xbc\xc3\xbc\xc3\xbc");
    assert_int_equal(kalb_safe_text("abcdef\x1b", 7, out, sizeof out), 6);
    assert_int_equal(kalb_safe_text("x", 1, out, 1), 0);
    assert_string_equal(out, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_were),
        cmocka_unit_test(test_what_cannot_travel_is_refused_and_leaves_no_trace),
        cmocka_unit_test(test_the_limits_allow_what_they_name),
        cmocka_unit_test(test_no_metamethod_is_called),
        cmocka_unit_test(test_long_text_is_cut_between_characters),
        cmocka_unit_test(test_a_frame_cut_at_any_byte_is_refused),
        cmocka_unit_test(test_counts_are_not_believed),
        cmocka_unit_test(test_endless_nesting_ends),
        cmocka_unit_test(test_mutated_frames_are_values_or_refused),
        cmocka_unit_test(test_every_failing_allocation_is_an_error_or_harmless),
        cmocka_unit_test(test_a_buffer_stops_at_its_maximum_and_stays_failed),
        cmocka_unit_test(test_foreign_text_cannot_command_a_terminal),
        cmocka_unit_test(test_foreign_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
