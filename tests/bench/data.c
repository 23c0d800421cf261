/*
** data.c: makes the data, the same on every machine: data DIR MESSAGES TALK SESSIONS writes
**
**     corpus.tsv     MESSAGES lines: session role model tokens importance created_at text; at most 1,000 sessions
**                    in random order, which is the worst order
**     talk.tsv       TALK lines of the same kind for contexts and searches, of more even length: twenty of them, ten
**                    pins and three summaries are about 14 KB and fit into 4000 tokens
**     sessions.txt   the ids of the sessions, and three more for the contexts
**     queries.txt    1000 lines of two to four words
**     pool.tsv       short texts for pins and summaries
**
** Lengths are lognormal (in the corpus median 300 bytes, mean about 700, at most 32 KiB), words follow Zipf's
** law over a made-up vocabulary of 20,000, with capitals, punctuation, numbers, code and a few accents.
*/
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 20000
#define TEXT_MAX 32768

static uint64_t state = 0x6B616C69746F0001u;
static char words[WORDS][24];
static double rank[WORDS]; /* cumulative */

static uint64_t mix(uint64_t x) { /* splitmix64 */
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static uint64_t draw(uint64_t below) {
    return mix(state++) % below;
}

static double unit(void) {
    return (double)(mix(state++) >> 11) / 9007199254740992.0;
}

static void make_words(void) {
    static const char *const first[] = {"the", "to",   "and",  "you",   "of",   "is",  "that",
                                        "it",  "for",  "in",   "what",  "with", "can", "because",
                                        "how", "this", "file", "error", "test", "time"};
    static const char *const parts[] = {"ka", "li",  "to",  "re",  "mo", "ne", "sta", "ver",
                                        "al", "en",  "pro", "con", "di", "ma", "ti",  "ra",
                                        "lo", "pre", "in",  "ter", "sa", "bl", "ment"};
    double sum = 0;
    for (size_t i = 0; i < WORDS; i++) {
        size_t n = sizeof first / sizeof *first;
        if (i < n) snprintf(words[i], sizeof words[i], "%s", first[i]);
        for (uint64_t k = 0, many = 2 + draw(3); i >= n && k < many; k++)
            strcat(words[i], parts[draw(sizeof parts / sizeof *parts)]);
        rank[i] = sum += 1 / pow((double)i + 2.7, 1.05);
    }
    for (size_t i = 0; i < WORDS; i++)
        rank[i] /= sum;
}

static const char *word(void) {
    double u = unit();
    size_t low = 0, high = WORDS - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (rank[middle] < u)
            low = middle + 1;
        else
            high = middle;
    }
    return words[low];
}

static size_t lognormal(double median, double sigma, size_t max) {
    double u = unit() + 1e-12, z = sqrt(-2 * log(u)) * cos(6.283185307179586 * unit());
    double x = median * exp(sigma * z);
    return x < 12 ? 12 : x > (double)max ? max : (size_t)x;
}

/* A text of about `want` bytes; `out` has 100 bytes more. */
static size_t write_text(char *out, size_t want) {
    static const char *const rare[] = {"`parse_line()`", "https://example.org/a?b=1",
                                       "2025-03-14",     "caf\xC3\xA9",
                                       "x = y[3] + 17;", "12.5"};
    size_t n = 0;
    while (n < want) {
        uint64_t dice = draw(100);
        const char *w = dice < 2 ? rare[draw(6)] : word();
        size_t len = strlen(w);
        memcpy(out + n, w, len);
        if (dice > 90 && out[n] >= 'a' && out[n] <= 'z') out[n] = (char)(out[n] - 32);
        n += len;
        if (dice % 11 == 0) out[n++] = dice % 2 ? '.' : ',';
        out[n++] = ' ';
    }
    out[n - 1] = draw(4) ? '.' : '?';
    out[n] = 0;
    return n;
}

static void make_id(char out[37], uint64_t k) {
    uint64_t a = mix(k * 2), b = mix(k * 2 + 1);
    snprintf(out, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xFFFF, (unsigned)a & 0xFFF, (unsigned)(b >> 52),
             (unsigned long long)b & 0xFFFFFFFFFFFFu);
}

static FILE *create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

static void write_corpus(FILE *f, long messages, uint64_t sessions, double median, double sigma) {
    static char text[TEXT_MAX + 200];
    char id[37];
    for (long i = 0; i < messages; i++) {
        size_t len = write_text(text, lognormal(median, sigma, TEXT_MAX));
        long long s = i * 37 / 1000;
        make_id(id, draw(sessions));
        fprintf(f,
                "%s\t%s\tmodel:7b\t%zu\t0.5\t2025-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ\t%s\n",
                id, i % 2 ? "assistant" : "user", len / 4, 1 + s / 2419200 % 12, 1 + s / 86400 % 28,
                s / 3600 % 24, s / 60 % 60, s % 60, i * 37LL % 1000, text);
    }
    fclose(f);
}

/* None of the commonest sixty: nobody searches for "the". */
static void write_queries(FILE *f) {
    for (int i = 0; i < 1000; i++) {
        for (uint64_t k = 2 + draw(3); k > 0; k--) {
            const char *w = word();
            for (; (w - words[0]) / (long)sizeof words[0] < 60; w = word())
                ;
            fprintf(f, "%s%c", w, k > 1 ? ' ' : '\n');
        }
    }
    fclose(f);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    uint64_t sessions = strtoull(argv[4], NULL, 10);
    char text[1200], id[37];
    make_words();
    write_corpus(create(argv[1], "corpus.tsv"), atol(argv[2]), sessions < 1000 ? sessions : 1000,
                 300, 1.3);
    write_corpus(create(argv[1], "talk.tsv"), atol(argv[3]), sessions < 1000 ? sessions : 1000, 560,
                 0.4);
    FILE *f = create(argv[1], "sessions.txt");
    for (uint64_t i = 0; i < sessions + 3; i++) {
        make_id(id, i);
        fprintf(f, "%s\n", id);
    }
    fclose(f);
    f = create(argv[1], "pool.tsv");
    for (int i = 0; i < 20000; i++) {
        write_text(text, lognormal(120, 0.6, 600));
        fprintf(f, "%s\n", text);
    }
    fclose(f);
    write_queries(create(argv[1], "queries.txt"));
    return 0;
}
