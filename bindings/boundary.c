/*
** boundary.c: arguments in, results and failures out.
*/
#include "boundary.h"

#include <stdio.h>
#include <string.h>

kal_store *kalb_store(lua_State *L) {
    kalb_box *box = lua_touserdata(L, lua_upvalueindex(1));
    if (!box->store) luaL_error(L, "the database is closed");
    return box->store;
}

int kalb_no_memory(lua_State *L) {
    lua_pushliteral(L, "not enough memory");
    return lua_error(L);
}

int kalb_fail(lua_State *L, const kal_err *err) {
    if (err->code == KAL_NOMEM) return kalb_no_memory(L);
    if (err->code == KAL_MISUSE) return luaL_error(L, "%s", err->message);
    lua_pushnil(L);
    lua_pushstring(L, err->message);
    lua_pushstring(L, kal_code_name(err->code));
    return 3;
}

int kalb_done(lua_State *L, kal_code code, const kal_err *err) {
    if (code != KAL_OK) return kalb_fail(L, err);
    lua_pushboolean(L, 1);
    return 1;
}

/* ---- text ---- */

kal_str kalb_check_text(lua_State *L, int index) {
    kal_str text = {NULL, 0};
    if (!lua_isnoneornil(L, index)) text.data = luaL_checklstring(L, index, &text.len);
    return text;
}

void kalb_push_hash(lua_State *L, uint64_t value) {
    char out[17];
    snprintf(out, sizeof out, "%016llx", (unsigned long long)value);
    lua_pushstring(L, out);
}

void kalb_push_text(lua_State *L, kal_str text) {
    if (text.data)
        lua_pushlstring(L, text.data, text.len);
    else
        lua_pushnil(L);
}

/* ---- nearest names ---- */

/* Edit distance with adjacent swaps counted as one, for names of at most 31 characters. */
static size_t distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b), rows[3][33];
    if (n > 31 || m > 31) return 99;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *up = rows[(i - 1) % 3], *upup = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best) best = up[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && upup[j - 2] + 1 < best) best = upup[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *kalb_nearest(const char *word, const char *const *words) {
    const char *best = NULL;
    size_t near = strlen(word) / 3 + 1;
    for (; *words; words++) {
        size_t d = distance(word, *words);
        if (d <= near && d < strlen(*words)) {
            best = *words;
            near = d ? d - 1 : 0;
            if (d == 0) break;
        }
    }
    return best;
}

/* ---- table arguments ---- */

void kalb_check_keys(lua_State *L, int index, const char *what, const char *const *keys) {
    if (lua_isnoneornil(L, index)) {
        lua_settop(L, index - 1);
        lua_newtable(L);
    }
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        if (!key) luaL_error(L, "%s: a key of its table is a %s", what, luaL_typename(L, -2));
        const char *const *k = keys;
        while (*k && strcmp(*k, key) != 0)
            k++;
        if (*k) continue;
        const char *near = kalb_nearest(key, keys);
        if (near) luaL_error(L, "%s: unknown key '%s' (did you mean '%s'?)", what, key, near);
        luaL_error(L, "%s: unknown key '%s'", what, key);
    }
}

static int wrong_type(lua_State *L, const char *key, const char *wanted) {
    return luaL_error(L, "'%s' must be %s, got %s", key, wanted, luaL_typename(L, -1));
}

/* Pushes table[key]; false, with nothing pushed, when it is nil. */
static bool get(lua_State *L, int table, const char *key) {
    luaL_checkstack(L, 4, NULL);
    lua_pushstring(L, key);
    if (lua_rawget(L, table) != LUA_TNIL) return true;
    lua_pop(L, 1);
    return false;
}

static bool is_null(lua_State *L) {
    return lua_type(L, -1) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, -1);
}

