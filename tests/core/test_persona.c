/* Personas: values, the one default of a category, and what becomes of the sessions of a deleted one. */
#include "support.h"

static bool is_default(fixture *f, const char *id) {
    kal_persona row;
    ok(kal_persona_get(f->store, T(id), &row, &f->err));
    return row.is_default;
}

static void add_fills_in_what_is_not_given(void **state) {
    fixture *f = *state;
    kal_persona row = {.name = T("Ann"), .prompt = T("")}, got;
    ok(kal_persona_add(f->store, &row, &f->err));
    char id[64];
    strcpy(id, row.id.data);
    ok(kal_persona_get(f->store, T(id), &got, &f->err));
    assert_text(got.name, "Ann");
    assert_text(got.prompt, "");
    assert_text(got.created_at, "2025-03-01T09:00:00.000Z");
    assert_text(got.updated_at, "2025-03-01T09:00:00.000Z");
    assert_false(got.is_default);
    assert_int_equal(got.has & (KAL_PERSONA_TEMPERATURE | KAL_PERSONA_MAX_TOKENS |
                                KAL_PERSONA_TOP_P | KAL_PERSONA_REPEAT_PENALTY),
                     0);
    assert_text(got.category, NULL);
    assert_text(got.suggested_models, NULL);
}

static void add_keeps_what_is_given(void **state) {
    fixture *f = *state;
    kal_persona row = {.has = KAL_PERSONA_TEMPERATURE | KAL_PERSONA_MAX_TOKENS | KAL_PERSONA_TOP_P |
                              KAL_PERSONA_REPEAT_PENALTY | KAL_PERSONA_IS_DEFAULT,
                       .id = T("p"),
                       .name = T("Coder"),
                       .prompt = T("You write code."),
                       .description = T("writes code"),
                       .icon = T("\xF0\x9F\xA6\x8A"),
                       .default_model = T("m1"),
                       .suggested_models = T(" [ \"m1\" , \"m\\\"2\" ] "),
                       .temperature = 2,
                       .maxTokens = 4096,
                       .created_at = T("2024-01-01"),
                       .updated_at = T("2024-01-02"),
                       .category = T("code"),
                       .topP = 0.9,
                       .stopSequences = T("[]"),
                       .repeatPenalty = 1.1,
                       .is_default = true},
                got;
    ok(kal_persona_add(f->store, &row, &f->err));
    ok(kal_persona_get(f->store, T("p"), &got, &f->err));
    assert_text(got.description, "writes code");
    assert_text(got.icon, "\xF0\x9F\xA6\x8A");
    assert_text(got.default_model, "m1");
    assert_text(got.suggested_models, " [ \"m1\" , \"m\\\"2\" ] ");
    assert_true(got.temperature == 2);
    assert_int_equal(got.maxTokens, 4096);
    assert_text(got.created_at, "2024-01-01T00:00:00.000Z");
    assert_text(got.updated_at, "2024-01-02T00:00:00.000Z");
    assert_text(got.category, "code");
    assert_true(got.topP == 0.9);
    assert_text(got.stopSequences, "[]");
    assert_true(got.repeatPenalty == 1.1);
    assert_true(got.is_default);
}

