/*
** question.c: taking a query apart: its words without stop words and names, the speaker it names, the date it
** names, what it asks for, and whether it is a question at all or a turn of a chat.
*/
#include "recall/question.h"
#include "text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 512
#define NAMES 64
#define SPEAKERS_MAX 6 /* in a crowd a name is a word like any other */
#define CHAT_WORDS 8   /* a statement of so many words is no look-up */

/* ---- speakers ---- */

typedef struct name {
    kal_str word;
    int speaker;
} name;

static bool is_role(kal_str word) {
    return kali_same(word, kal_text("user")) || kali_same(word, kal_text("assistant"));
}

/* The words of the names of all who take part. None when there are too many. */
static kal_code read_names(kal_store *store, kali_arena *arena, const bool named[256], name *names,
                           size_t *count, kal_err *err) {
    static const char SQL[] = "SELECT number, name FROM kalito_speakers WHERE number < 255";
    kali_word words[8];
    kali_stmt *q;
    bool row;
    size_t speakers = 0;
    *count = 0;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        int64_t number = kali_integer(q, 0);
        size_t n = 8;
        if (number < 1 || number > 254 || !named[number]) continue;
        code = kali_words_split(store->words, arena, kali_text(q, 1), words, &n, err);
        if (code != KAL_OK) break;
        if (n == 1 && is_role(words[0].word)) continue;
        speakers++;
        for (size_t i = 0; i < n && *count < NAMES; i++)
            names[(*count)++] = (name){words[i].word, (int)number};
    }
    kali_reset(q);
    if (speakers > SPEAKERS_MAX) *count = 0;
    return code;
}

static int speaker_of(const name *names, size_t count, kal_str word) {
    for (size_t i = 0; i < count; i++)
        if (kali_same(names[i].word, word)) return names[i].speaker;
    return -1;
}

static bool joined(const kali_word *words, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (kali_same(words[i].word, kal_text("and")) || kali_same(words[i].word, kal_text("or")))
            return true;
    return false;
}

/* "Mel" for Melanie: a capitalised word that begins the name of just one. Not "The" for Theo,
** nor the first word, which has a capital anyhow. */
static int shortened(const kali_word *words, size_t n, kal_str text, const name *names,
                     size_t count, const kali_lexicon *x) {
    int found = -1;
    for (size_t i = 1; i < n; i++) {
        kal_str w = words[i].word;
        char c = words[i].at < text.len ? text.data[words[i].at] : 0;
        if (w.len < 3 || c < 'A' || c > 'Z' || kali_holds(x->stop, w)) continue;
        for (size_t k = 0; k < count; k++) {
            if (names[k].word.len <= w.len || memcmp(names[k].word.data, w.data, w.len) != 0)
                continue;
            if (found >= 0 && found != names[k].speaker) return -1;
            found = names[k].speaker;
        }
    }
    return found;
}

/* Whether a speaker is named. Of two the first is meant, or neither when they are meant together. */
static bool find_speaker(const kali_word *words, size_t n, const name *names, size_t count,
                         kali_question *out) {
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        int who = speaker_of(names, count, words[i].word);
        if (who < 0 || who == out->speaker) continue;
        if (first == SIZE_MAX) {
            first = i;
            out->speaker = who;
        } else {
            if (joined(words, first, i)) out->speaker = -1;
            return true;
        }
    }
    return first != SIZE_MAX;
}

/* ---- words ---- */

/* Whether a sentence, a line or an item of a list ends there, or one begins with a mark. */
static bool ends_before(kal_str text, size_t at) {
    size_t start;
    uint32_t c = kali_decode_back(text, at, &start);
    return c == 0xA1 || c == 0xBF || (c < 0x80 && c && strchr(".!?:-\r\n", (int)c)); /* ¡ ¿ */
}

/* A capital inside a sentence, but no month and no day: dates are read apart. */
static bool is_proper(const kali_word *w, kal_str text, const kali_lexicon *x) {
    size_t i = w->at, next;
    if (i >= text.len || !kali_is_upper(kali_decode(text, i, &next))) return false;
    while (i > 0 && !ends_before(text, i)) {
        if (kali_is_wordlike(kali_kind(kali_decode_back(text, i, &i))))
            return !kali_holds(x->time_words, w->word);
    }
    return false;
}

