/*
** lexicon.h: what recall knows of a language, compiled from the word lists that the scripts pass in.
*/
#ifndef KALITO_LEXICON_H
#define KALITO_LEXICON_H

#include "internal.h"

/* A word that another one reaches: of the same group, or the thing that a category names. */
typedef struct kali_relative {
    struct kali_relative *next;
    kal_str stem;
    bool category;
} kali_relative;

/* What is known of one stem. */
typedef struct kali_entry_word {
    kal_str stem;
    kali_relative *forms;   /* other stems of the same word */
    kali_relative *related; /* words that mean something near */
} kali_entry_word;

/* Lines of the list of words of a time that is past. */
enum {
    KALI_PAST_AGO,
    KALI_PAST_LAST,
    KALI_PAST_THIS,
    KALI_PAST_YESTERDAY,
    KALI_PAST_TODAY,
    KALI_PAST_DAY,
    KALI_PAST_WEEK,
    KALI_PAST_MONTH,
    KALI_PAST_YEAR,
    KALI_PAST_WEEKEND,
    KALI_PAST_MONDAY,
    KALI_PAST_LINES = KALI_PAST_MONDAY + 7
};
#define KALI_NUMBERS 12

typedef struct kali_lexicon {
    kali_arena arena;
    kali_entry_word *table;
    size_t slots, used;
    /* Word sets (see kal_words_build); NULL: an empty list. */
    void *stop, *asked, *ask_when, *time_words, *first_person, *you_said, *look_up, *openers;
    void *any_month, *months[12], *any_past, *past[KALI_PAST_LINES];
    void *any_number, *numbers[KALI_NUMBERS];
} kali_lexicon;

/* The lists of the store compiled, an empty lexicon when it has none. */
kal_code kali_lexicon_get(kal_store *store, const kali_lexicon **out, kal_err *err);
/* What is known of a stem, or NULL. */
const kali_entry_word *kali_lexicon_find(const kali_lexicon *lexicon, kal_str stem);
void kali_lexicon_free(kali_lexicon *lexicon);
/* Whether the text holds a word or phrase of the set. */
static inline bool kali_holds(const void *set, kal_str text) {
    return set && kal_words_count(set, text, 1) > 0;
}

#endif