static void bad_values_are_misuse(void **state) {
    fixture *f = *state;
    const kal_str n = T("n"), p = T("p");
    kal_persona bad[] = {
        {.prompt = p},
        {.name = n},
        {.name = T(""), .prompt = p},
        {.name = n, .prompt = T("\xFF")},
        {.has = KAL_PERSONA_TEMPERATURE, .name = n, .prompt = p, .temperature = 2.01},
        {.has = KAL_PERSONA_TEMPERATURE, .name = n, .prompt = p, .temperature = NAN},
        {.has = KAL_PERSONA_TEMPERATURE, .name = n, .prompt = p, .temperature = -1},
        {.has = KAL_PERSONA_MAX_TOKENS, .name = n, .prompt = p, .maxTokens = 0},
        {.has = KAL_PERSONA_MAX_TOKENS, .name = n, .prompt = p, .maxTokens = INT64_MAX},
        {.has = KAL_PERSONA_TOP_P, .name = n, .prompt = p, .topP = 1.5},
        {.has = KAL_PERSONA_REPEAT_PENALTY, .name = n, .prompt = p, .repeatPenalty = 0},
        {.has = KAL_PERSONA_REPEAT_PENALTY, .name = n, .prompt = p, .repeatPenalty = NAN},
        {.has = KAL_PERSONA_REPEAT_PENALTY, .name = n, .prompt = p, .repeatPenalty = INFINITY},
        {.name = n, .prompt = p, .created_at = T("never")},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_persona_add(f->store, &bad[i], &f->err));
    static const char *const lists[] = {"",
                                        "x",
                                        "[",
                                        "[1]",
                                        "[\"a\"",
                                        "[\"a\",]",
                                        "[\"a\"] x",
                                        "{\"a\":\"b\"}",
                                        "[\"a\" \"b\"]",
                                        "[\"a",
                                        "[\"\\",
                                        "\"a\"",
                                        "[[\"a\"]]",
                                        "[,\"a\"]",
                                        "[\"a\\\"]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        kal_persona row = {.name = n, .prompt = p, .stopSequences = T(lists[i])};
        fails(KAL_MISUSE, kal_persona_add(f->store, &row, &f->err));
    }
    int64_t count;
    ok(kal_persona_count(f->store, NULL, &count, &f->err));
    assert_int_equal(count, 0);
}

static void a_taken_id_is_refused_and_changes_nothing(void **state) {
    fixture *f = *state;
    add_persona(f, "a", "general", true);
    add_persona(f, "b", "general", false);
    ok(kal_store_begin(f->store, &f->err));
    kal_persona row = {.has = KAL_PERSONA_IS_DEFAULT,
                       .id = T("b"),
                       .name = T("b"),
                       .prompt = T("p"),
                       .category = T("general"),
                       .is_default = true};
    fails(KAL_EXISTS, kal_persona_add(f->store, &row, &f->err));
    says("'b'");
    ok(kal_store_commit(f->store, &f->err));
    assert_true(is_default(f, "a"));
}

static void a_category_has_at_most_one_default(void **state) {
    fixture *f = *state;
    add_persona(f, "a", "general", true);
    add_persona(f, "b", "general", true);
    add_persona(f, "c", "code", true);
    assert_false(is_default(f, "a"));
    assert_true(is_default(f, "b"));
    assert_true(is_default(f, "c"));
    kal_persona change = {.has = KAL_PERSONA_IS_DEFAULT, .id = T("a"), .is_default = true};
    ok(kal_persona_set(f->store, &change, &f->err));
    assert_true(is_default(f, "a"));
    assert_false(is_default(f, "b"));
    kal_persona move = {.id = T("c"), .category = T("general")};
    ok(kal_persona_set(f->store, &move, &f->err));
    assert_true(is_default(f, "c"));
    assert_false(is_default(f, "a"));
}

static void personas_without_a_category_share_one_default(void **state) {
    fixture *f = *state;
    add_persona(f, "a", NULL, true);
    add_persona(f, "b", NULL, true);
    add_persona(f, "c", "general", true);
    assert_false(is_default(f, "a"));
    assert_true(is_default(f, "b"));
    assert_true(is_default(f, "c"));
}

static void a_unique_index_on_the_default_is_never_broken(void **state) {
    fixture *f = *state;
    run(f, "CREATE UNIQUE INDEX one_default ON personas(category) WHERE is_default = 1");
    add_persona(f, "a", "general", true);
    add_persona(f, "b", "general", true);
    assert_true(is_default(f, "b"));
    kal_persona change = {.has = KAL_PERSONA_IS_DEFAULT, .id = T("a"), .is_default = true};
    ok(kal_persona_set(f->store, &change, &f->err));
    assert_true(is_default(f, "a"));
}

static void a_default_persona_cannot_be_deleted(void **state) {
    fixture *f = *state;
    add_persona(f, "a", "general", true);
    fails(KAL_REFUSED, kal_persona_del(f->store, T("a"), &f->err));
    says("'a' is the default persona");
    assert_true(is_default(f, "a"));
    kal_persona change = {.has = KAL_PERSONA_IS_DEFAULT, .id = T("a"), .is_default = false};
    ok(kal_persona_set(f->store, &change, &f->err));
    ok(kal_persona_del(f->store, T("a"), &f->err));
    fails(KAL_NOT_FOUND, kal_persona_del(f->store, T("a"), &f->err));
    fails(KAL_NOT_FOUND, kal_persona_del(f->store, T(NULL), &f->err));
}

