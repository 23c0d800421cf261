/* Sessions: what add fills in, what set may change, what goes with a session that is deleted. */
#include "support.h"

static void add_fills_in_what_is_not_given(void **state) {
    fixture *f = *state;
    kal_session row = {0}, got;
    ok(kal_session_add(f->store, &row, &f->err));
    assert_text(row.id, "00000000-0000-4000-8000-000000000001");
    assert_text(row.created_at, "2025-03-01T09:00:00.000Z");
    assert_text(row.updated_at, "2025-03-01T09:00:00.000Z");
    assert_text(row.persona, NULL);
    char id[64];
    strcpy(id, row.id.data);
    ok(kal_session_get(f->store, T(id), &got, &f->err));
    assert_text(got.name, NULL);
    assert_text(got.model, NULL);
    assert_text(got.recap, NULL);
    assert_text(got.archived_at, NULL);
    assert_text(got.external_id, NULL);
    assert_text(got.boundary_at, "");
    assert_int_equal(got.boundary_id, 0);
    assert_int_equal(got.message_count, 0);
    assert_false(got.saved);
    assert_int_equal(got.has & KAL_SESSION_SAVED, KAL_SESSION_SAVED);
    assert_int_equal(got.has & KAL_BIT(1), 0);
}

static void add_keeps_what_is_given(void **state) {
    fixture *f = *state;
    add_persona(f, "p", "general", false);
    kal_session row = {.has = KAL_SESSION_SAVED,
                       .id = T("trip"),
                       .name = T("Trip to Österreich"),
                       .model = T("llama3"),
                       .recap = T("Where we parked."),
                       .persona = T("p"),
                       .created_at = T("2024-01-02 03:04:05"),
                       .updated_at = T("2024-02-03T04:05:06+01:00"),
                       .saved = true,
                       .archived_at = T("2024-03-01"),
                       .external_id = T("source/1")};
    ok(kal_session_add(f->store, &row, &f->err));
    kal_session got;
    ok(kal_session_get(f->store, T("trip"), &got, &f->err));
    assert_text(got.name, "Trip to Österreich");
    assert_text(got.model, "llama3");
    assert_text(got.recap, "Where we parked.");
    assert_text(got.persona, "p");
    assert_text(got.created_at, "2024-01-02T03:04:05.000Z");
    assert_text(got.updated_at, "2024-02-03T03:05:06.000Z");
    assert_text(got.archived_at, "2024-03-01T00:00:00.000Z");
    assert_text(got.external_id, "source/1");
    assert_true(got.saved);
}

static void a_new_session_gets_the_default_persona_of_general(void **state) {
    fixture *f = *state;
    add_persona(f, "coder", "code", true);
    add_persona(f, "assistant", "general", true);
    kal_session row = {.id = T("s")};
    ok(kal_session_add(f->store, &row, &f->err));
    assert_text(row.persona, "assistant");
    kal_session own = {.id = T("t"), .persona = T("coder")};
    ok(kal_session_add(f->store, &own, &f->err));
    ok(kal_session_get(f->store, T("t"), &own, &f->err));
    assert_text(own.persona, "coder");
}

