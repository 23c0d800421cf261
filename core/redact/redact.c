/*
** redact.c: finding secrets in a text and putting markers in their place: the walk over the text, e-mail addresses and
** literal words. Keys and numbers are told by redact_key.c and redact_number.c, what a store does with all of it
** is in redaction.c.
*/
#include "redact/redact.h"

#include <string.h>

/* ---- markers ---- */

#define MARKER "[redacted:"
static const struct {
    const char *name, *marker;
} DETECTORS[] = {{"key", MARKER "key]"},
                 {"card", MARKER "card]"},
                 {"email", MARKER "email]"},
                 {"phone", MARKER "phone]"},
                 {"word", MARKER "word]"}};
#define COUNT (sizeof DETECTORS / sizeof *DETECTORS)

const char *kal_redact_name(unsigned detector) {
    for (size_t i = 0; i < COUNT; i++)
        if (detector == 1u << i) return DETECTORS[i].name;
    return NULL;
}

kal_str kali_redact_marker(unsigned detector) {
    size_t i = 0;
    while (i + 1 < COUNT && detector != 1u << i)
        i++;
    return (kal_str){DETECTORS[i].marker, strlen(DETECTORS[i].marker)};
}

/* The length of the marker at `at`, 0 when there is none. */
static size_t marker_at(kal_str text, size_t at) {
    size_t left = text.len - at;
    if (left < sizeof MARKER || memcmp(text.data + at, MARKER, sizeof MARKER - 1) != 0) return 0;
    for (size_t i = 0; i < COUNT; i++) {
        size_t n = strlen(DETECTORS[i].marker);
        if (n <= left && memcmp(text.data + at, DETECTORS[i].marker, n) == 0) return n;
    }
    return 0;
}

/* ---- e-mail addresses ---- */

#define LOCAL_MAX 64
#define DOMAIN_MAX 255

static bool is_local(unsigned c) {
    return kali_is_alnum(c) || (c && strchr("._%+-", (int)c));
}

/* Where a character of a domain ends, 0 when it is none: ASCII, or a letter of a script with spaces. */
static size_t domain_char(kal_str text, size_t at) {
    unsigned c = kali_byte(text, at);
    if (c < 0x80) return kali_is_alnum(c) || c == '-' ? at + 1 : 0;
    size_t next;
    return kali_kind(kali_decode(text, at, &next)) == KALI_LETTER ? next : 0;
}

/* One label of a domain; *name: where it ends as the last one: letters, at least two, all of ASCII (what follows
** may be the next word of another script), or none of them; 0: it cannot be the last. */
static size_t label_end(kal_str text, size_t at, size_t *name) {
    size_t end = at, next;
    bool ascii = at < text.len && kali_byte(text, at) < 0x80, only = true;
    *name = 0;
    while (end < text.len && (next = domain_char(text, end)) != 0) {
        unsigned c = kali_byte(text, end);
        if (only && ascii && c >= 0x80 && end - at >= 2) *name = end;
        only = only && (c < 0x80) == ascii && (!ascii || kali_is_alpha(c));
        end = next;
    }
    if (only && end - at >= 2) *name = end;
    return end;
}

/* The end of a domain with at least one dot and a name behind the last one; 0: there is none. */
static size_t domain_end(kal_str text, size_t at) {
    size_t end = 0, from = at, name;
    for (size_t labels = 0;; labels++) {
        size_t next = label_end(text, at, &name);
        if (next == at || next - from > DOMAIN_MAX) break;
        if (labels && name) end = name;
        if (next == text.len || text.data[next] != '.') break;
        at = next + 1;
    }
    return end;
}

/* "git@github.com:user/repo" and "icon@2x.png" look like addresses and are none. */
static bool is_no_address(kal_str text, size_t from, size_t at) {
    if (at - from == 3 && memcmp(text.data + from, "git", 3) == 0) return true;
    return at + 3 < text.len && kali_is_digit(kali_byte(text, at + 1)) &&
           text.data[at + 2] == 'x' && text.data[at + 3] == '.';
}

