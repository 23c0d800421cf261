/* Private to the text functions of the core: code points and what kind of character they are
 * (unicode.c), lines, code and the ends of sentences (text.c). Everything reads borrowed bytes and
 * keeps no position. Classes are coarse on purpose: enough to find words, not a copy of the
 * standard. */
#ifndef KALI_TEXT_H
#define KALI_TEXT_H

#include <string.h>

#include "kalito.h"

enum kali_kind {
    KALI_SYMBOL, /* punctuation, symbols, emoji, controls, what is not UTF-8 */
    KALI_SPACE,
    KALI_LETTER,  /* letters, marks and underscore, of scripts that separate words by spaces */
    KALI_DIGIT,   /* ASCII 0-9 */
    KALI_HANGUL,  /* spaced, but particles are attached to the words */
    KALI_UNSPACED /* Han, kana, Thai, Lao, Khmer, Burmese */
};

/* Kind of each byte below 0x80. */
extern const unsigned char kali_ascii_kind[128];

static inline unsigned kali_byte(kal_str text, size_t at) {
    return (unsigned char)text.data[at];
}

/* kali_decode for a byte above 0x7F. */
uint32_t kali_decode_wide(kal_str text, size_t at, size_t *next);

/* The code point at `at` (< text.len); *next is the offset behind it. A byte that begins no valid
 * sequence is 0xFFFD, one byte long, and so is a sequence that the end of the text cuts. */
static inline uint32_t kali_decode(kal_str text, size_t at, size_t *next) {
    unsigned byte = kali_byte(text, at);
    if (byte >= 0x80) return kali_decode_wide(text, at, next);
    *next = at + 1;
    return byte;
}

/* The code point that ends at `at` (> 0); *start is where it begins. */
uint32_t kali_decode_back(kal_str text, size_t at, size_t *start);

/* The length of the longest prefix that is valid UTF-8 without NUL. */
size_t kali_valid_prefix(kal_str text);

/* UTF-8 of a code point into out[4]; its length. */
size_t kali_encode(uint32_t c, unsigned char *out);

/* kali_kind above 0x7F. */
enum kali_kind kali_kind_wide(uint32_t c);

static inline enum kali_kind kali_kind(uint32_t c) {
    return c < 0x80 ? (enum kali_kind)kali_ascii_kind[c] : kali_kind_wide(c);
}

/* kali_fold above 0x7F. */
uint32_t kali_fold_wide(uint32_t c);

/* Lower case; typographic apostrophes become the plain one; everything else is itself. */
static inline uint32_t kali_fold(uint32_t c) {
    if (c < 0x80) return c - 'A' < 26 ? c + 32 : c;
    return kali_fold_wide(c);
}

/* Han and kana only: a character is a word of its own. */
bool kali_is_han(uint32_t c);

bool kali_is_upper(uint32_t c);

static inline bool kali_is_wordlike(enum kali_kind kind) {
    return kind >= KALI_LETTER;
}

static inline bool kali_is_apostrophe(uint32_t c) {
    return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x02BC;
}

static inline bool kali_is_blank(unsigned c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Does the word that ends at `at` go on behind an apostrophe there ("can't")? The possessive 's
 * does not count as going on. */
bool kali_apostrophe_joins(kal_str text, size_t at);

#define KALI_BYTES(c) ((uint64_t)(c)*0x0101010101010101u)

/* Eight bytes, the first one lowest. */
static inline uint64_t kali_eight(const char *data) {
    uint64_t eight;
    memcpy(&eight, data, sizeof eight);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight = __builtin_bswap64(eight);
#endif
    return eight;
}

/* 0x80 in each byte that lies in first..last, both below 0x80. */
static inline uint64_t kali_in_range(uint64_t eight, unsigned first, unsigned last) {
    uint64_t low = eight & KALI_BYTES(0x7F);
    uint64_t from = low + KALI_BYTES(0x80 - first);
    uint64_t above = low + KALI_BYTES(0x7F - last);
    return from & ~above & ~eight & KALI_BYTES(0x80);
}

/* kal_words_find, which also says how long the match is. */
bool kali_words_next(const void *set, kal_str text, size_t *at, size_t *length);

/* How a line begins. */
struct kali_line {
    size_t body; /* behind indentation, quote, heading and list markers */
    bool quoted;
    bool item;
    bool numbered; /* the item has a number */
    bool fenced;   /* the body is the opening fence of a code block */
};

/* Reads the beginning of the line that begins at `at`. */
struct kali_line kali_line_read(kal_str text, size_t at);

/* The end of the code block whose opening fence is at `at`: behind the line of the closing fence.
 */
size_t kali_fence_end(kal_str text, size_t at);

/* The end of the code span that begins with the backtick at `at`; behind the run of backticks when
 * they open none (*closed tells). */
size_t kali_span_end(kal_str text, size_t at, bool *closed);

/* Does the sentence go on behind the line break at `at`? Wrapped prose does: a full line, and the
 * next begins in lower case. */
bool kali_line_goes_on(kal_str text, size_t at);

struct kali_stop {
    size_t end; /* behind the marks and the closing quotes and brackets that follow them */
    bool ends;  /* a sentence ends here */
    bool question;
    bool exclamation;
};

/* '.', '!' or '?' for the marks of all scripts that end sentences, 0 for other characters. */
char kali_mark(uint32_t c);

/* Reads the marks that begin at `at`. */
struct kali_stop kali_stop_read(kal_str text, size_t at);

#endif
