/* kal_tokens: how many tokens a model sees in a text, without its vocabulary. One pass adds up what
 * each character is likely to cost, in 36ths of a token; the cost depends on nothing but the
 * character and the run it continues, and a newline ends every run. So appending never lowers the
 * sum, and the sum of two texts joined by a newline is at most that of the parts.
 *
 * The constants were fitted by least squares to the counts of cl100k_base and o200k_base, the
 * larger of the two per piece (their mean for English), over man pages in 20 languages, code in C,
 * Python, Lua and JavaScript, JSON, logs, and made-up numbers, base64, hex, punctuation,
 * emoji and other scripts. What they have in common with the tokenizers' own rules: a word begins a
 * token, so does every third digit, blanks run together, repeated marks run together. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

#define UNIT 36     /* costs are 36ths of a token */
#define QUARTER 9   /* the floor: a quarter of a token for each character */
#define PAIR_STEP 4 /* the digits of pair_cost are ninths of a token */

enum {
    CAPITAL_FIRST = 4,   /* "Word" */
    CAPITAL_INSIDE = 34, /* "camelCase" */
    CAPITAL_AGAIN = 3,   /* "WORD" */
    PAIR_WIDE = 6,       /* an ASCII letter behind an accented one */
    AFTER_DIGIT = 37,    /* a letter that begins a word, by what is before it */
    AFTER_LINE = 22,
    AFTER_BLANK = 25,
    AFTER_MARK = 7,
    AFTER_WIDE = 12,
    BEFORE_WIDE = 36,  /* a word that begins with an accented letter */
    NUMBER_APART = 43, /* a blank before a number is a token */
    BLANKS = 37,       /* the second blank of a run; the others are free */
    TAB = 12,
    LINE = 44,
    LINE_AFTER_MARK = 3,
    LINE_AGAIN = 1,
    MARK_FIRST = 31,
    MARK_AFTER_BLANK = 33,
    MARK_AGAIN = 26,
    MARK_REPEATED = 5,
    APOSTROPHE = 15 /* behind a letter */
};

/* How often a token ends between two letters, in ninths: a row for each first letter, a column for each second.
 * "e" then "r" never splits, "q" then "x" nearly always. */
