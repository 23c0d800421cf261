#include "world.h"

#include <glob.h>
#include <unistd.h>

int in_memory_folder(void **state) {
    if (!getenv("KALITO_DISK") && access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 1);
    return in_folder(state);
}

/* ---- files */

static const char *const SUFFIX[] = {"", "-wal", "-journal", "-shm"};

void world_remove(const char *path) {
    static const char *const MADE[] = {"%.*s/*-before-*", "%.*s/.partial-*", "%.*s/*-2025*"};
    char name[400];
    glob_t copies;
    for (int i = 0; i < 3 && strchr(path, '/'); i++) {
        snprintf(name, sizeof name, MADE[i], (int)(strrchr(path, '/') - path), path);
        if (glob(name, 0, NULL, &copies) == 0)
            for (size_t k = 0; k < copies.gl_pathc; k++)
                unlink(copies.gl_pathv[k]);
        globfree(&copies);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, SUFFIX[i]);
        unlink(name);
    }
}

void world_copy(const char *from, const char *to) {
    char a[400], b[400];
    world_remove(to);
    for (int i = 0; i < 3; i++) {
        size_t size;
        snprintf(a, sizeof a, "%s%s", from, SUFFIX[i]);
        snprintf(b, sizeof b, "%s%s", to, SUFFIX[i]);
        if (access(a, F_OK) != 0) continue;
        char *data = read_file(a, &size);
        write_file(b, data, size);
        free(data);
    }
}

static void close_other(fixture *f) {
    sqlite3_close(f->other);
    f->other = NULL;
}

/* ---- the database */

static void make_session(fixture *f, const char *id, int messages) {
    char text[200];
    add_session(f, id);
    for (int i = 0; i < messages; i++) {
        snprintf(text, sizeof text, "Message uniq%s%d of %s: %s", id, i, id,
                 i % 3 ? "the boiler manual is in the drawer" : "where did we park? 三楼停车");
        kal_message row = {.session = T(id),
                           .role = T(i % 2 ? "assistant" : "user"),
                           .text = T(text),
                           .speaker = i % 2 ? (kal_str){0} : T("Anna")};
        ok(kal_message_add(f->store, &row, &f->err));
    }
}

/* Archives messages `from` to `to` of the session, counted from 1. */
static kal_code make_summary(fixture *f, const char *session, const char *id, int from, int to) {
    kal_message rows[64];
    kal_page page = {.capacity = 64};
    kal_filter filter = {.session = T(session)};
    char first[32], last[32];
    kal_code code = kal_message_find(f->store, &filter, rows, &page, &f->err);
    if (code != KAL_OK) return code;
    snprintf(first, sizeof first, "%lld", (long long)rows[from - 1].id);
    snprintf(last, sizeof last, "%lld", (long long)rows[to - 1].id);
    kal_summary row = {.id = T(id),
                       .session = T(session),
                       .summary = T("They looked for the car and the boiler."),
                       .start_message_id = T(first),
                       .end_message_id = T(last)};
    return kal_summary_make(f->store, &row, &f->err);
}

void world_make(fixture *f, const char *journal) {
    kal_summary summary;
    reopen(f);
    make_session(f, "s", 24);
    make_session(f, "undo", 8);
    make_session(f, "redo", 8);
    make_session(f, "merge", 12);
    make_session(f, "gone", 6);
    ok(make_summary(f, "undo", "u1", 1, 4));
    ok(make_summary(f, "redo", "r1", 1, 4));
    ok(kal_summary_undo(f->store, T("redo"), &summary, &f->err));
    ok(make_summary(f, "merge", "m1", 1, 4));
    ok(make_summary(f, "merge", "m2", 5, 8));
    add_pin(f, "s", "pin", "the boiler is in the cellar", 0.9);
    add_pin(f, "s", "pin2", "level three", 0.5);
    add_pin(f, "gone", "pin3", "to be deleted", 0.5);
    add_persona(f, "helper", "general", true);
    add_persona(f, "coder", "general", false);
    kal_store_close(f->store);
    f->store = NULL;
    run(f, "PRAGMA journal_mode = %s", journal);
    close_other(f);
}

void world_original(fixture *f, const char *journal) {
    size_t size;
    char *schema = read_file(ORIGINAL, &size);
    run(f, "PRAGMA journal_mode = %s", journal);
    run(f, "%s", schema);
    free(schema);
    run(f, "INSERT INTO sessions(id, name, saved) VALUES ('s', 'Trip', 1), ('t', NULL, NULL);"
           "INSERT INTO semantic_pins(id, session_id, content) VALUES ('p', 's', 'plum');"
           "INSERT INTO conversation_summaries(id, session_id, summary, message_count)"
           " VALUES ('m', 's', 'grape', 2);"
           "INSERT INTO personas(id, name, prompt) VALUES ('x', 'X', 'Be X.')");
    for (int i = 1; i <= 40; i++)
        run(f,
            "INSERT INTO messages(session_id, role, text, created_at) VALUES ('%s', 'user',"
            " 'apple uniq%d', '2025-01-01 00:00:%02d')",
            i % 3 ? "s" : "t", i, i);
    close_other(f);
}

