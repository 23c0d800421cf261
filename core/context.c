/*
** context.c: what the next model call is told. Candidates are fetched as the plan says, packed under the
** budget part by part, and every one of them learns why it is in or out. Nothing is cut: what does not fit
** is skipped, and the recent part is one run that ends at the newest message.
*/
#include "context/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_MAX 10000000
#define LIMIT_MAX 1000
#define BLOCK_MAX 100
#define NOTES_MAX 1000

kal_plan kal_plan_default(void) {
    return (kal_plan){.pin = {10, 0.25, 0},
                      .summary = {3, 0.25, 0},
                      .recalled = {60, 0.5, 0.15},
                      .recent = {20, 1, 0},
                      .block = 4,
                      .brevity = 0.2};
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
    p.brevity = within(p.brevity, 0, 1);
    return p;
}

/* ---- building ---- */

/* The next free entry: `room` was counted from the plan's limits. */
kali_entry *kali_build_entry(kali_build *b, kal_part part) {
    kali_entry *e = &b->context->entries[b->context->info.items++];
    *e = (kali_entry){.item = {.part = part, .why = "in"}};
    return e;
}

kal_code kali_build_explain(kali_build *b, kal_item *item, const char *format, long long x,
                            long long y, kal_err *err) {
    char line[160];
    kal_str why;
    snprintf(line, sizeof line, format, x, y);
    if (!kali_build_keep(b, kal_text(line), &why)) return kali_no_memory(err);
    kali_build_put(item, false, why.data);
    return KAL_OK;
}

/* ---- the fixed part ---- */

static kal_code add_persona(kali_build *b, kal_err *err) {
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
    kali_entry *e = kali_build_entry(b, KAL_PART_PERSONA);
    if (!kali_build_keep(b, persona.id, &e->item.id) || !kali_build_keep(b, prompt, &e->item.text))
        return kali_no_memory(err);
    e->item.role = kal_text("system");
    kali_build_put(&e->item, true, "the persona's prompt is always sent");
    return kali_render_entry(b->context, e, err);
}

static kal_code find_stored(kali_build *b, kal_err *err) {
    if (!b->request->message) return KAL_OK;
    kali_key key = {{0}, b->request->message};
    kal_code code = kali_row_get(b->store, &kali_message_noun, key, &b->stored, err);
    if (code != KAL_OK) return code;
    if (!kali_same(b->stored.session, b->session.id))
        return kali_fail(err, KAL_MISUSE, "context.message %lld is in another session",
                         (long long)b->request->message);
    return KAL_OK;
}

static kal_code make_new(kali_build *b, kali_entry *e, kal_err *err) {
    bool stored = b->request->message != 0;
    kal_str role = stored ? b->stored.role : b->request->role;
    *e = (kali_entry){.item = {.part = KAL_PART_NEW, .score = b->stored.importance_score}};
    if (!kali_build_keep(b, stored ? b->stored.text : b->request->text, &e->item.text) ||
        !kali_build_keep(b, kali_some_role(role), &e->item.role) ||
        (stored && !kali_build_keep_id(b, b->stored.id, &e->item.id)) ||
        !kali_build_keep(b, b->stored.score_reasons, &e->item.reasons))
        return kali_no_memory(err);
    kali_build_put(&e->item, true, "the new message is always sent");
    return kali_render_entry(b->context, e, err);
}

