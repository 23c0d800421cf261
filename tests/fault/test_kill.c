/* kill -9 at random: processes that write are killed and started again, one at a time and four at once. Each goes
 * on where its last acknowledged message was. In the end every session has exactly the messages 1 to n, in this
 * order, and at most one call's worth more than was acknowledged. */
#include "child.h"
#include "world.h"

#include <unistd.h>

#define WRITERS 4

static int64_t kills_wanted(void) {
    return getenv("KALITO_LONG") ? 2000 : 100;
}

/* Lets the child work for a random time: some die before they have opened the file. */
static void kill_soon(child *c, dice *d) {
    if (below(d, 4) == 0) {
        usleep((useconds_t)below(d, 4000));
    } else {
        int64_t lines = below(d, 30);
        for (int64_t ms = 5 + below(d, 40); ms > 0 && child_last(c, -1) < 0; ms--)
            child_listen(c, 1);
        long first = child_last(c, 0);
        while (child_last(c, 0) - first < lines)
            if (!child_listen(c, 1) || lines-- < 0) break;
        usleep((useconds_t)below(d, 600));
    }
    child_kill(c);
}

static void start(child *c, const char *path, const char *session, long from) {
    char number[32];
    snprintf(number, sizeof number, "%ld", from);
    const char *const argv[] = {"writer", "write", path, session, number, NULL};
    child_start(c, WRITER, argv);
}

/* Of the session exactly the messages up to its last acknowledged one, and at most one call's more. */
static void check_session(fixture *f, const char *session, long acknowledged) {
    int64_t stored = integer(f, "SELECT count(*) FROM messages WHERE session_id = '%s'", session);
    if (stored < acknowledged || stored > acknowledged + 3)
        fail_msg("%s: %ld acknowledged, %ld stored", session, acknowledged, (long)stored);
    int64_t wrong = integer(
        f,
        "SELECT count(*) FROM (SELECT external_id AS e, row_number() OVER (ORDER BY id) AS n"
        " FROM messages WHERE session_id = '%s') WHERE e <> '%s-' || n",
        session, session);
    if (wrong) fail_msg("%s: %ld messages are out of order or doubled", session, (long)wrong);
}

/* The file must be there as soon as a message has been acknowledged. */
static void check(fixture *f, const long *last, int writers) {
    long sum = 0;
    for (int i = 0; i < writers; i++)
        sum += last[i];
    if (access(f->path, F_OK) != 0) {
        assert_int_equal(sum, 0);
        return;
    }
    /* Not made, or not adopted yet. */
    if (sum == 0 && !integer(f, "SELECT count(*) FROM sqlite_master WHERE name = 'kalito_meta'")) {
        world_check_file(f->path, "after a kill", false);
        return;
    }
    for (int i = 0; i < writers; i++)
        check_session(f, (char[]){(char)('a' + i), 0}, last[i]);
    /* A write completes the index; what the killed ones had committed is complete already. */
    world_check(f->path, "after a kill");
}

/* Kills on one file, from its creation on. */
static void kill_many(fixture *f, int writers, int64_t kills, dice *d) {
    static child children[WRITERS];
    long last[WRITERS] = {0};
    for (int64_t done = 0; done < kills; done += writers) {
        for (int i = 0; i < writers; i++)
            start(&children[i], f->path, (char[]){(char)('a' + i), 0}, last[i] + 1);
        for (int i = 0; i < writers; i++) {
            kill_soon(&children[i], d);
            last[i] = child_last(&children[i], last[i]);
        }
        check(f, last, writers);
    }
    reopen(f);
    add_session(f, "end");
    add_message(f, "end", "uniqend");
    world_check(f->path, "at the end");
    long sum = 0;
    for (int i = 0; i < writers; i++)
        sum += last[i];
    print_message("# %ld kills of %d, %ld messages\n", (long)kills, writers, sum);
}

static void kill_rounds(fixture *f, int writers) {
    dice d = {.state = (uint64_t)writers};
    int64_t left = kills_wanted();
    for (int file = 0; left > 0; file++) {
        int64_t kills = left < 60 ? left : 60;
        sqlite3_close(f->other);
        f->other = NULL;
        kal_store_close(f->store);
        f->store = NULL;
        snprintf(f->path, sizeof f->path, "%s/%d.db", f->dir, file);
        /* Every other file is made by the first writer, whenever that is killed. */
        if (file % 2) {
            world_original(f, "delete");
            run(f, "DELETE FROM messages");
        }
        kill_many(f, writers, kills, &d);
        left -= kills;
    }
}

static void a_killed_writer_loses_and_doubles_nothing(void **state) {
    kill_rounds(*state, 1);
}

static void four_killed_writers_lose_and_double_nothing(void **state) {
    kill_rounds(*state, WRITERS);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, in_memory_folder, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_writer_loses_and_doubles_nothing),
        TEST(four_killed_writers_lose_and_double_nothing),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
