/*
** rank.c: the score of every message for a query: BM25 over messages widened by their neighbours' words, then shares
** of the scores of answers and sessions. One pass over the postings of each term; nothing is read but the index and the
** records. What the query says about the answer is weigh.c's.
*/
#include "recall/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Queries of more words are not widened by related ones; at most 16, see `related`. */
#define EXPAND_MAX 12
#define EXPAND_DF 0.25 /* a related word counts a quarter for how common a word is */
#define RELATED_MAX 40 /* related words of one term that are looked up */

/* ---- memory ---- */

static bool allocate(kali_rank *r) {
    size_t n = r->places = r->documents.places, sessions = r->documents.sessions + 1u;
    size_t slots = r->documents.count * KALI_BLOCK + 1;
    r->score = calloc(n, sizeof *r->score);
    r->own = calloc(n, sizeof *r->own);
    r->extra = calloc(n, sizeof *r->extra);
    r->held = calloc(slots, sizeof *r->held);
    r->related = calloc(slots, sizeof *r->related);
    r->active = malloc(n * sizeof *r->active);
    r->list = malloc(n * sizeof *r->list);
    r->session = calloc(sessions, sizeof *r->session);
    r->session_tf = calloc(sessions, sizeof *r->session_tf);
    r->session_list = malloc(sessions * sizeof *r->session_list);
    return r->score && r->own && r->extra && r->held && r->related && r->active && r->list &&
           r->session && r->session_tf && r->session_list;
}

