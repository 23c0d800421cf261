/* Messages: values and limits, the order of a session, external ids, scores. */
#include "support.h"

static kal_message make(const char *session, const char *role, const char *text) {
    return (kal_message){.session = T(session), .role = T(role), .text = T(text)};
}

static void add_fills_in_what_is_not_given(void **state) {
    fixture *f = *state;
    kal_message row = make("s", "user", "hello"), got;
    ok(kal_message_add(f->store, &row, &f->err));
    assert_int_equal(row.id, 1);
    assert_true(row.has & KAL_MESSAGE_ID);
    assert_text(row.created_at, "2025-03-01T09:00:01.000Z");
    assert_true(row.importance_score == 0.5);
    ok(kal_message_get(f->store, 1, &got, &f->err));
    assert_text(got.session, "s");
    assert_text(got.role, "user");
    assert_text(got.text, "hello");
    assert_text(got.created_at, "2025-03-01T09:00:01.000Z");
    assert_true(got.importance_score == 0.5);
    assert_text(got.model, NULL);
    assert_text(got.speaker, NULL);
    assert_text(got.external_id, NULL);
    assert_text(got.score_reasons, NULL);
    assert_int_equal(got.has & KAL_MESSAGE_TOKEN_USAGE, 0);
}

static void add_keeps_what_is_given(void **state) {
    fixture *f = *state;
    kal_message row = {.has = KAL_MESSAGE_ID | KAL_MESSAGE_TOKEN_USAGE | KAL_MESSAGE_IMPORTANCE,
                       .id = 42,
                       .session = T("s"),
                       .role = T("tool"),
                       .text = T("line\nanother\ttab \x01 ä"),
                       .model = T("llama3"),
                       .token_usage = INT64_MAX,
                       .importance_score = 1,
                       .created_at = T("2024-12-31T23:59:59.9999Z"),
                       .external_id = T("x1"),
                       .speaker = T("Ann"),
                       .score_reasons = T("[[\"question\",0.2]]")};
    ok(kal_message_add(f->store, &row, &f->err));
    kal_message got;
    ok(kal_message_get(f->store, 42, &got, &f->err));
    assert_text(got.role, "tool");
    assert_text(got.text, "line\nanother\ttab \x01 ä");
    assert_text(got.model, "llama3");
    assert_int_equal(got.token_usage, INT64_MAX);
    assert_true(got.importance_score == 1);
    assert_text(got.created_at, "2024-12-31T23:59:59.999Z");
    assert_text(got.external_id, "x1");
    assert_text(got.speaker, "Ann");
    assert_text(got.score_reasons, "[[\"question\",0.2]]");
    kal_message again = {
        .has = KAL_MESSAGE_ID, .id = 42, .session = T("s"), .role = T("user"), .text = T("x")};
    fails(KAL_EXISTS, kal_message_add(f->store, &again, &f->err));
    says("the id 42 already");
    kal_message next = make("s", "user", "next");
    ok(kal_message_add(f->store, &next, &f->err));
    assert_int_equal(next.id, 43);
}

static void every_role_and_no_other_is_accepted(void **state) {
    fixture *f = *state;
    static const char *const good[] = {"user", "assistant", "system", "tool"};
    static const char *const bad[] = {"",    "User",           "use", "users", "user ",
                                      "bot", "user assistant", "\xFF"};
    for (int i = 0; i < 4; i++) {
        kal_message row = make("s", good[i], "x");
        ok(kal_message_add(f->store, &row, &f->err));
    }
    for (int i = 0; i < 8; i++) {
        kal_message row = make("s", bad[i], "x");
        fails(KAL_MISUSE, kal_message_add(f->store, &row, &f->err));
    }
    kal_message set = {.id = 1, .role = T("bot")};
    fails(KAL_MISUSE, kal_message_set(f->store, &set, &f->err));
    says("user assistant system tool; got 'bot'");
}

static void importance_is_between_0_and_1(void **state) {
    fixture *f = *state;
    static const double good[] = {0, -0.0, 0.123456789, 1, 5e-324};
    static const double bad[] = {-0.01, 1.0000001, 1.5, NAN, -NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 5; i++) {
        kal_message row = make("s", "user", "x"), got;
        row.has = KAL_MESSAGE_IMPORTANCE;
        row.importance_score = good[i];
        ok(kal_message_add(f->store, &row, &f->err));
        ok(kal_message_get(f->store, row.id, &got, &f->err));
        assert_true(got.importance_score == good[i]);
    }
    for (int i = 0; i < 7; i++) {
        kal_message row = make("s", "user", "x");
        row.has = KAL_MESSAGE_IMPORTANCE;
        row.importance_score = bad[i];
        fails(KAL_MISUSE, kal_message_add(f->store, &row, &f->err));
        says("message.importance_score must be between 0 and 1");
        row.id = 1;
        row = (kal_message){.has = KAL_MESSAGE_IMPORTANCE, .id = 1, .importance_score = bad[i]};
        fails(KAL_MISUSE, kal_message_set(f->store, &row, &f->err));
    }
    assert_int_equal(count_of(f, "s"), 5);
}

