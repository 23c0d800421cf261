/*
** context.c: what the next model call is told. Candidates are fetched as the plan says, packed under the
** budget part by part, and every one of them learns why it is in or out. Nothing is cut: what does not fit
** is skipped, and the recent part is one run that ends at the newest message.
*/
#include "context.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_MAX 10000000
#define LIMIT_MAX 1000
#define BLOCK_MAX 100

kal_plan kal_plan_default(void) {
    return (kal_plan){.pin = {10, 0.25, 0},
                      .summary = {3, 0.25, 0},
                      .recalled = {10, 0.3, 0},
                      .recent = {20, 1, 0},
                      .block = 4};
}

/* A plan may come from a script that knows no limits: NaN and what is out of range become the nearest
** value that makes sense. */
static double within(double v, double min, double max) {
    return !(v > min) ? min : v > max ? max : v;
}

static kal_share tame_share(kal_share s) {
    int64_t limit = s.limit < 0 ? 0 : s.limit > LIMIT_MAX ? LIMIT_MAX : s.limit;
    return (kal_share){limit, within(s.share, 0, 1), within(s.min_importance, 0, 1)};
}

static kal_plan tame(const kal_plan *given) {
    kal_plan p = given ? *given : kal_plan_default();
    p.pin = tame_share(p.pin);
    p.summary = tame_share(p.summary);
    p.recalled = tame_share(p.recalled);
    p.recent = tame_share(p.recent);
    p.block = p.block < 1 ? 1 : p.block > BLOCK_MAX ? BLOCK_MAX : p.block;
    return p;
}

/* ---- building ---- */

typedef struct build {
    kal_store *store;
    const kal_request *request;
    kal_plan plan;
    kal_context *context;
    kal_session session;
    kal_message stored;  /* the new message, when it is a stored one */
    int64_t rest;        /* tokens not yet spent */
    int64_t after_fixed; /* tokens that the fixed parts leave: shares are parts of it */
    bool system;         /* the first system message exists */
} build;

static kal_code nomem(kal_err *err) {
    return kali_fail(err, KAL_NOMEM, "out of memory");
}

static bool keep(build *b, kal_str text, kal_str *out) {
    return kali_arena_copy(&b->context->arena, text, out);
}

/* The next free entry: `room` was counted from the plan's limits. */
static kali_entry *add_entry(build *b, kal_part part) {
    kali_entry *e = &b->context->entries[b->context->info.items++];
    *e = (kali_entry){.item = {.part = part, .why = "in"}};
    return e;
}

static void put(kal_item *item, bool in, const char *why) {
    item->in = in;
    item->why = why;
}

static kal_code explain(build *b, kal_item *item, const char *format, long long x, long long y,
                        kal_err *err) {
    char line[160];
    kal_str why;
    snprintf(line, sizeof line, format, x, y);
    if (!keep(b, kal_text(line), &why)) return nomem(err);
    put(item, false, why.data);
    return KAL_OK;
}

/* ---- the fixed part ---- */

static kal_code add_persona(build *b, kal_err *err) {
    const kal_request *r = b->request;
    kal_persona persona = {0};
    kali_key key = {r->persona.data ? r->persona : b->session.persona, 0};
    if (key.id.data) {
        kal_code code = kali_row_get(b->store, &kali_persona_noun, key, &persona, err);
        /* A session may name a persona that another program has deleted. */
        if (code != KAL_OK && (code != KAL_NOT_FOUND || r->persona.data)) return code;
    }
    kal_str prompt = r->prompt.data ? r->prompt : persona.prompt;
    if (!prompt.len) return KAL_OK;
    kali_entry *e = add_entry(b, KAL_PART_PERSONA);
    if (!keep(b, persona.id, &e->item.id) || !keep(b, prompt, &e->item.text)) return nomem(err);
    e->item.role = kal_text("system");
    put(&e->item, true, "the persona's prompt is always sent");
    return kali_render_entry(b->context, e, err);
}

static kal_code find_stored(build *b, kal_err *err) {
    if (!b->request->message) return KAL_OK;
    kali_key key = {{0}, b->request->message};
    kal_code code = kali_row_get(b->store, &kali_message_noun, key, &b->stored, err);
    if (code != KAL_OK) return code;
    if (b->stored.session.len != b->session.id.len ||
        memcmp(b->stored.session.data, b->session.id.data, b->session.id.len) != 0)
        return kali_fail(err, KAL_MISUSE, "context.message %lld is in another session",
                         (long long)b->request->message);
    return KAL_OK;
}