static void the_other_program_cannot_delete_a_default_persona(void **state) {
    fixture *f = *state;
    add_persona(f, "a", "general", true);
    add_persona(f, "b", "general", false);
    assert_int_equal(sqlite3_exec(other(f), "DELETE FROM personas WHERE id = 'a'", 0, 0, 0),
                     SQLITE_CONSTRAINT);
    run(f, "DELETE FROM personas WHERE id = 'b'");
    assert_true(is_default(f, "a"));
}

static void the_sessions_of_a_deleted_persona_get_the_default_of_its_category(void **state) {
    fixture *f = *state;
    add_persona(f, "general", "general", true);
    add_persona(f, "coder", "code", true);
    add_persona(f, "rustacean", "code", false);
    add_persona(f, "poet", "writing", false);
    static const char *const of[] = {"rustacean", "poet", "coder"};
    static const char *const id[] = {"s1", "s2", "s3"};
    static const char *const after[] = {"coder", "general", "coder"};
    for (int i = 0; i < 3; i++) {
        kal_session row = {.id = T(id[i]), .persona = T(of[i])};
        ok(kal_session_add(f->store, &row, &f->err));
    }
    ok(kal_persona_del(f->store, T("rustacean"), &f->err));
    ok(kal_persona_del(f->store, T("poet"), &f->err));
    for (int i = 0; i < 3; i++) {
        kal_session row;
        ok(kal_session_get(f->store, T(id[i]), &row, &f->err));
        assert_text(row.persona, after[i]);
    }
}

static void without_any_default_the_sessions_of_a_deleted_persona_have_none(void **state) {
    fixture *f = *state;
    add_persona(f, "poet", NULL, false);
    kal_session row = {.id = T("s"), .persona = T("poet")};
    ok(kal_session_add(f->store, &row, &f->err));
    ok(kal_persona_del(f->store, T("poet"), &f->err));
    ok(kal_session_get(f->store, T("s"), &row, &f->err));
    assert_text(row.persona, NULL);
}

static void set_takes_a_number_away(void **state) {
    fixture *f = *state;
    kal_persona row = {.has = KAL_PERSONA_TEMPERATURE | KAL_PERSONA_MAX_TOKENS | KAL_PERSONA_TOP_P,
                       .id = T("a"),
                       .name = T("n"),
                       .prompt = T("p"),
                       .temperature = 0.5,
                       .maxTokens = 100,
                       .topP = KAL_NO_REAL};
    kal_persona change = {.has = KAL_PERSONA_TEMPERATURE | KAL_PERSONA_MAX_TOKENS,
                          .id = T("a"),
                          .temperature = KAL_NO_REAL,
                          .maxTokens = KAL_NO_INTEGER},
                got;
    ok(kal_persona_add(f->store, &row, &f->err));
    ok(kal_persona_get(f->store, T("a"), &got, &f->err));
    assert_int_equal(got.has & KAL_PERSONA_TOP_P, 0);
    assert_int_equal(got.maxTokens, 100);
    ok(kal_persona_set(f->store, &change, &f->err));
    ok(kal_persona_get(f->store, T("a"), &got, &f->err));
    assert_int_equal(got.has & (KAL_PERSONA_TEMPERATURE | KAL_PERSONA_MAX_TOKENS), 0);
    assert_text(got.prompt, "p");
}

static void a_number_that_must_be_there_is_not_taken_away(void **state) {
    fixture *f = *state;
    kal_model row = {
        .has = KAL_MODEL_RATIO | KAL_MODEL_TURNS, .id = T("m"), .ratio = 1, .turns = 1};
    kal_model change = {.has = KAL_MODEL_RATIO, .id = T("m"), .ratio = KAL_NO_REAL};
    kal_model none = {.has = KAL_MODEL_RATIO | KAL_MODEL_TURNS, .id = T("o"), .ratio = KAL_NO_REAL};
    ok(kal_model_add(f->store, &row, &f->err));
    fails(KAL_MISUSE, kal_model_set(f->store, &change, &f->err));
    fails(KAL_MISUSE, kal_model_add(f->store, &none, &f->err));
    says("model.ratio is missing");
}

