/*
** recall.c: db.recall: finding the messages that answer a query.
*/
#include "boundary.h"

#include <string.h>

static const char *const WEIGHTS[] = {"k1",
                                      "b",
                                      "b_assistant",
                                      "idf_power",
                                      "proper",
                                      "question",
                                      "before",
                                      "before_question",
                                      "after",
                                      "same2",
                                      "same2_question",
                                      "spread2",
                                      "answer",
                                      "session",
                                      "session_assistant",
                                      "proximity",
                                      "speaker",
                                      "first_person",
                                      "when",
                                      "date",
                                      "day",
                                      "assistant",
                                      "asking",
                                      "asking_assistant",
                                      "opening",
                                      "opening_share",
                                      "recent",
                                      "recent_half",
                                      "related",
                                      "category",
                                      NULL};

/* db.recall.words{ stop =, forms =, related =, ... } -> true */
static int words(lua_State *L) {
    static const char *const keys[] = {
        "stop",     "asked",   "forms",   "related", "ask_when", "time_words", "first_person",
        "you_said", "look_up", "openers", "months",  "past",     "numbers",    NULL};
    kal_word_lists lists = {0};
    kal_str *each = (kal_str *)&lists;
    kal_err err;
    lua_settop(L, 1);
    kalb_check_keys(L, 1, "recall.words", keys);
    for (int i = 0; keys[i]; i++)
        kalb_field_text(L, 1, keys[i], &each[i]);
    return kalb_done(L, kal_recall_words(kalb_store(L), &lists, &err), &err);
}

void kalb_ensure_words(lua_State *L, kal_store *store) {
    if (kal_recall_has_words(store)) return;
    lua_getglobal(L, "require");
    lua_pushliteral(L, "kalito.words");
    lua_call(L, 1, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, words, 1);
    lua_insert(L, -2);
    lua_call(L, 1, 0);
}

static void read_weights(lua_State *L, kal_weights *weights) {
    double *each = (double *)weights;
    *weights = kal_weights_default();
    lua_getfield(L, 1, "weights");
    if (lua_isnil(L, -1)) return;
    int table = lua_gettop(L);
    kalb_check_keys(L, table, "recall.find weights", WEIGHTS);
    for (int i = 0; WEIGHTS[i]; i++)
        kalb_field_number(L, table, WEIGHTS[i], &each[i]);
}

/* Into the row at the top; none is absent. */
static void push_neighbour(lua_State *L, const char *key, int64_t id) {
    if (id == 0) return;
    lua_pushinteger(L, id);
    lua_setfield(L, -2, key);
}

static void push_ids(lua_State *L, const char *key, const int64_t *ids, size_t count) {
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, ids[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, key);
}

void kalb_push_hits(lua_State *L, const kal_hit *hits, size_t count) {
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        kalb_push_row(L, KAL_MESSAGE, &hits[i].message);
        lua_pushnumber(L, hits[i].score);
        lua_setfield(L, -2, "score");
        lua_pushnumber(L, hits[i].lent);
        lua_setfield(L, -2, "lent");
        kalb_push_text(L, hits[i].reasons);
        lua_setfield(L, -2, "reasons");
        push_neighbour(L, "question", hits[i].question);
        push_neighbour(L, "answer", hits[i].answer);
        if (hits[i].copy_count) push_ids(L, "copies", hits[i].copies, hits[i].copy_count);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void read_query(lua_State *L, kal_query *query, kal_str *one, kal_weights *weights) {
    static const char *const keys[] = {"query",   "session", "sessions", "all",     "limit",
                                       "budget",  "without", "now",      "similar", "also",
                                       "weights", "asked",   NULL};
    kalb_check_keys(L, 1, "recall.find", keys);
    kalb_field_text(L, 1, "query", &query->text);
    kalb_field_integer(L, 1, "limit", &query->limit);
    kalb_field_integer(L, 1, "budget", &query->budget);
    kalb_field_integer(L, 1, "without", &query->without);
    kalb_field_text(L, 1, "now", &query->now);
    kalb_field_text(L, 1, "asked", &query->asked);
    kalb_field_number(L, 1, "similar", &query->similar);
    query->also = kalb_field_ids(L, 1, "also", &query->also_count);
    read_weights(L, weights);
    query->weights = weights;
    kalb_field_sessions(L, 1, one, &query->sessions, &query->session_count);
}

/* db.recall.find{ query =, session = | sessions = | all =, limit =, budget =, without =, now =, asked =, similar =,
** also =, weights = } -> hits */
static int find(lua_State *L) {
    kal_query query = {.limit = 10};
    kal_weights weights;
    kal_str one;
    kal_err err;
    size_t count;
    kal_store *store = kalb_store(L);
    lua_settop(L, 1);
    read_query(L, &query, &one, &weights);
    kalb_ensure_words(L, store);
    size_t room = query.limit > 0 && query.limit <= 1000 ? (size_t)query.limit : 1;
    kal_hit *hits = lua_newuserdatauv(L, (room + query.also_count) * sizeof *hits, 0);
    if (kal_recall_find(store, &query, hits, &count, &err) != KAL_OK) return kalb_fail(L, &err);
    kalb_push_hits(L, hits, count);
    return 1;
}

const luaL_Reg kalb_recall_functions[] = {{"find", find}, {"words", words}, {NULL, NULL}};
