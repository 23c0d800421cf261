/* kal_text_scan: counts the structure of a text in one pass, line by line and within a line token
 * by token. Owns what an identifier, a URL, a number and a date look like; where lines, code and
 * sentences begin and end is text.c's. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

struct scan {
    kal_str text;
    size_t at;
    kal_text_stats *out;
    size_t sentence_words; /* words and code spans in the sentence so far */
    bool sentence_open;    /* it has something that makes it a sentence */
};

/* What run_end gathers about the ASCII bytes of a word. */
enum { OTHER = 1, UPPER = 2, UNDERSCORE = 4 };

#define OTHERS_10 OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER
#define UPPERS_13                                                                                  \
    UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER, UPPER
static const unsigned char word_byte[256] = {
    ['0'] = OTHERS_10,
    ['A'] = UPPERS_13,
    UPPERS_13,
    ['_'] = UNDERSCORE,
    ['a'] = OTHERS_10,
    OTHERS_10,
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    OTHER,
    OTHER,
};

static unsigned byte_at(const struct scan *s, size_t at) {
    return at < s->text.len ? kali_byte(s->text, at) : 0;
}

static bool is_digit(unsigned c) {
    return c - '0' < 10;
}

static bool is_letter(unsigned c) {
    return (c | 32) - 'a' < 26 || c == '_' || c >= 0x80;
}

/* Eight bytes at a time: a code point is a byte that does not continue one. */
static size_t count_chars(kal_str text) {
    size_t continued = 0;
    size_t i = 0;
    for (; text.len - i >= 8; i += 8) {
        uint64_t eight;
        memcpy(&eight, text.data + i, 8);
        uint64_t marks = (eight >> 7) & ~(eight >> 6) & 0x0101010101010101u;
        continued += (size_t)((marks * 0x0101010101010101u) >> 56);
    }
    for (; i < text.len; i++)
        continued += (kali_byte(text, i) & 0xC0) == 0x80;
    return text.len - continued;
}

static void close_sentence(struct scan *s) {
    s->out->sentences += s->sentence_open;
    s->sentence_open = false;
    s->sentence_words = 0;
}

static void add_word(struct scan *s, bool capital) {
    s->out->words++;
    if (capital && s->sentence_words > 0) s->out->capitalised++;
    s->sentence_words++;
    s->sentence_open = true;
}

/* Two lower letters, an upper and a lower one: "fooBar", not "iPhone" or "macOS". */
static bool is_camel(const struct scan *s, size_t from, size_t end) {
    if (byte_at(s, from) - 'a' >= 26) return false;
    for (size_t i = from + 2; i + 1 < end; i++) {
        if (byte_at(s, i) - 'A' < 26 && byte_at(s, i - 1) - 'a' < 26 &&
            byte_at(s, i - 2) - 'a' < 26 && byte_at(s, i + 1) - 'a' < 26)
            return true;
    }
    return false;
}

/* A letter on both sides of an underscore within the word. */
static bool is_snake(const struct scan *s, size_t from, size_t end) {
    for (size_t i = from + 1; i + 1 < end; i++) {
        if (byte_at(s, i) != '_' || byte_at(s, i + 1) == '_') continue;
        if (kali_kind(byte_at(s, i - 1) & 0x7F) >= KALI_LETTER && is_letter(byte_at(s, i + 1)))
            return true;
    }
    return false;
}

/* The end of the run of bytes at `at` that word_byte knows. Lower letters go eight at a time: a loop
 * over bytes is mostly spent on guessing wrong where a word ends. */
static size_t ascii_end(kal_str text, size_t at, unsigned *seen) {
    const unsigned char *p = (const unsigned char *)text.data;
    while (at < text.len) {
        if (text.len - at >= 8) {
            uint64_t lower = kali_in_range(kali_eight(text.data + at), 'a', 'z');
            uint64_t other = lower ^ KALI_BYTES(0x80);
            at += other ? (size_t)__builtin_ctzll(other) / 8 : 8;
            if (other == 0) continue;
        }
        unsigned kind = word_byte[p[at]];
        if (kind == 0) return at;
        *seen |= kind;
        at++;
    }
    return at;
}