/* The last character that is no blank; 0 none. */
static uint32_t last_of(kal_str text) {
    while (text.len && strchr(" \t\r\n", text.data[text.len - 1]))
        text.len--;
    size_t start;
    return text.len ? kali_decode_back(text, text.len, &start) : 0;
}

static bool is_question_mark(uint32_t c) {
    return c == '?' || c == 0xFF1F; /* ？ */
}

/* Which of the words stand in a sentence that ends in a question mark. */
static void find_questions(const kali_word *words, size_t n, kal_str text, bool *out) {
    kal_str sentence;
    size_t i = 0;
    memset(out, 0, n * sizeof *out);
    for (size_t pos = 0; kal_text_sentence(text, &pos, &sentence);) {
        size_t from = (size_t)(sentence.data - text.data), to = from + sentence.len;
        bool asks = is_question_mark(last_of(sentence));
        for (; i < n && words[i].at < to; i++)
            out[i] = asks && words[i].at >= from;
    }
}

static void add_term(kali_question *q, const kali_word *w, bool in_question, kal_str text,
                     const kali_lexicon *x) {
    size_t i = 0;
    while (i < q->count && !kali_same(q->terms[i].stem, w->stem))
        i++;
    if (i == KALI_TERMS) return;
    if (i == q->count) q->terms[q->count++] = *w;
    q->proper[i] |= is_proper(w, text, x);
    q->in_question[i] |= in_question;
}

/* Words that say nothing, and those in which somebody else puts a question: who asks about himself uses his own. */
static bool is_stop(const kali_question *q, kal_str word, const kali_lexicon *x) {
    return kali_holds(x->stop, word) || (!q->self && kali_holds(x->asked, word));
}

/* Leaves out stop words and names, unless nothing would be left. */
static void choose_terms(const kali_word *words, size_t n, kal_str text, const name *names,
                         size_t count, const kali_lexicon *x, kali_question *out) {
    bool in_question[WORDS];
    find_questions(words, n, text, in_question);
    for (int strict = 2; strict >= 0 && out->count == 0; strict--) {
        for (size_t i = 0; i < n; i++) {
            if (strict >= 1 && speaker_of(names, count, words[i].word) >= 0) continue;
            if (strict >= 2 && is_stop(out, words[i].word, x)) continue;
            add_term(out, &words[i], in_question[i], text, x);
        }
    }
}

/* ---- dates ---- */

int kali_question_number(kal_str word) {
    int v = 0;
    size_t i = 0;
    for (; i < word.len && i < 4 && word.data[i] >= '0' && word.data[i] <= '9'; i++)
        v = v * 10 + (word.data[i] - '0');
    bool ordinal = word.len == i + 2 &&
                   (memcmp(word.data + i, "st", 2) == 0 || memcmp(word.data + i, "nd", 2) == 0 ||
                    memcmp(word.data + i, "rd", 2) == 0 || memcmp(word.data + i, "th", 2) == 0);
    return i && (i == word.len || ordinal) ? v : 0;
}

static int month_of(const kali_lexicon *x, kal_str word) {
    for (int m = 0; m < 12 && kali_holds(x->any_month, word); m++)
        if (kali_holds(x->months[m], word)) return m + 1;
    return 0;
}

/* "may" is a month only beside a number or after a preposition of time. */
static bool is_month(const kali_word *words, size_t n, size_t i) {
    static const char *const before[] = {"in", "of", "during", "on", "since", "by", "last", "next"};
    if (!kali_same(words[i].word, kal_text("may"))) return true;
    if (i + 1 < n && kali_question_number(words[i + 1].word)) return true;
    for (size_t k = 0; i > 0 && k < sizeof before / sizeof *before; k++)
        if (kali_same(words[i - 1].word, kal_text(before[k]))) return true;
    return i > 0 && kali_question_number(words[i - 1].word) > 0;
}