void kali_rank_free(kali_rank *r) {
    for (size_t t = 0; t < KALI_TERMS; t++)
        for (size_t i = 0; i < KALI_FORMS; i++)
            kali_postings_free(&r->terms[t].forms[i]);
    void *all[] = {r->score,  r->own,   r->extra,   r->held,       r->related,
                   r->active, r->list,  r->session, r->session_tf, r->session_list,
                   r->norm,   r->steps, r->known,   r->shares};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* ---- one term ---- */

/* The lists of one term: in r->list the places that hold it, then those that hold only related words. */
typedef struct lists {
    size_t owns, extras, sessions;
} lists;

/* The block that held the last message: the next one is mostly in it, too. */
typedef struct window {
    int64_t first; /* id; its slot */
    size_t base;
} window;

/* The slot of a message that takes part; SIZE_MAX when it does not. */
static size_t locate(const kali_documents *d, window *w, int64_t id) {
    uint64_t at = (uint64_t)id - (uint64_t)w->first;
    if (id < 0) return SIZE_MAX;
    if (at >= KALI_BLOCK) {
        size_t slot = kali_documents_slot(d, id, w->base);
        if (slot == SIZE_MAX) return slot;
        at = slot % KALI_BLOCK;
        w->base = slot - at;
        w->first = id - (int64_t)at;
    }
    const kali_spot *s = &d->spots[w->base + at];
    return s->place && kali_scope_has(&d->scope, s->session) ? w->base + at : SIZE_MAX;
}

static void add_own(kali_rank *r, size_t t, lists *l, const kali_postings *p) {
    window w = {.first = INT64_MIN};
    float assistant = r->question.told ? 1 : (float)r->weights->session_assistant;
    for (size_t i = 0; i < p->count; i++) {
        size_t slot = locate(&r->documents, &w, p->rows[i].id);
        if (slot == SIZE_MAX) continue;
        const kali_spot *d = &r->documents.spots[slot];
        float tf = (float)p->rows[i].tf, share = d->flags & KALI_ASSISTANT ? tf * assistant : tf;
        if (r->own[d->place] == 0) r->list[l->owns++] = d->place;
        r->held[slot] |= (uint64_t)1 << t;
        r->own[d->place] += tf;
        if (!(share > 0)) continue;
        if (r->session_tf[d->session] == 0) r->session_list[l->sessions++] = d->session;
        r->session_tf[d->session] += share;
    }
}

static void add_extra(kali_rank *r, size_t t, lists *l, const kali_postings *p, float weight) {
    window w = {.first = INT64_MIN};
    for (size_t i = 0; i < p->count; i++) {
        size_t slot = locate(&r->documents, &w, p->rows[i].id);
        if (slot == SIZE_MAX) continue;
        uint32_t at = r->documents.spots[slot].place;
        float tf = weight * (float)p->rows[i].tf;
        r->related[slot] |= (uint16_t)(1u << t);
        if (r->own[at] > 0 || tf <= r->extra[at]) continue;
        if (r->extra[at] == 0) r->list[l->owns + l->extras++] = at;
        r->extra[at] = tf;
    }
}

static bool among(const kali_question *q, kal_str stem) {
    for (size_t i = 0; i < q->count; i++)
        if (kali_same(q->terms[i].stem, stem)) return true;
    return false;
}

static kal_code read_own(kali_rank *r, size_t t, lists *l, kal_err *err) {
    kali_term *term = &r->terms[t];
    const kali_entry_word *known = kali_lexicon_find(r->lexicon, r->question.terms[t].stem);
    kal_code code =
        kali_reader_term(r->reader, r->question.terms[t].stem, &term->forms[term->count++], err);
    for (kali_relative *f = known ? known->forms : NULL;
         f && term->count < KALI_FORMS && code == KAL_OK; f = f->next)
        code = kali_reader_term(r->reader, f->stem, &term->forms[term->count++], err);
    for (size_t i = 0; i < term->count && code == KAL_OK; i++)
        add_own(r, t, l, &term->forms[i]);
    return code;
}

static kal_code read_related(kali_rank *r, size_t t, lists *l, kal_err *err) {
    const kali_entry_word *known = kali_lexicon_find(r->lexicon, r->question.terms[t].stem);
    kali_postings postings = {0};
    kal_code code = KAL_OK;
    int seen = 0;
    if (r->question.count > EXPAND_MAX) return KAL_OK;
    for (kali_relative *w = known ? known->related : NULL;
         w && seen < RELATED_MAX && code == KAL_OK; w = w->next) {
        if (among(&r->question, w->stem)) continue;
        code = kali_reader_term(r->reader, w->stem, &postings, err);
        double weight = w->category ? r->weights->category : r->weights->related;
        if (code == KAL_OK && weight > 0) add_extra(r, t, l, &postings, (float)weight);
        seen++;
    }
    kali_postings_free(&postings);
    return code;
}

static uint32_t next_of(const kali_rank *r, uint32_t place) {
    return kali_documents_next(&r->documents, place);
}

static uint32_t previous_of(const kali_rank *r, uint32_t place) {
    return kali_documents_previous(&r->documents, place);
}

/* Whether what stands two and four messages away belongs to it. In a chat with an assistant that is another request and
** another answer: the next turn goes on with all of them, but who looks something up means one. */
static bool goes_on(const kali_rank *r, const kali_record *d) {
    return r->question.chat || !kali_rank_assisted(r, d);
}

static void score_sessions(kali_rank *r, const lists *l, double weight) {
    double with = (double)r->documents.session_count, df = (double)l->sessions;
    double average = with > 0 ? (double)r->documents.words / with : 1;
    double idf = weight * log(1 + (with - df + 0.5) / (df + 0.5));
    for (size_t i = 0; i < l->sessions; i++) {
        uint32_t s = r->session_list[i];
        double tf = r->session_tf[s];
        r->session[s] +=
            (float)(idf * tf * 2.2 /
                    (tf + 1.2 * (0.25 + 0.75 * (double)r->documents.chains[s].words / average)));
        r->session_tf[s] = 0;
    }
}

void kali_rank_share(kali_rank *r, uint32_t place, double amount) {
    if (!place || !((float)amount > 0)) return;
    if (r->score[place] == 0) r->active[r->active_count++] = place;
    r->score[place] += (float)amount;
}

/* How much a word of the query counts, before how rare it is. */
static double weight_of(const kali_rank *r, size_t t) {
    double proper = r->question.proper[t] ? 1 + r->weights->proper : 1;
    return r->question.in_question[t] ? proper * (1 + r->weights->question) : proper;
}

static kal_code score_term(kali_rank *r, size_t t, kal_err *err) {
    lists l = {0};
    kal_code code = read_own(r, t, &l, err);
    if (code == KAL_OK) code = read_related(r, t, &l, err);
    double n = (double)r->documents.messages, df = (double)l.owns;
    double widened = floor(EXPAND_DF * (df + (double)l.extras));
    if (l.extras && widened > df) df = widened;
    if (df < 1) df = 1;
    double weight = weight_of(r, t);
    double idf = weight * pow(log(1 + (n - df + 0.5) / (df + 0.5)), r->weights->idf_power);
    if (code == KAL_OK && l.owns + l.extras) {
        if (l.owns) r->terms[t].idf = (float)idf;
        score_sessions(r, &l, weight);
        for (size_t i = l.owns; i < l.owns + l.extras; i++)
            r->own[r->list[i]] = r->extra[r->list[i]];
        code = kali_rank_add(r, t, idf, r->list, l.owns + l.extras, err);
    }
    for (size_t i = 0; i < l.owns + l.extras; i++)
        r->own[r->list[i]] = r->extra[r->list[i]] = 0;
    return code;
}

/* ---- shares of scores ---- */

/* From a copy of the scores: an answer lends to its question, and each to those two away. */
static void spread(kali_rank *r) {
    const kal_weights *w = r->weights;
    const kali_record *rows = r->documents.rows;
    size_t n = r->active_count;
    for (size_t i = 0; i < n; i++)
        r->own[r->active[i]] = r->score[r->active[i]];
    for (size_t i = 0; i < n; i++) {
        uint32_t place = r->active[i];
        const kali_record *d = &rows[place];
        uint32_t before = previous_of(r, place);
        double v = r->own[place], spread2 = goes_on(r, d) ? w->spread2 : 0;
        bool answer = d->flags & KALI_ASSISTANT && !r->question.told &&
                      !(rows[before].flags & KALI_ASSISTANT);
        if (answer) kali_rank_share(r, before, w->answer * v);
        uint32_t before2 = previous_of(r, before), next2 = next_of(r, next_of(r, place));
        if (kali_rank_one_voice(d, &rows[before2])) kali_rank_share(r, before2, spread2 * v);
        if (kali_rank_one_voice(d, &rows[next2])) kali_rank_share(r, next2, spread2 * v);
    }
    for (size_t i = 0; i < n; i++)
        r->own[r->active[i]] = 0;
}

float kali_rank_best(const kali_rank *r) {
    float best = 0;
    for (size_t i = 0; i < r->active_count; i++)
        if (r->score[r->active[i]] > best) best = r->score[r->active[i]];
    return best;
}

/* A session lends to its messages by how far its words stand out among those of all sessions. */
static void add_sessions(kali_rank *r) {
    const kali_documents *d = &r->documents;
    float best = 0, least = INFINITY;
    for (size_t i = 0; i < d->latest_count; i++) {
        if (!kali_scope_has(&d->scope, (uint32_t)d->latest[i])) continue;
        float score = r->session[d->latest[i]];
        if (score > best) best = score;
        if (score < least) least = score;
        if (d->chains[d->latest[i]].assistants) r->turn = r->question.chat;
    }
    double most = r->weights->session > 0 ? r->weights->session * kali_rank_best(r) : 0;
    for (size_t s = 0; s <= d->sessions; s++) {
        float more = r->session[s] - least;
        r->session[s] = more > 0 && best > 0 ? (float)(most * more / best) : 0;
    }
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        r->score[place] += r->session[d->rows[place].session];
    }
}

kal_code kali_rank_score(kali_rank *r, kal_err *err) {
    if (!allocate(r)) return kali_no_memory(err);
    for (size_t t = 0; t < r->question.count; t++) {
        kal_code code = score_term(r, t, err);
        if (code != KAL_OK) return code;
    }
    kali_rank_list(r);
    if (r->active_count == 0) return kali_rank_weigh(r, err);
    kali_rank_proximity(r);
    spread(r);
    add_sessions(r);
    return kali_rank_weigh(r, err);
}
