/* Four processes that write, four that read and one that makes backups, together on one file for a while: nobody is told that it is busy,
 * nothing is lost, and the log stays bounded. */
#include "child.h"
#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

#define EACH 4
#define ALL (2 * EACH + 1)
/* A log is begun again when it has been written back and nobody reads it any more. */
#define LOG_MAX (64 * 1024 * 1024)

static const char *duration(void) {
    return getenv("KALITO_LONG") ? "60000" : "5000";
}

static int64_t size_of(const char *path, const char *suffix) {
    char name[400];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

static bool any_runs(child *children, int count) {
    bool any = false;
    for (int i = 0; i < count; i++)
        if (children[i].pid && child_listen(&children[i], 0))
            any = true;
        else
            children[i].pid = children[i].pid ? -children[i].pid : 0;
    return any;
}

static void readers_and_writers_work_together(void **state) {
    fixture *f = *state;
    static child children[ALL];
    world_make(f, "wal");
    int64_t before = integer(f, "SELECT count(*) FROM messages"), log = 0;
    for (int i = 0; i < EACH; i++) {
        char session[] = {(char)('a' + i), 0};
        const char *const writer[] = {"writer", "soak", f->path, session, duration(), NULL};
        const char *const reader[] = {"writer", "read", f->path, duration(), NULL};
        child_start(&children[2 * i], WRITER, writer);
        child_start(&children[2 * i + 1], WRITER, reader);
    }
    const char *const copier[] = {"writer", "backup", f->path, f->dir, duration(), NULL};
    child_start(&children[2 * EACH], WRITER, copier);
    while (any_runs(children, ALL)) {
        int64_t size = size_of(f->path, "-wal");
        if (size > log) log = size;
        usleep(20000);
    }
    long done[3] = {0}; /* written, read, backed up */
    for (int i = 0; i < ALL; i++) {
        if (children[i].pid < 0) children[i].pid = -children[i].pid;
        int status = child_wait(&children[i]);
        if (status != 0)
            fail_msg("process %d ended with %s", i,
                     status < 16 ? kal_code_name(status) : "a signal");
        assert_true(child_last(&children[i], 0) > 0);
        done[i == 2 * EACH ? 2 : i % 2] += child_last(&children[i], 0);
    }
    assert_int_equal(integer(f, "SELECT count(*) FROM messages"), before + done[0]);
    world_check(f->path, "after the soak");
    print_message("# %ld messages, read %ld times, %ld backups, log at most %.1f MB\n", done[0],
                  done[1], done[2], (double)log / 1e6);
    if (log > LOG_MAX) fail_msg("the log had %ld bytes", (long)log);
}

int main(void) {
    const struct CMUnitTest tests[] = {ON_FOLDER(readers_and_writers_work_together)};
    return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
