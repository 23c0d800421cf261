/*
** weigh.c: what a query says about its answer, in factors of the scores that rank.c has made: the speaker it names, a
** date, the age of sessions, their openings.
*/
#include "recall/rank.h"

#include <stdlib.h>

kal_weights kal_weights_default(void) {
    return (kal_weights){.k1 = 1.2,
                         .b = 0.5,
                         .b_assistant = 0.75,
                         .idf_power = 1.5,
                         .proper = 1.0,
                         .question = 0.3,
                         .before = 0.3,
                         .before_question = 0.7,
                         .after = 0.1,
                         .same2 = 0.2,
                         .same2_question = 0.2,
                         .spread2 = 0.1,
                         .answer = 0.3,
                         .session = 0.3,
                         .session_assistant = 0.3,
                         .proximity = 0.2,
                         .speaker = 0.6,
                         .first_person = 0.3,
                         .when = 0.3,
                         .date = 0.8,
                         .day = 0.6,
                         .assistant = 0.3,
                         .asking = 0.2,
                         .asking_assistant = 0.4,
                         .opening = 0.25,
                         .opening_share = 0.4,
                         .recent = 1.0,
                         .recent_half = 10,
                         .related = 0.2,
                         .category = 0.5};
}

/* Days so many apart are as good as a date; longer times are not, unless nothing else is looked for. */
#define FEW 2

static void add_day(kali_rank *r) {
    const kali_question *q = &r->question;
    double best = kali_rank_best(r), amount = r->weights->day * (best > 0 ? best : 1);
    uint16_t day = kali_question_day(q);
    kali_days days = day ? (kali_days){day, day} : r->past;
    bool many = days.to - days.from > FEW;
    if (!days.to || (many && best > 0) || amount <= 0) return;
    for (size_t i = 0; i < r->places; i++)
        if (kali_days_hold(days, r->documents.rows[i].day) && kali_documents_has(&r->documents, i))
            kali_rank_share(r, (uint32_t)i, amount);
}

/* ---- what the query says about its answer ---- */

/* How many sessions are newer than each, by their last message. */
static void rank_sessions(const kali_rank *r, uint32_t *newer) {
    const kali_documents *d = &r->documents;
    uint32_t n = 0;
    for (size_t i = 0; i < d->latest_count; i++)
        if (kali_scope_has(&d->scope, (uint32_t)d->latest[i])) newer[d->latest[i]] = n++;
}

double kali_rank_voice(const kali_rank *r, const kali_record *d) {
    const kal_weights *w = r->weights;
    if (!(d->flags & KALI_ASSISTANT)) return 1;
    if (r->question.you_said) return r->question.told ? 1 + w->speaker : 1;
    return w->assistant < 1 ? 1 - w->assistant : 0;
}

/* What is worth nothing then is not listed any more. */
static void weigh(kali_rank *r, const uint32_t *newer) {
    const kal_weights *w = r->weights;
    const kali_question *q = &r->question;
    bool dated = q->year || q->month;
    size_t left = 0;
    double date = 0;
    uint16_t day = 0; /* the share of a day is known while that lasts */
    for (size_t i = 0; i < r->active_count; i++) {
        uint32_t place = r->active[i];
        const kali_record *d = &r->documents.rows[place];
        double before = r->score[place], v = before;
        if (q->speaker >= 0 && d->speaker == q->speaker) v *= 1 + w->speaker;
        v *= kali_rank_voice(r, d);
        if (dated && d->day != day) date = kali_question_date_share(q, day = d->day);
        if (dated) v *= 1 + w->date * date;
        if (kali_days_hold(r->past, d->day)) v *= 1 + w->date;
        if (r->turn) v *= 1 + w->recent * w->recent_half / (w->recent_half + newer[d->session]);
        if (d->flags & KALI_OPENING) v *= 1 + w->opening;
        r->score[place] = (float)v > 0 ? (float)v : 0;
        if (r->score[place] > 0) r->active[left++] = place;
        r->extra[place] = (float)(r->session[d->session] * v / before);
    }
    r->active_count = left;
}

/* In a chat with an assistant the first message of a session says what it is about: what goes on there often
** goes back to it. */
static void add_openings(kali_rank *r) {
    for (size_t s = 0; s <= r->documents.sessions; s++)
        r->session_tf[s] = 0;
    for (size_t i = 0; i < r->active_count; i++) {
        const kali_record *d = &r->documents.rows[r->active[i]];
        float v = r->score[r->active[i]];
        if (!(d->flags & KALI_OPENING) && v > r->session_tf[d->session])
            r->session_tf[d->session] = v;
    }
    for (size_t s = 0; s <= r->documents.sessions; s++) {
        const kali_chain *c = &r->documents.chains[s];
        bool answered = c->messages > 1 && r->documents.rows[c->first + 1].flags & KALI_ASSISTANT;
        if (!answered) continue;
        kali_rank_share(r, c->first, r->weights->opening_share * r->session_tf[s]);
    }
}

kal_code kali_rank_weigh(kali_rank *r, kal_err *err) {
    add_day(r);
    uint32_t *newer = calloc(r->documents.sessions + 1u, sizeof *newer);
    if (!newer) return kali_no_memory(err);
    if (r->turn) rank_sessions(r, newer);
    weigh(r, newer);
    free(newer);
    if (r->turn && r->weights->opening_share > 0) add_openings(r);
    return KAL_OK;
}
