/* Forgetting: afterwards no byte of the content is in the database's files. */
#include "support.h"

#include <unistd.h>

static bool holds(const char *path, const char *suffix, const char *words) {
    char name[400];
    size_t size;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    if (access(name, R_OK) != 0) return false;
    char *data = read_file(name, &size);
    bool found = memmem(data, size, words, strlen(words)) != NULL;
    free(data);
    return found;
}

static bool is_anywhere(fixture *f, const char *words) {
    return holds(f->path, "", words) || holds(f->path, "-wal", words) || holds(f->path, "-journal", words);
}

static void fill(fixture *f) {
    static const char *const sessions[] = {"s", "t"};
    char text[200];
    for (int k = 0; k < 2; k++) {
        add_session(f, sessions[k]);
        for (int i = 0; i < 300; i++) {
            snprintf(text, sizeof text, "%s words that xylophone%d plays number %d for the record", sessions[k], k, i);
            add_message(f, sessions[k], text);
        }
        snprintf(text, sizeof text, "xylophone%d pinned", k);
        add_pin(f, sessions[k], sessions[k], text, 0.5);
        snprintf(text, sizeof text, "xylophone%d summarised", k);
        kal_summary row = {.session = T(sessions[k]), .summary = T(text),
                           .start_message_id = T(k ? "301" : "1"), .end_message_id = T(k ? "320" : "20")};
        ok(kal_summary_make(f->store, &row, &f->err));
    }
}

static void a_forgotten_session_leaves_no_byte(void **state) {
    fixture *f = *state;
    int64_t count;
    fill(f);
    /* Only deleted, it is still there. */
    kal_forget what = {.session = T("s")};
    assert_true(is_anywhere(f, "xylophone0"));
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    assert_int_equal(count, 1);
    assert_false(is_anywhere(f, "xylophone0"));
    assert_true(is_anywhere(f, "xylophone1"));
    assert_int_equal(count_of(f, "t"), 300);
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    ok(kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err));
    assert_int_equal(report.wrong, 0);
    fails(KAL_NOT_FOUND, kal_session_forget(f->store, &what, &count, &f->err));
}

static void a_forgotten_text_leaves_no_byte_in_any_session(void **state) {
    fixture *f = *state;
    int64_t count, secret;
    fill(f);
    secret = add_message(f, "t", "my PassPhrase is quagga7");
    add_pin(f, "s", "p", "passphrase: quagga7", 0.5);
    kal_forget what = {.like = T("passphrase")};
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    assert_int_equal(count, 2);
    assert_false(is_anywhere(f, "quagga7"));
    assert_false(is_anywhere(f, "quagga"));
    kal_message row;
    fails(KAL_NOT_FOUND, kal_message_get(f->store, secret, &row, &f->err));
    assert_int_equal(count_of(f, "t"), 300);
    /* The summaries and the messages that they archived. */
    what = (kal_forget){.session = T("s"), .like = T("xylophone0")};
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    assert_false(is_anywhere(f, "xylophone0"));
    kal_session session;
    ok(kal_session_get(f->store, T("s"), &session, &f->err));
    assert_text(session.recap, NULL);
    assert_int_equal(session.message_count, 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM conversation_summaries WHERE session_id = 's'"), 0);
    /* One that still covers something keeps its place in the chain, without its text. */
    what = (kal_forget){.session = T("t"), .like = T("xylophone1 summarised")};
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM conversation_summaries WHERE summary = '[forgotten]'"), 1);
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    ok(kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err));
    for (size_t i = 0; i < report.count; i++)
        if (rows[i].wrong) print_error("%s\n", rows[i].what);
    assert_int_equal(report.wrong, 0);
}

