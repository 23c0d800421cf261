/*
** bench.c: the verbs of a contender, and how each is timed. Reading the corpus is never in a figure, and every
** result is one JSON line.
**
**     w1  MODE DB CORPUS N          N messages, one transaction each (ten before them do not count)
**     w2  LABEL DB CORPUS N BATCH   N messages in batches: BEGIN..COMMIT and the closing checkpoint
**     w3  LABEL DB SESSION N        N contexts of one session
**     w4  LABEL DB QUERIES and|or N [SESSION]   N searches, the top 10; a query of words a line
**     w5  WORDS CORPUS N            the shipped scoring rule on N messages, second pass timed; WORDS are its word
**                                   lists, one "kind TAB word" a line
**     w6  DB SESSION                one context and out: the time of the whole process is taken outside
**
** KB_FTS=1 fills the search index in w1 and w2; KB_TOKENS is the budget of a context (4000); KB_NAME is
** the name in the results.
*/
#include "bench.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s: %s\n", contender, what, why);
    exit(1);
}

/* ---- clocks ---- */

static uint64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t wall(void) {
    return read_clock(CLOCK_MONOTONIC);
}

static uint64_t cpu(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static long peak_kb(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return r.ru_maxrss;
}

static int ascending(const void *x, const void *y) {
    const uint64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

static const char *name(void) {
    const char *given = getenv("KB_NAME");
    return given ? given : contender;
}

/* Sorts the times. */
static void report(const char *verb, const char *label, uint64_t *t, int n, uint64_t cpu_ns,
                   const char *check) {
    uint64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += t[i];
    qsort(t, (size_t)n, sizeof *t, ascending);
    printf("{\"w\":\"%s\",\"x\":\"%s\",\"c\":\"%s\",\"n\":%d,\"ops_s\":%.1f,\"p50_us\":%.2f,"
           "\"p99_us\":%.2f,\"cpu_us\":%.3f,\"check\":\"%s\",\"rss_kb\":%ld}\n",
           verb, label, name(), n, n * 1e9 / (double)sum, (double)t[n / 2] / 1e3,
           (double)t[(int)(n * 0.99)] / 1e3, (double)cpu_ns / 1e3 / n, check, peak_kb());
}

/* ---- the corpus ---- */

static const char *corpus, *corpus_end, *corpus_at;

void corpus_open(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) fail(path, "cannot be read");
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) fail(path, "cannot be mapped");
    close(fd);
    corpus = corpus_at = p;
    corpus_end = corpus + st.st_size;
}

void corpus_next(line *row) {
    if (corpus_at >= corpus_end) corpus_at = corpus;
    const char *p = corpus_at, *end = memchr(p, '\n', (size_t)(corpus_end - p));
    if (!end) fail("corpus", "the last line is cut");
    for (int i = 0; i < FIELDS; i++) {
        const char *stop = i == TEXT ? end : memchr(p, '\t', (size_t)(end - p));
        if (!stop) fail("corpus", "a line has too few fields");
        row->field[i] = p;
        row->len[i] = (int)(stop - p);
        p = stop + 1;
    }
    corpus_at = end + 1;
}

/* Touches every page, so that the disk is not in the figures. */
static long warm(const line *row) {
    volatile char sink = 0;
    for (int i = 0; i < row->len[TEXT]; i += 4096)
        sink = (char)(sink + row->field[TEXT][i]);
    return row->len[TEXT];
}

int quarter(const char *text, size_t len) {
    int chars = 0;
    for (size_t i = 0; i < len; i++)
        chars += (signed char)text[i] > -65;
    return (chars + 3) / 4;
}

int number(const line *row, int field) {
    return atoi(row->field[field]);
}

/* ---- the verbs ---- */

static void *room(size_t n, size_t size) {
    void *p = calloc(n, size);
    if (!p) fail("memory", "none left");
    return p;
}

static void w1(char **a) {
    int n = atoi(a[3]);
    uint64_t *t = room((size_t)n, sizeof *t), start = 0;
    line row;
    contender_open(a[1], a[0], getenv("KB_FTS") != NULL);
    corpus_open(a[2]);
    for (int i = -10; i < n; i++) {
        corpus_next(&row);
        warm(&row);
        if (i == 0) start = cpu();
        uint64_t begun = wall();
        contender_begin();
        contender_add(&row);
        contender_commit();
        if (i >= 0) t[i] = wall() - begun;
    }
    uint64_t used = cpu() - start;
    contender_close();
    report("w1", a[0], t, n, used, "ok");
}