static kal_code make_new(build *b, kali_entry *e, kal_err *err) {
    bool stored = b->request->message != 0;
    kal_str role = stored ? b->stored.role : b->request->role;
    char id[24] = "";
    if (stored) snprintf(id, sizeof id, "%lld", (long long)b->stored.id);
    *e = (kali_entry){.item = {.part = KAL_PART_NEW, .score = b->stored.importance_score}};
    if (!keep(b, stored ? b->stored.text : b->request->text, &e->item.text) ||
        !keep(b, role.len ? role : kal_text("user"), &e->item.role) ||
        (stored && !keep(b, kal_text(id), &e->item.id)) ||
        !keep(b, b->stored.score_reasons, &e->item.reasons))
        return nomem(err);
    put(&e->item, true, "the new message is always sent");
    return kali_render_entry(b->context, e, err);
}

/* Persona and new message must fit; the others share what they leave. */
static kal_code spend_fixed(build *b, const kali_entry *new_entry, kal_err *err) {
    int64_t need = 0;
    b->system = b->context->info.items > 0;
    if (b->system) need += b->context->entries[0].item.tokens + KAL_MESSAGE_TOKENS;
    if (new_entry) need += new_entry->item.tokens;
    b->rest = b->request->budget - need;
    b->after_fixed = b->rest;
    if (b->rest >= 0) return KAL_OK;
    return kali_fail(err, KAL_BUDGET,
                     "persona and new message need %lld tokens, %lld more than the budget of %lld",
                     (long long)need, (long long)-b->rest, (long long)b->request->budget);
}

/* ---- pins, summaries, recalled: one line each in a section ---- */

typedef struct section {
    int64_t cap, used;
    bool begun; /* its heading is paid for */
} section;

static section open_section(const build *b, const kal_share *share) {
    return (section){.cap = (int64_t)(share->share * (double)b->after_fixed)};
}

static int64_t line_cost(const build *b, const section *s, const kali_entry *e) {
    int64_t cost = e->item.tokens;
    if (s->begun) return cost;
    cost += (int64_t)kal_tokens(kal_text(kali_heading(e->item.part)));
    bool own_message = e->item.part == KAL_PART_RECALLED || !b->system;
    return cost + (own_message ? KAL_MESSAGE_TOKENS : 0);
}

static kal_code take_line(build *b, section *s, kali_entry *e, const char *why, kal_err *err) {
    int64_t cost = line_cost(b, s, e);
    if (cost > b->rest)
        return explain(b, &e->item, "needs %lld tokens, %lld are left of the budget", cost, b->rest,
                       err);
    if (s->used + cost > s->cap)
        return explain(b, &e->item, "needs %lld tokens, %lld are left of its part's share", cost,
                       s->cap - s->used, err);
    s->used += cost;
    s->begun = true;
    b->rest -= cost;
    if (e->item.part != KAL_PART_RECALLED) b->system = true;
    put(&e->item, true, why);
    return KAL_OK;
}

static kal_code add_note(build *b, kali_stmt *q, kal_part part, const kal_share *share, section *s,
                         kal_err *err) {
    kali_entry *e = add_entry(b, part);
    e->item.score = kali_real(q, 2);
    if (!keep(b, kali_text(q, 0), &e->item.id) || !keep(b, kali_text(q, 1), &e->item.text) ||
        !keep(b, kali_text(q, 3), &e->created_at))
        return nomem(err);
    kal_code code = kali_render_entry(b->context, e, err);
    if (code != KAL_OK) return code;
    if (e->item.score < share->min_importance) {
        put(&e->item, false, "its importance is below the plan's minimum");
        return KAL_OK;
    }
    return take_line(
        b, s, e,
        part == KAL_PART_PIN ? "pinned, and fits" : "summarises earlier messages, and fits", err);
}

static const char PINS[] =
    "SELECT id, content, coalesce(importance_score, 0.8), created_at FROM semantic_pins"
    " WHERE session_id = $1 ORDER BY importance_score DESC, created_at DESC, id DESC LIMIT $2";
static const char SUMMARIES[] =
    "SELECT id, summary, coalesce(importance_score, 0.7), created_at FROM conversation_summaries"
    " WHERE session_id = $1 AND parent IS NULL"
    " ORDER BY importance_score DESC, created_at DESC, id DESC LIMIT $2";

static kal_code add_notes(build *b, const char *sql, kal_part part, const kal_share *share,
                          kal_err *err) {
    section s = open_section(b, share);
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(b->store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, b->session.id);
    kali_bind_integer(q, 2, share->limit);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        code = add_note(b, q, part, share, &s, err);
        if (code != KAL_OK) break;
    }
    kali_reset(q);
    return code;
}

