/*
** recall.c: finding the evidence: makes the index complete, asks rank.c for the scores, looks into the texts of the best
** few, and hands out the rows with their reasons.
*/
#include "recall/rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_INTO 60 /* texts that are read for what only the text tells */
#define LIMIT_MAX 1000
#define MOSTLY 0.65 /* so much of a message in questions, and it tells nothing */

/* ---- the best ---- */

typedef struct best {
    uint32_t place, slot;
    float score;
    const kal_message *row; /* NULL: not read yet */
} best;

static int by_score(const void *x, const void *y) {
    const best *a = x, *b = y;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->slot < b->slot ? 1 : a->slot > b->slot ? -1 : 0; /* the newer first */
}

/* The `room` best active places, best first. `out` has room for them, `numbers` for twice as many. */
static size_t choose(const kali_rank *r, uint64_t *numbers, best *out, size_t room) {
    size_t n = kali_rank_choose(r, r->now[0] ? r->day : INT64_MAX, numbers, room);
    for (size_t i = 0; i < n; i++) {
        uint32_t slot = kali_best_slot(numbers[i]);
        out[i] = (best){r->documents.spots[slot].place, slot, kali_best_score(numbers[i]), NULL};
    }
    qsort(out, n, sizeof *out, by_score);
    return n;
}

/* ---- what only the text tells ---- */

static bool has_number(kal_str text) {
    size_t digits = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool digit = i < text.len && text.data[i] >= '0' && text.data[i] <= '9';
        if (!digit && digits == 4) return true;
        digits = digit ? digits + 1 : 0;
    }
    return false;
}

/* The share of a text that stands in questions, 0..1. */
static double asking_share(kal_str text) {
    kal_str sentence;
    size_t at = 0, all = 0, asking = 0;
    while (kal_text_sentence(text, &at, &sentence)) {
        all += sentence.len;
        bool asks = memchr(sentence.data, '?', sentence.len) ||
                    memmem(sentence.data, sentence.len, "\xEF\xBC\x9F", 3);
        if (asks) asking += sentence.len;
    }
    return all ? (double)asking / (double)all : 0;
}

/* Whether the message ends in a question, and answers are looked for. */
static bool asks(const kali_rank *r, uint32_t place) {
    return !r->question.chat && r->documents.rows[place].flags & KALI_QUESTION;
}

static double text_factor(const kali_rank *r, uint32_t place, kal_str text) {
    const kal_weights *w = r->weights;
    const kali_question *q = &r->question;
    double factor = 1;
    const kali_record *d = &r->documents.rows[place];
    bool named = q->speaker >= 0 && d->speaker == q->speaker;
    bool self = q->self && !(d->flags & KALI_ASSISTANT);
    if ((named || self) && kali_holds(r->lexicon->first_person, text)) {
        double spoken = named ? 1 + w->speaker : 1; /* what is paid already */
        factor *= (spoken + w->first_person) / spoken;
    }
    if (q->when && (kali_holds(r->lexicon->time_words, text) || has_number(text)))
        factor *= 1 + w->when;
    if (asks(r, place) && asking_share(text) > MOSTLY) {
        double less = kali_rank_assisted(r, d) ? w->asking_assistant : w->asking;
        factor *= less < 1 ? 1 - less : 0;
    }
    return factor;
}

/* The text of a message; with its whole row when that will hardly not be handed out, so that it is read once. Without
** data: another program has removed it. */
static kal_code read_text(kali_rank *r, best *b, bool whole, kal_str *text, kal_err *err) {
    static const char SQL[] = "SELECT text FROM messages WHERE id = $1";
    kali_key key = {{0}, kali_documents_id(&r->documents, b->place)};
    kali_arena *arena = &r->store->arena;
    kal_message *row = kali_arena_alloc(arena, whole ? sizeof *row : 1);
    kali_stmt *s;
    bool there;
    *text = (kal_str){NULL, 0};
    if (!row) return kali_no_memory(err);
    if (whole) {
        kal_code code = kali_row_get(r->store, &kali_message_noun, key, row, err);
        if (code == KAL_OK) b->row = row, *text = row->text;
        return code == KAL_NOT_FOUND ? KAL_OK : code;
    }
    kal_code code = kali_db_use(r->store->db, SQL, &s, err);
    if (code != KAL_OK) return code;
    kali_bind_integer(s, 1, key.number);
    code = kali_step(s, &there, err);
    if (code != KAL_OK || !there) return code;
    bool copied = kali_arena_copy(arena, kali_text(s, 0), text);
    kali_reset(s);
    return copied ? KAL_OK : kali_no_memory(err);
}