static void find_date(const kali_word *words, size_t n, const kali_lexicon *x, kali_question *out) {
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        int v = kali_question_number(words[i].word);
        if (!out->year && words[i].word.len == 4 && v >= 1900 && v < 2100) out->year = v;
        int month = out->month ? 0 : month_of(x, words[i].word);
        if (!month || !is_month(words, n, i)) continue;
        out->month = month;
        at = i;
    }
    if (at == SIZE_MAX) return;
    for (size_t i = at > 2 ? at - 2 : 0; i < n && i <= at + 1 && !out->day; i++) {
        int v = kali_question_number(words[i].word);
        if (v >= 1 && v <= 31 && words[i].word.len <= 4) out->day = v;
    }
}

/* Its words are marked, as they say when and not what. */
static void find_past(const kali_word *words, size_t n, const kali_lexicon *x, kali_question *out) {
    if (!kali_past_read(words, n, x, &out->past)) return;
    for (size_t i = out->past.first; i <= out->past.last; i++)
        for (size_t k = 0; k < out->count; k++)
            out->timed[k] |= kali_same(out->terms[k].stem, words[i].stem);
}

/* ---- a question, or a turn of a chat ---- */

static size_t sentences_of(kal_str text) {
    kal_str sentence;
    size_t at = 0, n = 0;
    while (n < 2 && kal_text_sentence(text, &at, &sentence))
        n++;
    return n;
}

/* More than one sentence, or a statement; a bare question and a few words are a look-up. */
static bool is_chat(kal_str text, size_t words, const kali_lexicon *x) {
    uint32_t last = last_of(text);
    if (!last || sentences_of(text) > 1) return last != 0;
    if (is_question_mark(last)) return false;
    if (last == '.' || last == '!' || last == 0x3002 || last == 0xFF01) return true; /* 。 ！ */
    return words >= CHAT_WORDS && !(x->openers && kal_words_lead(x->openers, text, 1));
}

kal_code kali_question_read(kal_store *store, kali_arena *arena, kal_str text,
                            const kali_lexicon *x, const bool named[256], kali_question *out,
                            kal_err *err) {
    kal_str prepared;
    name names[NAMES];
    size_t n = WORDS, count;
    memset(out, 0, sizeof *out);
    out->speaker = -1;
    kali_word *words = kali_arena_alloc(arena, WORDS * sizeof *words);
    if (!words) return kali_no_memory(err);
    kal_code code = kali_index_query(arena, text, &prepared, err);
    if (code == KAL_OK) code = kali_words_split(store->words, arena, prepared, words, &n, err);
    if (code == KAL_OK) code = read_names(store, arena, named, names, &count, err);
    if (code != KAL_OK) return code;
    if (!find_speaker(words, n, names, count, out))
        out->speaker = shortened(words, n, prepared, names, count, x);
    find_date(words, n, x, out);
    out->chat = is_chat(text, n, x) && !kali_holds(x->look_up, text);
    out->when = kali_holds(x->ask_when, text);
    out->you_said = kali_holds(x->you_said, text);
    out->told = out->you_said && !out->chat;
    out->self =
        !out->chat && !out->you_said && out->speaker < 0 && kali_holds(x->first_person, text);
    choose_terms(words, n, prepared, names, count, x, out);
    if (!out->chat) find_past(words, n, x, out);
    return KAL_OK;
}

/* ---- its date and those of messages ---- */

void kali_date_of(uint16_t day, int *y, int *m, int *d) {
    char text[25];
    kali_time_format(((int64_t)day + 10957) * 86400000, text);
    *y = atoi(text);
    *m = atoi(text + 5);
    *d = atoi(text + 8);
}

uint16_t kali_question_day(const kali_question *q) {
    char text[40];
    int64_t ms;
    snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00.000Z", q->year, q->month, q->day);
    if (!kali_time_ms(kal_text(text), &ms)) return 0;
    int64_t day = ms / 86400000 - 10957;
    return day > 0 && day <= 0xFFFF ? (uint16_t)day : 0;
}

double kali_question_date_share(const kali_question *q, uint16_t day) {
    int y, m, d, parts = (q->year > 0) + (q->month > 0) + (q->day > 0), equal = 0;
    if (!parts || !day) return 0;
    kali_date_of(day, &y, &m, &d);
    if (q->year) equal += q->year == y;
    if (q->month) equal += q->month == m;
    if (q->day) equal += q->day == d;
    return (double)equal / parts;
}
