/* One transaction around several calls: what commit keeps, what rollback drops, what a failure leaves. */
#include "support.h"

static int64_t messages(fixture *f) {
    int64_t count;
    ok(kal_message_count(f->store, NULL, &count, &f->err));
    return count;
}

static void commit_keeps_and_rollback_drops_everything(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "apple");
    add_pin(f, "s", "p", "pear", 0.5);
    assert_int_equal(integer(f, "SELECT count(*) FROM messages"), 0); /* nobody else sees it yet */
    ok(kal_store_commit(f->store, &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM messages"), 1);
    assert_int_equal(integer(f, "SELECT message_count FROM sessions"), 1);

    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "plum");
    add_session(f, "t");
    ok(kal_message_del(f->store, 1, &f->err));
    ok(kal_pin_del(f->store, T("p"), &f->err));
    kal_store_rollback(f->store);
    assert_int_equal(messages(f), 1);
    assert_int_equal(count_of(f, "s"), 1);
    kal_session session;
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("t"), &session, &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'plum'"),
                     0);
    assert_int_equal(
        integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'apple'"), 1);
}

static void transactions_do_not_nest(void **state) {
    fixture *f = *state;
    ok(kal_store_begin(f->store, &f->err));
    fails(KAL_MISUSE, kal_store_begin(f->store, &f->err));
    add_session(f, "s");
    ok(kal_store_commit(f->store, &f->err));
    fails(KAL_MISUSE, kal_store_commit(f->store, &f->err));
    kal_store_rollback(f->store);
    kal_store_rollback(f->store);
    assert_int_equal(count_of(f, "s"), 0);
}

static void closing_rolls_back(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "x");
    reopen(f);
    assert_int_equal(messages(f), 0);
    assert_int_equal(count_of(f, "s"), 0);
}

static void a_refused_call_leaves_the_transaction_usable(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "first");
    kal_message bad = {.session = T("s"), .role = T("bot"), .text = T("x")},
                stranger = {.session = T("none"), .role = T("user"), .text = T("x")},
                taken = {.has = KAL_MESSAGE_ID,
                         .id = 1,
                         .session = T("s"),
                         .role = T("user"),
                         .text = T("x")},
                change = {.id = 99, .text = T("x")};
    fails(KAL_MISUSE, kal_message_add(f->store, &bad, &f->err));
    fails(KAL_NOT_FOUND, kal_message_add(f->store, &stranger, &f->err));
    fails(KAL_EXISTS, kal_message_add(f->store, &taken, &f->err));
    fails(KAL_NOT_FOUND, kal_message_set(f->store, &change, &f->err));
    fails(KAL_NOT_FOUND, kal_message_del(f->store, 99, &f->err));
    fails(KAL_NOT_FOUND, kal_session_del(f->store, T("none"), &f->err));
    kal_session session = {.id = T("s")};
    fails(KAL_EXISTS, kal_session_add(f->store, &session, &f->err));
    kal_pin pin = {.session = T("none"), .content = T("x")};
    fails(KAL_NOT_FOUND, kal_pin_add(f->store, &pin, &f->err));
    add_message(f, "s", "second");
    ok(kal_store_commit(f->store, &f->err));
    assert_int_equal(messages(f), 2);
    assert_int_equal(count_of(f, "s"), 2);
}

static void after_a_rule_has_refused_the_transaction_is_rolled_back(void **state) {
    fixture *f = *state;
    add_persona(f, "p", "general", true);
    ok(kal_store_begin(f->store, &f->err));
    add_session(f, "s");
    fails(KAL_REFUSED, kal_persona_del(f->store, T("p"), &f->err));
    kal_session more = {.id = T("t")};
    fails(KAL_REFUSED, kal_session_add(f->store, &more, &f->err));
    says("roll it back");
    fails(KAL_REFUSED, kal_store_commit(f->store, &f->err));
    fails(KAL_MISUSE, kal_store_commit(f->store, &f->err));
    kal_session row;
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("s"), &row, &f->err));
    add_session(f, "u");
}

static void a_session_deleted_and_made_again_counts_from_zero(void **state) {
    fixture *f = *state;
    ok(kal_store_begin(f->store, &f->err));
    add_session(f, "s");
    add_message(f, "s", "one");
    add_message(f, "s", "two");
    ok(kal_session_del(f->store, T("s"), &f->err));
    add_session(f, "s");
    add_message(f, "s", "three");
    ok(kal_store_commit(f->store, &f->err));
    assert_int_equal(count_of(f, "s"), 1);
    assert_int_equal(messages(f), 1);
}

static void messages_of_many_sessions_in_one_transaction_are_all_counted(void **state) {
    fixture *f = *state;
    char id[32];
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "session-%d", i);
        add_session(f, id);
    }
    for (int i = 0; i < 6000; i++) {
        snprintf(id, sizeof id, "session-%d", i * 7 % 2000);
        add_message(f, id, "x");
    }
    ok(kal_store_commit(f->store, &f->err));
    for (int i = 0; i < 2000; i++) {
        snprintf(id, sizeof id, "session-%d", i);
        assert_int_equal(count_of(f, id), 3);
    }
}

static void times_ascend_over_a_rollback(void **state) {
    fixture *f = *state;
    f->tick = 0;
    add_session(f, "s");
    add_message(f, "s", "x");
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "dropped");
    kal_store_rollback(f->store);
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("y")};
    ok(kal_message_add(f->store, &row, &f->err));
    assert_text(row.created_at, "2025-03-01T09:00:00.001Z");
}

static void a_context_may_be_built_within_a_transaction(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    int64_t id = add_message(f, "s", "hello");
    kal_request request = {.session = T("s"), .message = id, .budget = 100};
    kal_context *context;
    ok(kal_context_build(f->store, &request, &context, &f->err));
    kal_context_info info;
    kal_context_stat(context, &info);
    assert_int_equal(info.messages, 1);
    ok(kal_context_compare(f->store, context, &f->err));
    ok(kal_context_save(f->store, context, &f->err));
    kal_context_close(context);
    add_message(f, "s", "more");
    ok(kal_store_commit(f->store, &f->err));
    assert_int_equal(count_of(f, "s"), 2);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_contexts"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(commit_keeps_and_rollback_drops_everything),
        ON_MEMORY(transactions_do_not_nest),
        ON_FILE(closing_rolls_back),
        ON_MEMORY(a_refused_call_leaves_the_transaction_usable),
        ON_MEMORY(after_a_rule_has_refused_the_transaction_is_rolled_back),
        ON_MEMORY(a_session_deleted_and_made_again_counts_from_zero),
        ON_MEMORY(messages_of_many_sessions_in_one_transaction_are_all_counted),
        ON_MEMORY(times_ascend_over_a_rollback),
        ON_FILE(a_context_may_be_built_within_a_transaction),
    };
    return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