bool kalb_field_text(lua_State *L, int table, const char *key, kal_str *out) {
    if (!get(L, table, key)) return false;
    *out = (kal_str){NULL, 0};
    if (is_null(L)) return true;
    if (lua_type(L, -1) != LUA_TSTRING && !lua_isinteger(L, -1)) wrong_type(L, key, "a string");
    out->data = lua_tolstring(L, -1, &out->len);
    return true;
}

bool kalb_field_integer(lua_State *L, int table, const char *key, int64_t *out) {
    int exact;
    if (!get(L, table, key)) return false;
    if (lua_type(L, -1) != LUA_TNUMBER) wrong_type(L, key, "an integer");
    *out = lua_tointegerx(L, -1, &exact);
    if (!exact) luaL_error(L, "'%s' must be an integer, got %s", key, lua_tostring(L, -1));
    lua_pop(L, 1);
    return true;
}

bool kalb_field_number(lua_State *L, int table, const char *key, double *out) {
    if (!get(L, table, key)) return false;
    if (lua_type(L, -1) != LUA_TNUMBER) wrong_type(L, key, "a number");
    *out = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return true;
}

bool kalb_field_boolean(lua_State *L, int table, const char *key, bool *out) {
    if (!get(L, table, key)) return false;
    if (!lua_isboolean(L, -1)) wrong_type(L, key, "a boolean");
    *out = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return true;
}

const kal_str *kalb_check_texts(lua_State *L, int list, const char *wrong, size_t *count) {
    if (lua_type(L, list) != LUA_TTABLE) luaL_error(L, "%s", wrong);
    *count = lua_rawlen(L, list);
    kal_str *out = lua_newuserdatauv(L, (*count + 1) * sizeof *out, 0);
    for (size_t i = 0; i < *count; i++) {
        if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TSTRING) luaL_error(L, "%s", wrong);
        out[i].data = lua_tolstring(L, -1, &out[i].len);
        lua_pop(L, 1);
    }
    return out;
}

void kalb_field_sessions(lua_State *L, int table, kal_str *one, const kal_str **ids,
                         size_t *count) {
    bool all = false, single = kalb_field_text(L, table, "session", one);
    kalb_field_boolean(L, table, "all", &all);
    if (single) {
        *ids = one;
        *count = 1;
    }
    bool several = lua_getfield(L, table, "sessions") != LUA_TNIL;
    if (several) *ids = kalb_check_texts(L, lua_gettop(L), "sessions must be a list of ids", count);
    if (all + single + several > 1)
        luaL_error(L, "session, sessions and all: only one of them can be given");
}

const int64_t *kalb_field_ids(lua_State *L, int table, const char *key, size_t *count) {
    *count = 0;
    if (!get(L, table, key)) return NULL;
    int list = lua_gettop(L);
    if (lua_type(L, list) != LUA_TTABLE) wrong_type(L, key, "a list of ids");
    *count = lua_rawlen(L, list);
    int64_t *ids = lua_newuserdatauv(L, (*count + 1) * sizeof *ids, 0);
    for (size_t i = 0; i < *count; i++) {
        int whole;
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        ids[i] = lua_tointegerx(L, -1, &whole);
        if (!whole) luaL_error(L, "'%s' must be a list of ids", key);
        lua_pop(L, 1);
    }
    return ids;
}

/* ---- rows ---- */

#define FIELDS_MAX 32

/* A field of a row: null takes a number away. */
static bool row_field(lua_State *L, int table, const kal_field *f, void *at) {
    bool none = false;
    if (f->type != KAL_TYPE_TEXT && get(L, table, f->name)) {
        none = is_null(L);
        lua_pop(L, 1);
    }
    switch (f->type) {
    case KAL_TYPE_TEXT: return kalb_field_text(L, table, f->name, at);
    case KAL_TYPE_BOOLEAN: return kalb_field_boolean(L, table, f->name, at);
    case KAL_TYPE_REAL:
        if (none) *(double *)at = KAL_NO_REAL;
        return none || kalb_field_number(L, table, f->name, at);
    case KAL_TYPE_INTEGER:
        if (none) *(int64_t *)at = KAL_NO_INTEGER;
        return none || kalb_field_integer(L, table, f->name, at);
    }
    return false;
}