/* The end of the run of word characters at `at`; *seen gathers what is behind its first byte. */
static size_t run_end(const struct scan *s, size_t at, unsigned *seen) {
    size_t n = s->text.len;
    if (at < n && word_byte[byte_at(s, at)]) at++;
    for (;;) {
        at = ascii_end(s->text, at, seen);
        if (at == n || (byte_at(s, at) < 0x80 && byte_at(s, at) != '\'')) return at;
        size_t next;
        uint32_t c = kali_decode(s->text, at, &next);
        bool joins = kali_is_apostrophe(c) && is_letter(byte_at(s, next));
        if (!joins && (!kali_is_wordlike(kali_kind(c)) || kali_is_han(c))) return at;
        at = next;
    }
}

/* The length of what joins two names at `at`: "." "::" "->" before a letter, else 0. */
static size_t joint(const struct scan *s, size_t at) {
    unsigned c = byte_at(s, at);
    size_t n = c == '.' ? 1 : 0;
    if (c == ':' && byte_at(s, at + 1) == ':') n = 2;
    if (c == '-' && byte_at(s, at + 1) == '>') n = 2;
    unsigned after = byte_at(s, at + n);
    return n && after < 0x80 && is_letter(after) ? n : 0;
}

static bool is_call(const struct scan *s, bool dotted) {
    if (byte_at(s, s->at) != '(') return false;
    unsigned inside = byte_at(s, s->at + 1);
    return dotted || inside == ')' || inside == '"';
}

static bool is_scheme(const struct scan *s, size_t end) {
    return byte_at(s, end) == ':' && byte_at(s, end + 1) == '/' && byte_at(s, end + 2) == '/' &&
           (is_letter(byte_at(s, end + 3)) || is_digit(byte_at(s, end + 3)));
}

static bool is_www(const struct scan *s, size_t from, size_t end) {
    return end - from == 3 && byte_at(s, end) == '.' && is_letter(byte_at(s, end + 1)) &&
           memcmp(s->text.data + from, "www", 3) == 0;
}

/* Up to white space or a character that does not stand in URLs, without the punctuation around it.
 */
static void scan_url(struct scan *s) {
    size_t from = s->at;
    size_t end = from;
    while (end < s->text.len) {
        size_t next;
        uint32_t c = kali_decode(s->text, end, &next);
        if (c <= ' ' || (c < 0x80 && strchr("<>\"`|\\^{}\x7F", (int)c))) break;
        if (c >= 0x80 && (kali_kind(c) != KALI_LETTER || c == 0xFFFD)) break;
        end = next;
    }
    while (end > from && strchr(".,;:!?')]*_", s->text.data[end - 1]))
        end--;
    s->out->urls++;
    s->sentence_open = true;
    s->at = end;
}

/* Is the word at from..end snake_case or camelCase? */
static bool is_name(const struct scan *s, size_t from, size_t end, unsigned seen) {
    return ((seen & UPPER) && is_camel(s, from, end)) ||
           ((seen & UNDERSCORE) && is_snake(s, from, end));
}

/* What hangs on the word before s->at: ".write(", "::string", "()". True makes it an identifier. */
static bool scan_chain(struct scan *s) {
    bool identifier = false;
    bool dotted = false;
    size_t n;
    while ((n = joint(s, s->at)) > 0) {
        unsigned seen = 0;
        size_t begin = s->at + n;
        s->at = run_end(s, begin, &seen);
        add_word(s, false);
        dotted = true;
        identifier = identifier || n == 2 || is_name(s, begin, s->at, seen);
    }
    return identifier || is_call(s, dotted);
}

static void scan_word(struct scan *s) {
    size_t from = s->at;
    unsigned seen = 0;
    size_t end = run_end(s, from, &seen);
    unsigned after = byte_at(s, end);
    if (after == ':' || after == '.') {
        if (is_scheme(s, end) || is_www(s, from, end)) {
            scan_url(s);
            return;
        }
    }
    size_t next;
    bool capital = kali_is_upper(kali_decode(s->text, from, &next));
    if (end == from + 1 && byte_at(s, from) == 'I') capital = false;
    add_word(s, capital);
    s->at = end > from ? end : next;
    bool identifier = seen > OTHER && is_name(s, from, end, seen);
    if (after > ' ') identifier = scan_chain(s) || identifier;
    s->out->identifiers += identifier;
}

static bool digits_at(const struct scan *s, size_t at, size_t n, unsigned least, unsigned most) {
    unsigned value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(byte_at(s, at + i))) return false;
        value = value * 10 + byte_at(s, at + i) - '0';
    }
    return value >= least && value <= most;
}