static void a_model_keeps_what_its_server_said_of_its_context(void **state) {
    fixture *f = *state;
    kal_model row = {.has = KAL_MODEL_RATIO | KAL_MODEL_TURNS, .id = T("m"), .ratio = 1}, got;
    kal_model change = {.has = KAL_MODEL_CONTEXT, .id = T("m"), .context = 8192};
    change.asked_at = T("2025-03-01T10:00:00Z");
    ok(kal_model_add(f->store, &row, &f->err));
    ok(kal_model_get(f->store, T("m"), &got, &f->err));
    assert_int_equal(got.has & (KAL_MODEL_CONTEXT | KAL_MODEL_ASKED_AT), 0);
    ok(kal_model_set(f->store, &change, &f->err));
    ok(kal_model_get(f->store, T("m"), &got, &f->err));
    assert_int_equal(got.context, 8192);
    assert_text(got.asked_at, "2025-03-01T10:00:00.000Z");
    change.context = 0;
    fails(KAL_MISUSE, kal_model_set(f->store, &change, &f->err));
    says("model.context must be between 1 and 1e+09");
}

static void set_changes_only_what_is_given_and_the_time_of_change(void **state) {
    fixture *f = *state;
    add_persona(f, "a", "general", true);
    f->clock += 60000;
    kal_persona change = {.has = KAL_PERSONA_TEMPERATURE, .id = T("a"), .temperature = 0.5}, got;
    ok(kal_persona_set(f->store, &change, &f->err));
    ok(kal_persona_get(f->store, T("a"), &got, &f->err));
    assert_true(got.temperature == 0.5);
    assert_text(got.prompt, "You are helpful.");
    assert_text(got.created_at, "2025-03-01T09:00:00.000Z");
    assert_text(got.updated_at, "2025-03-01T09:01:01.000Z");
    change = (kal_persona){.id = T("a"), .updated_at = T("2026-01-01")};
    ok(kal_persona_set(f->store, &change, &f->err));
    ok(kal_persona_get(f->store, T("a"), &got, &f->err));
    assert_text(got.updated_at, "2026-01-01T00:00:00.000Z");
    change = (kal_persona){.has = KAL_BIT(2), .id = T("a")};
    fails(KAL_MISUSE, kal_persona_set(f->store, &change, &f->err));
    says("persona.prompt cannot be removed");
    change = (kal_persona){.id = T("a"), .created_at = T("2026-01-01")};
    fails(KAL_MISUSE, kal_persona_set(f->store, &change, &f->err));
    change = (kal_persona){.id = T("none"), .name = T("x")};
    fails(KAL_NOT_FOUND, kal_persona_set(f->store, &change, &f->err));
    fails(KAL_NOT_FOUND, kal_persona_get(f->store, T("none"), &got, &f->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(add_fills_in_what_is_not_given),
        ON_MEMORY(add_keeps_what_is_given),
        ON_MEMORY(bad_values_are_misuse),
        ON_MEMORY(a_taken_id_is_refused_and_changes_nothing),
        ON_MEMORY(a_category_has_at_most_one_default),
        ON_MEMORY(personas_without_a_category_share_one_default),
        ON_FILE(a_unique_index_on_the_default_is_never_broken),
        ON_MEMORY(a_default_persona_cannot_be_deleted),
        ON_FILE(the_other_program_cannot_delete_a_default_persona),
        ON_MEMORY(the_sessions_of_a_deleted_persona_get_the_default_of_its_category),
        ON_MEMORY(without_any_default_the_sessions_of_a_deleted_persona_have_none),
        ON_MEMORY(set_changes_only_what_is_given_and_the_time_of_change),
        ON_MEMORY(set_takes_a_number_away),
        ON_MEMORY(a_number_that_must_be_there_is_not_taken_away),
        ON_MEMORY(a_model_keeps_what_its_server_said_of_its_context),
    };
    return cmocka_run_group_tests_name("persona", tests, NULL, NULL);
}
