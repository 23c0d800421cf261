/* Pins: values, types, order of importance. */
#include "support.h"

static void add_fills_in_what_is_not_given(void **state) {
    fixture *f = *state;
    kal_pin row = {.session = T("s"), .content = T("We parked on level 3")}, got;
    ok(kal_pin_add(f->store, &row, &f->err));
    assert_text(row.pin_type, "user");
    assert_true(row.importance_score == 0.8);
    char id[64];
    strcpy(id, row.id.data);
    ok(kal_pin_get(f->store, T(id), &got, &f->err));
    assert_text(got.session, "s");
    assert_text(got.content, "We parked on level 3");
    assert_text(got.pin_type, "user");
    assert_text(got.created_at, "2025-03-01T09:00:01.000Z");
    assert_text(got.source_message_id, NULL);
    assert_true(got.importance_score == 0.8);
}

static void add_keeps_what_is_given(void **state) {
    fixture *f = *state;
    static const char *const types[] = {"user", "auto", "manual", "code", "concept", "system"};
    for (int i = 0; i < 6; i++) {
        kal_pin row = {.has = KAL_PIN_IMPORTANCE,
                       .id = T(types[i]),
                       .session = T("s"),
                       .content = T("c"),
                       .source_message_id = T("17"),
                       .importance_score = i / 5.0,
                       .pin_type = T(types[i]),
                       .created_at = T("2024-05-06 07:08:09")},
                got;
        ok(kal_pin_add(f->store, &row, &f->err));
        ok(kal_pin_get(f->store, T(types[i]), &got, &f->err));
        assert_text(got.pin_type, types[i]);
        assert_text(got.source_message_id, "17");
        assert_text(got.created_at, "2024-05-06T07:08:09.000Z");
        assert_true(got.importance_score == i / 5.0);
    }
}

static void bad_values_are_misuse(void **state) {
    fixture *f = *state;
    const kal_str s = T("s"), c = T("c");
    kal_pin bad[] = {
        {.content = c},
        {.session = s},
        {.session = s, .content = T("")},
        {.session = s, .content = T("\xC3")},
        {.session = s, .content = c, .pin_type = T("sticky")},
        {.session = s, .content = c, .pin_type = T("")},
        {.session = s, .content = c, .created_at = T("now")},
        {.session = s, .content = c, .source_message_id = T("")},
        {.session = s, .content = c, .id = T("")},
        {.has = KAL_PIN_IMPORTANCE, .session = s, .content = c, .importance_score = 1.5},
        {.has = KAL_PIN_IMPORTANCE, .session = s, .content = c, .importance_score = NAN},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_pin_add(f->store, &bad[i], &f->err));
    kal_pin stranger = {.session = T("none"), .content = c};
    fails(KAL_NOT_FOUND, kal_pin_add(f->store, &stranger, &f->err));
    int64_t count;
    ok(kal_pin_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, 0);
}

static void a_taken_id_is_refused(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p", "first", 0.5);
    kal_pin row = {.id = T("p"), .session = T("s"), .content = T("second")};
    fails(KAL_EXISTS, kal_pin_add(f->store, &row, &f->err));
    says("a pin has the id 'p' already");
    kal_pin got;
    ok(kal_pin_get(f->store, T("p"), &got, &f->err));
    assert_text(got.content, "first");
}

static void content_has_at_most_16_mib(void **state) {
    fixture *f = *state;
    char *text = letters(KAL_TEXT_MAX + 1);
    kal_pin row = {.id = T("p"), .session = T("s"), .content = {text, KAL_TEXT_MAX}};
    ok(kal_pin_add(f->store, &row, &f->err));
    kal_pin more = {.session = T("s"), .content = {text, KAL_TEXT_MAX + 1}};
    fails(KAL_MISUSE, kal_pin_add(f->store, &more, &f->err));
    kal_pin change = {.id = T("p"), .content = {text, KAL_TEXT_MAX + 1}};
    fails(KAL_MISUSE, kal_pin_set(f->store, &change, &f->err));
    free(text);
}

static void set_changes_only_what_is_given(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p", "old", 0.5);
    kal_pin change = {.has = KAL_PIN_IMPORTANCE,
                      .id = T("p"),
                      .content = T("new"),
                      .pin_type = T("code"),
                      .source_message_id = T("3"),
                      .importance_score = 0.25},
            got;
    ok(kal_pin_set(f->store, &change, &f->err));
    ok(kal_pin_get(f->store, T("p"), &got, &f->err));
    assert_text(got.content, "new");
    assert_text(got.pin_type, "code");
    assert_text(got.source_message_id, "3");
    assert_true(got.importance_score == 0.25);
    change = (kal_pin){.has = KAL_BIT(3) | KAL_BIT(5), .id = T("p")};
    ok(kal_pin_set(f->store, &change, &f->err));
    ok(kal_pin_get(f->store, T("p"), &got, &f->err));
    assert_text(got.source_message_id, NULL);
    assert_text(got.pin_type, "user"); /* a removed type goes back to the default */
    assert_text(got.content, "new");
}

