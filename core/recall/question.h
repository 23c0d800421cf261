/*
** question.h: what a query says, taken apart for the ranking.
*/
#ifndef KALITO_QUESTION_H
#define KALITO_QUESTION_H

#include "recall/lexicon.h"
#include "search/document.h"

#define KALI_TERMS 64 /* more words of a query change nothing that could be measured */

typedef struct kali_question {
    kali_word terms[KALI_TERMS]; /* distinct stems in their order */
    bool proper[KALI_TERMS];     /* which of them look like names */
    size_t count;
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
/* The share of the parts of its date that a day has, 0..1. */
double kali_question_date_share(const kali_question *question, uint16_t day);

#endif