static void what_is_required_must_be_there(void **state) {
    fixture *f = *state;
    kal_message no_session = make(NULL, "user", "x"), no_role = make("s", NULL, "x"),
                no_text = make("s", "user", NULL), empty = make("s", "user", "");
    fails(KAL_MISUSE, kal_message_add(f->store, &no_session, &f->err));
    says("message.session is missing");
    fails(KAL_MISUSE, kal_message_add(f->store, &no_role, &f->err));
    says("message.role is missing");
    fails(KAL_MISUSE, kal_message_add(f->store, &no_text, &f->err));
    says("message.text is missing");
    fails(KAL_MISUSE, kal_message_add(f->store, &empty, &f->err));
    says("message.text is empty");
    kal_message null_text = make("s", "user", NULL);
    null_text.has = KAL_BIT(3);
    fails(KAL_MISUSE, kal_message_add(f->store, &null_text, &f->err));
    kal_message stranger = make("none", "user", "x");
    fails(KAL_NOT_FOUND, kal_message_add(f->store, &stranger, &f->err));
    says("no session has the id 'none'");
}

static void text_that_is_not_text_is_misuse(void **state) {
    fixture *f = *state;
    static const kal_str bad[] = {{"a\0b", 3},         {"\0", 1},          {"\xC0\x80", 2},
                                  {"\xED\xA0\x80", 3}, {"ok \xE2\x82", 5}, {"\xF4\x90\x80\x80", 4},
                                  {"\x80", 1},         {"\xFF\xFE", 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kal_message row = make("s", "user", NULL);
        row.text = bad[i];
        fails(KAL_MISUSE, kal_message_add(f->store, &row, &f->err));
        says("message.text is not valid UTF-8 without NUL");
        kal_message speaker = make("s", "user", "x");
        speaker.speaker = bad[i];
        fails(KAL_MISUSE, kal_message_add(f->store, &speaker, &f->err));
    }
    says("message.speaker");
}

static void text_has_at_most_16_mib(void **state) {
    fixture *f = *state;
    char *text = letters(KAL_TEXT_MAX + 1);
    for (size_t i = 9; i < KAL_TEXT_MAX; i += 10)
        text[i] = ' ';
    kal_message row = make("s", "user", NULL), got;
    row.text = (kal_str){text, KAL_TEXT_MAX};
    ok(kal_message_add(f->store, &row, &f->err));
    ok(kal_message_get(f->store, row.id, &got, &f->err));
    assert_int_equal(got.text.len, KAL_TEXT_MAX);
    assert_memory_equal(got.text.data, text, KAL_TEXT_MAX);
    assert_int_equal(got.text.data[got.text.len], 0);
    kal_message more = make("s", "user", NULL);
    more.text = (kal_str){text, KAL_TEXT_MAX + 1};
    fails(KAL_MISUSE, kal_message_add(f->store, &more, &f->err));
    says("16777217 bytes, the limit is 16777216");
    free(text);
    kal_filter live = {.session = T("s"), .scope = KAL_SCOPE_LIVE};
    kal_page page = {.capacity = 1};
    ok(kal_message_find(f->store, &live, &got, &page, &f->err));
    assert_int_equal(page.count, 1);
    ok(kal_message_del(f->store, row.id, &f->err));
}

static void the_longest_text_without_spaces_can_be_indexed(void **state) {
    fixture *f = *state;
    /* Pairs of these take two and a half times the room. */
    char *text = malloc(KAL_TEXT_MAX);
    size_t len = KAL_TEXT_MAX / 3 * 3;
    for (size_t i = 0; i < len; i += 3)
        memcpy(text + i, i % 2 ? "\xE4\xB8\x80" : "\xE4\xB8\x89", 3);
    kal_message row = make("s", "user", NULL);
    row.text = (kal_str){text, len};
    ok(kal_message_add(f->store, &row, &f->err));
    ok(kal_message_del(f->store, row.id, &f->err));
    free(text);
}

static void ids_are_positive_and_never_used_again(void **state) {
    fixture *f = *state;
    static const int64_t bad[] = {0, -1, INT64_MIN, INT64_MAX, 1LL << 53};
    for (int i = 0; i < 5; i++) {
        kal_message row = make("s", "user", "x");
        row.has = KAL_MESSAGE_ID;
        row.id = bad[i];
        fails(KAL_MISUSE, kal_message_add(f->store, &row, &f->err));
    }
    kal_message highest = make("s", "user", "x");
    highest.has = KAL_MESSAGE_ID;
    highest.id = (1LL << 53) - 1;
    ok(kal_message_add(f->store, &highest, &f->err));
    int64_t id = add_message(f, "s", "later");
    assert_true(id == 1LL << 53);
    ok(kal_message_del(f->store, id, &f->err));
    assert_true(add_message(f, "s", "latest") == (1LL << 53) + 1);
}

static void times_within_a_session_ascend_whatever_the_clock_does(void **state) {
    fixture *f = *state;
    static const int64_t jumps[] = {0, 0, -5000, 10, -86400000, 0, 1};
    char last[25] = "";
    for (int i = 0; i < 7; i++) {
        f->tick = 0;
        f->clock += jumps[i];
        kal_message row = make("s", "user", "x");
        ok(kal_message_add(f->store, &row, &f->err));
        assert_true(strcmp(row.created_at.data, last) > 0);
        strcpy(last, row.created_at.data);
    }
    add_session(f, "other");
    kal_message elsewhere = make("other", "user", "x");
    ok(kal_message_add(f->store, &elsewhere, &f->err));
    assert_true(strcmp(elsewhere.created_at.data, last) < 0);
}

static void a_time_that_is_not_followed_by_a_nul_is_read_to_its_end_only(void **state) {
    fixture *f = *state;
    char *time = malloc(24);
    memcpy(time, "2030-01-01T00:00:00.000Z", 24);
    kal_message row = make("s", "user", "x");
    row.created_at = (kal_str){time, 24};
    ok(kal_message_add(f->store, &row, &f->err));
    free(time);
    kal_message next = make("s", "user", "y");
    ok(kal_message_add(f->store, &next, &f->err));
    assert_text(next.created_at, "2030-01-01T00:00:00.001Z");
}

static void texts_need_no_nul_behind_them(void **state) {
    fixture *f = *state;
    kal_str *texts[3];
    kal_message row = {.session = {0}};
    texts[0] = &row.session, texts[1] = &row.role, texts[2] = &row.text;
    static const char *const values[] = {"s", "user", "hello"};
    for (int i = 0; i < 3; i++) {
        char *bytes = malloc(strlen(values[i]));
        memcpy(bytes, values[i], strlen(values[i]));
        *texts[i] = (kal_str){bytes, strlen(values[i])};
    }
    ok(kal_message_add(f->store, &row, &f->err));
    for (int i = 0; i < 3; i++)
        free((char *)texts[i]->data);
}

static void an_external_id_is_unique_within_its_session(void **state) {
    fixture *f = *state;
    add_session(f, "t");
    kal_message row = make("s", "user", "x");
    row.external_id = T("e1");
    ok(kal_message_add(f->store, &row, &f->err));
    kal_message again = make("s", "user", "x");
    again.external_id = T("e1");
    fails(KAL_EXISTS, kal_message_add(f->store, &again, &f->err));
    says("'e1'");
    kal_message elsewhere = make("t", "user", "y");
    elsewhere.external_id = T("e1");
    ok(kal_message_add(f->store, &elsewhere, &f->err));
    kal_message got;
    ok(kal_message_get_external(f->store, T("s"), T("e1"), &got, &f->err));
    assert_int_equal(got.id, row.id);
    ok(kal_message_get_external(f->store, T("t"), T("e1"), &got, &f->err));
    assert_text(got.text, "y");
    fails(KAL_NOT_FOUND, kal_message_get_external(f->store, T("s"), T("e2"), &got, &f->err));
    fails(KAL_NOT_FOUND, kal_message_get_external(f->store, T("none"), T("e1"), &got, &f->err));
    fails(KAL_NOT_FOUND, kal_message_get_external(f->store, T(NULL), T(NULL), &got, &f->err));
    assert_int_equal(count_of(f, "s"), 1);
}

static void set_changes_only_what_is_given(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "s", "apple");
    kal_message change = {.has = KAL_MESSAGE_TOKEN_USAGE,
                          .id = id,
                          .text = T("pear"),
                          .role = T("assistant"),
                          .model = T("m"),
                          .speaker = T("Bob"),
                          .token_usage = 12};
    ok(kal_message_set(f->store, &change, &f->err));
    kal_message got;
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_text(got.text, "pear");
    assert_text(got.role, "assistant");
    assert_text(got.model, "m");
    assert_text(got.speaker, "Bob");
    assert_int_equal(got.token_usage, 12);
    assert_true(got.importance_score == 0.5);
    kal_message nothing = {.id = id};
    ok(kal_message_set(f->store, &nothing, &f->err));
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_text(got.text, "pear");
    kal_message remove = {.has = KAL_BIT(4) | KAL_BIT(9), .id = id};
    ok(kal_message_set(f->store, &remove, &f->err));
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_text(got.model, NULL);
    assert_text(got.speaker, NULL);
}