/* ---- messages ---- */

/* Columns: id, role, text, importance_score, score_reasons, created_at, speaker. */
static kal_code read_message(build *b, kali_stmt *q, kali_entry *e, kal_err *err) {
    char id[24];
    kal_str role = kali_text(q, 1), text = kali_text(q, 2);
    e->number = kali_integer(q, 0);
    e->item.score = kali_real(q, 3);
    snprintf(id, sizeof id, "%lld", (long long)e->number);
    if (!keep(b, kal_text(id), &e->item.id) ||
        !keep(b, role.len ? role : kal_text("user"), &e->item.role) ||
        !keep(b, text.data ? text : (kal_str){"", 0}, &e->item.text) ||
        !keep(b, kali_text(q, 4), &e->item.reasons) || !keep(b, kali_text(q, 5), &e->created_at))
        return nomem(err);
    return kali_render_entry(b->context, e, err);
}

#define RECENT                                                                                     \
    "SELECT id, role, text, coalesce(importance_score, 0.5), score_reasons, created_at"            \
    " FROM messages WHERE session_id = $1"                                                         \
    " AND (created_at, id) > ($2, $3) AND (created_at, id) < ($4, $5) ORDER BY created_at DESC"
/* The index gives the newest first, but messages of the same time in any order; sorting those costs as much as
** all the rest of the query, and matters only where they lie across the limit. */
static const char RECENT_BY_TIME[] = RECENT " LIMIT $6";
static const char RECENT_BY_TIME_AND_ID[] = RECENT ", id DESC LIMIT $6";