#define PAIRS(ROW)                                                                                 \
    ROW(9, 0, 0, 0, 8, 0, 0, 0, 1, 6, 9, 0, 0, 0, 7, 1, 9, 0, 0, 0, 3, 8, 0, 2, 0, 0) /* a */      \
    ROW(1, 9, 4, 8, 0, 7, 9, 8, 5, 0, 8, 0, 8, 6, 2, 9, 8, 5, 1, 5, 0, 7, 9, 7, 0, 4) /* b */      \
    ROW(0, 7, 2, 7, 0, 5, 9, 4, 5, 3, 0, 0, 2, 9, 0, 5, 6, 0, 9, 0, 1, 6, 7, 9, 6, 3) /* c */      \
    ROW(3, 2, 8, 6, 2, 6, 8, 8, 3, 9, 8, 0, 8, 5, 4, 9, 9, 7, 3, 7, 2, 8, 7, 9, 5, 4) /* d */      \
    ROW(0, 8, 0, 0, 4, 0, 6, 6, 7, 4, 9, 2, 2, 4, 4, 1, 0, 1, 0, 6, 9, 2, 0, 0, 0, 9) /* e */      \
    ROW(0, 8, 9, 6, 0, 4, 8, 9, 0, 7, 9, 6, 8, 2, 0, 7, 7, 0, 5, 1, 0, 8, 9, 7, 5, 7) /* f */      \
    ROW(6, 9, 7, 9, 0, 9, 9, 0, 5, 9, 7, 4, 9, 0, 9, 6, 7, 0, 4, 6, 6, 6, 7, 6, 5, 9) /* g */      \
    ROW(0, 7, 7, 6, 0, 5, 8, 8, 1, 8, 8, 9, 1, 7, 0, 6, 7, 2, 5, 0, 6, 8, 7, 9, 6, 8) /* h */      \
    ROW(2, 0, 0, 0, 3, 0, 0, 7, 7, 8, 7, 2, 1, 0, 0, 0, 9, 1, 0, 0, 9, 6, 7, 3, 8, 2) /* i */      \
    ROW(3, 9, 7, 8, 3, 9, 8, 9, 6, 9, 7, 9, 9, 6, 5, 9, 9, 8, 0, 9, 6, 9, 9, 7, 9, 9) /* j */      \
    ROW(9, 8, 6, 9, 1, 8, 9, 7, 3, 9, 7, 7, 6, 7, 9, 7, 7, 9, 0, 9, 4, 9, 7, 8, 8, 7) /* k */      \
    ROW(5, 6, 5, 0, 2, 0, 5, 9, 0, 9, 6, 3, 6, 7, 0, 0, 8, 8, 2, 3, 0, 2, 8, 9, 0, 4) /* l */      \
    ROW(0, 0, 4, 7, 0, 8, 8, 8, 3, 5, 7, 0, 0, 9, 1, 0, 9, 7, 0, 9, 1, 9, 7, 6, 2, 9) /* m */      \
    ROW(1, 5, 0, 0, 1, 4, 0, 5, 6, 0, 0, 5, 2, 1, 2, 0, 9, 7, 0, 0, 1, 3, 6, 9, 0, 9) /* n */      \
    ROW(9, 1, 0, 0, 8, 0, 4, 8, 4, 6, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 4, 9, 9) /* o */      \
    ROW(2, 8, 8, 3, 0, 7, 9, 0, 7, 7, 9, 0, 4, 9, 2, 0, 9, 2, 2, 2, 2, 7, 4, 5, 0, 9) /* p */      \
    ROW(9, 8, 7, 7, 9, 8, 9, 8, 9, 7, 8, 7, 8, 6, 9, 7, 8, 8, 7, 5, 6, 9, 8, 9, 8, 9) /* q */      \
    ROW(2, 8, 2, 4, 0, 4, 0, 8, 1, 9, 0, 1, 0, 0, 0, 4, 6, 0, 0, 0, 3, 8, 4, 8, 0, 5) /* r */      \
    ROW(9, 9, 4, 7, 0, 8, 5, 0, 6, 9, 9, 6, 2, 8, 0, 4, 8, 3, 0, 0, 0, 9, 0, 7, 0, 8) /* s */      \
    ROW(1, 7, 0, 5, 0, 3, 8, 0, 0, 9, 6, 2, 6, 9, 0, 0, 9, 0, 0, 9, 1, 9, 0, 6, 0, 8) /* t */      \
    ROW(6, 0, 3, 0, 2, 2, 5, 8, 2, 9, 8, 0, 0, 5, 8, 9, 9, 0, 0, 0, 9, 9, 9, 9, 9, 9) /* u */      \
    ROW(5, 8, 8, 7, 0, 7, 8, 8, 4, 7, 9, 9, 7, 9, 7, 9, 8, 9, 8, 9, 8, 9, 9, 7, 9, 6) /* v */      \
    ROW(0, 7, 7, 0, 2, 5, 7, 0, 0, 7, 9, 8, 6, 4, 0, 7, 9, 0, 1, 8, 7, 6, 1, 9, 5, 8) /* w */      \
    ROW(3, 8, 3, 9, 1, 6, 7, 9, 1, 8, 9, 7, 3, 8, 6, 0, 9, 7, 7, 0, 7, 9, 9, 7, 4, 6) /* x */      \
    ROW(2, 6, 5, 8, 6, 7, 8, 7, 4, 9, 9, 6, 4, 0, 0, 0, 7, 5, 0, 5, 9, 8, 1, 8, 9, 8) /* y */      \
    ROW(7, 8, 8, 6, 2, 9, 7, 8, 8, 7, 9, 6, 6, 9, 8, 7, 7, 7, 8, 6, 7, 9, 5, 9, 5, 9) /* z */

/* What a character is, as the one before and as the one after: letters are their own kinds, 0 to 25 and, as
 * capitals, 26 to 51. */
enum kind {
    CAPITAL = 26,
    DIGIT = 52,
    NEWLINE,
    SPACE,
    TABBED, /* a blank that is no space */
    MARK,
    QUOTE, /* the apostrophe */
    WIDE,
    WIDE_LETTER,
    KINDS
};

#define AP QUOTE
#define DG DIGIT
#define MK MARK
#define NL NEWLINE
#define SP SPACE
#define TB TABBED
static const unsigned char kind_of[128] = {
    MK, MK, MK, MK, MK, MK, MK, MK, MK, TB, NL, TB, TB, NL, MK, MK, /* controls */
    MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, MK, /* */
    SP, MK, MK, MK, MK, MK, MK, AP, MK, MK, MK, MK, MK, MK, MK, MK, /* space to / */
    DG, DG, DG, DG, DG, DG, DG, DG, DG, DG, MK, MK, MK, MK, MK, MK, /* 0 to ? */
    MK, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* @ to O */
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, MK, MK, MK, MK, MK, /* P to _ */
    MK, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, /* ` to o */
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, MK, MK, MK, MK, MK, /* p to DEL */
};

/* What a character costs behind another one, for all pairs whose cost depends on nothing else: one look-up and
 * no branch for nearly every character of a text. RUN marks the others: runs of digits, of blanks and of marks. */