/* Persona and new message must fit; the others share what they leave. */
static kal_code spend_fixed(kali_build *b, const kali_entry *new_entry, kal_err *err) {
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

kali_section kali_build_section(const kali_build *b, const kal_share *share) {
    return (kali_section){.cap = (int64_t)(share->share * (double)b->after_fixed)};
}

int64_t kali_build_cost(const kali_build *b, const kali_section *s, const kali_entry *e) {
    int64_t cost = e->item.tokens;
    if (s->begun) return cost;
    cost += (int64_t)kal_tokens(kal_text(kali_heading(e->item.part)));
    bool own_message = e->item.part == KAL_PART_RECALLED || !b->system;
    return cost + (own_message ? KAL_MESSAGE_TOKENS : 0);
}

kal_code kali_build_take(kali_build *b, kali_section *s, kali_entry *e, const char *why,
                         kal_err *err) {
    int64_t cost = kali_build_cost(b, s, e);
    if (cost > b->rest)
        return kali_build_explain(b, &e->item, "needs %lld tokens, %lld are left of the budget",
                                  cost, b->rest, err);
    if (s->used + cost > s->cap)
        return kali_build_explain(b, &e->item,
                                  "needs %lld tokens, %lld are left of its part's share", cost,
                                  s->cap - s->used, err);
    s->used += cost;
    s->begun = true;
    b->rest -= cost;
    if (e->item.part != KAL_PART_RECALLED) b->system = true;
    kali_build_put(&e->item, true, why);
    return KAL_OK;
}

static kal_code add_note(kali_build *b, kal_part part, const kal_note *note, kal_str created_at,
                         kal_err *err) {
    kali_entry *e = kali_build_entry(b, part);
    e->item.score = note->score;
    if (!kali_build_keep(b, note->id, &e->item.id) ||
        !kali_build_keep(b, note->text, &e->item.text) ||
        !kali_build_keep(b, note->reasons, &e->item.reasons) ||
        !kali_build_keep(b, created_at, &e->created_at))
        return kali_no_memory(err);
    return kali_render_entry(b->context, e, err);
}

static const char PINS[] =
    "SELECT id, content, coalesce(importance_score, 0.8), created_at FROM semantic_pins"
    " WHERE session_id = $1 ORDER BY importance_score DESC, created_at DESC, id DESC LIMIT $2";
static const char SUMMARIES[] =
    "SELECT id, summary, coalesce(importance_score, 0.7), created_at FROM conversation_summaries"
    " WHERE session_id = $1 AND parent IS NULL"
    " ORDER BY importance_score DESC, created_at DESC, id DESC LIMIT $2";

static kal_code fetch_notes(kali_build *b, const char *sql, kal_part part, int64_t limit,
                            kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(b->store->db, sql, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, b->session.id);
    kali_bind_integer(q, 2, limit);
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        kal_note note = {.id = kali_text(q, 0), .text = kali_text(q, 1), .score = kali_real(q, 2)};
        code = add_note(b, part, &note, kali_text(q, 3), err);
        if (code != KAL_OK) break;
    }
    kali_reset(q);
    return code;
}

/* By score; what is equal stays in its order. */
static int by_score(const void *x, const void *y) {
    const kali_entry *a = *(kali_entry *const *)x, *b = *(kali_entry *const *)y;
    int order = (a->item.score < b->item.score) - (a->item.score > b->item.score);
    return order ? order : (a > b) - (a < b);
}

/* Packs the entries from number `first` on, the best first; they are shown as they stand. The request's notes follow
** the `rows` entries that are rows. */
static kal_code take_notes(kali_build *b, size_t first, size_t rows, const kal_share *share,
                           const char *why, kal_err *err) {
    kali_section s = kali_build_section(b, share);
    kali_entry *a = b->context->entries + first;
    size_t count = b->context->info.items - first;
    kal_code code = KAL_OK;
    kali_entry **order = kali_arena_alloc(&b->context->arena, (count + 1) * sizeof *order);
    if (!order) return kali_no_memory(err);
    for (size_t i = 0; i < count; i++)
        order[i] = &a[i];
    if (count) qsort(order, count, sizeof *order, by_score);
    for (size_t i = 0; i < count && code == KAL_OK; i++) {
        bool is_row = order[i] < a + rows;
        if (order[i]->item.score < share->min_importance)
            kali_build_put(&order[i]->item, false, "its importance is below the plan's minimum");
        else
            code = kali_build_take(b, &s, order[i], is_row ? why : "belongs to this turn, and fits",
                                   err);
    }
    return code;
}

