/*
** render.c: the messages of a context, and how much of their front is as it was the last time. The layout
** is stable from turn to turn: persona, pins and summaries in one system message, the recent messages, then
** the recalled ones in a system message just before the new message.
*/
#include "context/context.h"

#include <stdio.h>
#include <string.h>

const char *kal_part_name(kal_part part) {
    static const char *const names[KAL_PARTS] = {"persona",  "pin",    "summary",
                                                 "recalled", "recent", "new"};
    return (unsigned)part < KAL_PARTS ? names[part] : "unknown";
}

const char *kali_heading(kal_part part) {
    switch (part) {
    case KAL_PART_PIN: return "\n# Pinned\n";
    case KAL_PART_SUMMARY: return "\n# Summaries of earlier messages\n";
    case KAL_PART_RECALLED: return "# Recalled from earlier messages\n";
    default: return NULL;
    }
}

/* A line of a section. Every piece of a shared message ends with a newline: there, counts of tokens add
** up (see kal_tokens). */
static kal_code make_line(kal_context *context, kali_entry *e, kal_err *err) {
    const kal_item *item = &e->item;
    char front[320] = "- ";
    if (item->part == KAL_PART_PERSONA) front[0] = 0;
    if (item->part == KAL_PART_RECALLED)
        snprintf(front, sizeof front, "- [%.10s %.255s] ",
                 e->created_at.data ? e->created_at.data : "undated",
                 e->speaker.len ? e->speaker.data : item->role.data);
    size_t n = strlen(front), len = n + item->text.len + 1;
    char *p = kali_arena_alloc(&context->arena, len);
    if (!p) return kali_no_memory(err);
    memcpy(p, front, n);
    memcpy(p + n, item->text.data, item->text.len);
    p[len - 1] = '\n';
    e->piece = (kal_str){p, len};
    return KAL_OK;
}

kal_code kali_render_entry(kal_context *context, kali_entry *e, kal_err *err) {
    bool whole = e->item.part == KAL_PART_RECENT || e->item.part == KAL_PART_NEW;
    kal_store *store = context->store;
    /* What is new, and rows from before redaction was on. */
    kal_code code = kali_redact_text(store, &context->arena, &e->item.text, err);
    if (code == KAL_OK) code = kali_redact_text(store, &context->arena, &e->speaker, err);
    if (whole)
        e->piece = e->item.text;
    else if (code == KAL_OK)
        code = make_line(context, e, err);
    if (code == KAL_OK)
        e->item.tokens =
            (int64_t)kali_memo_tokens(&store->memo, e->piece) + (whole ? KAL_MESSAGE_TOKENS : 0);
    return code;
}

/* ---- shared messages ---- */

typedef struct joiner {
    kal_context *context;
    char *out; /* NULL: only count */
    size_t len;
} joiner;

static void append(joiner *j, kal_str piece) {
    if (j->out) memcpy(j->out + j->len, piece.data, piece.len);
    j->len += piece.len;
}

/* Pieces of the entries first..end that are in, with a heading before each part. */
static void join(joiner *j, size_t first, size_t end) {
    int part = -1;
    for (size_t i = first; i < end; i++) {
        const kali_entry *e = &j->context->entries[i];
        if (!e->item.in) continue;
        const char *heading = kali_heading(e->item.part);
        if ((int)e->item.part != part && heading) {
            /* The blank line before a heading is for one that follows something. */
            append(j, kal_text(j->len ? heading : heading + (heading[0] == '\n')));
        }
        part = (int)e->item.part;
        append(j, e->piece);
    }
}

static kal_code add_joined(kal_context *context, size_t first, size_t end, kal_err *err) {
    joiner j = {context, NULL, 0};
    join(&j, first, end);
    if (j.len == 0) return KAL_OK;
    j.out = kali_arena_alloc(&context->arena, j.len + 1);
    if (!j.out) return kali_no_memory(err);
    j.len = 0;
    join(&j, first, end);
    j.out[--j.len] = 0; /* the last newline */
    context->messages[context->info.messages++] =
        (kal_prompt){kal_text("system"), (kal_str){j.out, j.len}};
    return KAL_OK;
}

static void add_whole(kal_context *context, size_t first, size_t end) {
    for (size_t i = first; i < end; i++) {
        const kal_item *item = &context->entries[i].item;
        if (item->in)
            context->messages[context->info.messages++] = (kal_prompt){item->role, item->text};
    }
}

/* The first entry at or after `from` whose part is not among `parts`, bits. */
static size_t end_of(const kal_context *context, size_t from, unsigned parts) {
    while (from < context->info.items && (parts >> context->entries[from].item.part & 1))
        from++;
    return from;
}

kal_code kali_render(kal_context *context, kal_err *err) {
    size_t room = context->info.items + 2;
    context->messages = kali_arena_alloc(&context->arena, room * sizeof *context->messages);
    if (!context->messages) return kali_no_memory(err);
    size_t a =
        end_of(context, 0, 1u << KAL_PART_PERSONA | 1u << KAL_PART_PIN | 1u << KAL_PART_SUMMARY);
    size_t b = end_of(context, a, 1u << KAL_PART_RECENT);
    size_t c = end_of(context, b, 1u << KAL_PART_RECALLED);
    kal_code code = add_joined(context, 0, a, err);
    add_whole(context, a, b);
    if (code == KAL_OK) code = add_joined(context, b, c, err);
    add_whole(context, c, context->info.items);
    for (size_t i = 0; i < context->info.messages; i++)
        context->info.bytes += (int64_t)context->messages[i].content.len;
    return code;
}

