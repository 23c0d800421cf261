/* Code points: decoding, classes and case folding for the text functions. Owns the character
 * tables. Case folding covers ASCII, Latin-1, Latin Extended-A and Additional, Greek, Cyrillic and
 * the fullwidth letters; other scripts have no case here. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

#define BAD 0xFFFDu
#define ILL_FORMED UINT32_MAX

#define SY KALI_SYMBOL
#define SP KALI_SPACE
#define LE KALI_LETTER
#define DI KALI_DIGIT
const unsigned char kali_ascii_kind[128] = {
    SY, SY, SY, SY, SY, SY, SY, SY, SY, SP, SP, SP, SP, SP, SY, SY, /* controls */
    SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, /* */
    SP, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, SY, /* space to / */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, SY, SY, SY, SY, SY, SY, /* 0 to ? */
    SY, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, /* @ to O */
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, SY, SY, SY, SY, LE, /* P to _ */
    SY, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, /* ` to o */
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, SY, SY, SY, SY, SY, /* p to DEL */
};

struct range {
    uint32_t first;
    uint32_t last;
    unsigned char kind;
};

/* What is not a letter above 0x7F, ascending; everything between the ranges is KALI_LETTER. From
 * the block list and the punctuation of the living scripts in Unicode 15. */
static const struct range ranges[] = {
    {0x80, 0x84, SY},
    {0x85, 0x85, SP},
    {0x86, 0x9F, SY},
    {0xA0, 0xA0, SP},
    {0xA1, 0xA9, SY},
    {0xAB, 0xB4, SY},
    {0xB6, 0xB9, SY},
    {0xBB, 0xBF, SY},
    {0xD7, 0xD7, SY},
    {0xF7, 0xF7, SY},
    {0x2BC, 0x2BC, SY},
    {0x37E, 0x37E, SY},
    {0x387, 0x387, SY},
    {0x55A, 0x55F, SY},
    {0x589, 0x58F, SY},
    {0x5BE, 0x5BE, SY},
    {0x5C0, 0x5C0, SY},
    {0x5C3, 0x5C3, SY},
    {0x5F3, 0x5F4, SY},
    {0x600, 0x60F, SY},
    {0x61B, 0x61F, SY},
    {0x66A, 0x66D, SY},
    {0x6D4, 0x6D4, SY},
    {0x964, 0x965, SY},
    {0xE01, 0xE3A, KALI_UNSPACED},
    {0xE3F, 0xE3F, SY},
    {0xE40, 0xE4E, KALI_UNSPACED},
    {0xE4F, 0xE4F, SY},
    {0xE50, 0xE59, KALI_UNSPACED},
    {0xE5A, 0xE5B, SY},
    {0xE81, 0xEFF, KALI_UNSPACED},
    {0x1000, 0x1049, KALI_UNSPACED},
    {0x104A, 0x104F, SY},
    {0x1050, 0x109F, KALI_UNSPACED},
    {0x1100, 0x11FF, KALI_HANGUL},
    {0x1361, 0x1368, SY},
    {0x1680, 0x1680, SP},
    {0x1780, 0x17D3, KALI_UNSPACED},
    {0x17D4, 0x17DA, SY},
    {0x17DC, 0x17FF, KALI_UNSPACED},
    {0x2000, 0x200A, SP},
    {0x200B, 0x200B, SY},
    {0x200E, 0x2027, SY},
    {0x2028, 0x2029, SP},
    {0x202A, 0x202E, SY},
    {0x202F, 0x202F, SP},
    {0x2030, 0x205E, SY},
    {0x205F, 0x205F, SP},
    {0x2060, 0x2070, SY},
    {0x2074, 0x207E, SY},
    {0x2080, 0x208E, SY},
    {0x20A0, 0x20CF, SY},
    {0x2100, 0x2BFF, SY},
    {0x2E00, 0x2E7F, SY},
    {0x2E80, 0x2FDF, KALI_UNSPACED},
    {0x2FF0, 0x2FFF, SY},
    {0x3000, 0x3000, SP},
    {0x3001, 0x3004, SY},
    {0x3005, 0x3007, KALI_UNSPACED},
    {0x3008, 0x3020, SY},
    {0x3021, 0x3029, KALI_UNSPACED},
    {0x3030, 0x3030, SY},
    {0x3031, 0x3035, KALI_UNSPACED},
    {0x3036, 0x303F, SY},
    {0x3041, 0x309A, KALI_UNSPACED},
    {0x309B, 0x309C, SY},
    {0x309D, 0x309F, KALI_UNSPACED},
    {0x30A0, 0x30A0, SY},
    {0x30A1, 0x30FA, KALI_UNSPACED},
    {0x30FB, 0x30FB, SY},
    {0x30FC, 0x312F, KALI_UNSPACED},
    {0x3130, 0x318F, KALI_HANGUL},
    {0x3190, 0x319F, SY},
    {0x31A0, 0x31BF, KALI_UNSPACED},
    {0x31C0, 0x31EF, SY},
    {0x31F0, 0x31FF, KALI_UNSPACED},
    {0x3200, 0x33FF, SY},
    {0x3400, 0x4DBF, KALI_UNSPACED},
    {0x4DC0, 0x4DFF, SY},
    {0x4E00, 0x9FFF, KALI_UNSPACED},
    {0xA960, 0xA97F, KALI_HANGUL},
    {0xAC00, 0xD7FF, KALI_HANGUL},
    {0xE000, 0xF8FF, SY},
    {0xF900, 0xFAFF, KALI_UNSPACED},
    {0xFD3E, 0xFD3F, SY},
    {0xFE00, 0xFE1F, SY},
    {0xFE30, 0xFE6F, SY},
    {0xFEFF, 0xFF0F, SY},
    {0xFF1A, 0xFF20, SY},
    {0xFF3B, 0xFF3E, SY},
    {0xFF40, 0xFF40, SY},
    {0xFF5B, 0xFF65, SY},
    {0xFF66, 0xFF9F, KALI_UNSPACED},
    {0xFFA0, 0xFFDC, KALI_HANGUL},
    {0xFFE0, 0xFFFF, SY},
    {0x1F000, 0x1FAFF, SY},
    {0x20000, 0x3FFFF, KALI_UNSPACED},
    {0xE0000, 0x10FFFF, SY},
};
#undef SY
#undef SP
#undef LE
#undef DI