static void a_text_is_found_in_any_case_and_inside_of_traces(void **state) {
    fixture *f = *state;
    int64_t count;
    kal_holder rows[8];
    kal_holders found = {.rows = rows, .capacity = 8};
    add_session(f, "s");
    add_session(f, "t");
    add_message(f, "s", "Herr M\xC3\x9CLLER said \"quagga\"");
    add_message(f, "t", "m\xC3\xBCller");
    add_pin(f, "s", "p", "M\xC3\xBCller", 0.5);
    ok(kal_pin_reject(f->store, T("p"), &f->err));
    kal_turn turn = {.has = KAL_TURN_BUDGET | KAL_TURN_TOKENS, .session = T("s"), .hash = T("h"),
                     .details = T("{\"was\":\"M\\u00dcller said \\\"quagga\\\"\"}")};
    ok(kal_turn_add(f->store, &turn, &f->err));
    ok(kal_session_set(f->store, &(kal_session){.id = T("s"), .name = T("M\xC3\xBCller")}, &f->err));
    kal_forget what = {.like = T("m\xC3\xBCller")};
    ok(kal_session_holders(f->store, &what, &found, &f->err));
    assert_int_equal(found.count, 5);
    assert_text(rows[0].kind, "message");
    assert_text(rows[0].id, "1");
    assert_text(rows[1].session, "t");
    assert_text(rows[2].kind, "rejected pin");
    assert_text(rows[3].text, "{\"was\":\"M\xC3\x9Cller said \"quagga\"\"}");
    assert_text(rows[4].kind, "name");
    ok(kal_session_holders(f->store, &(kal_forget){.session = T("s"), .like = T("\"QUAGGA\"")}, &found, &f->err));
    assert_int_equal(found.count, 2);
    found.capacity = 0;
    ok(kal_session_holders(f->store, &what, &found, &f->err));
    assert_int_equal(found.count, 5);
    ok(kal_session_forget(f->store, &what, &count, &f->err));
    assert_int_equal(count, 5);
    assert_false(is_anywhere(f, "LLER"));
    assert_false(is_anywhere(f, "ller"));
    fails(KAL_MISUSE, kal_session_holders(f->store, &(kal_forget){.session = T("s")}, &found, &f->err));
}

/* Somebody reads the log: the rows go, and what they have left in the files when he has ended. */
static void leave_traces(fixture *f, kal_report *report) {
    int64_t count;
    kal_options options = options_of(f);
    options.busy_ms = 1;
    fill(f);
    kal_store_close(f->store);
    ok(kal_store_open(f->path, &options, &f->store, &f->err));
    run(f, "BEGIN; SELECT count(*) FROM sessions");
    fails(KAL_BUSY, kal_session_forget(f->store, &(kal_forget){.session = T("s")}, &count, &f->err));
    says("the rows are gone");
    says("kalito optimize");
    run(f, "COMMIT");
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM sessions"), 1);
    ok(kal_store_check(f->store, KAL_CHECK_QUICK, report, &f->err));
    assert_int_equal(report->wrong, 1);
    assert_non_null(strstr(report->rows[0].what, "forgetting was interrupted"));
    report->count = report->wrong = 0;
}

static void assert_no_trace(fixture *f, kal_report *report) {
    assert_false(is_anywhere(f, "xylophone0"));
    report->count = report->wrong = 0;
    ok(kal_store_check(f->store, KAL_CHECK_FULL, report, &f->err));
    assert_int_equal(report->wrong, 0);
}

static void what_an_interrupted_forgetting_leaves_goes_when_it_is_repeated(void **state) {
    fixture *f = *state;
    int64_t count;
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    leave_traces(f, &report);
    fails(KAL_NOT_FOUND, kal_session_forget(f->store, &(kal_forget){.session = T("s")}, &count, &f->err));
    assert_no_trace(f, &report);
}

static void what_an_interrupted_forgetting_leaves_goes_with_optimize(void **state) {
    fixture *f = *state;
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    leave_traces(f, &report);
    ok(kal_store_optimize(f->store, 0, &report, &f->err));
    assert_no_trace(f, &report);
}

static void nothing_is_forgotten_by_mistake(void **state) {
    fixture *f = *state;
    int64_t count;
    add_session(f, "s");
    fails(KAL_MISUSE, kal_session_forget(f->store, &(kal_forget){{0}, {0}}, &count, &f->err));
    fails(KAL_MISUSE, kal_session_forget(f->store, &(kal_forget){.like = T("a")}, &count, &f->err));
    ok(kal_session_forget(f->store, &(kal_forget){.like = T("none such")}, &count, &f->err));
    assert_int_equal(count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(a_forgotten_session_leaves_no_byte),
        ON_FILE(a_forgotten_text_leaves_no_byte_in_any_session),
        ON_FILE(a_text_is_found_in_any_case_and_inside_of_traces),
        ON_FILE(what_an_interrupted_forgetting_leaves_goes_when_it_is_repeated),
        ON_FILE(what_an_interrupted_forgetting_leaves_goes_with_optimize),
        ON_FILE(nothing_is_forgotten_by_mistake),
    };
    return cmocka_run_group_tests_name("forget", tests, NULL, NULL);
}
