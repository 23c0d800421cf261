#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- fixtures */

static int64_t clock_of(void *context) {
    fixture *f = context;
    int64_t now = f->clock;
    f->clock += f->tick;
    return now;
}

static void id_of(void *context, char out[37]) {
    fixture *f = context;
    snprintf(out, 37, "00000000-0000-4000-8000-%012d", ++f->ids);
}

kal_options options_of(fixture *f) {
    return (kal_options){.create = true, .now = clock_of, .uuid = id_of, .context = f};
}

static fixture *make(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->clock = BEGINNING;
    f->tick = 1000;
    *state = f;
    return f;
}

static void make_folder(fixture *f) {
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/kalito-test-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/test.db", f->dir);
}

void reopen(fixture *f) {
    kal_options options = options_of(f);
    kal_store_close(f->store);
    f->store = NULL;
    ok(kal_store_open(f->path, &options, &f->store, &f->err));
}

kal_store *second_store(fixture *f) {
    kal_options options = options_of(f);
    kal_store *store;
    ok(kal_store_open(f->path, &options, &store, &f->err));
    return store;
}

int in_memory(void **state) {
    fixture *f = make(state);
    strcpy(f->path, ":memory:");
    reopen(f);
    return 0;
}

int in_file(void **state) {
    fixture *f = make(state);
    make_folder(f);
    reopen(f);
    return 0;
}

int in_folder(void **state) {
    make_folder(make(state));
    return 0;
}

static void remove_folder(const char *dir) {
    DIR *d = opendir(dir);
    struct dirent *e;
    char name[600];
    while (d && (e = readdir(d))) {
        if (e->d_name[0] == '.' && (!e->d_name[1] || e->d_name[1] == '.')) continue;
        snprintf(name, sizeof name, "%s/%s", dir, e->d_name);
        if (e->d_type == DT_DIR)
            remove_folder(name);
        else
            unlink(name);
    }
    if (d) closedir(d);
    rmdir(dir);
}

int tear_down(void **state) {
    fixture *f = *state;
    kal_store_close(f->store);
    sqlite3_close_v2(f->other);
    if (f->dir[0]) remove_folder(f->dir);
    free(f);
    return 0;
}

/* ---- checks */

void check_code(fixture *f, kal_code got, kal_code want, const char *call, const char *file,
                int line) {
    if (got != want) {
        print_error("%s gave %s (%s), not %s\n", call, kal_code_name(got),
                    got ? f->err.message : "", kal_code_name(want));
        _fail(file, line);
    }
    if (got != KAL_OK && f->err.code != got) {
        print_error("%s gave %s, but err.code is %s\n", call, kal_code_name(got),
                    kal_code_name(f->err.code));
        _fail(file, line);
    }
}

void check_says(const fixture *f, const char *words, const char *file, int line) {
    if (strstr(f->err.message, words)) return;
    print_error("'%s' does not say '%s'\n", f->err.message, words);
    _fail(file, line);
}

void check_text(kal_str text, const char *z, const char *file, int line) {
    if (!z && !text.data) return;
    if (z && text.data && strlen(z) == text.len && memcmp(z, text.data, text.len) == 0) return;
    print_error("'%.*s' is not '%s'\n", (int)text.len, text.data ? text.data : "(absent)",
                z ? z : "(absent)");
    _fail(file, line);
}

/* ---- rows */

void add_session(fixture *f, const char *id) {
    kal_session row = {.id = T(id)};
    ok(kal_session_add(f->store, &row, &f->err));
}

int64_t add_message_at(fixture *f, const char *session, const char *text, const char *time) {
    kal_message row = {
        .session = T(session), .role = T("user"), .text = T(text), .created_at = T(time)};
    ok(kal_message_add(f->store, &row, &f->err));
    return row.id;
}

int64_t add_message(fixture *f, const char *session, const char *text) {
    return add_message_at(f, session, text, NULL);
}

void add_pin(fixture *f, const char *session, const char *id, const char *content,
             double importance) {
    kal_pin row = {.has = KAL_PIN_IMPORTANCE,
                   .id = T(id),
                   .session = T(session),
                   .content = T(content),
                   .importance_score = importance};
    ok(kal_pin_add(f->store, &row, &f->err));
}

void add_summary(fixture *f, const char *session, const char *id, const char *text,
                 double importance) {
    kal_summary row = {.has = KAL_SUMMARY_IMPORTANCE,
                       .id = T(id),
                       .session = T(session),
                       .summary = T(text),
                       .importance_score = importance};
    ok(kal_summary_add(f->store, &row, &f->err));
}

void add_persona(fixture *f, const char *id, const char *category, bool is_default) {
    kal_persona row = {.has = KAL_PERSONA_IS_DEFAULT,
                       .id = T(id),
                       .name = T(id),
                       .prompt = T("You are helpful."),
                       .category = T(category),
                       .is_default = is_default};
    ok(kal_persona_add(f->store, &row, &f->err));
}

int64_t count_of(fixture *f, const char *session) {
    kal_session row;
    ok(kal_session_get(f->store, T(session), &row, &f->err));
    return row.message_count;
}

char *letters(size_t size) {
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'a', size);
    text[size] = 0;
    return text;
}

/* ---- the other program */

sqlite3 *other(fixture *f) {
    if (!f->other) {
        assert_int_equal(sqlite3_open(f->path, &f->other), SQLITE_OK);
        sqlite3_busy_timeout(f->other, 10000);
        assert_int_equal(sqlite3_exec(f->other, "PRAGMA foreign_keys = ON", 0, 0, 0), SQLITE_OK);
    }
    return f->other;
}

static sqlite3_stmt *prepared(fixture *f, const char *sql, va_list args) {
    sqlite3_stmt *q;
    char *text = sqlite3_vmprintf(sql, args);
    if (sqlite3_prepare_v2(other(f), text, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(f->other));
    sqlite3_free(text);
    return q;
}

void run(fixture *f, const char *sql, ...) {
    va_list args;
    va_start(args, sql);
    char *text = sqlite3_vmprintf(sql, args);
    va_end(args);
    char *message = NULL;
    if (sqlite3_exec(other(f), text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    sqlite3_free(text);
}

int64_t integer(fixture *f, const char *sql, ...) {
    va_list args;
    va_start(args, sql);
    sqlite3_stmt *q = prepared(f, sql, args);
    va_end(args);
    int rc = sqlite3_step(q);
    if (rc != SQLITE_ROW) fail_msg("%s: %s", sql, sqlite3_errmsg(f->other));
    int64_t value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

/* ---- files and processes */

char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s cannot be read", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*size + 1);
    assert_int_equal(fread(data, 1, *size, file), *size);
    data[*size] = 0;
    fclose(file);
    return data;
}

void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file) fail_msg("%s cannot be written", path);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

int start_helper(const char *first, ...) {
    char *argv[16] = {(char *)"helper", (char *)first};
    va_list args;
    va_start(args, first);
    for (int i = 2; i < 15; i++)
        if (!(argv[i] = va_arg(args, char *))) break;
    va_end(args);
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, HELPER, NULL, NULL, argv, environ), 0);
    return pid;
}

int wait_helper(int pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- random numbers: splitmix64 */

uint64_t roll(dice *d) {
    uint64_t z = d->state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

int64_t below(dice *d, int64_t n) {
    return (int64_t)(roll(d) % (uint64_t)n);
}