/* For an @ at `at`. */
static bool find_email(const kali_scan *s, size_t at, kali_secret *out) {
    size_t from = at, low = at > LOCAL_MAX ? at - LOCAL_MAX : 0;
    if (low < s->floor) low = s->floor;
    while (from > low && is_local(kali_byte(s->text, from - 1)))
        from--;
    while (from < at && !kali_is_alnum(kali_byte(s->text, from)))
        from++;
    if (from == at || kali_byte(s->text, at - 1) == '.') return false;
    size_t end = domain_end(s->text, at + 1);
    if (!end || is_no_address(s->text, from, at)) return false;
    *out = (kali_secret){KAL_REDACT_EMAIL, from, end};
    return true;
}

/* ---- the walk ---- */

/* What may begin at a byte: a bit for each kind of place that a detector is asked at. */
enum { MARK = 1, AT = 2, NUMBER = 4, ASSIGN = 8, NAME = 16 };

static unsigned places(unsigned c) {
    if (kali_is_alpha(c)) return NAME;
    if (kali_is_digit(c) || c == '+' || c == '(') return NUMBER;
    if (c == '@') return AT;
    if (c == '=' || c == ':') return ASSIGN;
    if (c == '-') return NAME; /* -----BEGIN */
    return c == '[' ? MARK : 0;
}

static void find_word(kali_scan *s) {
    size_t length = 0;
    s->word_from = s->at;
    bool found = s->words && (s->detectors & KAL_REDACT_WORD) &&
                 kali_words_next(s->words, s->text, &s->word_from, &length);
    if (!found) s->word_from = s->text.len;
    s->word_to = s->word_from + length;
    s->word_known = true;
}

/* `end` is where the word or number at `at` ends. */
static bool look(const kali_scan *s, size_t at, unsigned place, size_t end, kali_secret *out) {
    switch (place) {
    case AT: return (s->detectors & KAL_REDACT_EMAIL) && find_email(s, at, out);
    case NUMBER:
        return (s->detectors & (KAL_REDACT_CARD | KAL_REDACT_PHONE)) &&
               kali_find_number(s, at, out);
    case NAME:
    case ASSIGN: return (s->detectors & KAL_REDACT_KEY) && kali_find_key(s, at, end, out);
    default: return false;
    }
}

/* Inside a word or a number nothing begins but a literal word. */
static size_t next_place(const kali_scan *s) {
    size_t end = s->at + 1;
    if (!kali_is_alnum(kali_byte(s->text, s->at))) return end;
    while (end < s->text.len && kali_is_alnum(kali_byte(s->text, end)))
        end++;
    return end;
}

static bool take(kali_scan *s, const kali_secret *secret) {
    s->at = s->floor = secret->to;
    return true;
}

bool kali_scan_next(kali_scan *s, kali_secret *out) {
    while (s->at < s->text.len) {
        if (!s->word_known || s->word_from < s->at) find_word(s);
        unsigned place = places(kali_byte(s->text, s->at));
        size_t marker = place == MARK ? marker_at(s->text, s->at) : 0;
        if (marker) {
            s->at = s->floor = s->at + marker;
            continue;
        }
        size_t skip = next_place(s);
        if (place && look(s, s->at, place, skip, out)) return take(s, out);
        if (s->word_from == s->at) {
            *out = (kali_secret){KAL_REDACT_WORD, s->word_from, s->word_to};
            return take(s, out);
        }
        s->at = skip < s->word_from || s->word_from < s->at ? skip : s->word_from;
    }
    return false;
}

/* ---- the text without them ---- */

size_t kal_redact(kal_str text, unsigned detectors, const void *words, char *out, size_t room) {
    kali_scan scan = {.text = text, .detectors = detectors, .words = words};
    kali_secret secret;
    size_t from = 0, size = 0;
    for (bool more = true; more;) {
        more = kali_scan_next(&scan, &secret);
        kal_str mark = more ? kali_redact_marker(secret.detector) : (kal_str){"", 0};
        size_t plain = (more ? secret.from : text.len) - from;
        if (out && size + plain + mark.len <= room) {
            if (plain) memcpy(out + size, text.data + from, plain);
            memcpy(out + size + plain, mark.data, mark.len);
        }
        size += plain + mark.len;
        from = more ? secret.to : text.len;
    }
    return size;
}
