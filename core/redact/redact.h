/*
** redact.h: what the files share that look for secrets in a text: redact.c (the walk over the text, e-mail addresses,
** literal words), redact_key.c (keys and passwords) and redact_number.c (cards and telephones). Pure functions of
** borrowed bytes. Each place is looked at by every detector at most once, with a bounded number of steps or with all
** the steps inside what it then takes: linear in the length of the text, whatever it holds.
*/
#ifndef KALITO_REDACT_H
#define KALITO_REDACT_H

#include "text/text.h"

/* A walk over a text. Zero-initialise but for the first three. */
typedef struct kali_scan {
    kal_str text;
    unsigned detectors; /* KAL_REDACT_... */
    const void *words;  /* a set of kal_words_build, or NULL */
    size_t at;          /* the next place to look at */
    size_t floor; /* the end of the last secret or marker: nothing before it is part of another */
    size_t word_from, word_to; /* the next literal word at or after `at` */
    bool word_known;
} kali_scan;

/* Bytes [from, to) of the text, and who has found them. */
typedef struct kali_secret {
    unsigned detector;
    size_t from, to;
} kali_secret;

/* The next secret; false at the end. Secrets come in their order and do not overlap. */
bool kali_scan_next(kali_scan *scan, kali_secret *out);
/* "[redacted:email]" */
kal_str kali_redact_marker(unsigned detector);

/* Detectors, asked at a place where theirs may begin: true when there is a secret. For a letter (of a word that ends
** at `end`), a - that may begin a PEM block, or a = or : behind which a value may stand. */
bool kali_find_key(const kali_scan *scan, size_t at, size_t end, kali_secret *out);
/* For a digit, + or ( at `at`. */
bool kali_find_number(const kali_scan *scan, size_t at, kali_secret *out);

/* The byte at a place, 0 beyond the end. */
static inline unsigned kali_peek(const kali_scan *scan, size_t at) {
    return at < scan->text.len ? kali_byte(scan->text, at) : 0;
}

/* The byte `back` places before `at`. What was taken already looks like the marker that stands for it later. */
static inline unsigned kali_behind(const kali_scan *scan, size_t at, size_t back) {
    if (at < back + scan->floor) return scan->floor ? ']' : 0;
    return kali_byte(scan->text, at - back);
}

static inline bool kali_is_digit(unsigned c) {
    return c - '0' < 10;
}
static inline bool kali_is_alpha(unsigned c) {
    return (c | 32) - 'a' < 26;
}
static inline bool kali_is_alnum(unsigned c) {
    return kali_is_digit(c) || kali_is_alpha(c);
}

#endif
