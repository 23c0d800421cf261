/* What a text is made of above its characters: validity, lines, code and sentences. Owns the rules
 * for where a sentence ends; scan.c counts with them, words.c asks which sentences begin with a
 * word. */
#include <string.h>

#include "kalito.h"

#include "internal.h"
#include "text/text.h"

#define SPAN_MAX 1000   /* bytes in a code span; keeps a line of stray backticks linear */
#define FULL_LINE 50    /* bytes of a line that was broken because it was full */
#define NUMBER_DIGITS 3 /* in the marker of a numbered item */

static bool at_byte(kal_str text, size_t at, char c) {
    return at < text.len && text.data[at] == c;
}

static size_t skip_blanks(kal_str text, size_t at) {
    while (at < text.len && kali_is_blank(kali_byte(text, at)))
        at++;
    return at;
}

static size_t skip_run(kal_str text, size_t at, char c) {
    while (at_byte(text, at, c))
        at++;
    return at;
}

static size_t line_end(kal_str text, size_t at) {
    if (at >= text.len) return text.len;
    const char *end = memchr(text.data + at, '\n', text.len - at);
    return end ? (size_t)(end - text.data) : text.len;
}

bool kal_text_valid(kal_str text, size_t *bad_at) {
    size_t good = kali_valid_prefix(text);
    if (good < text.len && bad_at) *bad_at = good;
    return good == text.len;
}

/* Indentation and quote markers. */
static size_t skip_margin(kal_str text, size_t at, bool *quoted) {
    at = skip_blanks(text, at);
    while (at_byte(text, at, '>')) {
        *quoted = true;
        at = skip_blanks(text, at + 1);
    }
    return at;
}

/* The end of the list marker at `at`, at itself if there is none. */
static size_t skip_marker(kal_str text, size_t at, bool *numbered) {
    size_t i = at;
    *numbered = false;
    if (at_byte(text, i, '-') || at_byte(text, i, '*') || at_byte(text, i, '+')) {
        i++;
    } else if (text.len - at >= 3 && memcmp(text.data + at, "\xE2\x80\xA2", 3) == 0) {
        i += 3;
    } else {
        while (i < text.len && i - at <= NUMBER_DIGITS && kali_byte(text, i) - '0' < 10u)
            i++;
        *numbered = i > at && i - at <= NUMBER_DIGITS;
        if (!*numbered || !(at_byte(text, i, '.') || at_byte(text, i, ')'))) return at;
        i++;
    }
    size_t body = skip_blanks(text, i);
    bool empty = body == i || body == text.len || text.data[body] == '\n';
    return empty ? at : body;
}

/* The length of the code fence at `at`, 0 if there is none. */
static size_t fence_length(kal_str text, size_t at) {
    if (!at_byte(text, at, '`') && !at_byte(text, at, '~')) return 0;
    size_t end = skip_run(text, at, text.data[at]);
    if (end - at < 3) return 0;
    size_t rest = line_end(text, end) - end;
    /* ```word``` within a line is a span. */
    bool span = text.data[at] == '`' && rest > 0 && memchr(text.data + end, '`', rest) != NULL;
    return span ? 0 : end - at;
}

struct kali_line kali_line_read(kal_str text, size_t at) {
    struct kali_line line = {0};
    line.body = skip_margin(text, at, &line.quoted);
    if (line.body == text.len || (kali_byte(text, line.body) | 32) - 'a' < 26u) return line;
    line.fenced = fence_length(text, line.body) > 0;
    if (line.fenced) return line;
    size_t item = skip_marker(text, line.body, &line.numbered);
    line.item = item > line.body;
    line.numbered = line.numbered && line.item;
    line.body = item;
    size_t heading = skip_run(text, item, '#');
    if (heading > item && heading < text.len && kali_is_blank(kali_byte(text, heading)))
        line.body = skip_blanks(text, heading);
    return line;
}

