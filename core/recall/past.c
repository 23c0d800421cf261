/*
** past.c: times that a question names as they lie from now: "two weeks ago", "last Tuesday", "in the past three months".
** What they mean in days, and what follows for the ranking when something was said then.
*/
#include <string.h>

#include "recall/rank.h"

#define AROUND_WEEK 3 /* days that such a time may be off */
#define AROUND_MONTH 15
#define AROUND_YEAR 180

/* Which line of the list holds the word; PAST_LINES none. */
static int line_of(const kali_lexicon *x, kal_str word) {
    int i = 0;
    if (!kali_holds(x->any_past, word)) return KALI_PAST_LINES;
    while (i < KALI_PAST_LINES && !kali_holds(x->past[i], word))
        i++;
    return i;
}

static int number_of(const kali_lexicon *x, kal_str word) {
    int number = kali_question_number(word);
    for (int i = 0; i < KALI_NUMBERS && !number && kali_holds(x->any_number, word); i++)
        if (kali_holds(x->numbers[i], word)) number = i + 1;
    return number < 1000 ? number : 0;
}

static bool is_unit(int line) {
    return line >= KALI_PAST_DAY && line <= KALI_PAST_YEAR;
}

static bool is_the(kal_str word) {
    return word.len == 3 && memcmp(word.data, "the", 3) == 0;
}

/* "two weeks ago", "a couple of days ago": the number stands before the unit, or one word further. */
static bool read_ago(const kali_word *words, size_t at, const kali_lexicon *x, kali_past *out) {
    int unit = at > 1 ? line_of(x, words[at - 1].word) : KALI_PAST_LINES;
    if (!is_unit(unit)) return false;
    size_t from = at - 2;
    int number = number_of(x, words[from].word);
    if (!number && from > 0) number = number_of(x, words[--from].word);
    *out = (kali_past){.unit = unit, .count = number, .first = from, .last = at};
    return number > 0;
}

/* "last week" and "last Tuesday"; but "the last week" and "the last three months" last until now. */
static bool read_last(const kali_word *words, size_t n, size_t at, const kali_lexicon *x,
                      kali_past *out) {
    int unit = at + 1 < n ? line_of(x, words[at + 1].word) : KALI_PAST_LINES;
    *out = (kali_past){.unit = unit, .first = at, .last = at + 1, .named = true};
    if (is_unit(unit) && at > 0 && is_the(words[at - 1].word))
        *out =
            (kali_past){.unit = unit, .count = 1, .first = at, .last = at + 1, .until_now = true};
    if (unit >= KALI_PAST_DAY && unit < KALI_PAST_LINES) return true;
    int number = at + 2 < n ? number_of(x, words[at + 1].word) : 0;
    unit = number ? line_of(x, words[at + 2].word) : KALI_PAST_LINES;
    *out =
        (kali_past){.unit = unit, .count = number, .first = at, .last = at + 2, .until_now = true};
    return is_unit(unit);
}

/* "this month": what there is of it. */
static bool read_this(const kali_word *words, size_t n, size_t at, const kali_lexicon *x,
                      kali_past *out) {
    int unit = at + 1 < n ? line_of(x, words[at + 1].word) : KALI_PAST_LINES;
    *out = (kali_past){.unit = unit, .first = at, .last = at + 1, .named = true, .until_now = true};
    return is_unit(unit);
}

bool kali_past_read(const kali_word *words, size_t n, const kali_lexicon *x, kali_past *out) {
    for (size_t i = 0; i < n; i++) {
        int line = line_of(x, words[i].word);
        if (line == KALI_PAST_AGO && read_ago(words, i, x, out)) return true;
        if (line == KALI_PAST_LAST && read_last(words, n, i, x, out)) return true;
        if (line == KALI_PAST_THIS && read_this(words, n, i, x, out)) return true;
        *out = (kali_past){.unit = KALI_PAST_DAY, .named = true, .first = i, .last = i};
        out->until_now = line == KALI_PAST_TODAY;
        if (line == KALI_PAST_YESTERDAY || line == KALI_PAST_TODAY) return true;
    }
    *out = (kali_past){0};
    return false;
}

/* ---- in days ---- */

/* 0: Monday. The first day of 2000 was a Saturday. */
static int weekday_of(int64_t day) {
    return (int)((day + 5) % 7);
}

/* A weekday, or the last weekend, before today; a day longer, as one tells of it later. */
static kali_days weekday_before(int line, int64_t today) {
    int now = weekday_of(today);
    if (line == KALI_PAST_WEEKEND) {
        int64_t saturday = today - (now + 2) % 7 - (now >= 5 ? 7 : 0);
        return (kali_days){saturday, saturday + 2};
    }
    int back = (now - (line - KALI_PAST_MONDAY) + 7) % 7;
    int64_t day = today - (back ? back : 7);
    return (kali_days){day, day + 1};
}

/* When the day, week, month or year begins that today is in; of a year to a day or two. */
static int64_t begin_of(int unit, int64_t today) {
    int y, m, d;
    if (unit == KALI_PAST_DAY) return today;
    if (unit == KALI_PAST_WEEK) return today - weekday_of(today);
    kali_date_of((uint16_t)today, &y, &m, &d);
    int64_t begin = today - d + 1;
    return unit == KALI_PAST_MONTH ? begin : begin - (int64_t)((m - 1) * 30.44);
}

kali_days kali_past_days(const kali_past *past, int64_t today) {
    static const double LENGTH[] = {1, 7, 30.44, 365.25};
    static const int AROUND[] = {1, AROUND_WEEK, AROUND_MONTH, AROUND_YEAR};
    if (past->unit >= KALI_PAST_WEEKEND) return weekday_before(past->unit, today);
    int64_t begin = begin_of(past->unit, today);
    if (past->named && past->until_now) return (kali_days){begin, today};
    if (past->named) return (kali_days){begin_of(past->unit, begin - 1), begin - 1};
    int unit = past->unit - KALI_PAST_DAY;
    int64_t then = today - (int64_t)(LENGTH[unit] * past->count);
    if (past->until_now) return (kali_days){then, today};
    int64_t end = then + AROUND[unit] < today ? then + AROUND[unit] : today;
    return (kali_days){then - AROUND[unit], end};
}

/* ---- in the ranking ---- */

static bool is_said(const kali_documents *d, kali_days days) {
    for (size_t i = 0; i < d->places; i++)
        if (kali_days_hold(days, d->rows[i].day) && kali_documents_has(d, i)) return true;
    return false;
}

/* The words of the time say when and not what. */
static void forget_words(kali_question *q) {
    size_t left = 0;
    for (size_t i = 0; i < q->count; i++) {
        if (q->timed[i]) continue;
        q->proper[left] = q->proper[i];
        q->in_question[left] = q->in_question[i];
        q->terms[left++] = q->terms[i];
    }
    q->count = left;
}

/* Of somebody who is named it is mostly told as seen from another day, as is what says a whole date. */
void kali_rank_past(kali_rank *r) {
    kali_question *q = &r->question;
    bool said = q->past.last || q->past.named, fits = r->today >= 0 && r->today <= 0xFFFF;
    if (!said || !fits || q->speaker >= 0 || q->year || q->month) return;
    kali_days days = kali_past_days(&q->past, r->today);
    if (!is_said(&r->documents, days)) return;
    r->past = days;
    forget_words(q);
}
