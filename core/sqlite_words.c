/*
** sqlite_words.c: the words of a text as the search index has them, from FTS5's own tokenizers, so that the
** stems of a question are those of the index by construction.
*/
#include "internal.h"

#include <sqlite3.h>
#include <stdlib.h>

struct kali_words {
    fts5_tokenizer stem, plain;
    Fts5Tokenizer *stemmer, *folder;
};

static fts5_api *find_api(sqlite3 *handle) {
    fts5_api *api = NULL;
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &q, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(q, 1, (void *)&api, "fts5_api_ptr", NULL);
        sqlite3_step(q);
    }
    sqlite3_finalize(q);
    return api;
}

static bool make_tokenizer(fts5_api *api, const char *name, const char **args, int count,
                           fts5_tokenizer *out, Fts5Tokenizer **made) {
    void *context = NULL;
    return api->xFindTokenizer(api, name, &context, out) == SQLITE_OK &&
           out->xCreate(context, args, count, made) == SQLITE_OK;
}

/* The same arguments as in the schema. */
kal_code kali_words_open(void *handle, kali_words **out, kal_err *err) {
    const char *args[] = {"unicode61", "remove_diacritics", "2"};
    fts5_api *api = find_api(handle);
    kali_words *w = *out = calloc(1, sizeof *w);
    if (!w) return kali_no_memory(err);
    if (api && make_tokenizer(api, "porter", args, 3, &w->stem, &w->stemmer) &&
        make_tokenizer(api, "unicode61", args + 1, 2, &w->plain, &w->folder))
        return KAL_OK;
    kali_words_close(w);
    *out = NULL;
    return kali_fail(err, KAL_IO, "this SQLite has no FTS5");
}

void kali_words_close(kali_words *w) {
    if (!w) return;
    if (w->stemmer) w->stem.xDelete(w->stemmer);
    if (w->folder) w->plain.xDelete(w->folder);
    free(w);
}

typedef struct collector {
    kali_arena *arena;
    kali_word *words;
    size_t count, room;
    bool stems, failed;
} collector;

static int collect(void *context, int flags, const char *token, int len, int start, int end) {
    collector *c = context;
    (void)flags;
    (void)end;
    if (c->count == c->room || len > (int)KAL_NAME_MAX) return SQLITE_OK;
    kal_str copy;
    if (!kali_arena_copy(c->arena, (kal_str){token, (size_t)len}, &copy)) {
        c->failed = true;
        return SQLITE_NOMEM;
    }
    kali_word *w = &c->words[c->count++];
    if (c->stems)
        w->stem = copy;
    else
        *w = (kali_word){.word = copy, .at = (size_t)start};
    return SQLITE_OK;
}

kal_code kali_words_split(kali_words *w, kali_arena *arena, kal_str text, kali_word *out,
                          size_t *count, kal_err *err) {
    collector c = {.arena = arena, .words = out, .room = *count};
    int n = (int)(text.len < 1 << 20 ? text.len : 1 << 20);
    w->plain.xTokenize(w->folder, &c, FTS5_TOKENIZE_QUERY, text.data, n, collect);
    *count = c.count;
    c.count = 0;
    c.stems = true;
    c.room = *count;
    w->stem.xTokenize(w->stemmer, &c, FTS5_TOKENIZE_QUERY, text.data, n, collect);
    if (c.failed) return kali_no_memory(err);
    return KAL_OK;
}

typedef struct caller {
    bool (*each)(void *context, kal_str stem, size_t from, size_t to);
    void *context;
} caller;

static int call_each(void *context, int flags, const char *token, int len, int start, int end) {
    caller *c = context;
    (void)flags;
    kal_str stem = {token, (size_t)len};
    return c->each(c->context, stem, (size_t)start, (size_t)end) ? SQLITE_OK : SQLITE_DONE;
}

void kali_words_each(kali_words *w, kal_str text,
                     bool (*each)(void *context, kal_str stem, size_t from, size_t to),
                     void *context) {
    caller c = {each, context};
    if (text.len > INT32_MAX) text.len = INT32_MAX;
    w->stem.xTokenize(w->stemmer, &c, FTS5_TOKENIZE_DOCUMENT, text.data, (int)text.len, call_each);
}

kal_code kali_words_get(kal_store *store, kal_err *err) {
    return store->words ? KAL_OK : kali_words_open(kali_db_handle(store->db), &store->words, err);
}