size_t kali_fence_end(kal_str text, size_t at) {
    char mark = text.data[at];
    size_t length = fence_length(text, at);
    for (size_t end = line_end(text, at); end < text.len; end = line_end(text, end + 1)) {
        bool quoted = false;
        size_t from = skip_margin(text, end + 1, &quoted);
        size_t close = skip_run(text, from, mark);
        if (close - from < length) continue;
        close = skip_blanks(text, close);
        if (close == text.len) return close;
        if (text.data[close] == '\n') return close + 1;
    }
    return text.len;
}

size_t kali_span_end(kal_str text, size_t at, bool *closed) {
    size_t open = skip_run(text, at, '`');
    kal_str line = {text.data, line_end(text, open)};
    if (line.len - open > SPAN_MAX) line.len = open + SPAN_MAX;
    *closed = true;
    for (size_t i = open; i < line.len; i++) {
        if (line.data[i] != '`') continue;
        size_t end = skip_run(line, i, '`');
        if (end - i == open - at) return end;
        i = end;
    }
    *closed = false;
    return open;
}

static bool is_lower(kal_str text, size_t at) {
    size_t next;
    if (at >= text.len) return false;
    uint32_t c = kali_decode(text, at, &next);
    if (c < 0x80) return c - 'a' < 26;
    return kali_kind(c) == KALI_LETTER && !kali_is_upper(c);
}

bool kali_line_goes_on(kal_str text, size_t at) {
    if (at < FULL_LINE || memchr(text.data + at - FULL_LINE, '\n', FULL_LINE)) return false;
    return is_lower(text, skip_blanks(text, at + 1));
}

static const struct mark {
    uint32_t c;
    char mark;
} marks[] = {
    {0x0589, '.'}, {0x061F, '?'}, {0x06D4, '.'}, {0x0964, '.'}, {0x0965, '.'}, {0x2026, '.'},
    {0x203C, '!'}, {0x203D, '?'}, {0x2047, '?'}, {0x2048, '?'}, {0x2049, '?'}, {0x3002, '.'},
    {0xFF01, '!'}, {0xFF0E, '.'}, {0xFF1F, '?'}, {0xFF61, '.'},
};

char kali_mark(uint32_t c) {
    if (c < 0x80) return c == '.' || c == '!' || c == '?' ? (char)c : 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i].c == c) return marks[i].mark;
    }
    return 0;
}

static bool is_closer(uint32_t c) {
    if (c < 0x80) return c != 0 && strchr(")]}\"'*_`", (int)c) != NULL;
    return c == 0x201D || c == 0x2019 || c == 0xBB || c == 0x300D || c == 0x300F || c == 0xFF09;
}

static bool is_word_byte(unsigned c) {
    return c >= 0x80 || kali_is_wordlike(kali_kind(c));
}

/* Is the word in front of the full stop at `at` an initial or a title that takes a name? */
static bool is_abbreviation(kal_str text, size_t at) {
    static const char *const titles[] = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "fig"};
    size_t from = at;
    while (from > 0 && at - from < 5 && (kali_byte(text, from - 1) | 32) - 'a' < 26u)
        from--;
    size_t n = at - from;
    if (n == 0 || (from > 0 && is_word_byte(kali_byte(text, from - 1)))) return false;
    if (n == 1) return text.data[from] != 'I';
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (strlen(titles[i]) != n) continue;
        size_t same = 0;
        while (same < n && (text.data[from + same] | 32) == titles[i][same])
            same++;
        if (same == n) return true;
    }
    return false;
}

/* Do the marks read into stop, which begin at `at`, end a sentence? */
static bool ends_sentence(kal_str text, size_t at, size_t marks_end, const struct kali_stop *stop) {
    if (at > 0 && strchr("([{=/&", text.data[at - 1]) && text.data[at - 1]) return false;
    if (stop->end == text.len) return true;
    size_t next;
    uint32_t c = kali_decode(text, stop->end, &next);
    size_t before;
    bool wide = kali_decode_back(text, marks_end, &before) >= 0x3000;
    if (!wide && kali_kind(c) != KALI_SPACE && (c < 0x80 || kali_kind(c) == KALI_LETTER))
        return false;
    size_t follows = skip_blanks(text, stop->end);
    if (follows == text.len || text.data[follows] == '\n') return true;
    bool quoted = stop->end > marks_end;
    if (!stop->question && !stop->exclamation)
        return !is_lower(text, follows) && !is_abbreviation(text, at);
    bool apart = at > 0 && kali_is_blank(kali_byte(text, at - 1));
    return !((quoted || apart) && is_lower(text, follows));
}

