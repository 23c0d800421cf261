#include "program.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Nothing takes a tenth of it. */
#define WATCHDOG_MS 60000

/* ---- the server */

static FILE *server;

static void start_server(fixture *f) {
    char line[600];
    int port = 0;
    snprintf(line, sizeof line, "exec " SERVER " '%s/requests'", f->dir);
    server = popen(line, "r");
    if (!server || fscanf(server, "%d", &port) != 1) fail_msg("no model server");
    snprintf(line, sizeof line, "http://127.0.0.1:%d", port);
    setenv("OLLAMA_HOST", line, 1);
}

int program_start(void **state) {
    if (in_memory_folder(state) != 0) return -1;
    fixture *f = *state;
    char path[300];
    const struct {
        const char *name, *value;
    } variables[] = {{"HOME", f->dir}, {"XDG_CONFIG_HOME", f->dir}, {"XDG_DATA_HOME", f->dir},
                     {"KALITO_DB", f->path}, {"KALITO_TEST_NOW", "1762000000000"}, {"KALITO_TEST_IDS", "7"},
                     {"LC_ALL", "C.UTF-8"}, {"LUA_CPATH", MODULES "/?.so"},
                     /* A number of its own, and nothing that a failing allocation could make of it. */
                     {"ASAN_OPTIONS", "exitcode=77:allocator_may_return_null=1:intercept_tls_get_addr=0"}};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        setenv(variables[i].name, variables[i].value, 1);
    unsetenv("KALITO_PATH");
    snprintf(path, sizeof path, "%s/fail.log", f->dir);
    setenv("KALITO_FAIL_LOG", path, 1);
    start_server(f);
    return 0;
}

int program_end(void **state) {
    fixture *f = *state;
    char line[400];
    pclose(server);
    snprintf(line, sizeof line, "rm -rf '%s'", f->dir);
    if (system(line) != 0) return -1;
    return tear_down(state);
}

/* ---- runs */

size_t program_memory;

#define WORDS 16

static int split(fixture *f, const char *words, char *buffer, size_t size, char **argv) {
    int n = 0;
    size_t used = 0;
    argv[n++] = (char *)(uintptr_t) "kalito";
    argv[n++] = buffer;
    for (const char *p = words; *p; p++) {
        int more = *p == '@' ? snprintf(buffer + used, size - used, "%s", f->dir) : 1;
        if (*p != '@') buffer[used] = *p == '|' ? 0 : *p;
        used += (size_t)more;
        assert_true(used + 1 < size && n < WORDS - 1);
        if (*p == '|') argv[n++] = buffer + used;
    }
    buffer[used] = 0;
    argv[n] = NULL;
    return n;
}

static void read_into(fixture *f, const char *name, char *out, size_t size) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, out, size - 1) : 0;
    out[n > 0 ? n : 0] = 0;
    if (fd >= 0) close(fd);
}

static int wait_for(pid_t pid, const char *words) {
    int status, fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, WATCHDOG_MS) == 0) {
        kill(pid, SIGKILL);
        fail_msg("%s: does not end", words);
    }
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t start(fixture *f, const char *words) {
    static const char *const NAMES[] = {"in", "out", "err"};
    char buffer[2000], path[400], *argv[WORDS];
    posix_spawn_file_actions_t actions;
    struct rlimit before, limit;
    pid_t pid;
    split(f, words, buffer, sizeof buffer, argv);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, NAMES[i]);
        posix_spawn_file_actions_addopen(&actions, i, path, i ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600);
    }
    snprintf(path, sizeof path, "%s/fail.log", f->dir);
    unlink(path);
    getrlimit(RLIMIT_AS, &before);
    limit = before;
    if (program_memory) limit.rlim_cur = program_memory;
    setrlimit(RLIMIT_AS, &limit);
    int failed = posix_spawn(&pid, PROGRAM, &actions, NULL, argv, environ);
    setrlimit(RLIMIT_AS, &before);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(failed, 0);
    return pid;
}