/* ---- the calls */

static kal_code add_one(fixture *f, const char *session, const char *text) {
    kal_message row = {.session = T(session), .role = T("user"), .text = T(text)};
    return kal_message_add(f->store, &row, &f->err);
}

static kal_code add(fixture *f) {
    return add_one(f, "s", "Message uniq900: 三楼停车, and the boiler");
}

static kal_code add_batch(fixture *f) {
    char text[64];
    kal_code code = kal_store_begin(f->store, &f->err);
    for (int i = 0; i < 8 && code == KAL_OK; i++) {
        snprintf(text, sizeof text, "Message uniq%d in a batch", 910 + i);
        code = add_one(f, i % 2 ? "s" : "undo", text);
    }
    if (code == KAL_OK) return kal_store_commit(f->store, &f->err);
    kal_store_rollback(f->store);
    return code;
}

static kal_code edit(fixture *f) {
    kal_message row = {.id = 3, .text = T("Message uniq903 was edited")};
    return kal_message_set(f->store, &row, &f->err);
}

static kal_code rate(fixture *f) {
    kal_message row = {.has = KAL_MESSAGE_IMPORTANCE, .id = 4, .importance_score = 0.9};
    return kal_message_set(f->store, &row, &f->err);
}

static kal_code del(fixture *f) {
    return kal_message_del(f->store, 5, &f->err);
}

static kal_code summarise(fixture *f) {
    return make_summary(f, "s", "s1", 1, 6);
}

static kal_code undo(fixture *f) {
    kal_summary out;
    return kal_summary_undo(f->store, T("undo"), &out, &f->err);
}

static kal_code redo(fixture *f) {
    kal_summary out;
    return kal_summary_redo(f->store, T("redo"), &out, &f->err);
}

static kal_code merge(fixture *f) {
    kal_str children[] = {T("m1"), T("m2")};
    kal_summary row = {.id = T("m3"), .session = T("merge"), .summary = T("Both.")};
    return kal_summary_merge(f->store, &row, children, 2, &f->err);
}

static kal_code reject(fixture *f) {
    return kal_pin_reject(f->store, T("pin2"), &f->err);
}

static kal_code add_default(fixture *f) {
    kal_persona row = {.has = KAL_PERSONA_IS_DEFAULT,
                       .id = T("new"),
                       .name = T("New"),
                       .prompt = T("Be new."),
                       .category = T("general"),
                       .is_default = true};
    return kal_persona_add(f->store, &row, &f->err);
}

static kal_code delete_persona(fixture *f) {
    return kal_persona_del(f->store, T("coder"), &f->err);
}

static kal_code save_context(fixture *f) {
    kal_request request = {.session = T("s"), .budget = 1000, .query = T("boiler")};
    kal_context *context = NULL;
    kal_code code = kal_context_build(f->store, &request, &context, &f->err);
    if (code == KAL_OK) code = kal_context_save(f->store, context, &f->err);
    kal_context_close(context);
    return code;
}

static kal_code add_turn(fixture *f) {
    kal_turn row = {.has = KAL_TURN_BUDGET | KAL_TURN_TOKENS,
                    .session = T("s"),
                    .budget = 1000,
                    .tokens = 10,
                    .hash = T("0123456789abcdef"),
                    .details = T("{}")};
    return kal_turn_add(f->store, &row, &f->err);
}

static kal_code delete_session(fixture *f) {
    return kal_session_del(f->store, T("gone"), &f->err);
}

static kal_code archive(fixture *f) {
    kal_session row = {
        .id = T("merge"), .archived_at = T("2025-04-01T09:00:00.000Z")};
    return kal_session_set(f->store, &row, &f->err);
}

static kal_code import(fixture *f) {
    kal_code code = kal_store_begin(f->store, &f->err);
    kal_session session = {.id = T("imported"), .external_id = T("import:1")};
    if (code == KAL_OK) code = kal_session_add(f->store, &session, &f->err);
    for (int i = 0; i < 6 && code == KAL_OK; i++) {
        char text[64], id[16];
        snprintf(text, sizeof text, "Message uniq%d of a file", 970 + i);
        snprintf(id, sizeof id, "m%d", i);
        kal_message row = {.session = T("imported"), .role = T(i % 2 ? "assistant" : "user"), .text = T(text),
                           .external_id = T(id), .created_at = T("2024-05-01T10:00:00.000Z")};
        code = kal_message_add(f->store, &row, &f->err);
    }
    if (code == KAL_OK) return kal_store_commit(f->store, &f->err);
    kal_store_rollback(f->store);
    return code;
}

const operation operations[] = {{"add", add},
                                {"add in a batch", add_batch},
                                {"edit", edit},
                                {"rate", rate},
                                {"delete", del},
                                {"summary make", summarise},
                                {"summary undo", undo},
                                {"summary redo", redo},
                                {"summary merge", merge},
                                {"pin reject", reject},
                                {"persona add", add_default},
                                {"persona delete", delete_persona},
                                {"context save", save_context},
                                {"turn add", add_turn},
                                {"session delete", delete_session},
                                {"session archive", archive},
                                {"import", import}};
const int operation_count = sizeof operations / sizeof *operations;
