/*
** perf.c: the contender `kalito`: the engine's C interface, nothing else of it. Two verbs more than the
** others have: the files that all contenders work on are made here.
**
**     init DB MODE SESSIONS               an empty database with these sessions
**     load DB CORPUS SESSIONS POOL N      the database of w3 and w6: ten pins and three summaries in every
**                                         session; 100, 10,000 and N messages in the last three
**
** The link step renames the core's calls of kali_index_message, so that a run without the search index is
** possible here and nowhere else.
*/
#include "bench.h"
#include "internal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char contender[] = "kalito";

static kal_store *store;
static kal_context *context;
static kal_err err;
static bool indexed = true;

static void must(kal_code code, const char *what) {
    if (code != KAL_OK) fail(what, err.message);
}

__typeof__(kali_index_message) __real_kali_index_message, __wrap_kali_index_message;
kal_code __wrap_kali_index_message(kal_store *s, const kali_document *d, kal_err *e) {
    return indexed ? __real_kali_index_message(s, d, e) : KAL_OK;
}

/* The store has no call for this: a file keeps the mode it has. */
static void set_journal(const char *path, const char *mode) {
    sqlite3 *db;
    bool wal = strncmp(mode, "wal", 3) == 0;
    if (strcmp(mode, "wal-normal") == 0) fail(mode, "kalito always writes with synchronous=FULL");
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", NULL,
                     NULL, NULL) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    sqlite3_close(db);
}

void contender_open(const char *path, const char *mode, bool index) {
    if (mode) set_journal(path, mode);
    must(kal_store_open(path, NULL, &store, &err), path);
    indexed = index;
}

void contender_close(void) {
    kal_context_close(context);
    kal_store_close(store);
}

/* ---- adding ---- */

static bool batch;

/* A message alone is one call, which is a transaction of its own: begin and commit are for batches. */
void contender_begin(void) {
    if (batch) must(kal_store_begin(store, &err), "begin");
}

void contender_commit(void) {
    if (batch) must(kal_store_commit(store, &err), "commit");
}

static kal_str field(const line *row, int i) {
    return (kal_str){row->field[i], (size_t)row->len[i]};
}

void contender_add(const line *row) {
    kal_message m = {.has = KAL_MESSAGE_TOKEN_USAGE | KAL_MESSAGE_IMPORTANCE,
                     .session = field(row, SESSION),
                     .role = field(row, ROLE),
                     .text = field(row, TEXT),
                     .model = field(row, MODEL),
                     .token_usage = number(row, TOKENS),
                     .importance_score = 0.5,
                     .created_at = field(row, CREATED)};
    must(kal_message_add(store, &m, &err), "message.add");
}

/* ---- contexts ---- */

static kal_plan plan;

static void build(const char *session, int budget, const kal_plan *p) {
    kal_request r = {.session = kal_text(session), .budget = budget, .plan = p};
    kal_context_close(context);
    must(kal_context_build(store, &r, &context, &err), "context.build");
}

/* How many items of a part the other contenders take, from `i` on in steps of `by`: each of their parts ends
** at the first entry that does not fit. */
static int64_t fitting(kal_part part, size_t i, size_t by, int budget, int *spent) {
    kal_item item;
    int64_t n = 0;
    for (; kal_context_item(context, i, &item) && item.part == part; i += by, n++) {
        int tokens = quarter(item.text.data, item.text.len);
        if (*spent + tokens > budget) break;
        *spent += tokens;
    }
    return n;
}

/* The plan that takes the rows which the others take: theirs end by a count of characters, ours by tokens. */
void contender_prepare(const char *session, int budget) {
    kal_context_info info;
    int spent = 0;
    plan = kal_plan_default();
    plan.block = 1;
    plan.pin.share = plan.summary.share = plan.recent.share = 1;
    build(session, 10000000, &plan);
    kal_context_stat(context, &info);
    int64_t held_pins = fitting(KAL_PART_PIN, 0, 1, budget, &spent);
    int64_t held_summaries = fitting(KAL_PART_SUMMARY, (size_t)held_pins, 1, budget, &spent);
    plan.recent.limit = fitting(KAL_PART_RECENT, info.items - 1, (size_t)-1, budget, &spent);
    plan.pin.limit = held_pins;
    plan.summary.limit = held_summaries;
}

