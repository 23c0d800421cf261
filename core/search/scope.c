/*
** scope.c: which sessions take part in an answer over the whole history, as a set of their numbers, and who speaks in
** them.
*/
#include "search/document.h"

#include <string.h>

static void set_bit(uint8_t *set, size_t bit) {
    set[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* Marks the sessions whose numbers `sql` gives; with a text, those of that id. */
static kal_code mark(kal_store *store, const char *sql, kal_str id, uint8_t *set, size_t numbers,
                     size_t *marked, kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, id);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        int64_t number = kali_integer(q, 0);
        if (number < 0 || (size_t)number >= numbers) continue;
        set_bit(set, (size_t)number);
        ++*marked;
    }
    return code;
}

kal_code kali_scope_most(kal_store *store, uint32_t *out, kal_err *err) {
    static const char MOST[] = "SELECT max(number) FROM kalito_numbers";
    int64_t most;
    kal_code code = kali_db_value(store->db, MOST, &most, err);
    if (code == KAL_OK) *out = most > 0 && most < 1 << 24 ? (uint32_t)most : 0;
    return code;
}

kal_code kali_scope_make(kal_store *store, const kal_str *sessions, size_t count, kali_arena *arena,
                         kali_scope *out, kal_err *err) {
    static const char ONE[] = "SELECT number FROM kalito_numbers WHERE session_id = $1";
    static const char ARCHIVED[] =
        "SELECT n.number FROM sessions s JOIN kalito_numbers n ON n.session_id = s.id"
        " WHERE s.archived_at IS NOT NULL";
    uint32_t most;
    size_t marked = 0;
    kal_code code = kali_scope_most(store, &most, err);
    if (code != KAL_OK) return code;
    size_t numbers = (size_t)most + 1;
    uint8_t *set = kali_arena_alloc(arena, numbers / 8 + 1);
    if (!set) return kali_no_memory(err);
    memset(set, 0, numbers / 8 + 1);
    *out = (kali_scope){.numbers = numbers};
    for (size_t i = 0; sessions && i < count && code == KAL_OK; i++) {
        code = kali_session_exists(store, sessions[i], err);
        if (code == KAL_OK) code = mark(store, ONE, sessions[i], set, numbers, &marked, err);
    }
    if (!sessions) code = mark(store, ARCHIVED, (kal_str){0}, set, numbers, &marked, err);
    if (sessions)
        out->only = set;
    else if (marked)
        out->without = set;
    return code;
}

void kali_documents_speakers(const kali_documents *d, bool out[256]) {
    memset(out, 0, 256 * sizeof *out);
    if (!d->scope.only && !d->scope.without) {
        for (size_t i = 0; i < 256; i++)
            out[i] = d->speakers[i] > 0;
        return;
    }
    for (size_t i = 0; i < d->latest_count; i++) {
        if (!kali_scope_has(&d->scope, (uint32_t)d->latest[i])) continue;
        for (uint32_t p = d->chains[d->latest[i]].first; d->rows[p].flags; p++)
            if (!(d->rows[p].flags & KALI_ASSISTANT)) out[d->rows[p].speaker] = true;
    }
}