static kal_code look_into(kali_rank *r, best *list, size_t count, size_t limit, kal_err *err) {
    const kali_question *q = &r->question;
    bool all = q->when || q->self || q->speaker >= 0;
    kal_code code = KAL_OK;
    kal_str text;
    if (!all && q->chat) return KAL_OK;
    for (size_t i = 0; i < count && i < LOOK_INTO && code == KAL_OK; i++) {
        if (!all && !asks(r, list[i].place)) continue;
        code = read_text(r, &list[i], i < limit, &text, err);
        if (code == KAL_OK && text.len) list[i].score *= (float)text_factor(r, list[i].place, text);
    }
    qsort(list, count, sizeof *list, by_score);
    return code;
}

/* ---- reasons ---- */

typedef struct writer {
    char text[2048];
    size_t len;
} writer;

/* Adds ["name", value] or ["name","value"]; what no longer fits is left out. */
static void add_reason(writer *w, const char *name, const char *value, double number) {
    char one[400];
    int n = value
                ? snprintf(one, sizeof one, "%s[\"%s\",\"%s\"]", w->len > 1 ? "," : "", name, value)
                : snprintf(one, sizeof one, "%s[\"%s\",%.2g]", w->len > 1 ? "," : "", name, number);
    if (n < 0 || (size_t)n >= sizeof one || w->len + (size_t)n + 2 > sizeof w->text) return;
    memcpy(w->text + w->len, one, (size_t)n);
    w->len += (size_t)n;
}

/* The words whose bits are set, as a list with blanks. They come from a tokenizer: letters and digits only. */
static bool list_words(const kali_rank *r, uint64_t held, char out[300]) {
    size_t n = 0;
    out[0] = 0;
    for (size_t t = 0; t < r->question.count; t++) {
        kal_str word = r->question.terms[t].word;
        if (!(held >> t & 1) || n + word.len + 2 > 300) continue;
        if (n) out[n++] = ' ';
        memcpy(out + n, word.data, word.len);
        n += word.len;
        out[n] = 0;
    }
    return n > 0;
}

/* The terms that stand, or whose related words stand, in a message that lends the place its words: one, two and four away. */
static uint64_t near_words(const kali_rank *r, uint32_t place) {
    const kali_documents *d = &r->documents;
    uint32_t back = place, on = place;
    uint64_t words = 0;
    for (int away = 1; away <= 4; away++) {
        uint32_t both[] = {back = kali_documents_previous(d, back),
                           on = kali_documents_next(d, on)};
        for (size_t i = 0; i < 2 && away != 3; i++)
            if (both[i]) words |= r->held[d->slots[both[i]]] | r->related[d->slots[both[i]]];
    }
    return words;
}

static void explain_words(const kali_rank *r, uint32_t place, writer *w) {
    char words[300];
    uint32_t slot = r->documents.slots[place];
    uint64_t own = r->held[slot], related = r->related[slot] & ~own;
    uint64_t near = near_words(r, place) & ~own & ~related;
    if (list_words(r, own, words)) add_reason(w, "words", words, 0);
    if (list_words(r, related, words)) add_reason(w, "related to", words, 0);
    if (list_words(r, near, words)) add_reason(w, "nearby", words, 0);
}

static kal_code explain(kali_rank *r, uint32_t place, kal_str *out, kal_err *err) {
    const kali_record *d = &r->documents.rows[place];
    const kali_question *q = &r->question;
    writer w = {.text = "[", .len = 1};
    explain_words(r, place, &w);
    float session = r->session[d->session];
    if (session > 0) add_reason(&w, "session", NULL, session);
    if (q->speaker >= 0 && d->speaker == q->speaker)
        add_reason(&w, "speaker", NULL, r->weights->speaker);
    double voice = kali_rank_voice(r, d);
    if (voice != 1) add_reason(&w, "assistant", NULL, voice - 1);
    if (d->flags & KALI_OPENING) add_reason(&w, "opening", NULL, r->weights->opening);
    if (q->year || q->month || kali_days_hold(r->past, d->day))
        add_reason(&w, "date asked for", NULL, r->weights->date);
    if (q->when) add_reason(&w, "time asked for", NULL, r->weights->when);
    w.text[w.len++] = ']';
    if (kali_arena_copy(&r->store->arena, (kal_str){w.text, w.len}, out)) return KAL_OK;
    return kali_no_memory(err);
}