static kal_code add_pins(kali_build *b, kal_err *err) {
    const kal_request *r = b->request;
    size_t first = b->context->info.items;
    kal_code code = fetch_notes(b, PINS, KAL_PART_PIN, b->plan.pin.limit, err);
    size_t rows = b->context->info.items - first;
    bool wanted = b->plan.pin.limit > 0;
    for (size_t i = 0; wanted && i < r->note_count && code == KAL_OK; i++)
        code = add_note(b, KAL_PART_PIN, &r->notes[i], (kal_str){0}, err);
    if (code != KAL_OK) return code;
    return take_notes(b, first, rows, &b->plan.pin, "pinned, and fits", err);
}

static kal_code add_summaries(kali_build *b, kal_err *err) {
    const kal_share *share = &b->plan.summary;
    size_t first = b->context->info.items;
    kal_code code = fetch_notes(b, SUMMARIES, KAL_PART_SUMMARY, share->limit, err);
    if (code != KAL_OK) return code;
    return take_notes(b, first, b->context->info.items - first, share,
                      "summarises earlier messages, and fits", err);
}

/* ---- all together ---- */

static kal_code check_notes(const kal_request *r, kal_err *err) {
    kal_code code = KAL_OK;
    if (r->note_count > NOTES_MAX)
        return kali_fail(err, KAL_MISUSE, "context.notes has %zu entries, the limit is %d",
                         r->note_count, NOTES_MAX);
    for (size_t i = 0; i < r->note_count && code == KAL_OK; i++) {
        const kal_note *n = &r->notes[i];
        code = kali_check_text("note", "id", n->id, 1, KAL_NAME_MAX, err);
        if (code == KAL_OK) code = kali_check_text("note", "text", n->text, 1, KAL_TEXT_MAX, err);
        if (code == KAL_OK && !(n->score >= 0 && n->score <= 1))
            code =
                kali_fail(err, KAL_MISUSE, "note.score must be between 0 and 1, got %g", n->score);
    }
    return code;
}

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
    return code == KAL_OK ? check_notes(r, err) : code;
}

static kal_code prepare(kali_build *b, kal_err *err) {
    size_t room = 2 + b->request->note_count +
                  (size_t)(b->plan.pin.limit + b->plan.summary.limit + b->plan.recent.limit +
                           b->plan.recalled.limit);
    b->context->entries = kali_arena_alloc(&b->context->arena, room * sizeof(kali_entry));
    if (!b->context->entries) return kali_no_memory(err);
    kali_answer_begin(b->store);
    kal_code code = kali_touch_flush(b->store, err);
    kali_key key = {kali_some(b->request->session), 0};
    if (code == KAL_OK) code = kali_row_get(b->store, &kali_session_noun, key, &b->session, err);
    if (code == KAL_OK) code = kali_redaction_refresh(b->store, err);
    if (code == KAL_OK && !kali_build_keep(b, b->session.id, &b->context->info.session))
        code = kali_no_memory(err);
    return code == KAL_OK ? find_stored(b, err) : code;
}

static kal_code fill(kali_build *b, kal_err *err) {
    kali_entry last;
    kali_found found;
    bool has_new = b->request->text.data || b->request->message;
    kal_code code = prepare(b, err);
    if (code == KAL_OK) code = add_persona(b, err);
    if (code == KAL_OK && has_new) code = make_new(b, &last, err);
    if (code == KAL_OK) code = spend_fixed(b, has_new ? &last : NULL, err);
    if (code == KAL_OK) code = add_pins(b, err);
    if (code == KAL_OK) code = add_summaries(b, err);
    if (code == KAL_OK) code = kali_build_fetch(b, &found, err);
    if (code == KAL_OK) code = kali_build_recent(b, &found, err);
    if (code == KAL_OK) code = kali_build_recalled(b, &found, err);
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
    if (!context) return kali_no_memory(err);
    context->store = store;
    kali_build b = {
        .store = store, .request = request, .plan = tame(request->plan), .context = context};
    if (kali_build_recalls(&b)) code = kali_index_refresh(store, err);
    if (code == KAL_OK) code = kali_read_begin(store, err);
    if (code == KAL_OK) {
        code = fill(&b, err);
        kali_read_end(store);
        context->store = NULL;
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