/* Case: in first..last the upper letter and its distance to the lower one. step 2: upper and lower
 * letters alternate, the upper ones are those with the parity of first. Ascending. */
static const struct fold {
    uint32_t first;
    uint32_t last;
    int16_t delta;
    uint16_t step;
} folds[] = {
    {0xC0, 0xD6, 32, 1},   {0xD8, 0xDE, 32, 1},    {0x100, 0x12E, 1, 2},    {0x132, 0x136, 1, 2},
    {0x139, 0x147, 1, 2},  {0x14A, 0x176, 1, 2},   {0x178, 0x178, -121, 1}, {0x179, 0x17D, 1, 2},
    {0x386, 0x386, 38, 1}, {0x388, 0x38A, 37, 1},  {0x38C, 0x38C, 64, 1},   {0x38E, 0x38F, 63, 1},
    {0x391, 0x3A1, 32, 1}, {0x3A3, 0x3AB, 32, 1},  {0x3C2, 0x3C2, 1, 1},    {0x400, 0x40F, 80, 1},
    {0x410, 0x42F, 32, 1}, {0x460, 0x480, 1, 2},   {0x48A, 0x4BE, 1, 2},    {0x4C1, 0x4CD, 1, 2},
    {0x4D0, 0x52E, 1, 2},  {0x1E00, 0x1E94, 1, 2}, {0x1EA0, 0x1EFE, 1, 2},  {0xFF21, 0xFF3A, 32, 1},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* The code point of the sequence of n bytes at p, ILL_FORMED if it is none. */
static uint32_t sequence(const unsigned char *p, size_t n) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return ILL_FORMED;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    bool wrong = c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF);
    return wrong ? ILL_FORMED : c;
}

uint32_t kali_decode_wide(kal_str text, size_t at, size_t *next) {
    const unsigned char *p = (const unsigned char *)text.data + at;
    *next = at + 1;
    size_t n = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (n == 0 || n > text.len - at) return BAD;
    uint32_t c = sequence(p, n);
    if (c == ILL_FORMED) return BAD;
    *next = at + n;
    return c;
}

uint32_t kali_decode_back(kal_str text, size_t at, size_t *start) {
    size_t from = at - 1;
    while (from > 0 && at - from < 4 && (kali_byte(text, from) & 0xC0) == 0x80)
        from--;
    size_t next;
    uint32_t c = kali_decode(text, from, &next);
    *start = next == at ? from : at - 1;
    return next == at ? c : BAD;
}

size_t kali_valid_prefix(kal_str text) {
    size_t i = 0;
    while (i < text.len) {
        uint64_t eight;
        while (text.len - i >= 8) {
            memcpy(&eight, text.data + i, 8);
            /* Every byte 0x01..0x7F: no high bit, and none borrows when 1 is taken from each. */
            uint64_t high = eight | (eight - 0x0101010101010101u);
            if (high & 0x8080808080808080u) break;
            i += 8;
        }
        if (i == text.len) return i;
        unsigned byte = kali_byte(text, i);
        size_t next;
        uint32_t c = kali_decode(text, i, &next);
        if (byte == 0 || (c == BAD && next == i + 1)) return i;
        i = next;
    }
    return i;
}

size_t kali_encode(uint32_t c, unsigned char *out) {
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3F));
    out[0] = (unsigned char)(lead[n] | c);
    return n;
}

enum kali_kind kali_kind_wide(uint32_t c) {
    size_t low = 0;
    size_t high = COUNT(ranges);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == COUNT(ranges) || c < ranges[low].first) return KALI_LETTER;
    return (enum kali_kind)ranges[low].kind;
}

/* The entry of folds for an upper letter (or final sigma), NULL for any other character. */
static const struct fold *fold_of(uint32_t c) {
    for (size_t i = 0; i < COUNT(folds) && c >= folds[i].first; i++) {
        if (c <= folds[i].last) return (c - folds[i].first) % folds[i].step == 0 ? &folds[i] : NULL;
    }
    return NULL;
}

uint32_t kali_fold_wide(uint32_t c) {
    if (kali_is_apostrophe(c)) return '\'';
    const struct fold *fold = fold_of(c);
    return fold ? (uint32_t)((int64_t)c + fold->delta) : c;
}

bool kali_is_han(uint32_t c) {
    return c >= 0x2E80 && kali_kind(c) == KALI_UNSPACED;
}

bool kali_is_upper(uint32_t c) {
    if (c < 0x80) return c - 'A' < 26;
    return c != 0x3C2 && fold_of(c) != NULL;
}

bool kali_apostrophe_joins(kal_str text, size_t at) {
    size_t next;
    size_t after;
    if (at >= text.len || !kali_is_apostrophe(kali_decode(text, at, &next))) return false;
    if (next >= text.len) return false;
    uint32_t c = kali_decode(text, next, &after);
    if (kali_kind(c) != KALI_LETTER) return false;
    if (kali_fold(c) != 's' || after >= text.len) return kali_fold(c) != 's';
    return kali_is_wordlike(kali_kind(kali_decode(text, after, &next)));
}
