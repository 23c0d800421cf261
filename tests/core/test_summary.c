/* Summaries: values and what set may change. */
#include "support.h"

static void add_fills_in_what_is_not_given(void **state) {
    fixture *f = *state;
    kal_summary row = {.session = T("s"), .summary = T("They parked.")}, got;
    ok(kal_summary_add(f->store, &row, &f->err));
    char id[64];
    strcpy(id, row.id.data);
    ok(kal_summary_get(f->store, T(id), &got, &f->err));
    assert_text(got.session, "s");
    assert_text(got.summary, "They parked.");
    assert_int_equal(got.message_count, 0);
    assert_true(got.importance_score == 0.7);
    assert_text(got.start_message_id, NULL);
    assert_text(got.end_message_id, NULL);
    assert_text(got.created_at, "2025-03-01T09:00:01.000Z");
}

static void add_keeps_what_is_given(void **state) {
    fixture *f = *state;
    kal_summary row = {.has = KAL_SUMMARY_MESSAGE_COUNT | KAL_SUMMARY_IMPORTANCE,
                       .id = T("m"),
                       .session = T("s"),
                       .summary = T("text"),
                       .message_count = 12,
                       .start_message_id = T("1"),
                       .end_message_id = T("12"),
                       .importance_score = 0,
                       .created_at = T("2024-01-01T10:00:00-02:30")},
                got;
    ok(kal_summary_add(f->store, &row, &f->err));
    ok(kal_summary_get(f->store, T("m"), &got, &f->err));
    assert_int_equal(got.message_count, 12);
    assert_text(got.start_message_id, "1");
    assert_text(got.end_message_id, "12");
    assert_true(got.importance_score == 0);
    assert_text(got.created_at, "2024-01-01T12:30:00.000Z");
    kal_summary again = {.id = T("m"), .session = T("s"), .summary = T("x")};
    fails(KAL_EXISTS, kal_summary_add(f->store, &again, &f->err));
    says("a summary has the id 'm' already");
}

static void bad_values_are_misuse(void **state) {
    fixture *f = *state;
    const kal_str s = T("s"), x = T("x");
    kal_summary bad[] = {
        {.summary = x},
        {.session = s},
        {.session = s, .summary = T("")},
        {.session = s, .summary = {"\0", 1}},
        {.session = s, .summary = x, .created_at = T("2024-13-01")},
        {.session = s, .summary = x, .start_message_id = T("")},
        {.has = KAL_SUMMARY_MESSAGE_COUNT, .session = s, .summary = x, .message_count = -1},
        {.has = KAL_SUMMARY_IMPORTANCE, .session = s, .summary = x, .importance_score = 2},
        {.has = KAL_SUMMARY_IMPORTANCE, .session = s, .summary = x, .importance_score = NAN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_summary_add(f->store, &bad[i], &f->err));
    kal_summary stranger = {.session = T("none"), .summary = x};
    fails(KAL_NOT_FOUND, kal_summary_add(f->store, &stranger, &f->err));
    int64_t count;
    ok(kal_summary_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, 0);
}

static void set_changes_only_what_is_given(void **state) {
    fixture *f = *state;
    add_summary(f, "s", "m", "old", 0.5);
    kal_summary change = {.has = KAL_SUMMARY_MESSAGE_COUNT,
                          .id = T("m"),
                          .summary = T("new"),
                          .message_count = 3,
                          .end_message_id = T("9")},
                got;
    ok(kal_summary_set(f->store, &change, &f->err));
    ok(kal_summary_get(f->store, T("m"), &got, &f->err));
    assert_text(got.summary, "new");
    assert_int_equal(got.message_count, 3);
    assert_text(got.end_message_id, "9");
    assert_true(got.importance_score == 0.5);
    kal_summary bad[] = {{.id = T("m"), .session = T("s")},
                         {.id = T("m"), .created_at = T("2024-01-01")},
                         {.has = KAL_BIT(2), .id = T("m")},
                         {.summary = T("x")}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_summary_set(f->store, &bad[i], &f->err));
    kal_summary unknown = {.id = T("none"), .summary = T("x")};
    fails(KAL_NOT_FOUND, kal_summary_set(f->store, &unknown, &f->err));
    ok(kal_summary_del(f->store, T("m"), &f->err));
    fails(KAL_NOT_FOUND, kal_summary_del(f->store, T("m"), &f->err));
    fails(KAL_NOT_FOUND, kal_summary_get(f->store, T("m"), &got, &f->err));
}

static int with_session(void **state) {
    in_memory(state);
    add_session(*state, "s");
    return 0;
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, with_session, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(add_fills_in_what_is_not_given),
        ON_SESSION(add_keeps_what_is_given),
        ON_SESSION(bad_values_are_misuse),
        ON_SESSION(set_changes_only_what_is_given),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