/* ---- neighbours ---- */

/* The nearest of `room` messages in one direction that is by somebody else; 0 none. */
static uint32_t other(const kali_rank *r, uint32_t place, bool back, int room) {
    const kali_record *rows = r->documents.rows, *d = &rows[place];
    uint32_t at = place;
    for (; room > 0; room--) {
        at = back ? kali_documents_previous(&r->documents, at)
                  : kali_documents_next(&r->documents, at);
        if (!at) return 0;
        bool alike = ((rows[at].flags ^ d->flags) & (KALI_ASSISTANT | KALI_OTHER)) == 0;
        if (!alike || rows[at].speaker != d->speaker) return at;
    }
    return 0;
}

static void tell_neighbours(const kali_rank *r, uint32_t place, kal_hit *hit) {
    const kali_record *rows = r->documents.rows, *d = &rows[place];
    bool assistant = d->flags & KALI_ASSISTANT, asks = !assistant && d->flags & KALI_QUESTION;
    uint32_t at = other(r, place, !asks, asks ? 2 : 3);
    int64_t id = at ? kali_documents_id(&r->documents, at) : 0;
    bool asked = at && (assistant || rows[at].flags & KALI_QUESTION);
    hit->answer = asks ? id : 0;
    hit->question = !asks && asked ? id : 0;
}

/* ---- all together ---- */

/* Reads the row of a hit that has none yet. *there is false for one that is not to be found: the query itself, what was said later, and a
** record whose row another program has removed. */
static kal_code read_hit(kali_rank *r, const kal_query *query, int64_t id, kal_hit *hit,
                         bool *there, kal_err *err) {
    kali_key key = {{0}, id};
    kal_code code = KAL_OK;
    *there = false;
    if (id == query->without) return KAL_OK;
    if (!hit->message.id)
        code = kali_row_get(r->store, &kali_message_noun, key, &hit->message, err);
    if (code == KAL_NOT_FOUND) return KAL_OK;
    bool later = r->now[0] && kali_order(hit->message.created_at, kal_text(r->now)) > 0;
    *there = code == KAL_OK && !later;
    return code;
}

static kal_code hand_out(kali_rank *r, const kal_query *query, const best *list, size_t n,
                         kal_hit *hits, size_t *count, kal_err *err) {
    int64_t left = query->budget;
    for (size_t i = 0; i < n && *count < (size_t)query->limit; i++) {
        kal_hit *hit = &hits[*count];
        bool there;
        int64_t id = kali_documents_id(&r->documents, list[i].place);
        *hit = (kal_hit){0};
        if (list[i].row) hit->message = *list[i].row;
        kal_code code = read_hit(r, query, id, hit, &there, err);
        if (code == KAL_OK && !there) continue;
        if (code == KAL_OK) code = explain(r, list[i].place, &hit->reasons, err);
        if (code != KAL_OK) return code;
        int64_t cost = query->budget > 0 ? (int64_t)kal_tokens(hit->message.text) : 0;
        if (cost > left && query->budget > 0) continue;
        left -= cost;
        hit->score = list[i].score;
        hit->lent = r->extra[list[i].place] < hit->score ? r->extra[list[i].place] : hit->score;
        tell_neighbours(r, list[i].place, hit);
        ++*count;
    }
    return KAL_OK;
}

static bool is_out(const kal_hit *hits, size_t count, int64_t id) {
    while (count > 0 && hits[count - 1].message.id != id)
        count--;
    return count > 0;
}

static kal_code hand_out_also(kali_rank *r, const kal_query *query, kal_hit *hits, size_t *count,
                              kal_err *err) {
    size_t end = *count + (size_t)query->limit;
    for (size_t i = 0; i < query->also_count && *count < end; i++) {
        int64_t id = query->also[i];
        kal_hit *hit = &hits[*count];
        bool there;
        if (is_out(hits, *count, id)) continue;
        *hit = (kal_hit){0};
        kal_code code = read_hit(r, query, id, hit, &there, err);
        if (code != KAL_OK) return code;
        if (!there) continue;
        uint32_t place = kali_documents_find(&r->documents, id);
        if (place) tell_neighbours(r, place, hit);
        ++*count;
    }
    return KAL_OK;
}

