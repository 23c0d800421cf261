/*
** adopt_time.c: times of the original, of which there are two forms, in the one that sorts: the same instant. Where a
** message has none, that of its neighbour.
*/
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT "[0-9]"
#define DATE DIGIT DIGIT DIGIT DIGIT "-" DIGIT DIGIT "-" DIGIT DIGIT
#define CLOCK DIGIT DIGIT ":" DIGIT DIGIT ":" DIGIT DIGIT
#define OURS "'" DATE "T" CLOCK "." DIGIT DIGIT DIGIT "Z'"
#define OTHER "'" DATE " " CLOCK "'"
#define ODD "(created_at IS NULL OR typeof(created_at) <> 'text' OR created_at NOT GLOB " OURS ")"

/* One message whose time is in no form of ours. */
typedef struct odd {
    int64_t id;
    kal_str session, time; /* in the arena */
} odd;

static kal_code next_odd(kal_store *store, int64_t after, kali_arena *arena, odd *out, bool *found,
                         kal_err *err) {
    static const char SQL[] =
        "SELECT id, session_id, created_at FROM messages WHERE id > $1 AND " ODD
        " ORDER BY id LIMIT 1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_arena_reset(arena);
    kali_bind_integer(q, 1, after);
    code = kali_step(q, found, err);
    if (code != KAL_OK || !*found) return code;
    out->id = kali_integer(q, 0);
    bool copied = kali_arena_copy(arena, kali_text(q, 1), &out->session) &&
                  kali_arena_copy(arena, kali_text(q, 2), &out->time);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

/* "1735689600" and "1735689600000": seconds and milliseconds since 1970. */
static bool epoch_ms(kal_str text, int64_t *ms) {
    char *end;
    if (!text.data || text.len < 9 || text.len > 16) return false;
    double value = strtod(text.data, &end);
    if (*end || !(value >= 1e8 && value < 1e14)) return false;
    *ms = (int64_t)(value < 1e11 ? value * 1000 : value);
    return true;
}

/* The time of the message before in its session, else of the one behind it, else 1970. */
static kal_code neighbour_ms(kal_store *store, const odd *o, int64_t *ms, kal_err *err) {
    static const char *const SQL[] = {
        "SELECT created_at FROM messages WHERE session_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1",
        "SELECT created_at FROM messages WHERE session_id = $1 AND id > $2 AND created_at GLOB '" DATE
        "*' ORDER BY id LIMIT 1"};
    *ms = 0;
    for (int i = 0; i < 2; i++) {
        kali_stmt *q;
        bool row;
        kal_code code = kali_db_use(store->db, SQL[i], &q, err);
        if (code != KAL_OK) return code;
        kali_bind_text(q, 1, o->session);
        kali_bind_integer(q, 2, o->id);
        code = kali_step(q, &row, err);
        if (code != KAL_OK) return code;
        bool known = row && kali_text(q, 0).data && kali_time_ms(kali_text(q, 0), ms);
        if (row) kali_reset(q);
        if (known) return KAL_OK;
    }
    return KAL_OK;
}

/* A file may hold that a session has no two messages at one time: then the next millisecond is taken. */
static kal_code set_time(kal_store *store, int64_t id, int64_t ms, kal_err *err) {
    static const char SQL[] = "UPDATE messages SET created_at = $2 WHERE id = $1";
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    for (int tries = 0; code == KAL_OK && tries < 10000; tries++) {
        char time[25];
        kali_time_format(ms + tries, time);
        kali_bind_integer(q, 1, id);
        kali_bind_text(q, 2, kal_text(time));
        kal_code done = kali_run(q, err);
        if (done != KAL_EXISTS) return done;
    }
    return code == KAL_OK
               ? kali_fail(err, KAL_EXISTS, "message %lld finds no time of its own", (long long)id)
               : code;
}

/* *known: the time says which instant it is, in whatever form. */
static kal_code fix_one(kal_store *store, const odd *o, bool *known, kal_err *err) {
    int64_t ms;
    kal_code code = KAL_OK;
    *known = (o->time.data && kali_time_ms(o->time, &ms)) || epoch_ms(o->time, &ms);
    if (!*known) code = neighbour_ms(store, o, &ms, err);
    return code == KAL_OK ? set_time(store, o->id, ms, err) : code;
}

static kal_code fix_odd(kal_store *store, int64_t *rewritten, int64_t *guessed, kal_err *err) {
    kali_arena arena = {0};
    odd o = {.id = INT64_MIN};
    bool found = true, known;
    kal_code code = KAL_OK;
    for (;;) {
        code = next_odd(store, o.id, &arena, &o, &found, err);
        if (code != KAL_OK || !found) break;
        code = fix_one(store, &o, &known, err);
        if (code != KAL_OK) break;
        *(known ? rewritten : guessed) += 1;
    }
    kali_arena_free(&arena);
    return code;
}

kal_code kali_adopt_time(kal_store *store, int64_t id, kal_str session, kal_str *time,
                         kali_arena *arena, kal_err *err) {
    static const char SQL[] = "SELECT created_at FROM messages WHERE id = $1";
    odd o = {id, session, *time};
    bool known, row;
    kali_stmt *q;
    bool before = kali_db_triggers(store->db, false);
    kal_code code = fix_one(store, &o, &known, err);
    kali_db_triggers(store->db, before);
    if (code == KAL_OK) code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(q, 1, id);
    code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    bool copied = kali_arena_copy(arena, kali_text(q, 0), time);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

#define REWRITE(table)                                                                             \
    "UPDATE " table " SET created_at = replace(created_at, ' ', 'T') || '.000Z'"                   \
    " WHERE typeof(created_at) = 'text' AND created_at GLOB " OTHER

kal_code kali_adopt_note_times(kal_store *store, int64_t *rewritten, kal_err *err) {
    static const char *const SQL[] = {REWRITE("semantic_pins"), REWRITE("conversation_summaries")};
    kal_code code = KAL_OK;
    bool before = kali_db_triggers(store->db, false);
    for (int i = 0; i < 2 && code == KAL_OK; i++) {
        kali_stmt *q;
        code = kali_db_use(store->db, SQL[i], &q, err);
        if (code == KAL_OK) code = kali_run(q, err);
        if (code == KAL_OK) *rewritten += kali_db_changes(store->db);
    }
    kali_db_triggers(store->db, before);
    return code;
}

kal_code kali_adopt_plan_times(kali_db *db, kal_report *report, kal_err *err) {
    int64_t n;
    kal_code code = kali_db_integer(
        db,
        "SELECT (SELECT count(*) FROM messages WHERE " ODD
        ") + (SELECT count(*) FROM semantic_pins WHERE created_at GLOB " OTHER
        ") + (SELECT count(*) FROM conversation_summaries WHERE created_at GLOB " OTHER ")",
        &n, err);
    if (code == KAL_OK && n)
        kali_report_add(report, false, NULL,
                        "%lld times are written in one form, at the same instant", (long long)n);
    return code;
}

kal_code kali_adopt_times(kal_store *store, kal_report *report, kal_err *err) {
    static const char ALL[] = REWRITE("messages");
    int64_t rewritten = 0, guessed = 0;
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, ALL, &q, err);
    if (code == KAL_OK) code = kali_run(q, err);
    if (code == KAL_OK) rewritten = kali_db_changes(store->db);
    /* Two of them would be at one time, where the file does not allow it: one after the other below. */
    if (code == KAL_EXISTS) code = KAL_OK;
    if (code == KAL_OK) code = fix_odd(store, &rewritten, &guessed, err);
    if (code == KAL_OK) code = kali_adopt_note_times(store, &rewritten, err);
    if (code == KAL_OK && rewritten)
        kali_report_add(report, false, NULL,
                        "%lld times were written in one form, at the same instant",
                        (long long)rewritten);
    if (code == KAL_OK && guessed)
        kali_report_add(report, false, NULL,
                        "%lld messages without a time got that of their neighbour",
                        (long long)guessed);
    return code;
}
