/*
** redact_number.c: numbers of payment cards and telephones. Both are groups of digits with single separators; which of
** them is one is told by lengths, check digit and first digits, and by what stands around them: dates, times, versions,
** sums and parts of ids are none.
*/
#include "redact/redact.h"

#include <string.h>

#define GROUPS 8
#define DIGITS 19 /* of the longest card */

typedef struct group {
    size_t from, to;
    unsigned sep; /* before it: ' ' '-' '.' '/'; 0: a bracket alone, or nothing */
    bool bracket; /* ( stands before it, or ) between it and the one before */
} group;

/* Groups that follow each other from one place on. */
typedef struct run {
    bool plus;
    size_t count;
    group groups[GROUPS];
    char digits[DIGITS + 1]; /* of all groups */
    size_t total;
} run;

/* The separator at `at`: its bytes; *sep is what it counts as. No-break and thin spaces are spaces, U+2010 and U+2011
** hyphens. */
static size_t separator(const kali_scan *s, size_t at, unsigned *sep) {
    unsigned c = kali_peek(s, at), next = kali_peek(s, at + 1), last = kali_peek(s, at + 2);
    *sep = c;
    if (c == ' ' || c == '-' || c == '.' || c == '/') return 1;
    *sep = ' ';
    if (c == 0xC2 && next == 0xA0) return 2;
    if (c == 0xE2 && next == 0x80 && (last == 0x89 || last == 0xAF)) return 3;
    *sep = '-';
    if (c == 0xE2 && next == 0x80 && (last == 0x90 || last == 0x91)) return 3;
    *sep = 0;
    return 0;
}

/* Steps over what stands between two groups; false when no group follows. */
static bool step(const kali_scan *s, size_t *at, group *next) {
    size_t i = *at;
    if (kali_peek(s, i) == ')') {
        next->bracket = true;
        i++;
    }
    i += separator(s, i, &next->sep);
    if (kali_peek(s, i) == '(') {
        next->bracket = true;
        i++;
    }
    if (i == *at || !kali_is_digit(kali_peek(s, i))) return false;
    *at = i;
    return true;
}

/* Reads groups as long as their digits together are no more than a card has. */
static void read_run(const kali_scan *s, size_t at, run *out) {
    memset(out, 0, sizeof *out);
    bool bracket = kali_peek(s, at) == '(';
    at += bracket;
    out->plus = kali_peek(s, at) == '+';
    at += out->plus;
    if (out->plus && kali_peek(s, at) == '(') at++;
    if (!kali_is_digit(kali_peek(s, at))) return;
    for (group g = {.bracket = bracket}; out->count < GROUPS; g = (group){0}) {
        if (out->count && !step(s, &at, &g)) return;
        g.from = at;
        size_t total = out->total;
        for (; kali_is_digit(kali_peek(s, at)); at++) {
            if (total == DIGITS) return;
            out->digits[total++] = s->text.data[at];
        }
        g.to = at;
        out->total = total;
        out->groups[out->count++] = g;
    }
}

static size_t length(const run *r, size_t i) {
    return r->groups[i].to - r->groups[i].from;
}

static size_t digits_of(const run *r, size_t count) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += length(r, i);
    return n;
}

static const char *group_text(const kali_scan *s, const run *r, size_t i) {
    return s->text.data + r->groups[i].from;
}

static int value(const char *digits, size_t n) {
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (digits[i] - '0');
    return v;
}

/* ---- what stands around ---- */

/* Nothing goes on behind it that makes it a part of something longer. */
static bool ends_at(const kali_scan *s, size_t at) {
    unsigned c = kali_peek(s, at), next = kali_peek(s, at + 1);
    if (kali_is_alnum(c) || c == '_' || c == '%' || c == '@') return false;
    bool joins = c == '.' || c == '/' || c == '-';
    bool parts = joins || c == ',' || c == ':' || c == '\'';
    /* A marker may stand for digits. */
    return !(parts && (kali_is_digit(next) || next == '[')) && !(joins && kali_is_alpha(next));
}

static bool begins_at(const kali_scan *s, size_t at) {
    unsigned c = kali_behind(s, at, 1), before = kali_behind(s, at, 2);
    if (kali_is_alnum(c) || c == '_' || c == '#' || c == '$' || c == '+') return false;
    bool joins = c == '-' || c == '.' || c == '/' || c == ',' || c == '\'' || c == '(';
    if (joins && kali_is_alnum(before)) return false;
    return !(c == ':' && kali_is_digit(before));
}