#define RUN 128 /* no cost has this bit */
#define EACH(f, a, b, c, d, e, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa)     \
    f(a), f(b), f(c), f(d), f(e), f(g), f(h), f(i), f(j), f(k), f(l), f(m), f(n), f(o), f(p),      \
        f(q), f(r), f(s), f(t), f(u), f(v), f(w), f(x), f(y), f(z), f(aa)
#define PAIR(ninths) (ninths) * PAIR_STEP
#define CAPITAL_PAIR(ninths) (ninths) * PAIR_STEP + CAPITAL_AGAIN
#define SAME(n) n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n
#define BEHIND_LETTER UNIT, LINE, 0, TAB, MARK_FIRST, APOSTROPHE
#define SMALL_ROW(...) {EACH(PAIR, __VA_ARGS__), SAME(CAPITAL_INSIDE), BEHIND_LETTER},
#define CAPITAL_ROW(...) {EACH(PAIR, __VA_ARGS__), EACH(CAPITAL_PAIR, __VA_ARGS__), BEHIND_LETTER},
#define WORD(begin) SAME(begin), SAME((begin) + CAPITAL_FIRST)
static const unsigned char step_cost[KINDS][64] = {
    PAIRS(SMALL_ROW) PAIRS(CAPITAL_ROW)
    /* DIGIT */ {WORD(AFTER_DIGIT), RUN, LINE, 0, TAB, MARK_FIRST, MARK_FIRST},
    /* NEWLINE */ {WORD(AFTER_LINE), UNIT, LINE_AGAIN, 0, TAB, MARK_FIRST, MARK_FIRST},
    /* SPACE */
    {WORD(AFTER_BLANK), UNIT + NUMBER_APART, LINE, RUN, RUN, MARK_AFTER_BLANK, MARK_AFTER_BLANK},
    /* TABBED */
    {WORD(AFTER_BLANK), UNIT + NUMBER_APART, LINE, RUN, RUN, MARK_AFTER_BLANK, MARK_AFTER_BLANK},
    /* MARK */ {WORD(AFTER_MARK), UNIT, LINE_AFTER_MARK, 0, TAB, RUN, RUN},
    /* QUOTE */ {WORD(AFTER_MARK), UNIT, LINE_AFTER_MARK, 0, TAB, RUN, RUN},
    /* WIDE */ {WORD(AFTER_WIDE), UNIT, LINE, 0, TAB, MARK_FIRST, MARK_FIRST},
    /* WIDE_LETTER */
    {SAME(PAIR_WIDE), SAME(PAIR_WIDE), UNIT, LINE, 0, TAB, MARK_FIRST, MARK_FIRST},
};

/* The cost of characters above ASCII, ascending: each row begins where the one before it ends. */
static const struct script {
    uint32_t last;
    uint8_t cost;
} scripts[] = {
    {0x24F, 50},     /* Latin */
    {0x36F, 60},     /* phonetics, marks */
    {0x3FF, 41},     /* Greek */
    {0x40F, 72},     /* Cyrillic of other languages than Russian */
    {0x44F, 20},     /* Cyrillic */
    {0x52F, 72},     /* Cyrillic */
    {0x58F, 81},     /* Armenian */
    {0x5FF, 44},     /* Hebrew */
    {0x6FF, 32},     /* Arabic */
    {0x7FF, 60},     /* two bytes */
    {0x8FF, 110},    /* three bytes */
    {0x97F, 47},     /* Devanagari */
    {0x9FF, 58},     /* Bengali */
    {0xB7F, 75},     /* Gurmukhi, Gujarati, Oriya */
    {0xBFF, 57},     /* Tamil */
    {0xDFF, 75},     /* Telugu, Kannada, Malayalam */
    {0xE7F, 37},     /* Thai */
    {0x109F, 79},    /* Lao, Tibetan, Burmese */
    {0x10FF, 81},    /* Georgian */
    {0x11FF, 110},   /* Hangul letters */
    {0x13FF, 114},   /* Ethiopic, Cherokee */
    {0x177F, 110},   /* three bytes */
    {0x17FF, 64},    /* Khmer */
    {0x1DFF, 110},   /* three bytes */
    {0x1EFF, 46},    /* Vietnamese */
    {0x1FFF, 110},   /* old Greek */
    {0x200B, 36},    /* spaces */
    {0x200F, 71},    /* joiners */
    {0x206F, 24},    /* punctuation */
    {0x2E7F, 56},    /* symbols */
    {0x2FFF, 110},   /* three bytes */
    {0x303F, 28},    /* CJK punctuation */
    {0x30FF, 29},    /* kana */
    {0x33FF, 72},    /* CJK compatibility */
    {0x4DFF, 110},   /* rare Han, hexagrams */
    {0x9FFF, 60},    /* Han */
    {0xABFF, 110},   /* three bytes */
    {0xD7FF, 45},    /* Hangul */
    {0xFDFF, 110},   /* private, compatibility */
    {0xFE0F, 71},    /* variation selectors */
    {0xFEFF, 72},    /* forms */
    {0xFFEF, 28},    /* fullwidth forms */
    {0x1EFFF, 146},  /* the planes above, invalid bytes */
    {0x1FAFF, 104},  /* emoji */
    {0x10FFFF, 146}, /* the planes above */
};

