/* The whole program under failing allocations and a failing disk: every command, a call at a time and from then
 * on. It ends with an exit status, never a signal; 0 means that it has done all and said what it always says; else
 * it says what was wrong and the database is as it was, or as it becomes. See failing.c. */
#include "program.h"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int runs, wrong;

/* Most defects show at more than one point. */
#define WRONG(...)                              \
    do {                                        \
        print_error("# " __VA_ARGS__);          \
        print_error("\n");                      \
        if (++wrong > 40) fail_msg("and more"); \
    } while (0)

static bool is_long(void) {
    return getenv("KALITO_LONG") != NULL;
}

/* What may be left by a command that failed. */
typedef enum outcome {
    WHOLE, /* all of it or nothing */
    PARTS, /* what came first may be there: it works through a list */
    TIMED, /* the same, and it notes how long it took: no two runs leave the same */
    ANY    /* even when all is well: a policy that cannot run is replaced, and said to be */
} outcome;

typedef enum base { NOTHING, WORLD, WORLD_JOURNAL, ORIGINAL_LOG, ORIGINAL_JOURNAL } base;
static const char *const BASES[] = {NULL, "world-wal", "world-delete", "original-wal", "original-delete"};

typedef struct command {
    const char *words; /* separated by |; @ is the folder */
    base base;
    outcome outcome;
    const char *made; /* a file that is whole or not there */
    int stride;       /* of failing allocations in the normal run */
} command;

static const command COMMANDS[] = {
    {"--version", NOTHING, WHOLE, NULL, 31},
    {"init", NOTHING, PARTS, NULL, 397},
    {"add|s|--role|user|Where did we park? uniq901", WORLD, WHOLE, NULL, 97},
    {"import|@/plain.jsonl", WORLD_JOURNAL, PARTS, NULL, 397},
    {"--db|@/test.db|import|@/native.jsonl", NOTHING, PARTS, NULL, 997},
    {"context|s|--budget|1000|--query|boiler", WORLD, WHOLE, NULL, 397},
    {"search|boiler", WORLD, WHOLE, NULL, 397},
    {"recall|where did we park", WORLD, WHOLE, NULL, 797},
    {"export|--all", WORLD, WHOLE, NULL, 797},
    {"export|--all|--output|@/out.jsonl", WORLD_JOURNAL, WHOLE, "out.jsonl", 1597},
    {"backup|@/away", WORLD, WHOLE, NULL, 397},
    {"restore|@/kept/backup.db", WORLD, WHOLE, NULL, 397},
    {"migrate", ORIGINAL_JOURNAL, WHOLE, NULL, 797},
    {"migrate", ORIGINAL_LOG, WHOLE, NULL, 1597},
    {"chat|s|--model|ollama:plain", WORLD, TIMED, NULL, 797},
    {"summary|make|s|--last|6|--no-model", WORLD, WHOLE, NULL, 797},
    {"session|archive|merge", WORLD_JOURNAL, WHOLE, NULL, 797},
    {"session|forget|gone", WORLD, WHOLE, NULL, 797},
    {"optimize", WORLD, WHOLE, NULL, 797},
    {"check", WORLD, WHOLE, NULL, 1597},
    {"recover|@/kept/bad.db|@/away/new.db", WORLD, WHOLE, NULL, 1597},
    {"--scripts|@/scripts|add|s|--role|user|Where did we park? uniq901", WORLD, ANY, NULL, 397},
};
#define COMMANDS_COUNT (sizeof COMMANDS / sizeof *COMMANDS)

/* One run of a command with a fault at one point. */
typedef struct attempt {
    const command *command;
    const char *kind;
    long n;
    bool persistent;
    uint64_t before, after;
    char *out; /* what it prints when nothing fails */
    char *made;
    size_t made_size;
    char label[200];
} attempt;

/* The databases that the commands are run on, and the files that they read. */
static void prepare(fixture *f) {
    char path[400], kept[320];
    snprintf(kept, sizeof kept, "%s/kept", f->dir);
    mkdir(kept, 0700);
    for (int i = WORLD; i <= ORIGINAL_JOURNAL; i++) {
        world_remove(f->path);
        if (i == WORLD || i == WORLD_JOURNAL)
            world_make(f, i == WORLD ? "wal" : "delete");
        else
            world_original(f, i == ORIGINAL_LOG ? "wal" : "delete");
        snprintf(path, sizeof path, "%s/%s", kept, BASES[i]);
        world_copy(f->path, path);
    }
    program_files(f);
}

