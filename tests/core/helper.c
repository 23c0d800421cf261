/* Another process on a store, for the tests: each verb does one thing and exits with the kal_code of what it
 * did, or 99 for what must not happen. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kalito.h"

static kal_err err;

static kal_store *opened(const char *path, kal_options options) {
    kal_store *store;
    kal_code code = kal_store_open(path, &options, &store, &err);
    if (code != KAL_OK) exit((int)code);
    return store;
}

static kal_code add(kal_store *store, const char *session, const char *text) {
    kal_message row = {
        .session = kal_text(session), .role = kal_text("user"), .text = kal_text(text)};
    return kal_message_add(store, &row, &err);
}

/* create PATH */
static kal_code create(char **arg) {
    kal_store_close(opened(arg[0], (kal_options){.create = true}));
    return KAL_OK;
}

/* add PATH SESSION COUNT TEXT: each in a transaction of its own. */
static kal_code add_many(char **arg) {
    kal_store *store = opened(arg[0], (kal_options){.busy_ms = 60000});
    kal_code code = KAL_OK;
    for (int i = atoi(arg[2]); i > 0 && code == KAL_OK; i--)
        code = add(store, arg[1], arg[3]);
    kal_store_close(store);
    return code;
}

/* hold PATH READY MS: keeps the write lock, and says so by making the file READY. */
static kal_code hold(char **arg) {
    kal_store *store = opened(arg[0], (kal_options){0});
    kal_code code = kal_store_begin(store, &err);
    FILE *ready = fopen(arg[1], "w");
    if (ready) fclose(ready);
    usleep((useconds_t)atoi(arg[2]) * 1000);
    if (code == KAL_OK) code = kal_store_commit(store, &err);
    kal_store_close(store);
    return code;
}

/* die PATH SESSION: is killed between adding and committing. */
static kal_code die(char **arg) {
    kal_store *store = opened(arg[0], (kal_options){0});
    if (kal_store_begin(store, &err) != KAL_OK) return 99;
    for (int i = 0; i < 1000; i++)
        if (add(store, arg[1], "never to be seen") != KAL_OK) return 99;
    return raise(SIGKILL) == 0 ? 99 : 98;
}

/* weak VERB PATH SESSION: as a user who owns nothing. VERB open, read or add. */
static kal_code weak(char **arg) {
    if (setgid(65534) != 0 || setuid(65534) != 0) return 77;
    kal_options options = {.read_only = strcmp(arg[0], "read") == 0};
    kal_store *store = opened(arg[1], options);
    kal_session row;
    kal_code code = kal_session_get(store, kal_text(arg[2]), &row, &err);
    if (code == KAL_OK && strcmp(arg[0], "add") == 0) code = add(store, arg[2], "hello");
    kal_store_close(store);
    return code;
}

/* backup PATH TARGET */
static kal_code back_up(char **arg) {
    kal_backup made;
    kal_store *store = opened(arg[0], (kal_options){0});
    kal_code code = kal_store_backup(store, arg[1], &made, &err);
    kal_store_close(store);
    return code;
}

/* restore PATH BACKUP */
static kal_code restore(char **arg) {
    kal_backup kept;
    return kal_store_restore(&(kal_restore){.path = arg[0], .backup = arg[1]}, &kept, &err);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int count;
        kal_code (*run)(char **arg);
    } verbs[] = {{"create", 1, create},
                 {"add", 4, add_many},
                 {"hold", 3, hold},
                 {"die", 2, die},
                 {"weak", 3, weak},     {"backup", 2, back_up}, {"restore", 2, restore}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, argv[1]) == 0 && argc == verbs[i].count + 2)
            return (int)verbs[i].run(argv + 2);
    return 99;
}
