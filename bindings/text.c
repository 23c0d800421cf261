/*
** text.c: the table kalito.text, the text functions of the core for rules written in Lua. It needs
** no store, so it is there in the jailed worker too. A compiled word set is a userdata that holds
** the whole set; its user value keeps the list of its words.
*/
#include "boundary.h"

#define WORDS "kalito.words"

int kalb_open_text(lua_State *L);

static kal_str check_text(lua_State *L, int arg) {
    kal_str text;
    text.data = luaL_checklstring(L, arg, &text.len);
    return text;
}

static size_t check_limit(lua_State *L, int arg) {
    lua_Integer limit = luaL_optinteger(L, arg, LUA_MAXINTEGER);
    luaL_argcheck(L, limit >= 0, arg, "limit is negative");
    return (size_t)limit;
}

/* Copies the list at index 1 to a new table on the stack and its strings' places to words. */
static void copy_list(lua_State *L, kal_str *words, lua_Integer n) {
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_geti(L, 1, i) != LUA_TSTRING)
            luaL_error(L, "word %d is not a string but a %s", (int)i, luaL_typename(L, -1));
        words[i - 1].data = lua_tolstring(L, -1, &words[i - 1].len);
        lua_rawseti(L, -2, i);
    }
}

static int refuse(lua_State *L, void *set, size_t size, const kal_str *words) {
    int i = 0;
    while (kal_words_build(set, size, &words[i], 1))
        i++;
    return luaL_error(L, "word %d is empty, longer than %d bytes or not valid UTF-8", i + 1,
                      KAL_WORD_MAX);
}

/* text.words(list) -> set */
static int words(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    luaL_argcheck(L, n >= 0 && n <= KAL_WORDS_MAX, 1, "too many words");
    kal_str *list = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *list, 0);
    copy_list(L, list, n);
    size_t size = kal_words_size(list, (size_t)n);
    void *set = lua_newuserdatauv(L, size, 1);
    if (!kal_words_build(set, size, list, (size_t)n)) return refuse(L, set, size, list);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, WORDS);
    return 1;
}

/* set:count(s [, limit]) -> integer */
static int words_count(lua_State *L) {
    const void *set = luaL_checkudata(L, 1, WORDS);
    size_t n = kal_words_count(set, check_text(L, 2), check_limit(L, 3));
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/* set:lead(s [, limit]) -> integer */
static int words_lead(lua_State *L) {
    const void *set = luaL_checkudata(L, 1, WORDS);
    size_t n = kal_words_lead(set, check_text(L, 2), check_limit(L, 3));
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/* set:find(s [, init]) -> word, position or nil */
static int words_find(lua_State *L) {
    const void *set = luaL_checkudata(L, 1, WORDS);
    kal_str text = check_text(L, 2);
    lua_Integer init = luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, init >= 1, 3, "init is below 1");
    size_t at = (size_t)init - 1;
    size_t which;
    if (!kal_words_find(set, text, &at, &which)) return lua_pushnil(L), 1;
    lua_getiuservalue(L, 1, 1);
    lua_rawgeti(L, -1, (lua_Integer)which + 1);
    lua_pushinteger(L, (lua_Integer)at + 1);
    return 2;
}

/* The names and places of the counts of text.scan. */
static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
#define FIELD(name)                                                                                \
    { #name, offsetof(kal_text_stats, name) }
    FIELD(bytes),       FIELD(chars),      FIELD(lines),          FIELD(words),
    FIELD(sentences),   FIELD(questions),  FIELD(exclamations),   FIELD(code_blocks),
    FIELD(code_spans),  FIELD(list_items), FIELD(numbered_items), FIELD(quoted_lines),
    FIELD(identifiers), FIELD(urls),       FIELD(numbers),        FIELD(dates),
    FIELD(capitalised),
#undef FIELD
};

/* text.scan(s [, t]) -> table of counts, t itself when given */
static int scan(lua_State *L) {
    kal_str text = check_text(L, 1);
    int n = (int)(sizeof fields / sizeof *fields);
    if (lua_isnoneornil(L, 2))
        lua_createtable(L, 0, n);
    else
        luaL_checktype(L, 2, LUA_TTABLE);
    kal_text_stats stats;
    kal_text_scan(text, &stats);
    for (int i = 0; i < n; i++) {
        const size_t *count =
            (const size_t *)(const void *)((const char *)&stats + fields[i].offset);
        lua_pushinteger(L, (lua_Integer)*count);
        lua_setfield(L, -2, fields[i].name);
    }
    return 1;
}

/* text.tokens(s) -> integer */
static int tokens(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)kal_tokens(check_text(L, 1)));
    return 1;
}