/* The folder as the command finds it. */
static void lay_out(fixture *f, const command *c) {
    char path[400];
    program_clean(f);
    if (c->base == NOTHING) return;
    snprintf(path, sizeof path, "%s/kept/%s", f->dir, BASES[c->base]);
    world_copy(path, f->path);
}

static char *made_file(fixture *f, const command *c, size_t *size) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f->dir, c->made ? c->made : "?");
    *size = 0;
    return c->made && access(path, F_OK) == 0 ? read_file(path, size) : NULL;
}

static uint64_t state(fixture *f) {
    return access(f->path, F_OK) == 0 ? world_hash(f->path) : world_hash("");
}

/* The same but for digits: times are those of the day. */
static bool same_words(const char *a, const char *b) {
    static const char DIGITS[] = "0123456789";
    for (; *a || *b; a++, b++)
        if (*a != *b && (!*a || !*b || !strchr(DIGITS, *a) || !strchr(DIGITS, *b))) return false;
    return true;
}

static void check_success(const attempt *a, const ended *e, uint64_t now) {
    if (a->command->outcome == ANY) return;
    if (!same_words(e->out, a->out))
        WRONG("%s: succeeded, but says '%.300s' instead of '%.300s'", a->label, e->out, a->out);
    if (now != a->after && a->command->outcome != TIMED) WRONG("%s: succeeded, but is not there: %s", a->label, e->err);
}

static void check_failure(const attempt *a, const ended *e, uint64_t now) {
    if (e->status != 1) WRONG("%s: exit status %d: %s", a->label, e->status, e->err);
    /* What cannot be read is what check has to tell. */
    bool told = strcmp(a->command->words, "check") == 0 && *e->out == '!';
    if (!told && !strstr(e->err, "kalito: ")) WRONG("%s: no message: '%s'", a->label, e->err);
    if (a->command->outcome == WHOLE && now != a->before && now != a->after)
        WRONG("%s: failed, but left something: %s", a->label, e->err);
}

/* Whatever was left, the next write puts in order. */
static void go_on(fixture *f, const attempt *a) {
    kal_session session = {.id = T("s")};
    reopen(f);
    kal_code code = kal_session_add(f->store, &session, &f->err);
    if (code != KAL_OK && code != KAL_EXISTS) fail_msg("%s: then %s", a->label, f->err.message);
    add_message(f, "s", "after uniq999");
    kal_store_close(f->store);
    f->store = NULL;
    world_check(f->path, a->label);
}

/* What was made elsewhere is whole, and nothing else is left there, unless nothing can be removed. */
static void check_away(fixture *f, const attempt *a) {
    char pattern[400];
    glob_t found;
    kal_backup backup;
    snprintf(pattern, sizeof pattern, "%s/away/*", f->dir);
    if (strcmp(a->kind, "name") != 0 && glob(pattern, GLOB_PERIOD, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *name = strrchr(found.gl_pathv[i], '/') + 1;
            if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
            if (*name == '.' || kal_backup_verify(found.gl_pathv[i], &backup, &f->err) != KAL_OK)
                WRONG("%s: leaves %s", a->label, name);
        }
        globfree(&found);
    }
}

static void check_files(fixture *f, const attempt *a, bool success) {
    size_t size;
    char *made = made_file(f, a->command, &size);
    if (made && (size != a->made_size || memcmp(made, a->made, size) != 0))
        WRONG("%s: the file is not whole", a->label);
    free(made);
    check_away(f, a);
    world_copies(f->path, a->label);
    if (access(f->path, F_OK) != 0) return;
    bool ours = integer(f, "SELECT count(*) FROM sqlite_master WHERE name = 'kalito_meta'") > 0;
    sqlite3_close(f->other);
    f->other = NULL;
    world_check_file(f->path, a->label, ours && success);
    if (!success || runs % 8 == 0) go_on(f, a);
}