void program_run(fixture *f, const char *words, const char *kind, long n, bool persistent, ended *out) {
    char buffer[64];
    snprintf(buffer, sizeof buffer, "%s:%ld%s", kind ? kind : "none", n, persistent ? "+" : "");
    setenv("KALITO_FAIL", buffer, 1);
    out->status = wait_for(start(f, words), words);
    read_into(f, "fail.log", buffer, sizeof buffer);
    out->failures = strchr(buffer, ' ') ? atol(strchr(buffer, ' ')) : 1;
    read_into(f, "out", out->out, sizeof out->out);
    read_into(f, "err", out->err, sizeof out->err);
}

bool program_kill(fixture *f, const char *words, int64_t us) {
    setenv("KALITO_FAIL", "none:0", 1);
    pid_t pid = start(f, words);
    usleep((useconds_t)us);
    kill(pid, SIGKILL);
    int status = wait_for(pid, words);
    if (status != 0 && status != 128 + SIGKILL) fail_msg("%s: exit status %d", words, status);
    return status != 0;
}

/* ---- files */

static void write_text(fixture *f, const char *name, const char *text) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    write_file(path, text, strlen(text));
}

static void write_lines(fixture *f) {
    static char text[4096];
    size_t n = 0;
    for (int i = 0; i < 12; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "{\"session\":\"%s\",\"role\":\"%s\",\"text\":\"Boat uniq%d lies in Oslo.\","
                              "\"id\":\"m%d\"}\n",
                              i % 3 ? "Trip" : "Other", i % 2 ? "assistant" : "user", 930 + i, i);
    write_text(f, "plain.jsonl", text);
}

/* A copy of `world` with another message, and one with a hole. */
static void write_copies(fixture *f) {
    char path[400];
    size_t size;
    snprintf(path, sizeof path, "%s/kept/world-wal", f->dir);
    world_copy(path, f->path);
    reopen(f);
    add_message(f, "s", "restored uniq950");
    kal_backup made;
    snprintf(path, sizeof path, "%s/kept/backup.db", f->dir);
    ok(kal_store_backup(f->store, path, &made, &f->err));
    kal_store_close(f->store);
    f->store = NULL;
    char *data = read_file(path, &size);
    memset(data + size / 4096 / 2 * 4096, 0xA5, 4096);
    snprintf(path, sizeof path, "%s/kept/bad.db", f->dir);
    write_file(path, data, size);
    free(data);
}

void program_files(fixture *f) {
    char path[400];
    ended e;
    write_text(f, "in", "Where did we park?\n");
    write_lines(f);
    write_copies(f);
    snprintf(path, sizeof path, "%s/scripts", f->dir);
    mkdir(path, 0700);
    strcat(path, "/policies");
    mkdir(path, 0700);
    write_text(f, "scripts/policies/score.lua",
               "return { name = 'score', score = function() return 0.25, { 'mine' } end }\n");
    snprintf(path, sizeof path, "%s/kept/world-wal", f->dir);
    world_copy(path, f->path);
    program_run(f, "export|--all|--output|@/native.jsonl", NULL, 0, false, &e);
    if (e.status) fail_msg("export: %s", e.err);
}

void program_clean(fixture *f) {
    static const char *const MADE[] = {"away/*", "out.jsonl*", ".partial-*", "*-wal", "*-shm"};
    char pattern[400];
    glob_t found;
    world_remove(f->path);
    snprintf(pattern, sizeof pattern, "%s/away", f->dir);
    mkdir(pattern, 0700);
    for (size_t i = 0; i < sizeof MADE / sizeof *MADE; i++) {
        snprintf(pattern, sizeof pattern, "%s/%s", f->dir, MADE[i]);
        if (glob(pattern, GLOB_PERIOD, NULL, &found) == 0)
            for (size_t k = 0; k < found.gl_pathc; k++)
                unlink(found.gl_pathv[k]);
        globfree(&found);
    }
}