/* Where the count stands. */
struct count {
    size_t at, chars, cost;
    enum kind before; /* of the character before */
    uint32_t wide;    /* that character, when it was a wide one */
};

static enum kind kind_at(kal_str text, size_t at) {
    unsigned byte = at < text.len ? kali_byte(text, at) : 0x80;
    return byte < 0x80 ? (enum kind)kind_of[byte] : WIDE;
}

/* Eight bytes at a time while the table has them all; *before and the sum move on only then. */
static bool count_eight(const char *p, enum kind *before, size_t *cost) {
    uint64_t eight;
    memcpy(&eight, p, 8);
    if (eight & 0x8080808080808080u) return false;
    unsigned kind = *before, next, step, sum = 0, seen = 0;
#define STEP(i)                                                                                    \
    next = kind_of[(unsigned char)p[i]], step = step_cost[kind][next], sum += step, seen |= step,  \
    kind = next
    STEP(0), STEP(1), STEP(2), STEP(3), STEP(4), STEP(5), STEP(6), STEP(7);
#undef STEP
    if (seen & RUN) return false;
    *cost += sum;
    *before = (enum kind)kind;
    return true;
}

/* Characters that cost what the table says, up to one that does not. */
static void count_plain(kal_str text, struct count *n) {
    size_t at = n->at, cost = n->cost;
    enum kind before = n->before;
    while (text.len - at >= 8 && count_eight(text.data + at, &before, &cost))
        at += 8;
    for (; at < text.len; at++) {
        enum kind kind = kind_at(text, at);
        if (kind == WIDE || step_cost[before][kind] == RUN) break;
        cost += step_cost[before][kind];
        before = kind;
    }
    n->chars += at - n->at;
    n->cost = cost;
    n->at = at;
    n->before = before;
}

/* The rest of a run whose first character is counted. Every third digit begins a token; all blanks but the last
 * are one; a mark that repeats the one before costs little. */
static void count_run(kal_str text, struct count *n) {
    size_t from = n->at;
    enum kind first = n->before == QUOTE ? MARK : n->before == TABBED ? SPACE : n->before;
    for (;; n->at++) {
        enum kind kind = kind_at(text, n->at);
        if (kind != first && !(kind == first + 1 && first >= SPACE && first <= MARK)) break;
        if (first == DIGIT) n->cost += (n->at - from + 1) % 3 == 0 ? UNIT : 0;
        if (first == MARK)
            n->cost +=
                kali_byte(text, n->at) == kali_byte(text, n->at - 1) ? MARK_REPEATED : MARK_AGAIN;
        n->before = kind;
    }
    if (first == SPACE) n->cost += BLANKS;
    n->chars += n->at - from;
}

static size_t cost_of_wide(uint32_t c) {
    size_t low = 0;
    size_t high = sizeof scripts / sizeof *scripts - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > scripts[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return scripts[low].cost;
}

static void count_wide(kal_str text, struct count *n) {
    uint32_t c = kali_decode(text, n->at, &n->at);
    bool accented = c < 0x250 || (c >= 0x1E00 && c < 0x1F00);
    bool behind_letter = n->before < DIGIT || n->before == WIDE_LETTER;
    /* rules and boxes */
    bool repeated = n->before == WIDE && c == n->wide && c >= 0x2070 && c < 0x2E80;
    n->cost += repeated                     ? MARK_REPEATED
               : accented && !behind_letter ? cost_of_wide(c) + BEFORE_WIDE
                                            : cost_of_wide(c);
    n->before = accented ? WIDE_LETTER : WIDE;
    n->wide = c;
    n->chars++;
}

size_t kal_tokens(kal_str text) {
    struct count n = {.before = NEWLINE};
    while (n.at < text.len) {
        count_plain(text, &n);
        if (n.at == text.len) break;
        if (kali_byte(text, n.at) < 0x80)
            count_run(text, &n);
        else
            count_wide(text, &n);
    }
    if (n.cost < n.chars * QUARTER) n.cost = n.chars * QUARTER;
    return (n.cost + UNIT - 1) / UNIT;
}