/* ---- cards ---- */

/* The check digit: ISO/IEC 7812-1, annex B. */
static bool luhn(const char *digits, size_t n) {
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int d = digits[n - 1 - i] - '0';
        if (i % 2) d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    return sum % 10 == 0;
}

/* First digits of issuers and the lengths of their numbers: Visa, Mastercard, American Express, Discover, Diners Club,
** JCB, UnionPay, Maestro, Mir. */
static bool has_issuer(const char *digits, size_t n) {
    static const struct {
        int from, to; /* of the first four digits */
        size_t least, most;
    } ISSUERS[] = {
        {4000, 4999, 13, 19}, {5100, 5599, 16, 16}, {2221, 2720, 16, 16}, {3400, 3499, 15, 15},
        {3700, 3799, 15, 15}, {6011, 6011, 16, 19}, {6440, 6599, 16, 19}, {3000, 3059, 14, 19},
        {3600, 3699, 14, 19}, {3800, 3999, 14, 19}, {3528, 3589, 16, 19}, {6200, 6299, 16, 19},
        {5018, 5018, 13, 19}, {5020, 5020, 13, 19}, {5038, 5038, 13, 19}, {5612, 5612, 13, 19},
        {5893, 5893, 13, 19}, {6304, 6304, 13, 19}, {6759, 6763, 13, 19}, {2200, 2204, 16, 19}};
    int first = value(digits, 4);
    for (size_t i = 0; i < sizeof ISSUERS / sizeof *ISSUERS; i++)
        if (first >= ISSUERS[i].from && first <= ISSUERS[i].to && n >= ISSUERS[i].least &&
            n <= ISSUERS[i].most)
            /* Visa has 13, 16 or 19 digits. */
            return digits[0] != '4' || n % 3 == 1;
    return false;
}

/* The most groups, counted from the first, that are a card; 0: none. */
static size_t card(const kali_scan *s, const run *r) {
    size_t found = 0, digits = 0;
    if (r->plus) return 0;
    for (size_t i = 0; i < r->count; i++) {
        const group *g = &r->groups[i];
        if (g->bracket || (i && g->sep != ' ' && g->sep != '-')) break;
        if (i > 1 && g->sep != r->groups[1].sep) break;
        digits += length(r, i);
        unsigned c = kali_peek(s, g->to);
        bool ends = !kali_is_alnum(c) && c != '_' &&
                    !((c == '.' || c == ',') && kali_is_digit(kali_peek(s, g->to + 1)));
        if (ends && digits >= 13 && luhn(r->digits, digits) && has_issuer(r->digits, digits))
            found = i + 1;
        if (length(r, i) < 4) break; /* only the last group is shorter */
    }
    return found;
}

static bool card_begins_at(const kali_scan *s, size_t at) {
    unsigned c = kali_behind(s, at, 1);
    if (kali_is_alnum(c) || c == '_') return false;
    return !((c == '.' || c == ',') && kali_is_digit(kali_behind(s, at, 2)));
}

/* ---- telephones ---- */

/* Do the first three groups say a day? */
static bool is_date(const kali_scan *s, const run *r) {
    if (r->count < 3 || length(r, 2) > 4) return false;
    int a = value(group_text(s, r, 0), length(r, 0) < 5 ? length(r, 0) : 5);
    int b = value(group_text(s, r, 1), length(r, 1) < 5 ? length(r, 1) : 5);
    int c = value(group_text(s, r, 2), length(r, 2));
    bool day = a && b && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
    if (length(r, 0) <= 2 && length(r, 1) <= 2 && day) return c >= 1900 && c < 2100;
    return length(r, 0) == 4 && a >= 1900 && a < 2100 && b <= 12 && c <= 31;
}

static bool all_separators(const run *r, size_t count, const char *allowed) {
    for (size_t i = 1; i < count; i++)
        if (r->groups[i].sep && !strchr(allowed, (int)r->groups[i].sep)) return false;
    return true;
}

static bool has_lengths(const run *r, size_t from, const char *lengths) {
    for (size_t i = 0; lengths[i]; i++)
        if (from + i >= r->count || length(r, from + i) != (size_t)(lengths[i] - '0')) return false;
    return true;
}