static void a_session_may_ask_for_no_persona(void **state) {
    fixture *f = *state;
    add_persona(f, "assistant", "general", true);
    kal_session row = {.has = KAL_BIT(4), .id = T("s")};
    ok(kal_session_add(f->store, &row, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.persona, NULL);
}

static void an_unknown_persona_is_not_found(void **state) {
    fixture *f = *state;
    kal_session row = {.id = T("s"), .persona = T("nobody")};
    fails(KAL_NOT_FOUND, kal_session_add(f->store, &row, &f->err));
    says("no persona has the id 'nobody'");
    add_session(f, "t");
    kal_session change = {.id = T("t"), .persona = T("nobody")};
    fails(KAL_NOT_FOUND, kal_session_set(f->store, &change, &f->err));
}

static void a_taken_id_or_external_id_is_refused(void **state) {
    fixture *f = *state;
    kal_session a = {.id = T("s"), .external_id = T("x")};
    ok(kal_session_add(f->store, &a, &f->err));
    kal_session same_id = {.id = T("s")}, same_external = {.id = T("t"), .external_id = T("x")};
    fails(KAL_EXISTS, kal_session_add(f->store, &same_id, &f->err));
    says("'s'");
    fails(KAL_EXISTS, kal_session_add(f->store, &same_external, &f->err));
    says("'x'");
    int64_t count;
    ok(kal_session_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, 1);
}

static void set_changes_only_what_is_given(void **state) {
    fixture *f = *state;
    kal_session row = {.id = T("s"), .name = T("old"), .recap = T("kept")};
    ok(kal_session_add(f->store, &row, &f->err));
    kal_session change = {.has = KAL_SESSION_SAVED, .id = T("s"), .name = T("new"), .saved = true};
    ok(kal_session_set(f->store, &change, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.name, "new");
    assert_text(row.recap, "kept");
    assert_true(row.saved);
    assert_text(row.updated_at, "2025-03-01T09:00:00.000Z");
    kal_session nothing = {.id = T("s")};
    ok(kal_session_set(f->store, &nothing, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.name, "new");
}

static void set_removes_a_text_whose_bit_is_set(void **state) {
    fixture *f = *state;
    kal_session row = {.id = T("s"), .name = T("old"), .archived_at = T("2025-01-01")};
    ok(kal_session_add(f->store, &row, &f->err));
    kal_session change = {.has = KAL_BIT(1) | KAL_BIT(8), .id = T("s")};
    ok(kal_session_set(f->store, &change, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.name, NULL);
    assert_text(row.archived_at, NULL);
}

static void a_removed_boundary_is_no_boundary(void **state) {
    fixture *f = *state;
    kal_session row = {
        .has = KAL_BIT(10), .id = T("s"), .boundary_at = T("2025-01-01"), .boundary_id = 7};
    ok(kal_session_add(f->store, &row, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.boundary_at, "2025-01-01T00:00:00.000Z");
    assert_int_equal(row.boundary_id, 7);
    kal_session change = {.has = KAL_BIT(9) | KAL_BIT(10), .id = T("s")};
    ok(kal_session_set(f->store, &change, &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.boundary_at, "");
    assert_int_equal(row.boundary_id, 0);
}

static void set_refuses_what_is_not_settable(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    kal_session created = {.id = T("s"), .created_at = T("2025-01-01")};
    fails(KAL_MISUSE, kal_session_set(f->store, &created, &f->err));
    says("session.created_at cannot be set");
    kal_session count = {.has = KAL_BIT(11), .id = T("s"), .message_count = 5};
    fails(KAL_MISUSE, kal_session_set(f->store, &count, &f->err));
    kal_session external = {.id = T("s"), .external_id = T("x")};
    fails(KAL_MISUSE, kal_session_set(f->store, &external, &f->err));
    kal_session nobody = {.name = T("x")};
    fails(KAL_MISUSE, kal_session_set(f->store, &nobody, &f->err));
    says("session.id is missing");
    kal_session unknown = {.id = T("unknown"), .name = T("x")};
    fails(KAL_NOT_FOUND, kal_session_set(f->store, &unknown, &f->err));
}

static void malformed_values_are_misuse(void **state) {
    fixture *f = *state;
    kal_session bad[] = {
        {.id = T("")},
        {.created_at = T("yesterday")},
        {.updated_at = T("2025-02-30")},
        {.archived_at = T("")},
        {.boundary_at = T("soon")},
        {.name = T("\xFF")},
        {.name = {"a\0b", 3}},
        {.has = KAL_BIT(10), .boundary_id = -1},
        {.external_id = T("")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_session_add(f->store, &bad[i], &f->err));
    int64_t count;
    ok(kal_session_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, 0);
}

static void names_have_at_most_255_bytes(void **state) {
    fixture *f = *state;
    char *text = letters(256);
    kal_session longest = {.id = {text, 255}, .name = {text, 255}, .external_id = {text, 255}};
    ok(kal_session_add(f->store, &longest, &f->err));
    kal_session got;
    ok(kal_session_get(f->store, (kal_str){text, 255}, &got, &f->err));
    assert_int_equal(got.id.len, 255);
    kal_session long_id = {.id = {text, 256}}, long_name = {.name = {text, 256}};
    fails(KAL_MISUSE, kal_session_add(f->store, &long_id, &f->err));
    says("the limit is 255");
    fails(KAL_MISUSE, kal_session_add(f->store, &long_name, &f->err));
    kal_session change = {.id = {text, 255}, .name = {text, 256}};
    fails(KAL_MISUSE, kal_session_set(f->store, &change, &f->err));
    fails(KAL_NOT_FOUND, kal_session_get(f->store, (kal_str){text, 256}, &got, &f->err));
    kal_message message = {.session = {text, 255}, .role = T("user"), .text = T("x")};
    ok(kal_message_add(f->store, &message, &f->err));
    free(text);
}

static void unknown_ids_are_not_found(void **state) {
    fixture *f = *state;
    kal_session row;
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("none"), &row, &f->err));
    says("no session has the id 'none'");
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T(NULL), &row, &f->err));
    fails(KAL_NOT_FOUND, kal_session_get(f->store, T("\xFF"), &row, &f->err));
    fails(KAL_NOT_FOUND, kal_session_del(f->store, T("none"), &f->err));
    fails(KAL_NOT_FOUND, kal_session_del(f->store, T(NULL), &f->err));
}

static void deleting_a_session_deletes_what_it_owns(void **state) {
    fixture *f = *state;
    add_session(f, "gone");
    add_session(f, "stays");
    add_message(f, "gone", "apple");
    add_message(f, "stays", "apple");
    add_pin(f, "gone", "p", "apple", 0.5);
    add_summary(f, "gone", "m", "apple", 0.5);
    kal_request request = {.session = T("gone"), .budget = 100};
    kal_context *context;
    ok(kal_context_build(f->store, &request, &context, &f->err));
    ok(kal_context_save(f->store, context, &f->err));
    kal_context_close(context);
    ok(kal_session_del(f->store, T("gone"), &f->err));
    assert_int_equal(integer(f, "SELECT count(*) FROM messages"), 1);
    assert_int_equal(integer(f, "SELECT count(*) FROM semantic_pins"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM conversation_summaries"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_contexts"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_notes"), 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_tombstones"), 0);
    assert_int_equal(
        integer(f, "SELECT count(*) FROM kalito_messages_fts WHERE text MATCH 'apple'"), 1);
    assert_int_equal(integer(f, "SELECT count(*) FROM kalito_notes_fts WHERE text MATCH 'apple'"),
                     0);
    assert_int_equal(count_of(f, "stays"), 1);
    kal_message message = {.session = T("gone"), .role = T("user"), .text = T("x")};
    fails(KAL_NOT_FOUND, kal_message_add(f->store, &message, &f->err));
}

static void a_message_moves_updated_at_to_its_time(void **state) {
    fixture *f = *state;
    kal_session row;
    add_session(f, "s");
    f->clock += 60000;
    add_message(f, "s", "hello");
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.updated_at, "2025-03-01T09:01:01.000Z");
    add_message_at(f, "s", "imported", "2020-01-01");
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.updated_at, "2025-03-01T09:01:01.000Z");
}

static void the_fields_describe_the_struct(void **state) {
    (void)state;
    size_t count;
    const kal_field *fields = kal_fields(KAL_SESSION, &count);
    assert_int_equal(count, 13);
    assert_string_equal(fields[0].name, "id");
    assert_int_equal(fields[0].offset, offsetof(kal_session, id));
    assert_string_equal(fields[7].name, "saved");
    assert_int_equal(KAL_BIT(7), KAL_SESSION_SAVED);
    assert_int_equal(fields[7].type, KAL_TYPE_BOOLEAN);
    assert_false(fields[11].settable);
    fields = kal_fields(KAL_MESSAGE, &count);
    assert_int_equal(count, 11);
    assert_string_equal(fields[6].name, "importance_score");
    assert_int_equal(KAL_BIT(6), KAL_MESSAGE_IMPORTANCE);
    assert_string_equal(fields[5].name, "token_usage");
    assert_int_equal(KAL_BIT(5), KAL_MESSAGE_TOKEN_USAGE);
    fields = kal_fields(KAL_PERSONA, &count);
    assert_int_equal(count, 16);
    assert_string_equal(fields[15].name, "is_default");
    assert_string_equal(fields[12].name, "topP");
    fields = kal_fields(KAL_SUMMARY, &count);
    assert_true(count >= 8);
    assert_string_equal(fields[3].name, "message_count");
    assert_string_equal(fields[6].name, "importance_score");
    fields = kal_fields(KAL_PIN, &count);
    assert_int_equal(count, 7);
    assert_string_equal(fields[4].name, "importance_score");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(add_fills_in_what_is_not_given),
        ON_MEMORY(add_keeps_what_is_given),
        ON_MEMORY(a_new_session_gets_the_default_persona_of_general),
        ON_MEMORY(a_session_may_ask_for_no_persona),
        ON_MEMORY(an_unknown_persona_is_not_found),
        ON_MEMORY(a_taken_id_or_external_id_is_refused),
        ON_MEMORY(set_changes_only_what_is_given),
        ON_MEMORY(set_removes_a_text_whose_bit_is_set),
        ON_MEMORY(a_removed_boundary_is_no_boundary),
        ON_MEMORY(set_refuses_what_is_not_settable),
        ON_MEMORY(malformed_values_are_misuse),
        ON_MEMORY(names_have_at_most_255_bytes),
        ON_MEMORY(unknown_ids_are_not_found),
        ON_FILE(deleting_a_session_deletes_what_it_owns),
        ON_MEMORY(a_message_moves_updated_at_to_its_time),
        cmocka_unit_test(the_fields_describe_the_struct),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
