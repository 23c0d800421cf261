/* Damages copies of a database one after the other and runs every function that reads over each.
 *   reader BASE DIR KIND FROM STEP
 * takes variants FROM, FROM + STEP, ...
 * Prints the number of every variant that it has survived. A hang ends with SIGALRM, a crash with its signal;
 * 90 and above: an error was not reported as it must be. */
#include "damage.h"
#include "world.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[400];
static int codes[32];
static bool both; /* for reading, and for writing; else the variants take turns */

static void bad(int status, const char *what, const char *message) {
    fprintf(stderr, "%s: %s\n", what, message);
    _exit(status);
}

/* Opens and reads the file; what is wrong with it is said with its name. */
static void look(bool read_only) {
    kal_options options = {.read_only = read_only, .busy_ms = 100};
    kal_store *store = NULL;
    kal_err err;
    int failures = 0;
    alarm(10);
    kal_code code = kal_store_open(path, &options, &store, &err);
    if (code != KAL_OK) {
        if (store) bad(90, "a store although opening failed", err.message);
        if (err.code != code || strncmp(err.message, path, strlen(path)) != 0)
            bad(91, "the message does not name the file", err.message);
        if (strlen(err.message) < strlen(path) + 5)
            bad(92, "the message does not name the trouble", err.message);
        if (code == KAL_MISUSE) bad(93, "called misuse", err.message);
    } else {
        code = world_read(store, &failures);
        kal_store_close(store);
    }
    codes[code]++;
    alarm(0);
}

static void survive(const char *base, const damage *d, int variant) {
    world_copy(base, path);
    d->apply(path, variant);
    if (both || variant % 2) look(true);
    if (both || variant % 2 == 0) look(false);
    printf("%d\n", variant);
    fflush(stdout);
}

static void limit_memory(void) {
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit limit = {256 << 20, 256 << 20};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(98);
#endif
}

int main(int argc, char **argv) {
    if (argc != 6) return 99;
    int kind = atoi(argv[3]), step = atoi(argv[5]);
    if (kind < 0 || kind >= damage_count || step < 1) return 99;
    both = step == 1;
    signal(SIGALRM, SIG_DFL);
    limit_memory();
    snprintf(path, sizeof path, "%s/damaged.db", argv[2]);
    for (int i = atoi(argv[4]); i < damage_variants(&damages[kind]); i += step)
        survive(argv[1], &damages[kind], i);
    fprintf(stderr, "# %s:", damages[kind].name);
    for (int i = 0; i < 32; i++)
        if (codes[i]) fprintf(stderr, " %s %d", kal_code_name((kal_code)i), codes[i]);
    fprintf(stderr, "\n");
    return 0;
}