void kalb_check_row(lua_State *L, int index, kal_noun noun, const char *what, void *row) {
    size_t count;
    const kal_field *fields = kal_fields(noun, &count);
    const char *names[FIELDS_MAX + 1] = {NULL};
    for (size_t i = 0; i < count; i++)
        names[i] = fields[i].name;
    kalb_check_keys(L, index, what, names);
    unsigned *has = row;
    for (size_t i = 0; i < count; i++) {
        void *at = (char *)row + fields[i].offset;
        if (row_field(L, index, &fields[i], at)) *has |= KAL_BIT(i);
    }
}

void kalb_push_row(lua_State *L, kal_noun noun, const void *row) {
    size_t count;
    const kal_field *fields = kal_fields(noun, &count);
    unsigned has = *(const unsigned *)row;
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        const void *at = (const char *)row + fields[i].offset;
        if (fields[i].type == KAL_TYPE_TEXT) {
            if (!((const kal_str *)at)->data) continue;
            kalb_push_text(L, *(const kal_str *)at);
        } else if (!(has & KAL_BIT(i))) {
            continue;
        } else if (fields[i].type == KAL_TYPE_INTEGER) {
            lua_pushinteger(L, *(const int64_t *)at);
        } else if (fields[i].type == KAL_TYPE_REAL) {
            lua_pushnumber(L, *(const double *)at);
        } else {
            lua_pushboolean(L, *(const bool *)at);
        }
        lua_setfield(L, -2, fields[i].name);
    }
}

/* ---- filters ---- */

static const char *const ORDERS[] = {"oldest", "newest", "importance", NULL};
static const char *const SCOPES[] = {"all", "live", "archived", NULL};

static int choice(lua_State *L, const char *what, const char *key, kal_str value,
                  const char *const *words) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], value.data) == 0) return i;
    return luaL_error(L, "%s: %s must not be '%s'", what, key, value.data);
}

void kalb_check_filter(lua_State *L, int index, const char *what, kal_filter *f) {
    static const char *const keys[] = {"session", "role",   "pin_type", "persona", "category",
                                       "name",    "prefix", "since",    "before",  "min_importance",
                                       "limit",   "order",  "scope",    "saved",   NULL};
    kal_str word;
    bool saved;
    kalb_check_keys(L, index, what, keys);
    kalb_field_text(L, index, "session", &f->session);
    kalb_field_text(L, index, "role", &f->role);
    kalb_field_text(L, index, "pin_type", &f->pin_type);
    kalb_field_text(L, index, "persona", &f->persona);
    kalb_field_text(L, index, "category", &f->category);
    kalb_field_text(L, index, "name", &f->name);
    kalb_field_text(L, index, "prefix", &f->id_prefix);
    kalb_field_text(L, index, "since", &f->since);
    kalb_field_text(L, index, "before", &f->before);
    kalb_field_number(L, index, "min_importance", &f->min_importance);
    kalb_field_integer(L, index, "limit", &f->limit);
    if (kalb_field_text(L, index, "order", &word))
        f->order = (kal_order)(choice(L, what, "order", word, ORDERS) + KAL_ORDER_OLDEST);
    if (kalb_field_text(L, index, "scope", &word))
        f->scope = (kal_scope)choice(L, what, "scope", word, SCOPES);
    if (kalb_field_boolean(L, index, "saved", &saved)) f->saved = saved ? 1 : -1;
}

void kalb_add_functions(lua_State *L, const luaL_Reg *functions) {
    for (; functions->name; functions++) {
        lua_pushvalue(L, -2);
        lua_pushcclosure(L, functions->func, 1);
        lua_setfield(L, -2, functions->name);
    }
}

void kalb_push_functions(lua_State *L, const luaL_Reg *functions) {
    lua_newtable(L);
    kalb_add_functions(L, functions);
}