/* The end of "7:08", "07:08", "07:08:09.123Z" at `at`, at itself if there is none. */
static size_t time_end(const struct scan *s, size_t at) {
    size_t n = byte_at(s, at + 1) == ':' ? 1 : 2;
    if (!digits_at(s, at, n, 0, 24) || byte_at(s, at + n) != ':') return at;
    size_t end = at + n + 3;
    if (!digits_at(s, at + n + 1, 2, 0, 59) || is_digit(byte_at(s, end))) return at;
    if (byte_at(s, end) == ':' && digits_at(s, end + 1, 2, 0, 60)) end += 3;
    if (byte_at(s, end) == '.' && is_digit(byte_at(s, end + 1))) end += 2;
    while (is_digit(byte_at(s, end)))
        end++;
    return byte_at(s, end) == 'Z' ? end + 1 : end;
}

static size_t date_end(const struct scan *s, size_t at) {
    if (!digits_at(s, at, 4, 1000, 9999) || byte_at(s, at + 4) != '-' ||
        !digits_at(s, at + 5, 2, 1, 12) || byte_at(s, at + 7) != '-' ||
        !digits_at(s, at + 8, 2, 1, 31) || is_digit(byte_at(s, at + 10)))
        return time_end(s, at);
    return byte_at(s, at + 10) == 'T' ? time_end(s, at + 11) : at + 10;
}

static void scan_number(struct scan *s) {
    size_t end = date_end(s, s->at);
    if (end > s->at && end <= s->text.len && !is_letter(byte_at(s, end))) {
        s->out->dates++;
    } else {
        unsigned seen = 0;
        end = run_end(s, s->at, &seen);
        while ((byte_at(s, end) == '.' || byte_at(s, end) == ',') && is_digit(byte_at(s, end + 1)))
            end = run_end(s, end + 1, &seen);
        s->out->numbers++;
    }
    add_word(s, false);
    s->at = end;
}

static void scan_span(struct scan *s) {
    bool closed;
    s->at = kali_span_end(s->text, s->at, &closed);
    if (!closed) return;
    s->out->code_spans++;
    s->sentence_words++;
    s->sentence_open = true;
}

static void scan_stop(struct scan *s) {
    struct kali_stop stop = kali_stop_read(s->text, s->at);
    s->at = stop.end;
    if (!stop.ends) return;
    s->out->questions += stop.question && s->sentence_words > 0;
    s->out->exclamations += stop.exclamation && s->sentence_words > 0;
    close_sentence(s);
}

/* A character above ASCII. */
static void scan_wide(struct scan *s) {
    size_t next;
    uint32_t c = kali_decode(s->text, s->at, &next);
    if (kali_mark(c)) {
        scan_stop(s);
    } else if (kali_is_han(c)) {
        add_word(s, false);
        s->at = next;
    } else if (kali_is_wordlike(kali_kind(c))) {
        scan_word(s);
    } else {
        s->at = next;
    }
}

static void scan_line(struct scan *s) {
    while (s->at < s->text.len) {
        unsigned c = kali_byte(s->text, s->at);
        if (c == '\n') return;
        if (c == ' ')
            s->at++;
        else if (c >= 0x80)
            scan_wide(s);
        else if (kali_kind(c) == KALI_LETTER)
            scan_word(s);
        else if (is_digit(c))
            scan_number(s);
        else if (c == '`')
            scan_span(s);
        else if (kali_mark(c))
            scan_stop(s);
        else
            s->at++;
    }
}

static void scan_fence(struct scan *s) {
    size_t end = kali_fence_end(s->text, s->at);
    s->out->code_blocks++;
    for (size_t i = s->at; i < end; i++)
        s->out->lines += s->text.data[i] == '\n';
    if (end > 0 && s->text.data[end - 1] == '\n') s->out->lines--;
    s->at = end;
}

void kal_text_scan(kal_str text, kal_text_stats *out) {
    *out = (kal_text_stats){.bytes = text.len, .chars = count_chars(text)};
    struct scan s = {.text = text, .out = out};
    while (s.at < text.len) {
        struct kali_line line = kali_line_read(text, s.at);
        out->lines++;
        out->quoted_lines += line.quoted;
        out->list_items += line.item;
        out->numbered_items += line.numbered;
        s.at = line.body;
        if (line.fenced) {
            close_sentence(&s);
            scan_fence(&s);
            continue;
        }
        scan_line(&s);
        if (s.at >= text.len || !kali_line_goes_on(text, s.at)) close_sentence(&s);
        s.at++;
    }
}
