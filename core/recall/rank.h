/*
** rank.h: the ranking of recall: rank.c scores, recall.c feeds it and explains what comes out.
*/
#ifndef KALITO_RANK_H
#define KALITO_RANK_H

#include "recall/question.h"

#define KALI_FORMS 6 /* forms of one word that are looked up */

/* The messages that hold a term of the query in one of its forms. */
typedef struct kali_term {
    kali_postings forms[KALI_FORMS];
    size_t count;
    float idf; /* 0: no message holds it */
} kali_term;

typedef struct kali_rank {
    kal_store *store;
    const kal_weights *weights;
    const kali_lexicon *lexicon;
    kali_question question;
    kali_documents documents;
    kali_reader *reader;
    kali_term terms[KALI_TERMS];
    size_t places, active_count;
    float *score;     /* of each place, see kali_documents */
    uint32_t *active; /* places with a score */
    /* Of one term: tf, tf of related words. In the end `extra` is what its session has given to the score of each place. */
    float *own, *extra;
    /* Of each place in a step that a term has reached: k1 times the length, shares of the messages one, two and four before.
    ** A message gets of those two and four after what before4 of that two after says, twice and once. One piece of memory. */
    float *norm, *before, *before2, *before4;
    /* Of each KALI_MARGIN places: the last term that has reached them, and one, 0 none; whether they are described. */
    uint8_t *steps;
    bool *known;
    struct kali_shares *shares;
    uint64_t *held;    /* of each slot, as bits: the terms that it holds */
    uint16_t *related; /* the same: the terms whose related words it holds */
    uint32_t *list;    /* places touched by one term */
    bool turn;      /* the query is a turn of a chat with an assistant: it goes on with something */
    float *session; /* BM25 of each session; in the end what it lends to its messages */
    float *session_tf;
    uint32_t *session_list;
    char
        now[KALI_TIME_LEN + 1]; /* of the query: nothing after it is found; "": everything may be */
    int64_t day;                /* of `now`, since 2000-01-01 */
    int64_t today;              /* the day on which it is asked, in the same way */
    kali_days past;             /* when the query says it was, and something was said; to 0: none */
} kali_rank;

/* Scores all documents. The rank is zero-initialised but for store, weights, lexicon, question, documents,
** reader and the times. */
kal_code kali_rank_score(kali_rank *rank, kal_err *err);
void kali_rank_free(kali_rank *rank);
/* Adds the scores of one term to the messages at these places, whose tf are in `own`, and to their neighbours. */
kal_code kali_rank_add(kali_rank *rank, size_t term, double idf, const uint32_t *places,
                       size_t count, kal_err *err);
/* Makes the list of active places, ascending. */
void kali_rank_list(kali_rank *rank);
/* Adds to the score of a place, 0 none. */
void kali_rank_share(kali_rank *rank, uint32_t place, double amount);
float kali_rank_best(const kali_rank *rank);
/* Whether both are by the same one: whoever else speaks two messages away does not go on with it. */
static inline bool kali_rank_one_voice(const kali_record *a, const kali_record *b) {
    return a->flags && b->flags && a->speaker == b->speaker &&
           !((a->flags ^ b->flags) & KALI_ASSISTANT);
}
/* Whether its session is a chat with an assistant, who says a quarter of it at least: not where friends ask one once. */
static inline bool kali_rank_assisted(const kali_rank *rank, const kali_record *record) {
    const kali_chain *c = &rank->documents.chains[record->session];
    return c->assistants > 0 && c->assistants >= c->messages / 4;
}
/* When the query names a time as it lies from today, and something was said then: takes note of these days, and
** looks for the other words only. */
void kali_rank_past(kali_rank *rank);
/* Weighs the scores by what the query says about its answer. */
kal_code kali_rank_weigh(kali_rank *rank, kal_err *err);
/* Raises the best messages by how close the query's words stand in them. */
void kali_rank_proximity(kali_rank *rank);
/* What a message of this role is worth: less for an assistant, who does not know what happened to the user; as much more
** as for any speaker who is named when it is looked up what he said. */
double kali_rank_voice(const kali_rank *rank, const kali_record *record);
/* The best active places (`room` at most) of no later day than `day`, in no order, as numbers that ascend with the score
** and then the slot: see kali_best_score. `out` has room for twice as many. */
size_t kali_rank_choose(const kali_rank *rank, int64_t day, uint64_t *out, size_t room);
float kali_best_score(uint64_t best);
static inline uint32_t kali_best_slot(uint64_t best) {
    return (uint32_t)best;
}

/* Takes together what says the same among the hits (see kal_query.similar). What is remembered of that lives as long as
** the store's answer. */
kal_code kali_copies_fold(kal_store *store, kali_arena *arena, double least, kal_hit *hits,
                          size_t *count, kal_err *err);

#endif