static void set_refuses_what_is_not_settable(void **state) {
    fixture *f = *state;
    add_pin(f, "s", "p", "old", 0.5);
    kal_pin bad[] = {{.id = T("p"), .session = T("s")},
                     {.id = T("p"), .created_at = T("2024-01-01")},
                     {.id = T("p"), .content = T("")},
                     {.id = T("p"), .pin_type = T("x")},
                     {.has = KAL_BIT(2), .id = T("p")},
                     {.has = KAL_PIN_IMPORTANCE, .id = T("p"), .importance_score = -1},
                     {.content = T("x")}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_pin_set(f->store, &bad[i], &f->err));
    kal_pin unknown = {.id = T("none"), .content = T("x")}, got;
    fails(KAL_NOT_FOUND, kal_pin_set(f->store, &unknown, &f->err));
    fails(KAL_NOT_FOUND, kal_pin_get(f->store, T("none"), &got, &f->err));
    fails(KAL_NOT_FOUND, kal_pin_del(f->store, T("none"), &f->err));
    fails(KAL_NOT_FOUND, kal_pin_get(f->store, T(NULL), &got, &f->err));
    ok(kal_pin_del(f->store, T("p"), &f->err));
    fails(KAL_NOT_FOUND, kal_pin_get(f->store, T("p"), &got, &f->err));
}

static void a_pin_of_the_other_program_without_values_has_defaults(void **state) {
    fixture *f = *state;
    run(f,
        "INSERT INTO semantic_pins(id, session_id, content, importance_score, pin_type, created_at)"
        " VALUES ('p', 's', 'c', NULL, NULL, NULL)");
    kal_pin got, change = {.id = T("p"), .content = T("d")};
    ok(kal_pin_get(f->store, T("p"), &got, &f->err));
    assert_true(got.importance_score == 0.8);
    assert_text(got.created_at, NULL);
    ok(kal_pin_set(f->store, &change, &f->err));
    ok(kal_pin_get(f->store, T("p"), &got, &f->err));
    assert_text(got.content, "d");
    kal_pin rows[2];
    for (int order = 0; order <= KAL_ORDER_IMPORTANCE; order++) {
        kal_filter filter = {.order = (kal_order)order};
        kal_page page = {.capacity = 2};
        ok(kal_pin_find(f->store, &filter, rows, &page, &f->err));
        assert_int_equal(page.count, 1);
    }
}

static int with_session(void **state) {
    in_memory(state);
    add_session(*state, "s");
    return 0;
}

static void a_rejected_pin_is_gone_and_remembered_once(void **state) {
    fixture *f = *state;
    kal_str contents[4];
    size_t count;
    static const char *const texts[] = {"tea", "milk", "tea"};
    for (int i = 0; i < 3; i++) {
        kal_pin row = {.session = T("s"), .content = T(texts[i]), .pin_type = T("auto")};
        char id[64];
        ok(kal_pin_add(f->store, &row, &f->err));
        strcpy(id, row.id.data);
        ok(kal_pin_reject(f->store, T(id), &f->err));
        fails(KAL_NOT_FOUND, kal_pin_get(f->store, T(id), &row, &f->err));
    }
    ok(kal_pin_rejected(f->store, T("s"), contents, 4, &count, &f->err));
    assert_int_equal(count, 2);
    assert_text(contents[0], "milk");
    assert_text(contents[1], "tea");
    ok(kal_pin_rejected(f->store, T("s"), contents, 1, &count, &f->err));
    assert_int_equal(count, 1);
    ok(kal_pin_rejected(f->store, T("nobody"), contents, 4, &count, &f->err));
    assert_int_equal(count, 0);
    fails(KAL_NOT_FOUND, kal_pin_reject(f->store, T("none"), &f->err));
    ok(kal_session_del(f->store, T("s"), &f->err));
    ok(kal_pin_rejected(f->store, T("s"), contents, 4, &count, &f->err));
    assert_int_equal(count, 0);
}

static int with_file(void **state) {
    in_file(state);
    add_session(*state, "s");
    return 0;
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, with_session, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(add_fills_in_what_is_not_given),
        ON_SESSION(add_keeps_what_is_given),
        ON_SESSION(bad_values_are_misuse),
        ON_SESSION(a_taken_id_is_refused),
        ON_SESSION(content_has_at_most_16_mib),
        ON_SESSION(set_changes_only_what_is_given),
        ON_SESSION(set_refuses_what_is_not_settable),
        ON_SESSION(a_rejected_pin_is_gone_and_remembered_once),
        cmocka_unit_test_setup_teardown(a_pin_of_the_other_program_without_values_has_defaults,
                                        with_file, tear_down),
    };
    return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
