/* A process that uses a database until it is killed or its time is over. Exits with the kal_code of what failed.
 *   write PATH SESSION FROM  adds messages FROM, FROM+1, ... and prints each number once it is acknowledged
 *   soak PATH SESSION MS     the same for so long; prints how many at the end
 *   read PATH MS             reads everything there is, again and again; prints how often
 *   backup PATH FOLDER MS    makes backups and removes them; prints how many
 */
#include "world.h"

#include <time.h>
#include <unistd.h>

static kal_store *store;
static kal_err err;

static void give_up(const char *what, kal_code code) {
    fprintf(stderr, "%s: %s: %s\n", what, kal_code_name(code), err.message);
    _exit(code ? (int)code : 99);
}

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void open_store(const char *path) {
    kal_options options = {.create = true};
    kal_code code = kal_store_open(path, &options, &store, &err);
    if (code != KAL_OK) give_up("open", code);
}

/* A number that was stored just before the last kill is there already: the retry changes nothing. */
static void add(const char *session, long number) {
    char id[64], text[200];
    snprintf(id, sizeof id, "%s-%ld", session, number);
    snprintf(text, sizeof text, "Message uniq%s%ld: the boiler manual is in drawer %ld", session,
             number, number % 50);
    kal_message row = {.session = T(session),
                       .role = T(number % 2 ? "user" : "assistant"),
                       .text = T(text),
                       .external_id = T(id)};
    kal_code code = kal_message_add(store, &row, &err);
    if (code != KAL_OK && code != KAL_EXISTS) give_up("add", code);
}

static void add_three(const char *session, long number) {
    kal_code code = kal_store_begin(store, &err);
    if (code != KAL_OK) give_up("begin", code);
    for (long i = 0; i < 3; i++)
        add(session, number + i);
    code = kal_store_commit(store, &err);
    if (code != KAL_OK) give_up("commit", code);
}

static void pin(const char *session, long number) {
    char id[64];
    snprintf(id, sizeof id, "%s-%ld", session, number % 4);
    kal_pin row = {.id = T(id), .session = T(session), .content = T("the boiler")};
    kal_code code = kal_pin_add(store, &row, &err);
    if (code == KAL_EXISTS) code = kal_pin_del(store, T(id), &err);
    if (code != KAL_OK) give_up("pin", code);
}

static void say(long from, long to) {
    char line[64];
    for (; from <= to; from++) {
        int n = snprintf(line, sizeof line, "%ld\n", from);
        if (write(1, line, (size_t)n) != n) _exit(98);
    }
}

/* Adds from `number` on until `end` ms, once at least; returns the next number. */
static long write_on(const char *path, const char *session, long number, int64_t end, bool aloud) {
    open_store(path);
    kal_session row = {.id = T(session)};
    kal_code code = kal_session_add(store, &row, &err);
    if (code != KAL_OK && code != KAL_EXISTS) give_up("session", code);
    for (long first = number; !end || number == first || now_ms() < end;) {
        long count = number % 7 ? 1 : 3;
        if (count == 3)
            add_three(session, number);
        else
            add(session, number);
        if (aloud) say(number, number + count - 1);
        number += count;
        if (number % 5 == 0) pin(session, number);
        if (number % 61 == 0) {
            kal_store_close(store);
            open_store(path);
        }
    }
    kal_store_close(store);
    return number;
}

static long read_on(const char *path, int64_t end) {
    long rounds = 0;
    int failures;
    open_store(path);
    for (; rounds == 0 || now_ms() < end; rounds++) {
        kal_code code = world_read(store, &failures);
        if (code != KAL_OK) give_up("read", code);
    }
    kal_store_close(store);
    return rounds;
}

static long back_up_on(const char *path, const char *folder, int64_t end) {
    static kal_backup made, seen;
    long rounds = 0;
    open_store(path);
    for (; rounds == 0 || now_ms() < end; rounds++) {
        kal_code code = kal_store_backup(store, folder, &made, &err);
        if (code == KAL_OK) code = kal_backup_verify(made.path, &seen, &err);
        if (code != KAL_OK) give_up("backup", code);
        unlink(made.path);
    }
    kal_store_close(store);
    return rounds;
}

int main(int argc, char **argv) {
    if (argc == 5 && strcmp(argv[1], "write") == 0) {
        write_on(argv[2], argv[3], atol(argv[4]), 0, true);
    } else if (argc == 5 && strcmp(argv[1], "soak") == 0) {
        printf("%ld\n", write_on(argv[2], argv[3], 1, now_ms() + atol(argv[4]), false) - 1);
    } else if (argc == 4 && strcmp(argv[1], "read") == 0) {
        printf("%ld\n", read_on(argv[2], now_ms() + atol(argv[3])));
    } else if (argc == 5 && strcmp(argv[1], "backup") == 0) {
        printf("%ld\n", back_up_on(argv[2], argv[3], now_ms() + atol(argv[4])));
    } else {
        return 99;
    }
    return 0;
}
