/*
** boundary.h: how values cross between Lua and the core: arguments in, rows and failures out. Nothing here
** decides anything. Every function that takes a lua_State may raise a Lua error and then not return: no
** caller may hold a resource in a local across such a call.
*/
#ifndef KALITO_BOUNDARY_H
#define KALITO_BOUNDARY_H

#include "kalito.h"

#include <lauxlib.h>
#include <locale.h>
#include <lua.h>

/* The box around a store: created empty, acquired into, closed once. */
typedef struct kalb_box {
    kal_store *store;
} kalb_box;
#define KALB_STORE "kalito.store"

/* The store of a function made by kalb_push_functions. Raises when it is closed. */
kal_store *kalb_store(lua_State *L);

/* Raises what Lua itself raises when memory is lacking. */
int kalb_no_memory(lua_State *L);
/* For a failure: raises for MISUSE and NOMEM, else pushes nil, message, code word and returns 3. */
int kalb_fail(lua_State *L, const kal_err *err);
/* Pushes true, or fails. */
int kalb_done(lua_State *L, kal_code code, const kal_err *err);

/* The string at `index` as borrowed text; NULL data for nil and none. Raises for other types. */
kal_str kalb_check_text(lua_State *L, int index);
void kalb_push_text(lua_State *L, kal_str text);
/* Sixteen hexadecimal digits. */
void kalb_push_hash(lua_State *L, uint64_t value);
/* The strings of the list at `list`, which keeps them, in a userdata that is left on the stack. Raises `wrong` for
** anything else. */
const kal_str *kalb_check_texts(lua_State *L, int list, const char *wrong, size_t *count);

/* A key of a table argument, by name. Each says whether it is there and leaves its value on the stack
** when it is text (so that the borrowed bytes stay alive). Raises when it is of another type. */
bool kalb_field_text(lua_State *L, int table, const char *key, kal_str *out);
bool kalb_field_integer(lua_State *L, int table, const char *key, int64_t *out);
bool kalb_field_number(lua_State *L, int table, const char *key, double *out);
bool kalb_field_boolean(lua_State *L, int table, const char *key, bool *out);
/* The keys `session` (an id, which goes to *one), `sessions` (a list of ids, in a userdata that is left on the stack) or
** `all`; *ids stays as it is when none is there. Raises when there is more than one. */
void kalb_field_sessions(lua_State *L, int table, kal_str *one, const kal_str **ids, size_t *count);
/* The list of ids at a key, in a userdata that is left on the stack; NULL when there is none. */
const int64_t *kalb_field_ids(lua_State *L, int table, const char *key, size_t *count);
/* The table argument at `index` (absent: an empty one is put there). Raises when it holds a key that is
** not in `keys` (ended by NULL), naming the nearest one; `what` is the function's name. */
void kalb_check_keys(lua_State *L, int index, const char *what, const char *const *keys);

/* Reads the row at `index` into *row; its texts borrow from the table. The values are left on the stack. */
void kalb_check_row(lua_State *L, int index, kal_noun noun, const char *what, void *row);
/* Pushes a row as a plain table. */
void kalb_push_row(lua_State *L, kal_noun noun, const void *row);
/* The first recall asks the scripts for the word lists: the store is upvalue 1. */
void kalb_ensure_words(lua_State *L, kal_store *store);
/* Pushes what was found as a list of rows with `score` and `reasons`. */
void kalb_push_hits(lua_State *L, const kal_hit *hits, size_t count);
/* Reads the conditions at `index`; texts borrow from the table. */
void kalb_check_filter(lua_State *L, int index, const char *what, kal_filter *filter);