static void w2(char **a) {
    int n = atoi(a[3]), batch = atoi(a[4]);
    line *rows = room((size_t)batch, sizeof *rows);
    uint64_t took = 0, used = 0, bytes = 0;
    contender_open(a[1], "wal-full", getenv("KB_FTS") != NULL);
    corpus_open(a[2]);
    for (int i = 0; i < n; i += batch) {
        for (int k = 0; k < batch; k++) {
            corpus_next(&rows[k]);
            bytes += (uint64_t)warm(&rows[k]);
        }
        uint64_t begun = wall(), begun_cpu = cpu();
        contender_begin();
        for (int k = 0; k < batch; k++)
            contender_add(&rows[k]);
        contender_commit();
        took += wall() - begun;
        used += cpu() - begun_cpu;
    }
    uint64_t begun = wall(), begun_cpu = cpu();
    contender_close();
    took += wall() - begun;
    used += cpu() - begun_cpu;
    printf("{\"w\":\"w2\",\"x\":\"%s\",\"c\":\"%s\",\"n\":%d,\"ops_s\":%.0f,\"mb_s\":%.2f,"
           "\"cpu_us\":%.3f,\"rss_kb\":%ld}\n",
           a[0], name(), n, n * 1e9 / (double)took, (double)bytes * 1e3 / (double)took,
           (double)used / 1e3 / n, peak_kb());
}

static int budget(void) {
    const char *given = getenv("KB_TOKENS");
    return given ? atoi(given) : 4000;
}

static void w3(char **a) {
    int n = atoi(a[3]), tokens = budget();
    uint64_t *t = room((size_t)n, sizeof *t), start = 0;
    char check[40];
    contender_open(a[1], NULL, false);
    contender_prepare(a[2], tokens);
    for (int i = -50; i < n; i++) {
        if (i == 0) start = cpu();
        uint64_t begun = wall();
        contender_context(a[2], tokens);
        if (i >= 0) t[i] = wall() - begun;
    }
    uint64_t used = cpu() - start;
    answer held = contender_answer();
    snprintf(check, sizeof check, "%d:%d", held.entries, held.tokens);
    report("w3", a[0], t, n, used, check);
    contender_close();
}

static void w4(char **a) {
    int n = atoi(a[4]);
    bool any = strcmp(a[3], "or") == 0;
    uint64_t *t = room((size_t)n, sizeof *t), start = 0, ids = 0, hits = 0;
    char line[512], check[60];
    FILE *f = fopen(a[2], "r");
    if (!f) fail(a[2], "cannot be read");
    contender_open(a[1], NULL, false);
    for (int i = -20; i < n; i++) {
        if (i == 0) rewind(f);
        while (!fgets(line, sizeof line, f))
            rewind(f);
        line[strcspn(line, "\n")] = 0;
        if (i == 0) start = cpu();
        uint64_t begun = wall();
        found all = contender_search(line, any, a[5]);
        if (i < 0) continue;
        t[i] = wall() - begun;
        hits += all.hits;
        ids += all.ids;
    }
    uint64_t used = cpu() - start;
    snprintf(check, sizeof check, "%llu:%llu", (unsigned long long)hits, (unsigned long long)ids);
    report("w4", a[0], t, n, used, check);
    fclose(f);
    contender_close();
}

static void w5(char **a) {
    int n = atoi(a[2]);
    line *rows = room((size_t)n, sizeof *rows);
    double sum = 0;
    uint64_t used = 0;
    contender_rule(a[0]);
    corpus_open(a[1]);
    for (int i = 0; i < n; i++)
        corpus_next(&rows[i]);
    for (int pass = 0; pass < 2; pass++) {
        uint64_t begun = cpu();
        sum = 0;
        for (int i = 0; i < n; i++)
            sum += contender_score(&rows[i]);
        used = cpu() - begun;
    }
    printf(
        "{\"w\":\"w5\",\"x\":\"rule\",\"c\":\"%s\",\"n\":%d,\"cpu_us\":%.4f,\"check\":\"%.3f\"}\n",
        name(), n, (double)used / 1e3 / n, sum);
}

static void w6(char **a) {
    contender_open(a[0], NULL, false);
    contender_context(a[1], budget());
    answer held = contender_answer();
    printf("%d:%d\n", held.entries, held.tokens);
    contender_close();
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int arguments;
        void (*run)(char **a);
    } verbs[] = {{"w1", 4, w1}, {"w2", 5, w2}, {"w3", 4, w3}, {"w4", 5, w4},
                 {"w4", 6, w4}, {"w5", 3, w5}, {"w6", 2, w6}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (argc != verbs[i].arguments + 2 || strcmp(argv[1], verbs[i].name) != 0) continue;
        verbs[i].run(argv + 2);
        return 0;
    }
    fail(argc > 1 ? argv[1] : "", "no such verb, or the wrong number of arguments");
    return 2;
}