/* +CC ...: 8 to 15 digits (ITU-T E.164). Numbers of +1 have ten more. */
static bool international(const run *r, size_t count) {
    size_t n = digits_of(r, count);
    if (!r->plus || n < 8 || n > 15 || r->digits[0] == '0') return false;
    if (r->digits[0] == '1' && (n != 11 || r->digits[1] < '2')) return false;
    return count != 2 || r->groups[1].sep != '.';
}

/* 555-123-4567, (555) 123-4567, 555.234.4567, 1-555-...: North America. */
static bool north_american(const kali_scan *s, const run *r, size_t count) {
    size_t first = count == 4 && length(r, 0) == 1 && r->digits[0] == '1';
    if (r->plus || count != first + 3 || !has_lengths(r, first, "334")) return false;
    const group *exchange = &r->groups[first + 1], *line = exchange + 1;
    if (*group_text(s, r, first) < '2') return false;
    if (exchange->bracket) return line->sep == '-' || line->sep == ' ' || line->sep == '.';
    if (exchange->sep != line->sep || (first && exchange->sep != r->groups[1].sep)) return false;
    return exchange->sep == '-' || (exchange->sep == '.' && *group_text(s, r, first + 1) >= '2');
}

/* 0... with an area code behind the 0, in groups; 00CC ... */
static bool national(const kali_scan *s, const run *r, size_t count) {
    size_t n = digits_of(r, count);
    bool equal = true;
    if (r->plus || count < 2 || r->digits[0] != '0' || is_date(s, r)) return false;
    for (size_t i = 0; i < count; i++) {
        if (length(r, i) < 2) return false;
        equal = equal && length(r, i) == length(r, 0);
    }
    if (r->digits[1] == '0')
        return r->digits[2] != '0' && n >= 10 && n <= 15 && all_separators(r, count, " -/");
    if (equal) return count == 5 && n == 10 && all_separators(r, count, " .-");
    return n >= 9 && n <= 12 && count <= 5 && all_separators(r, count, " -/");
}

/* "Tel.", "phone number is" and the like shortly before it: then any digits are a telephone. */
static bool is_announced(const kali_scan *s, size_t at) {
    static const char *const WORDS[] = {"tel",  "phone", "telephone", "telefon", "mobile", "mobil",
                                        "cell", "fax",   "whatsapp",  "handy",   "hotline"};
    size_t low = at > 24 ? at - 24 : 0, from = at;
    if (low < s->floor) low = s->floor;
    while (from > low &&
           (kali_is_alpha(kali_peek(s, from - 1)) ||
            (kali_peek(s, from - 1) && strchr(" .:=-'\"", (int)kali_peek(s, from - 1)))))
        from--;
    for (size_t i = from; i < at; i++) {
        if (i > low && kali_is_alpha(kali_peek(s, i - 1))) continue;
        for (size_t w = 0; w < sizeof WORDS / sizeof *WORDS; w++) {
            size_t n = 0;
            while (WORDS[w][n] && (kali_peek(s, i + n) | 32) == (unsigned char)WORDS[w][n])
                n++;
            if (!WORDS[w][n] && !kali_is_alpha(kali_peek(s, i + n))) return true;
        }
    }
    return false;
}

static bool announced(const kali_scan *s, const run *r, size_t count, size_t at) {
    size_t n = digits_of(r, count);
    return n >= 7 && n <= 15 && !is_date(s, r) && is_announced(s, at);
}

/* The most groups that are a telephone number; 0: none. */
static size_t phone(const kali_scan *s, const run *r, size_t at) {
    for (size_t count = r->count; count > 0; count--)
        if (ends_at(s, r->groups[count - 1].to) &&
            (international(r, count) || north_american(s, r, count) || national(s, r, count) ||
             announced(s, r, count, at)))
            return count;
    return 0;
}

bool kali_find_number(const kali_scan *s, size_t at, kali_secret *out) {
    run r;
    size_t count = 0;
    if (kali_is_alnum(kali_behind(s, at, 1))) return false;
    read_run(s, at, &r);
    if (!r.count) return false;
    out->detector = KAL_REDACT_CARD;
    if ((s->detectors & KAL_REDACT_CARD) && kali_is_digit(kali_peek(s, at)) &&
        card_begins_at(s, at))
        count = card(s, &r);
    if (!count && (s->detectors & KAL_REDACT_PHONE) && begins_at(s, at)) {
        out->detector = KAL_REDACT_PHONE;
        count = phone(s, &r, at);
    }
    if (!count) return false;
    out->from = at;
    out->to = r.groups[count - 1].to;
    return true;
}