static int by_time(const void *x, const void *y) {
    const kali_entry *a = x, *b = y;
    int order = strcmp(a->created_at.data ? a->created_at.data : "",
                       b->created_at.data ? b->created_at.data : "");
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static kal_code use_recent(build *b, const char *sql, int64_t limit, kali_stmt **q, kal_err *err) {
    kal_code code = kali_db_use(b->store->db, sql, q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(*q, 1, b->session.id);
    kali_bind_text(*q, 2, b->session.boundary_at);
    kali_bind_integer(*q, 3, b->session.boundary_id);
    if (b->request->message)
        kali_bind_text(*q, 4, b->stored.created_at);
    else
        kali_bind_blob(*q, 4, NULL, 0); /* behind every text */
    kali_bind_integer(*q, 5, b->request->message ? b->stored.id : INT64_MAX);
    kali_bind_integer(*q, 6, limit);
    return KAL_OK;
}

/* Adds the rows of the statement, at most as many as the plan allows. *torn: there is one more, of the same
** time as the last. */
static kal_code read_recent(build *b, kali_stmt *q, bool *torn, kal_err *err) {
    int64_t left = b->plan.recent.limit;
    const kali_entry *last = NULL;
    bool row;
    kal_code code;
    *torn = false;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (left-- == 0) {
            *torn = last && strcmp(last->created_at.data, kali_text(q, 5).data) == 0;
            break;
        }
        kali_entry *e = add_entry(b, KAL_PART_RECENT);
        code = read_message(b, q, e, err);
        if (code != KAL_OK) break;
        last = e;
    }
    kali_reset(q);
    return code;
}

static kal_code fetch_recent(build *b, size_t *first, size_t *count, kal_err *err) {
    int64_t limit = b->plan.recent.limit;
    kali_stmt *q;
    bool torn = false;
    *first = b->context->info.items;
    kal_code code = use_recent(b, RECENT_BY_TIME, limit + 1, &q, err);
    if (code == KAL_OK) code = read_recent(b, q, &torn, err);
    if (code == KAL_OK && torn) {
        b->context->info.items = *first;
        code = use_recent(b, RECENT_BY_TIME_AND_ID, limit, &q, err);
        if (code == KAL_OK) code = read_recent(b, q, &torn, err);
    }
    *count = b->context->info.items - *first;
    kali_entry *a = b->context->entries + *first;
    if (*count) qsort(a, *count, sizeof *a, by_time);
    return code;
}

/* The run of messages that ends at the newest and fits; *start is its first. */
static kal_code take_run(build *b, kali_entry *a, size_t count, int64_t cap, size_t *start,
                         kal_err *err) {
    size_t i = count;
    kal_code code = KAL_OK;
    for (; i > 0; i--) {
        kal_item *item = &a[i - 1].item;
        if (item->score < b->plan.recent.min_importance) {
            put(item, false,
                "its importance is below the plan's minimum: the recent run ends here");
            break;
        }
        if (item->tokens > cap) {
            code = explain(b, item, "needs %lld tokens, %lld are left: the recent run ends here",
                           item->tokens, cap, err);
            break;
        }
        cap -= item->tokens;
        put(item, true, "recent");
    }
    *start = i;
    for (size_t k = 0; k + 1 < i; k++)
        put(&a[k].item, false, "older than a recent message that did not fit");
    return code;
}

/* The run begins at a multiple of the block, counted from the session's first message, unless nothing
** older was left out. So its front stays the same for some turns, and providers cache it. */
static void align_run(build *b, kali_entry *a, size_t count, size_t *start) {
    int64_t place =
        b->session.message_count - (b->request->message != 0) - (int64_t)(count - *start);
    bool older = *start > 0 || (place > 0 && (int64_t)count == b->plan.recent.limit);
    if (!older || place < 0) return;
    size_t drop = (size_t)((b->plan.block - place % b->plan.block) % b->plan.block);
    if (*start + drop >= count) return;
    for (size_t end = *start + drop; *start < end; (*start)++)
        put(&a[*start].item, false,
            "dropped with its block, so that the front of the context stays the same");
}

static kal_code add_recent(build *b, int64_t reserved, kal_err *err) {
    size_t first, count, start;
    kal_code code = fetch_recent(b, &first, &count, err);
    if (code != KAL_OK) return code;
    kali_entry *a = b->context->entries + first;
    int64_t cap = (int64_t)(b->plan.recent.share * (double)b->after_fixed);
    if (cap > b->rest - reserved) cap = b->rest - reserved;
    code = take_run(b, a, count, cap, &start, err);
    if (code != KAL_OK) return code;
    align_run(b, a, count, &start);
    for (size_t i = start; i < count; i++)
        b->rest -= a[i].item.tokens;
    return KAL_OK;
}

/* ---- recalled messages ---- */

static const char RECALLED[] =
    "SELECT id, role, text, coalesce(importance_score, 0.5), score_reasons, created_at FROM messages"
    " WHERE id = $1";

static bool is_listed(const kali_entry *list, size_t count, int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (list[i].number == id) return true;
    return false;
}

/* Adds the candidates, best first, each once. One that is no longer there is left out silently: recall found it in an
** index that another program has not kept. */
static kal_code fetch_recalled(build *b, kali_entry *list, size_t *count, kal_err *err) {
    kali_stmt *q;
    bool row;
    *count = 0;
    kal_code code = kali_db_use(b->store->db, RECALLED, &q, err);
    size_t limit = (size_t)b->plan.recalled.limit;
    for (size_t i = 0; i < b->request->recalled_count && *count < limit && code == KAL_OK; i++) {
        const kal_recalled *r = &b->request->recalled[i];
        if (is_listed(list, *count, r->id)) continue;
        kali_bind_integer(q, 1, r->id);
        code = kali_step(q, &row, err);
        if (code != KAL_OK || !row) continue;
        kali_entry *e = &list[(*count)++];
        *e = (kali_entry){.item = {.part = KAL_PART_RECALLED}};
        code = read_message(b, q, e, err);
        kali_reset(q);
        e->item.score = r->score;
        if (code == KAL_OK && !keep(b, r->reasons, &e->item.reasons)) code = nomem(err);
    }
    return code;
}

/* What the recalled part may cost: the recent run leaves so much room. */
static int64_t reserve(const build *b, const kali_entry *list, size_t count) {
    int64_t cap = (int64_t)(b->plan.recalled.share * (double)b->after_fixed), sum = 0;
    section s = {.cap = cap};
    for (size_t i = 0; i < count; i++)
        sum += i ? list[i].item.tokens : line_cost(b, &s, &list[i]);
    return sum < cap ? sum : cap;
}

static bool is_shown(const build *b, int64_t id) {
    if (b->request->message == id) return true;
    for (size_t i = 0; i < b->context->info.items; i++) {
        const kali_entry *e = &b->context->entries[i];
        if (e->item.part == KAL_PART_RECENT && e->item.in && e->number == id) return true;
    }
    return false;
}

static kal_code add_recalled(build *b, kali_entry *list, size_t count, kal_err *err) {
    section s = open_section(b, &b->plan.recalled);
    kal_code code = KAL_OK;
    for (size_t i = 0; i < count && code == KAL_OK; i++) {
        if (is_shown(b, list[i].number))
            put(&list[i].item, false, "already shown as a recent message");
        else
            code = take_line(b, &s, &list[i], "recalled for the query", err);
    }
    if (count) qsort(list, count, sizeof *list, by_time);
    for (size_t i = 0; i < count; i++)
        b->context->entries[b->context->info.items++] = list[i];
    return code;
}

/* ---- all together ---- */

static kal_code check_request(const kal_request *r, kal_err *err) {
    if (r->budget < 1 || r->budget > BUDGET_MAX)
        return kali_fail(err, KAL_MISUSE,
                         "context.budget must be between 1 and %d tokens, got %lld", BUDGET_MAX,
                         (long long)r->budget);
    if (r->text.data && r->message)
        return kali_fail(err, KAL_MISUSE,
                         "context: give the new message as text or as id, not both");
    kal_code code = KAL_OK;
    if (r->text.data) code = kali_check_text("context", "text", r->text, 1, KAL_TEXT_MAX, err);
    if (code == KAL_OK && r->prompt.data)
        code = kali_check_text("context", "prompt", r->prompt, 0, KAL_TEXT_MAX, err);
    if (code == KAL_OK && r->role.data && !kali_one_of(KALI_ROLES, r->role))
        code = kali_fail(err, KAL_MISUSE, "context.role must be one of: " KALI_ROLES);
    return code;
}

static kal_code prepare(build *b, kal_err *err) {
    size_t room = 2 + (size_t)(b->plan.pin.limit + b->plan.summary.limit + b->plan.recent.limit +
                               b->plan.recalled.limit);
    b->context->entries = kali_arena_alloc(&b->context->arena, room * sizeof(kali_entry));
    if (!b->context->entries) return nomem(err);
    kali_answer_begin(b->store);
    kal_code code = kali_touch_flush(b->store, err);
    kali_key key = {kali_some(b->request->session), 0};
    if (code == KAL_OK) code = kali_row_get(b->store, &kali_session_noun, key, &b->session, err);
    if (code == KAL_OK && !keep(b, b->session.id, &b->context->info.session)) code = nomem(err);
    return code == KAL_OK ? find_stored(b, err) : code;
}

static kal_code fill(build *b, kal_err *err) {
    kali_entry last, *list = NULL;
    size_t count = 0;
    bool has_new = b->request->text.data || b->request->message;
    kal_code code = prepare(b, err);
    if (code == KAL_OK) code = add_persona(b, err);
    if (code == KAL_OK && has_new) code = make_new(b, &last, err);
    if (code == KAL_OK) code = spend_fixed(b, has_new ? &last : NULL, err);
    if (code == KAL_OK) code = add_notes(b, PINS, KAL_PART_PIN, &b->plan.pin, err);
    if (code == KAL_OK) code = add_notes(b, SUMMARIES, KAL_PART_SUMMARY, &b->plan.summary, err);
    if (code == KAL_OK && b->request->recalled_count && b->plan.recalled.limit) {
        list = kali_arena_alloc(&b->context->arena, (size_t)b->plan.recalled.limit * sizeof *list);
        code = list ? fetch_recalled(b, list, &count, err) : nomem(err);
    }
    if (code == KAL_OK) code = add_recent(b, reserve(b, list, count), err);
    if (code == KAL_OK) code = add_recalled(b, list, count, err);
    if (code == KAL_OK && has_new) b->context->entries[b->context->info.items++] = last;
    if (code != KAL_OK) return code;
    b->context->info.budget = b->request->budget;
    b->context->info.tokens = b->request->budget - b->rest;
    return kali_render(b->context, err);
}

kal_code kal_context_build(kal_store *store, const kal_request *request, kal_context **out,
                           kal_err *err) {
    *out = NULL;
    kal_code code = check_request(request, err);
    if (code != KAL_OK) return code;
    kal_context *context = calloc(1, sizeof *context);
    if (!context) return nomem(err);
    context->memo = &store->memo;
    build b = {.store = store, .request = request, .plan = tame(request->plan), .context = context};
    code = kali_read_begin(store, err);
    if (code == KAL_OK) {
        code = fill(&b, err);
        kali_read_end(store);
        context->memo = NULL;
    }
    if (code != KAL_OK) {
        kal_context_close(context);
        return code;
    }
    *out = context;
    return KAL_OK;
}

void kal_context_close(kal_context *context) {
    if (!context) return;
    kali_arena_free(&context->arena);
    free(context);
}

void kal_context_stat(const kal_context *context, kal_context_info *out) {
    *out = context->info;
}

bool kal_context_message(const kal_context *context, size_t i, kal_prompt *out) {
    if (i >= context->info.messages) return false;
    *out = context->messages[i];
    return true;
}

bool kal_context_item(const kal_context *context, size_t i, kal_item *out) {
    if (i >= context->info.items) return false;
    *out = context->entries[i].item;
    return true;
}
