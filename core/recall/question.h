/*
** question.h: what a query says, taken apart for the ranking.
*/
#ifndef KALITO_QUESTION_H
#define KALITO_QUESTION_H

#include "recall/lexicon.h"
#include "search/document.h"

#define KALI_TERMS 64 /* more words of a query change nothing that could be measured */

/* A time as it lies from now; all zero: none. */
typedef struct kali_past {
    int unit;           /* KALI_PAST_DAY and what follows */
    int count;          /* how many of them ago */
    bool named;         /* the last one, as "last week" and "yesterday" name it; or */
    bool until_now;     /* from then until now, and both: as much of it as is past */
    size_t first, last; /* words of the query that say so */
} kali_past;

/* Days since 2000-01-01, both included; to 0: none. */
typedef struct kali_days {
    int64_t from, to;
} kali_days;
static inline bool kali_days_hold(kali_days days, uint16_t day) {
    return day && day >= days.from && day <= days.to;
}

typedef struct kali_question {
    kali_word terms[KALI_TERMS];  /* distinct stems in their order */
    bool proper[KALI_TERMS];      /* which of them look like names */
    bool in_question[KALI_TERMS]; /* which of them stand in a sentence that asks */
    bool timed[KALI_TERMS];       /* which of them belong to the time it names */
    size_t count;
    kali_past past;
    int speaker;          /* number of the speaker it names, -1 none */
    bool chat;            /* a turn of a going-on chat, not a look-up */
    bool when;            /* asks for a time */
    bool you_said;        /* asks what the assistant said */
    bool told;            /* a look-up of what the assistant said */
    bool self;            /* a look-up by somebody who speaks of himself */
    int year, month, day; /* of a date it names, 0 none */
} kali_question;

/* `named`: which speakers take part, by number. `text` must be valid UTF-8. What the question holds lives in
** the arena. */
kal_code kali_question_read(kal_store *store, kali_arena *arena, kal_str text,
                            const kali_lexicon *lexicon, const bool named[256], kali_question *out,
                            kal_err *err);
/* The day of a full date in it since 2000-01-01; 0 when it names none, or none after that. */
uint16_t kali_question_day(const kali_question *question);
/* A whole number up to four digits, also with the ending of an ordinal; 0 else. */
int kali_question_number(kal_str word);
/* The civil date of a day since 2000-01-01; see time.c for the algorithm. */
void kali_date_of(uint16_t day, int *y, int *m, int *d);
/* Whether the words name a time as it lies from now: the first that does. */
bool kali_past_read(const kali_word *words, size_t count, const kali_lexicon *lexicon,
                    kali_past *out);
/* The days that it means on the day `today`. */
kali_days kali_past_days(const kali_past *past, int64_t today);
/* The share of the parts of its date that a day has, 0..1. */
double kali_question_date_share(const kali_question *question, uint16_t day);

#endif