/* text.similar(a, b) -> number */
static int similar(lua_State *L) {
    lua_pushnumber(L, kal_text_similar(check_text(L, 1), check_text(L, 2)));
    return 1;
}

#define ALIKE_MAX 256

/* text.alike(texts, least) -> list of { first, second } */
static int alike(lua_State *L) {
    kal_err err;
    size_t count;
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argcheck(L, lua_rawlen(L, 1) <= ALIKE_MAX, 1, "has more than 256 texts");
    const kal_str *texts = kalb_check_texts(L, 1, "text.alike needs a list of strings", &count);
    double least = luaL_checknumber(L, 2);
    kal_pairs pairs = {.room = count * count / 2};
    pairs.rows = lua_newuserdatauv(L, (pairs.room + 1) * sizeof *pairs.rows, 0);
    if (kal_text_alike(texts, count, least, &pairs, &err) != KAL_OK) return kalb_fail(L, &err);
    lua_createtable(L, (int)pairs.count, 0);
    for (size_t i = 0; i < pairs.count; i++) {
        lua_createtable(L, 2, 0);
        lua_pushinteger(L, pairs.rows[i].first + 1);
        lua_rawseti(L, -2, 1);
        lua_pushinteger(L, pairs.rows[i].second + 1);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* text.valid(s) -> true, or false and the position of the first bad byte */
static int valid(lua_State *L) {
    size_t bad = 0;
    bool good = kal_text_valid(check_text(L, 1), &bad);
    lua_pushboolean(L, good);
    if (!good) lua_pushinteger(L, (lua_Integer)bad + 1);
    return good ? 1 : 2;
}

/* text.safe(s [, kept]) -> text */
static int safe(lua_State *L) {
    luaL_Buffer b;
    kal_str text = check_text(L, 1);
    const char *kept = luaL_optstring(L, 2, "");
    size_t size = kal_text_safe(text, kept, NULL, 0);
    if (size == text.len) return lua_settop(L, 1), 1;
    kal_text_safe(text, kept, luaL_buffinitsize(L, &b, size), size);
    luaL_pushresultsize(&b, size);
    return 1;
}

/* The step of text.sentences. Upvalues: the text, the position. */
static int next_sentence(lua_State *L) {
    kal_str text;
    text.data = lua_tolstring(L, lua_upvalueindex(1), &text.len);
    size_t pos = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    kal_str sentence;
    if (!kal_text_sentence(text, &pos, &sentence)) return lua_pushnil(L), 1;
    lua_pushinteger(L, (lua_Integer)pos);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushlstring(L, sentence.data, sentence.len);
    lua_pushinteger(L, (lua_Integer)(sentence.data - text.data) + 1);
    return 2;
}

/* text.sentences(s) -> iterator over sentence, position */
static int sentences(lua_State *L) {
    check_text(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_sentence, 2);
    return 1;
}

static const luaL_Reg methods[] = {
    {"count", words_count},
    {"find", words_find},
    {"lead", words_lead},
    {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"alike", alike},         {"safe", safe},       {"scan", scan},
    {"sentences", sentences}, {"similar", similar}, {"tokens", tokens},
    {"valid", valid},         {"words", words},     {NULL, NULL},
};

/* Pushes the table kalito.text. */
int kalb_open_text(lua_State *L) {
    if (luaL_newmetatable(L, WORDS)) {
        luaL_newlib(L, methods);
        lua_setfield(L, -2, "__index");
        lua_pushliteral(L, WORDS);
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
    luaL_newlib(L, functions);
    return 1;
}