static void a_score_is_set_with_its_reasons(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "s", "apple");
    kal_message change = {.has = KAL_MESSAGE_IMPORTANCE,
                          .id = id,
                          .importance_score = 0.9,
                          .score_reasons = T("[[\"code\",0.4]]")};
    ok(kal_message_set(f->store, &change, &f->err));
    kal_message got;
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_true(got.importance_score == 0.9);
    assert_text(got.score_reasons, "[[\"code\",0.4]]");
    assert_text(got.text, "apple");
    kal_message remove = {.has = KAL_BIT(10), .id = id};
    ok(kal_message_set(f->store, &remove, &f->err));
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_text(got.score_reasons, NULL);
    assert_true(got.importance_score == 0.9);
}

static void set_refuses_what_is_not_settable(void **state) {
    fixture *f = *state;
    int64_t id = add_message(f, "s", "apple");
    kal_message bad[] = {{.id = id, .session = T("s")},
                         {.id = id, .created_at = T("2025-01-01")},
                         {.id = id, .external_id = T("x")},
                         {.id = id, .text = T("")},
                         {.has = KAL_BIT(3), .id = id},
                         {.has = KAL_BIT(2), .id = id},
                         {.has = KAL_MESSAGE_TOKEN_USAGE, .id = id, .token_usage = -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_message_set(f->store, &bad[i], &f->err));
    kal_message unknown = {.id = 99, .text = T("x")};
    fails(KAL_NOT_FOUND, kal_message_set(f->store, &unknown, &f->err));
    says("no message has the id 99");
    kal_message got;
    ok(kal_message_get(f->store, id, &got, &f->err));
    assert_text(got.text, "apple");
}

static void unknown_ids_are_not_found(void **state) {
    fixture *f = *state;
    kal_message got;
    static const int64_t ids[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    for (int i = 0; i < 5; i++) {
        fails(KAL_NOT_FOUND, kal_message_get(f->store, ids[i], &got, &f->err));
        fails(KAL_NOT_FOUND, kal_message_del(f->store, ids[i], &f->err));
    }
}

static void counts_follow_adds_and_deletes(void **state) {
    fixture *f = *state;
    int64_t ids[10];
    for (int i = 0; i < 10; i++)
        ids[i] = add_message(f, "s", "x");
    assert_int_equal(count_of(f, "s"), 10);
    for (int i = 9; i >= 0; i -= 3)
        ok(kal_message_del(f->store, ids[i], &f->err));
    assert_int_equal(count_of(f, "s"), 6);
    add_message(f, "s", "x");
    assert_int_equal(count_of(f, "s"), 7);
}

static void an_answer_is_valid_until_the_next_call(void **state) {
    fixture *f = *state;
    kal_message row = make("s", "user", "x");
    row.created_at = T("2024-01-01");
    ok(kal_message_add(f->store, &row, &f->err));
    assert_text(row.created_at, "2024-01-01T00:00:00.000Z");
    kal_message got;
    ok(kal_message_get(f->store, row.id, &got, &f->err));
    assert_int_equal(got.text.data[got.text.len], 0);
    /* What one call handed out may be given to the next. */
    kal_message copy = {.session = got.session, .role = got.role, .text = got.text};
    (void)copy;
}

int in_memory_with_session(void **state) {
    in_memory(state);
    add_session(*state, "s");
    return 0;
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, in_memory_with_session, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(add_fills_in_what_is_not_given),
        ON_SESSION(add_keeps_what_is_given),
        ON_SESSION(every_role_and_no_other_is_accepted),
        ON_SESSION(importance_is_between_0_and_1),
        ON_SESSION(what_is_required_must_be_there),
        ON_SESSION(text_that_is_not_text_is_misuse),
        ON_SESSION(text_has_at_most_16_mib),
        ON_SESSION(the_longest_text_without_spaces_can_be_indexed),
        ON_SESSION(ids_are_positive_and_never_used_again),
        ON_SESSION(times_within_a_session_ascend_whatever_the_clock_does),
        ON_SESSION(a_time_that_is_not_followed_by_a_nul_is_read_to_its_end_only),
        ON_SESSION(texts_need_no_nul_behind_them),
        ON_SESSION(an_external_id_is_unique_within_its_session),
        ON_SESSION(set_changes_only_what_is_given),
        ON_SESSION(a_score_is_set_with_its_reasons),
        ON_SESSION(set_refuses_what_is_not_settable),
        ON_SESSION(unknown_ids_are_not_found),
        ON_SESSION(counts_follow_adds_and_deletes),
        ON_SESSION(an_answer_is_valid_until_the_next_call),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