struct kali_stop kali_stop_read(kal_str text, size_t at) {
    struct kali_stop stop = {.end = at};
    size_t next;
    char mark;
    while (stop.end < text.len && (mark = kali_mark(kali_decode(text, stop.end, &next))) != 0) {
        stop.question = stop.question || mark == '?';
        stop.exclamation = stop.exclamation || mark == '!';
        stop.end = next;
    }
    size_t marks_end = stop.end;
    while (stop.end < text.len && is_closer(kali_decode(text, stop.end, &next)))
        stop.end = next;
    stop.ends = ends_sentence(text, at, marks_end, &stop);
    return stop;
}

/* Moves over white space, line markers and code blocks to where a sentence can begin. */
static size_t sentence_begin(kal_str text, size_t at) {
    bool fresh = at == 0 || text.data[at - 1] == '\n';
    while (at < text.len) {
        if (fresh) {
            struct kali_line line = kali_line_read(text, at);
            at = line.fenced ? kali_fence_end(text, line.body) : line.body;
            fresh = line.fenced;
            continue;
        }
        size_t next;
        uint32_t c = kali_decode(text, at, &next);
        if (kali_kind(c) != KALI_SPACE) return at;
        fresh = c == '\n';
        at = next;
    }
    return at;
}

/* Neither the end of anything nor above ASCII: most bytes of most texts. */
static bool is_plain(unsigned c) {
    return c == ' ' || (c < 0x80 && kali_ascii_kind[c] >= KALI_LETTER);
}

/* Moves over letters and spaces, eight at a time as long as there are only such. */
static size_t skip_plain(kal_str text, size_t at) {
    for (; text.len - at >= 8; at += 8) {
        uint64_t eight = kali_eight(text.data + at);
        uint64_t plain = kali_in_range(eight, 'a', 'z') | kali_in_range(eight, ' ', ' ');
        uint64_t other = plain ^ KALI_BYTES(0x80);
        if (other) return at + (size_t)__builtin_ctzll(other) / 8;
    }
    return at;
}

/* The end of the sentence that begins at `at`; *worded tells whether it has a word or code. */
static size_t sentence_end(kal_str text, size_t at, bool *worded) {
    *worded = false;
    while (at < text.len) {
        unsigned byte = kali_byte(text, at);
        if (is_plain(byte)) {
            *worded = *worded || byte != ' ';
            at = *worded ? skip_plain(text, at + 1) : at + 1;
            continue;
        }
        size_t next;
        uint32_t c = kali_decode(text, at, &next);
        if (c == '\n' && !kali_line_goes_on(text, at)) return at;
        if (c == '`') {
            bool closed;
            next = kali_span_end(text, at, &closed);
            *worded = *worded || closed;
        } else if (kali_mark(c)) {
            struct kali_stop stop = kali_stop_read(text, at);
            if (stop.ends) return stop.end;
            next = stop.end;
        } else if (!*worded) {
            *worded = kali_is_wordlike(kali_kind(c));
        }
        at = next;
    }
    return at;
}

bool kal_text_sentence(kal_str text, size_t *pos, kal_str *sentence) {
    size_t at = *pos;
    while ((at = sentence_begin(text, at)) < text.len) {
        bool worded;
        size_t end = sentence_end(text, at, &worded);
        *pos = end;
        if (worded) {
            while (end > at && kali_is_blank(kali_byte(text, end - 1)))
                end--;
            *sentence = (kal_str){text.data + at, end - at};
            return true;
        }
        at = end;
    }
    *pos = text.len;
    return false;
}