/* Without contender_prepare (w6): the default plan and the budget as given. */
void contender_context(const char *session, int budget) {
    bool same_rows = plan.recent.limit != 0;
    build(session, same_rows ? 10000000 : budget, same_rows ? &plan : NULL);
}

answer contender_answer(void) {
    answer held = {0, 0};
    kal_item item;
    for (size_t i = 0; kal_context_item(context, i, &item); i++) {
        if (!item.in || item.part == KAL_PART_PERSONA) continue;
        held.entries++;
        held.tokens += quarter(item.text.data, item.text.len);
    }
    return held;
}

/* ---- searching ---- */

found contender_search(const char *words, bool any, const char *session) {
    char query[1024] = "";
    size_t n = 0, count;
    for (; *words && n + 8 < sizeof query; words++)
        n += (size_t)snprintf(query + n, sizeof query - n, any && *words == ' ' ? " OR " : "%c",
                              *words);
    kal_str only = session ? kal_text(session) : (kal_str){NULL, 0};
    kal_search s = {.text = {query, n},
                    .sessions = session ? &only : NULL,
                    .session_count = session != NULL,
                    .limit = 10};
    kal_found rows[10];
    must(kal_search_find(store, &s, rows, &count, &err), "search.find");
    found all = {count, 0};
    for (size_t i = 0; i < count; i++)
        all.ids += strtoull(rows[i].id.data, NULL, 10);
    return all;
}

/* ---- the rule: scripts/policies/score.lua with the same helpers, called from C ---- */

enum { QUESTION, CODE, SOLUTION, EXPLANATION, LISTS };
static void *sets[LISTS];

void contender_rule(const char *path) {
    static const char *const kinds[LISTS] = {"question", "code", "solution", "explanation"};
    static char text[512][64];
    kal_str words[LISTS][512];
    size_t n[LISTS] = {0}, lines = 0;
    char kind[32];
    FILE *f = fopen(path, "r");
    if (!f) fail(path, "cannot be read");
    while (lines < 512 && fscanf(f, "%31[^\t]\t%63[^\n]\n", kind, text[lines]) == 2) {
        for (int k = 0; k < LISTS; k++)
            if (strcmp(kind, kinds[k]) == 0) words[k][n[k]++] = kal_text(text[lines]);
        lines++;
    }
    fclose(f);
    for (int k = 0; k < LISTS; k++) {
        size_t size = kal_words_size(words[k], n[k]);
        sets[k] = malloc(size);
        if (!n[k] || !sets[k] || !kal_words_build(sets[k], size, words[k], n[k]))
            fail(path, "is no set of word lists");
    }
}

static double score_user(kal_str text) {
    kal_text_stats s;
    kal_text_scan(text, &s);
    double score = 0.6;
    if (s.questions || kal_words_lead(sets[QUESTION], text, 1)) score += 0.2;
    if (s.code_blocks + s.code_spans + s.identifiers || kal_words_count(sets[CODE], text, 1))
        score += 0.1;
    return score;
}

static bool has_structure(kal_str text) {
    kal_text_stats s;
    kal_text_scan(text, &s);
    return s.code_blocks || s.numbered_items >= 2;
}

static double score_assistant(kal_str text) {
    double score = 0.5;
    if (text.len < 16) return score;
    if (kal_words_count(sets[SOLUTION], text, 1) || has_structure(text)) score += 0.3;
    if (kal_words_count(sets[EXPLANATION], text, 1)) score += 0.2;
    return score;
}