static kal_code rank(kali_rank *r, const kal_query *query, kali_arena *arena, kal_hit *hits,
                     size_t *count, kal_err *err) {
    size_t room = (size_t)query->limit + 1 > LOOK_INTO ? (size_t)query->limit + 1 : LOOK_INTO;
    /* Small ones may fit where better ones do not; and of a day the record does not tell the hour. */
    if (query->budget > 0 || r->now[0]) room = LIMIT_MAX + 1;
    best *list = kali_arena_alloc(arena, room * sizeof *list);
    uint64_t *numbers = kali_arena_alloc(arena, 2 * room * sizeof *numbers);
    kal_code code = list && numbers ? KAL_OK : kali_no_memory(err);
    bool named[256];
    kali_scope scope;
    if (code == KAL_OK)
        code = kali_scope_make(r->store, query->sessions, query->session_count, arena, &scope, err);
    if (code == KAL_OK) code = kali_documents_load(r->store, &scope, &r->documents, err);
    if (code != KAL_OK) return code;
    kali_documents_speakers(&r->documents, named);
    code = kali_question_read(r->store, arena, query->text, r->lexicon, named, &r->question, err);
    if (code == KAL_OK) kali_rank_past(r);
    if (code == KAL_OK) code = kali_reader_open(r->store->db, &r->reader, err);
    if (code == KAL_OK) code = kali_rank_score(r, err);
    kali_reader_close(r->reader);
    r->reader = NULL;
    if (code != KAL_OK) return code;
    size_t n = choose(r, numbers, list, room);
    code = look_into(r, list, n, (size_t)query->limit, err);
    if (code == KAL_OK) code = hand_out(r, query, list, n, hits, count, err);
    if (code == KAL_OK) code = hand_out_also(r, query, hits, count, err);
    if (code != KAL_OK) return code;
    return kali_copies_fold(r->store, arena, query->similar, hits, count, err);
}

static kal_code read_time(const char *key, kal_str time, char out[KALI_TIME_LEN + 1], int64_t *day,
                          kal_err *err) {
    int64_t ms;
    if (!kal_time_parse(time, out) || !kali_time_ms(kal_text(out), &ms))
        return kali_fail(err, KAL_MISUSE, "recall.%s is not a time: '%.*s'", key, KALI_STR(time));
    *day = ms / 86400000 - 10957;
    return KAL_OK;
}

/* Until when something may have been said, and on which day the query is asked. */
static kal_code read_times(kali_rank *r, const kal_query *query, kal_err *err) {
    char clock[KALI_TIME_LEN + 1], asked[KALI_TIME_LEN + 1];
    kal_code code = KAL_OK;
    if (query->now.data) code = read_time("now", query->now, r->now, &r->day, err);
    if (code != KAL_OK) return code;
    kal_store_now(r->store, clock);
    kal_str time = query->asked.data ? query->asked : query->now;
    return read_time("asked", time.data ? time : kal_text(clock), asked, &r->today, err);
}

static kal_code check(const kal_query *q, kal_err *err) {
    if (q->limit < 1 || q->limit > LIMIT_MAX)
        return kali_fail(err, KAL_MISUSE, "recall.limit must be between 1 and %d, got %lld",
                         LIMIT_MAX, (long long)q->limit);
    if (q->budget < 0) return kali_fail(err, KAL_MISUSE, "recall.budget must not be negative");
    return kali_check_text("recall", "query", q->text, 1, KAL_TEXT_MAX, err);
}

kal_code kali_recall(kal_store *store, const kal_query *query, kal_hit *hits, size_t *count,
                     kal_err *err) {
    kal_weights weights = query->weights ? *query->weights : kal_weights_default();
    *count = 0;
    kal_code code = check(query, err);
    kali_rank *r = code == KAL_OK ? calloc(1, sizeof *r) : NULL;
    if (code == KAL_OK && !r) code = kali_no_memory(err);
    if (code != KAL_OK) return code;
    kali_arena arena = {0};
    r->store = store;
    r->weights = &weights;
    code = read_times(r, query, err);
    if (code == KAL_OK) code = kali_lexicon_get(store, &r->lexicon, err);
    if (code == KAL_OK) code = rank(r, query, &arena, hits, count, err);
    kali_rank_free(r);
    free(r);
    kali_arena_free(&arena);
    return code;
}

kal_code kal_recall_find(kal_store *store, const kal_query *query, kal_hit *hits, size_t *count,
                         kal_err *err) {
    *count = 0;
    kali_answer_begin(store);
    kal_code code = kali_index_refresh(store, err);
    if (code == KAL_OK) code = kali_read_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_recall(store, query, hits, count, err);
    kali_read_end(store);
    return code;
}