/* A noun as Lua sees it: the core's functions behind one signature. */
typedef struct kalb_key {
    kal_str id;
    int64_t number;
} kalb_key;
typedef struct kalb_noun {
    kal_noun noun;
    const char *name;
    size_t size; /* of a row */
    kal_code (*add)(kal_store *, void *row, kal_err *);
    kal_code (*get)(kal_store *, kalb_key, void *out, kal_err *);
    kal_code (*set)(kal_store *, const void *row, kal_err *);
    kal_code (*del)(kal_store *, kalb_key, kal_err *);
    kal_code (*find)(kal_store *, const kal_filter *, void *rows, kal_page *, kal_err *);
    kal_code (*count)(kal_store *, const kal_filter *, int64_t *out, kal_err *);
    const luaL_Reg *more; /* verbs that only this noun has; NULL: none */
} kalb_noun;
extern const kalb_noun kalb_session, kalb_message, kalb_persona, kalb_summary, kalb_pin, kalb_turn,
    kalb_model, kalb_card;

/* With the store's userdata at the top: pushes a table of the noun's verbs. */
void kalb_push_noun(lua_State *L, const kalb_noun *noun);
/* With the store's userdata at the top: pushes a table of functions that find the store with
** kalb_store. */
void kalb_push_functions(lua_State *L, const luaL_Reg *functions);
/* The same into the table at the top, with the userdata below it. */
void kalb_add_functions(lua_State *L, const luaL_Reg *functions);

/* UTF-8, whatever the locale of the program is that has loaded the module: for uselocale. Null when there is none, with
** which uselocale changes nothing. Kept until the program ends. */
locale_t kalb_utf8(void);

/* Each pushes one table of the module. */
int kalb_open_store(lua_State *L);
int kalb_open_json(lua_State *L);
/* kalito.json.encode(value [, indent]) -> text */
int kalb_json_encode(lua_State *L);
/* The metatable of a table that is an array also when it is empty; and how deep values may be nested. */
#define KALB_ARRAY "kalito.json.array"
#define KALB_JSON_DEPTH 200
int kalb_open_system(lua_State *L);
int kalb_open_term(lua_State *L);
int kalb_open_text(lua_State *L);
int kalb_open_binary(lua_State *L);
int kalb_open_backup(lua_State *L);
int kalb_open_migrate(lua_State *L);
int kalb_open_restore(lua_State *L);
int kalb_open_recover(lua_State *L);
extern const luaL_Reg kalb_stats_functions[];
extern const luaL_Reg kalb_care_functions[];
int kalb_sql(lua_State *L);
int kalb_session_forget(lua_State *L);
int kalb_session_holders(lua_State *L);
extern const luaL_Reg kalb_context_functions[];
extern const luaL_Reg kalb_recall_functions[];
extern const luaL_Reg kalb_search_functions[];
extern const luaL_Reg kalb_vector_functions[];
extern const luaL_Reg kalb_index_functions[];

extern const luaL_Reg kalb_redaction_functions[];

/* The detectors that the list at `index` names, as bits. Raises for other names. */
unsigned kalb_check_detectors(lua_State *L, int index);

/* The option `progress` of a table: true shows on standard error how far a long indexing is. */
void kalb_field_progress(lua_State *L, int index, kal_options *options);

/* The nearest of `words` (ended by NULL) to `word`, or NULL when none is near. */
const char *kalb_nearest(const char *word, const char *const *words);

/* Ctrl-C: kalb_interrupt may be called from a signal handler: it stops the running Lua code, in coroutines too,
** and every open store. False: it was called before, and nobody has reset it. Stores register while they
** are open. */
bool kalb_interrupt(void);
void kalb_interrupt_reset(void);
/* The main thread of the program's Lua state; NULL: no more. */
void kalb_interrupt_watch(lua_State *L);
/* A coroutine that is being run, innermost first: a frame on the C stack of the one who resumes it. */
typedef struct kalb_running {
    lua_State *thread;
    struct kalb_running *outer;
} kalb_running;
void kalb_interrupt_enter(kalb_running *frame, lua_State *thread);
void kalb_interrupt_leave(const kalb_running *frame);
/* Replaces coroutine.resume and coroutine.wrap by ones that Ctrl-C reaches into. */
void kalb_watch_coroutines(lua_State *L);
bool kalb_interrupt_add(kal_store *store);
void kalb_interrupt_remove(kal_store *store);

#endif