double contender_score(const line *row) {
    kal_str text = field(row, TEXT);
    return row->field[ROLE][0] == 'u' ? score_user(text) : score_assistant(text);
}

/* ---- making the files ---- */

#define SESSIONS_MAX 20000

static char ids[SESSIONS_MAX][40];

static int read_sessions(const char *path) {
    FILE *f = fopen(path, "r");
    int n = 0;
    if (!f) fail(path, "cannot be read");
    while (n < SESSIONS_MAX && fgets(ids[n], sizeof ids[n], f)) {
        ids[n][strcspn(ids[n], "\n")] = 0;
        n++;
    }
    fclose(f);
    return n;
}

static int init(const char *path, const char *sessions) {
    kal_options options = {.create = true};
    int n = read_sessions(sessions);
    must(kal_store_open(path, &options, &store, &err), path);
    must(kal_store_begin(store, &err), "begin");
    for (int i = 0; i < n; i++) {
        kal_session row = {.id = kal_text(ids[i]), .name = kal_text("s")};
        must(kal_session_add(store, &row, &err), "session.add");
    }
    must(kal_store_commit(store, &err), "commit");
    return n;
}

static void add_notes(FILE *pool, const char *session) {
    char text[8192], at[32];
    for (int i = 0; i < 13; i++) {
        if (!fgets(text, sizeof text, pool)) {
            rewind(pool);
            if (!fgets(text, sizeof text, pool)) fail("pool", "is empty");
        }
        text[strcspn(text, "\n")] = 0;
        double score = 0.5 + (i * 7 % 50) / 100.0;
        snprintf(at, sizeof at, "2025-02-01T00:00:%02d.000Z", i);
        kal_pin pin = {.has = KAL_PIN_IMPORTANCE,
                       .session = kal_text(session),
                       .content = kal_text(text),
                       .importance_score = score,
                       .created_at = kal_text(at)};
        kal_summary summary = {.has = KAL_SUMMARY_IMPORTANCE,
                               .session = kal_text(session),
                               .summary = kal_text(text),
                               .importance_score = score,
                               .created_at = kal_text(at)};
        must(i < 10 ? kal_pin_add(store, &pin, &err) : kal_summary_add(store, &summary, &err),
             "notes");
    }
}

static void add_messages(const char *session, long n) {
    line row;
    for (long i = 0; i < n; i++) {
        if (i % 1000 == 0) must(kal_store_begin(store, &err), "begin");
        corpus_next(&row);
        row.field[SESSION] = session;
        row.len[SESSION] = (int)strlen(session);
        contender_add(&row);
        if (i % 1000 == 999 || i == n - 1) must(kal_store_commit(store, &err), "commit");
    }
}

static void load(char **a) {
    int n = init(a[0], a[2]);
    FILE *pool = fopen(a[3], "r");
    if (!pool) fail(a[3], "cannot be read");
    must(kal_store_begin(store, &err), "begin");
    for (int i = 0; i < n; i++)
        add_notes(pool, ids[i]);
    must(kal_store_commit(store, &err), "commit");
    fclose(pool);
    const long sizes[] = {100, 10000, atol(a[4])};
    for (int k = 0; k < 3; k++) {
        corpus_open(a[1]);
        add_messages(ids[n - 3 + k], sizes[k]);
    }
    contender_close();
}

/* The verbs of perf.c come first, the rest is bench.c's main under another name. */
int bench_main(int argc, char **argv);
int main(int argc, char **argv) {
    batch = argc > 1 && strcmp(argv[1], "w1") != 0;
    if (argc == 7 && strcmp(argv[1], "load") == 0) {
        load(argv + 2);
    } else if (argc == 5 && strcmp(argv[1], "init") == 0) {
        init(argv[2], argv[4]);
        contender_close();
        set_journal(argv[2], argv[3]);
    } else {
        return bench_main(argc, argv);
    }
    return 0;
}
