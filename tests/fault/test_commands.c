/* Commands under kill -9 at random, and on damaged files. A killed import, summary, backup, restore or migration has
 * done all or nothing and can be done again; a damaged file is refused with its name and the trouble, or read. */
#include "damage.h"
#include "program.h"

#include <glob.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool is_long(void) {
    return getenv("KALITO_LONG") != NULL;
}

static void copy_kept(fixture *f, const char *name) {
    char path[400];
    snprintf(path, sizeof path, "%s/kept/%s", f->dir, name);
    program_clean(f);
    world_copy(path, f->path);
}

static void keep(fixture *f, const char *name) {
    char path[400];
    snprintf(path, sizeof path, "%s/kept", f->dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/kept/%s", f->dir, name);
    world_copy(f->path, path);
}

static void prepare(fixture *f) {
    world_make(f, "wal");
    keep(f, "world-wal");
    world_remove(f->path);
    world_original(f, "wal");
    keep(f, "original-wal");
    program_files(f);
}

/* ---- kills */

typedef struct command {
    const char *words, *base;
    bool whole; /* in one transaction */
    const char *gone; /* what no byte of the files holds when it has been done again */
} command;

static const command KILLED[] = {{"import|@/plain.jsonl", "world-wal", true, NULL},
                                 {"summary|make|s|--last|6|--no-model", "world-wal", true, NULL},
                                 {"backup|@/away", "world-wal", true, NULL},
                                 {"restore|@/kept/backup.db", "world-wal", true, NULL},
                                 {"migrate", "original-wal", true, NULL},
                                 {"session|forget|gone", "world-wal", true, "uniqgone"}};

static void check_backups(fixture *f, const char *label) {
    char pattern[400];
    glob_t found;
    kal_backup backup;
    snprintf(pattern, sizeof pattern, "%s/away/*.db", f->dir);
    if (glob(pattern, 0, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (kal_backup_verify(found.gl_pathv[i], &backup, &f->err) != KAL_OK)
            fail_msg("%s: %s", label, f->err.message);
    globfree(&found);
}

static void check_gone(fixture *f, const command *c) {
    static const char *const SUFFIX[] = {"", "-wal", "-journal"};
    for (int i = 0; c->gone && i < 3; i++) {
        char path[400];
        size_t size;
        snprintf(path, sizeof path, "%s%s", f->path, SUFFIX[i]);
        if (access(path, F_OK) != 0) continue;
        char *data = read_file(path, &size);
        if (memmem(data, size, c->gone, strlen(c->gone))) fail_msg("%s: %s is left in %s", c->words, c->gone, path);
        free(data);
    }
}

/* Without a kill: how long it takes, what is there before and after. */
typedef struct known {
    uint64_t before, after;
    int64_t us;
} known;

static known learn(fixture *f, const command *c) {
    static ended e;
    struct timespec begun, done;
    known k;
    copy_kept(f, c->base);
    k.before = world_hash(f->path);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    program_run(f, c->words, NULL, 0, false, &e);
    clock_gettime(CLOCK_MONOTONIC, &done);
    if (e.status) fail_msg("%s: %s", c->words, e.err);
    k.after = world_hash(f->path);
    k.us = (done.tv_sec - begun.tv_sec) * 1000000 + (done.tv_nsec - begun.tv_nsec) / 1000;
    return k;
}

static void kill_at_random(fixture *f, const command *c, int kills, dice *d) {
    static ended e;
    known k = learn(f, c);
    int killed = 0;
    for (int i = 0; i < kills; i++) {
        copy_kept(f, c->base);
        killed += program_kill(f, c->words, below(d, k.us * 9 / 8));
        uint64_t now = world_hash(f->path);
        if (c->whole && now != k.before && now != k.after) fail_msg("%s: half done", c->words);
        world_check_file(f->path, c->words, false);
        world_copies(f->path, c->words);
        check_backups(f, c->words);
        /* Again: nothing is doubled. What says that it is done already may have another exit status. */
        program_run(f, c->words, NULL, 0, false, &e);
        if (e.status >= 128) fail_msg("%s: again: %s", c->words, e.err);
        if (c->whole && world_hash(f->path) != k.after) fail_msg("%s: again: %s", c->words, e.err);
        check_gone(f, c);
        program_run(f, "add|s|--role|user|after uniq999", NULL, 0, false, &e);
        if (e.status) fail_msg("%s: then: %s", c->words, e.err);
        world_check(f->path, c->words);
    }
    print_message("# %s: killed %d times of %d\n", c->words, killed, kills);
}

static void a_killed_command_has_done_all_or_nothing(void **state) {
    fixture *f = *state;
    dice d = {.state = 11};
    prepare(f);
    for (size_t i = 0; i < sizeof KILLED / sizeof *KILLED; i++)
        kill_at_random(f, &KILLED[i], is_long() ? 200 : 12, &d);
}

/* ---- damaged files */

static const char *const READING[] = {"check", "search|boiler", "recall|where did we park", "context|s",
                                      "export|--all", "stats", "doctor", "why|s",
                                      "sql|SELECT count(*), max(text) FROM messages", "session|list",
                                      "message|list|s", "summary|list|s", "pin|list", "persona|list"};
#define READING_COUNT (sizeof READING / sizeof *READING)

static int wrong;

static void read_damaged(fixture *f, const char *words, const char *label) {
    static ended e;
    const char *problem = NULL;
    program_run(f, words, NULL, 0, false, &e);
    if (e.status > 3) problem = "ends badly";
    else if (strstr(e.err, "attempt to ") || strstr(e.out, "attempt to ")) problem = "shows a defect";
    else if (e.status && !strstr(e.err, "kalito: ") && strcmp(words, "check") && strcmp(words, "doctor"))
        problem = "says nothing";
    else if (e.status == 2) problem = "is called misuse";
    else if (e.status == 1 && strcmp(words, "check") && strcmp(words, "doctor") && !strstr(e.err, f->path) &&
             !strstr(e.err, "mends it") && !strstr(e.err, "are not exported"))
        problem = "does not name the file";
    if (!problem) return;
    print_error("# %s: %s: status %d, %s: %.300s\n", label, words, e.status, problem, e.err);
    wrong++;
}

static void commands_that_read_refuse_damaged_files_or_read_them(void **state) {
    fixture *f = *state;
    int files = 0;
    prepare(f);
#ifndef __SANITIZE_ADDRESS__
    program_memory = 256 << 20;
#endif
    world_remove(f->path);
    world_make(f, "delete");
    reopen(f);
    ok(operations[12].run(f)); /* a context is saved */
    kal_store_close(f->store);
    f->store = NULL;
    keep(f, "damaged");
    for (int kind = 0; kind < damage_count; kind++) {
        const damage *d = &damages[kind];
        int step = d->stride * (is_long() ? 1 : 8);
        for (int variant = 0; variant < damage_variants(d); variant += step, files++) {
            char label[80];
            copy_kept(f, "damaged");
            d->apply(f->path, variant);
            snprintf(label, sizeof label, "%s %d", d->name, variant);
            /* The commands take turns, for there are many. */
            for (size_t i = 0; i < READING_COUNT; i++)
                if (is_long() || (files + (int)i) % 4 == 0) read_damaged(f, READING[i], label);
        }
    }
    program_memory = 0;
    print_message("# %d damaged files\n", files);
    assert_int_equal(wrong, 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, program_start, program_end)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_command_has_done_all_or_nothing),
        TEST(commands_that_read_refuse_damaged_files_or_read_them),
    };
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