/* False when the fault did not come. */
static bool meet(fixture *f, attempt *a) {
    ended e;
    snprintf(a->label, sizeof a->label, "%s: %s no. %ld%s", a->command->words, a->kind, a->n,
             a->persistent ? " and on" : "");
    lay_out(f, a->command);
    program_run(f, a->command->words, a->kind, a->n, a->persistent, &e);
    if (e.status >= 128) WRONG("%s: ended by signal %d: %s", a->label, e.status - 128, e.err);
    uint64_t now = state(f);
    if (e.status == 0)
        check_success(a, &e, now);
    else
        check_failure(a, &e, now);
    if (!e.failures && e.status) WRONG("%s: fails without a fault: %s", a->label, e.err);
    check_files(f, a, e.status == 0);
    runs++;
    return e.failures > 0;
}

/* How the command ends when nothing fails. */
static void learn(fixture *f, attempt *a) {
    static ended e;
    lay_out(f, a->command);
    a->before = a->command->base == NOTHING ? world_hash("") : state(f);
    program_run(f, a->command->words, NULL, 0, false, &e);
    if (e.status) fail_msg("%s: %s", a->command->words, e.err);
    a->out = e.out;
    a->made = made_file(f, a->command, &a->made_size);
    a->after = state(f);
}

static void sweep(fixture *f, const command *c, const char *const *kinds, int count, int stride) {
    attempt a = {.command = c};
    learn(f, &a);
    for (int kind = 0; kind < count; kind++)
        for (int persistent = 0; persistent < 2; persistent++) {
            a.kind = kinds[kind];
            a.persistent = persistent;
            for (a.n = 1; meet(f, &a); a.n += stride)
                assert_true(a.n < 1000000);
        }
    free(a.made);
}

static void no_failing_allocation_kills_the_program_or_spoils_the_database(void **state_) {
    static const char *const MEMORY[] = {"memory"};
    fixture *f = *state_;
    prepare(f);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        const command *c = &COMMANDS[i];
        /* A worker does not live with sanitizers. */
        if (SANITIZED && c->outcome == ANY) continue;
        int stride = is_long() ? c->stride / 13 | 1 : SANITIZED ? c->stride * 17 : c->stride * 3;
        sweep(f, c, MEMORY, 1, stride);
    }
    print_message("# %d failing allocations\n", runs);
    assert_int_equal(wrong, 0);
}

static void no_failing_disk_kills_the_program_or_spoils_the_database(void **state_) {
    static const char *const DISK[] = {"write", "full", "short", "sync", "truncate", "open", "name", "read"};
    fixture *f = *state_;
    prepare(f);
    runs = wrong = 0;
    for (size_t i = 1; i < COMMANDS_COUNT; i++)
        if (COMMANDS[i].outcome != ANY)
            sweep(f, &COMMANDS[i], DISK, 8, is_long() ? 3 : 29);
    print_message("# %d failing calls to the disk\n", runs);
    assert_int_equal(wrong, 0);
}

/* Standard output on a full disk: what could not be told is a failure. */
static void what_cannot_be_printed_is_a_failure(void **state_) {
    fixture *f = *state_;
    static ended e;
    char path[400];
    prepare(f);
    snprintf(path, sizeof path, "%s/out", f->dir);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        const command *c = &COMMANDS[i];
        if (SANITIZED && c->outcome == ANY) continue;
        lay_out(f, c);
        program_run(f, c->words, NULL, 0, false, &e);
        bool silent = !*e.out;
        lay_out(f, c);
        unlink(path);
        assert_int_equal(symlink("/dev/full", path), 0);
        program_run(f, c->words, NULL, 0, false, &e);
        unlink(path);
        if (e.status != !silent || (!silent && !strstr(e.err, "kalito: ")))
            WRONG("%s: exit status %d, %s", c->words, e.status, e.err);
    }
    assert_int_equal(wrong, 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, program_start, program_end)
    const struct CMUnitTest tests[] = {
        TEST(no_failing_allocation_kills_the_program_or_spoils_the_database),
        TEST(what_cannot_be_printed_is_a_failure),
        TEST(no_failing_disk_kills_the_program_or_spoils_the_database),
    };
    /* With sanitizers the allocations only: there they tell of leaks. */
    size_t count = sizeof tests / sizeof *tests - SANITIZED;
    return _cmocka_run_group_tests("program", tests, count, NULL, NULL);
}
