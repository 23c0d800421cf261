/* Times, tokens, words and the structure of texts, with what the header promises of them. */
#include "fuzz.h"
#include "support.h"

static void check_tokens(kal_str text) {
    size_t all = kal_tokens(text), half = text.len / 2;
    kal_text_stats stats;
    kal_text_scan(text, &stats);
    if (stats.bytes != text.len || all * 4 < stats.chars || (all == 0) != (text.len == 0)) abort();
    if (kal_text_valid(text, NULL)) {
        while (half && half < text.len && ((unsigned char)text.data[half] & 0xC0) == 0x80)
            half--;
        if (kal_tokens((kal_str){text.data, half}) > all) abort();
    }
}

static void check_sentences(kal_str text) {
    size_t pos = 0, before = 0;
    kal_str sentence;
    while (kal_text_sentence(text, &pos, &sentence)) {
        if (pos <= before || pos > text.len || sentence.data < text.data ||
            sentence.data + sentence.len > text.data + pos)
            abort();
        before = pos;
    }
    if (pos != text.len) abort();
}

/* The first half is words, one a line; the second half is the text. */
static void check_words(kal_str text) {
    static uint64_t buffer[1 << 13];
    kal_str words[32];
    size_t n = 0, half = text.len / 2, at = 0, which;
    for (size_t from = 0, i = 0; i <= half && n < 32; i++) {
        if (i < half && text.data[i] != '\n') continue;
        words[n++] = (kal_str){text.data + from, i - from};
        from = i + 1;
    }
    if (!kal_words_build(buffer, sizeof buffer, words, n)) return;
    kal_str rest = {text.data + half, text.len - half};
    size_t count = kal_words_count(buffer, rest, 1000), found = 0;
    while (found < 1000 && kal_words_find(buffer, rest, &at, &which)) {
        if (which >= n || at >= rest.len) abort();
        at++;
        found++;
    }
    if (found < count) abort();
    /* A match may reach into the next sentence, so these are not bounded by `count`. */
    if (kal_words_lead(buffer, rest, 1000) > found) abort();
}

/* Into a room of exactly its size; what is valid stays so. */
static void check_redacted(kal_str text) {
    size_t size = kal_redact(text, KAL_REDACT_ALL, NULL, NULL, 0);
    char *out = malloc(size + 1);
    if (!out || kal_redact(text, KAL_REDACT_ALL, NULL, out, size) != size) abort();
    if (kal_text_valid(text, NULL) && !kal_text_valid((kal_str){out, size}, NULL)) abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    kal_str text = {(const char *)data, size};
    char time[25], again[25];
    size_t bad;
    if (kal_time_parse(text, time) &&
        (strlen(time) != 24 || !kal_time_parse(kal_text(time), again) || strcmp(time, again)))
        abort();
    if (!kal_text_valid(text, &bad) && bad >= size) abort();
    check_tokens(text);
    check_sentences(text);
    check_redacted(text);
    if (size) check_words(text);
    double alike = kal_text_similar(text, (kal_str){text.data, size / 2});
    if (!(alike >= 0 && alike <= 1) || (size && kal_text_similar(text, text) != 1)) abort();
    return 0;
}