/* ---- the previous context ---- */

/* One rendered piece as it is remembered: no text, only its length and a hash. */
typedef struct mark {
    uint64_t bytes, hash;
} mark;

static size_t make_marks(const kal_context *context, mark *marks) {
    size_t n = 0;
    for (size_t i = 0; i < context->info.items; i++) {
        const kali_entry *e = &context->entries[i];
        if (e->item.in) marks[n++] = (mark){e->piece.len, kal_text_hash(e->piece)};
    }
    return n;
}

/* The marks of the session's previous context, in the arena; absent when it had none. */
static kal_code read_marks(kal_store *store, kali_arena *arena, kal_str session, kal_str *out,
                           kal_err *err) {
    static const char SQL[] = "SELECT pieces FROM kalito_contexts WHERE session_id = $1";
    kali_stmt *q;
    bool row;
    *out = (kal_str){NULL, 0};
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, session);
    code = kali_step(q, &row, err);
    if (code != KAL_OK || !row) return code;
    bool copied = kali_arena_copy(arena, kali_blob(q, 0), out);
    kali_reset(q);
    return copied ? KAL_OK : kali_no_memory(err);
}

static size_t put(char *out, size_t n, kal_str text, const char *end) {
    memcpy(out + n, text.data, text.len);
    memcpy(out + n + text.len, end, 1);
    return n + text.len + 1;
}

static bool hash_messages(kal_context *context) {
    size_t room = 1, n = 0;
    for (size_t i = 0; i < context->info.messages; i++)
        room += context->messages[i].role.len + context->messages[i].content.len + KAL_NUMBER_SIZE;
    char *all = kali_arena_alloc(&context->arena, room), number[KAL_NUMBER_SIZE];
    if (!all) return false;
    for (size_t i = 0; i < context->info.messages; i++) {
        const kal_prompt *message = &context->messages[i];
        size_t digits = kal_text_integer((int64_t)message->content.len, number);
        n = put(all, n, message->role, " ");
        n = put(all, n, (kal_str){number, digits}, "\n");
        n = put(all, n, message->content, "\n");
    }
    context->info.hash = kal_text_hash((kal_str){all, n});
    return true;
}

kal_code kal_context_compare(kal_store *store, kal_context *context, kal_err *err) {
    kal_str old;
    context->info.prefix_bytes = 0;
    mark *now = kali_arena_alloc(&context->arena, (context->info.items + 1) * sizeof *now);
    if (!now || !hash_messages(context)) return kali_no_memory(err);
    kal_code code = read_marks(store, &context->arena, context->info.session, &old, err);
    size_t count = make_marks(context, now);
    for (size_t i = 0; code == KAL_OK && i < count && (i + 1) * sizeof(mark) <= old.len; i++) {
        mark was;
        memcpy(&was, old.data + i * sizeof was, sizeof was);
        if (was.bytes != now[i].bytes || was.hash != now[i].hash) break;
        context->info.prefix_bytes += (int64_t)was.bytes;
    }
    /* The last piece of a system message is sent without its newline. */
    if (context->info.prefix_bytes > context->info.bytes)
        context->info.prefix_bytes = context->info.bytes;
    return code;
}

static kal_code write_marks(kal_store *store, const kal_context *context, const mark *marks,
                            size_t count, kal_err *err) {
    static const char SQL[] =
        "INSERT INTO kalito_contexts(session_id, created_at, budget, tokens, pieces)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session_id) DO UPDATE SET created_at = $2,"
        " budget = $3, tokens = $4, pieces = $5";
    char now[25];
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kal_store_now(store, now);
    kali_bind_text(q, 1, context->info.session);
    kali_bind_text(q, 2, kal_text(now));
    kali_bind_integer(q, 3, context->info.budget);
    kali_bind_integer(q, 4, context->info.tokens);
    kali_bind_blob(q, 5, marks, count * sizeof *marks);
    code = kali_run(q, err);
    if (code != KAL_EXISTS) return code;
    return kali_fail(err, KAL_NOT_FOUND, "no session has the id '%.*s' any more",
                     KALI_STR(context->info.session));
}

kal_code kal_context_save(kal_store *store, const kal_context *context, kal_err *err) {
    kali_arena arena = {0};
    mark *marks = kali_arena_alloc(&arena, (context->info.items + 1) * sizeof *marks);
    if (!marks) return kali_no_memory(err);
    size_t count = make_marks(context, marks);
    kal_str old;
    kal_code code = read_marks(store, &arena, context->info.session, &old, err);
    bool same = code == KAL_OK && old.data && old.len == count * sizeof *marks &&
                memcmp(old.data, marks, old.len) == 0;
    if (code == KAL_OK && !same) {
        code = kali_write_begin(store, err);
        if (code == KAL_OK)
            code = kali_write_end(store, write_marks(store, context, marks, count, err), err);
    }
    kali_arena_free(&arena);
    return code;
}
