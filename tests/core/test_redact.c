/* Secrets: what is found in a text, and that none of it is in the file or in a context. */
#include "support.h"

#include <unistd.h>

/* ---- texts ---- */

static void check_redacted(const char *text, const char *want) {
    char out[4096];
    size_t n = kal_redact(T(text), KAL_REDACT_ALL, NULL, out, sizeof out - 1);
    assert_true(n < sizeof out);
    out[n] = 0;
    assert_string_equal(out, want);
    assert_int_equal(kal_redact(T(text), KAL_REDACT_ALL, NULL, NULL, 0), n);
    assert_int_equal(kal_redact(T(text), 0, NULL, NULL, 0), strlen(text));
}

static void secrets_are_found(void **state) {
    (void)state;
    static const char *const CASES[][2] = {
        {"write to john.doe+x@mail.example.co.uk.", "write to [redacted:email]."},
        {"<a@b.de>, (c@d.org)", "<[redacted:email]>, ([redacted:email])"},
        {"jana@m\xC3\xBCller.de", "[redacted:email]"},
        {"\xE6\x88\x91" "foo@bar.com\xE8\xAF\xB4", "\xE6\x88\x91[redacted:email]\xE8\xAF\xB4"},
        {"card 4111 1111 1111 1111 exp 12/27", "card [redacted:card] exp 12/27"},
        {"4111111111111111.", "[redacted:card]."},
        {"5500-0000-0000-0004", "[redacted:card]"},
        {"3782 822463 10005", "[redacted:card]"},
        {"4111\xC2\xA0" "1111\xC2\xA0" "1111\xC2\xA0" "1111", "[redacted:card]"},
        {"+49 170 1234567", "[redacted:phone]"},
        {"+49 (0)30 123456-12", "[redacted:phone]"},
        {"(555) 123-4567 or 1-800-555-0199", "[redacted:phone] or [redacted:phone]"},
        {"call 555-123-4567, or 555.234.5678.", "call [redacted:phone], or [redacted:phone]."},
        {"030/1234567", "[redacted:phone]"},
        {"020 7946 0958", "[redacted:phone]"},
        {"01 23 45 67 89", "[redacted:phone]"},
        {"0049 170 1234567", "[redacted:phone]"},
        {"tel: 5551234567", "tel: [redacted:phone]"},
        {"my phone number is 5551234567", "my phone number is [redacted:phone]"},
        {"sk-ant-api03-AAAAAAAAAAAAAAAAAAAA", "[redacted:key]"},
        {"sk-abcdefghij1234567890ABCD!", "[redacted:key]!"},
        {"sk-abcdefghijklmnopqrstuvwxyz123456", "[redacted:key]"},
        {"sk-test-1234567890abcdef", "[redacted:key]"},
        {"api_key=abcdEFGH12345678", "api_key=[redacted:key]"},
        {"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:key]"},
        {"github_pat_11ABCDEFG0abcdefghij_abcdefgh", "[redacted:key]"},
        {"(xoxb-123456789012-abcdefgh)", "([redacted:key])"},
        {"AKIAIOSFODNN7EXAMPLE, AIzaSyD-1234567890abcdefghijklmnopqrstu", "[redacted:key], [redacted:key]"},
        {"glpat-abcdefghij0123456789", "[redacted:key]"},
        {"hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "[redacted:key]"},
        {"npm_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:key]"},
        {"SG.abcdefghij0123456789ab.abcdefghij0123456789abcdefghij0123456789abc.", "[redacted:key]."},
        {"Authorization: Bearer abcdefghijklmnop1234567890", "Authorization: Bearer [redacted:key]"},
        {"Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==", "Authorization: Basic [redacted:key]"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-x end", "[redacted:key] end"},
        {"password: hunter2", "password: [redacted:key]"},
        {"{\"db_password\": \"s3cret!!\"}", "{\"db_password\": \"[redacted:key]\"}"},
        {"OPENAI_API_KEY=abcd1234efgh5678ijkl", "OPENAI_API_KEY=[redacted:key]"},
        {"?token=abc123def456ghi789jkl&x=1", "?token=[redacted:key]&x=1"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc==\n-----END RSA PRIVATE KEY-----\nafter",
         "[redacted:key]\nafter"},
        {"\"-----BEGIN PRIVATE KEY-----\\nMIIEow\\n-----END PRIVATE KEY-----\\n\"", "\"[redacted:key]\\n\""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check_redacted(CASES[i][0], CASES[i][1]);
}

static void what_only_looks_like_a_secret_is_left(void **state) {
    (void)state;
    static const char *const CASES[] = {
        "",
        "git@github.com:org/repo icon@2x.png lodash@4.17.21 @user user@host",
        "4111111111111112 1234567812345678 1700000000000000 0.4111111111111111",
        "2024-01-02T10:20:30.123Z 01.02.2024 10:30 01/02/2024 09 30 2024 1000 2024-01-01T10:00:00+02:00",
        "1.2.3.4 v1.2.345 192.168.100.200 3.14159265358979 +3.14159265 1,234,567,890 +10 000 000",
        "550e8400-e29b-41d4-a716-446655440000 12345678901 a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "123-45-6789 ISBN 978-3-16-148410-0 100 200 3000 C++ 11 room 555-1234",
        "https://x.com/2024/555-123-4567/a ref-555-123-4567 #555-123-4567",
        "password: required, token = config.get_token_value() if (key == abc123def456ghi789)",
        "sk-learn-something-long-and-hyphenated task-management-system-2024",
        "primary key: user-profile-2024-v12-section monkey=abcd1234efgh5678ijkl",
        "the bearer of certificates-and-other-things",
        "[redacted:email] [redacted:key] [redacted:word]",
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check_redacted(CASES[i], CASES[i]);
}

static void words_are_whole_and_in_any_case(void **state) {
    (void)state;
    kal_str words[] = {T("Elm Street"), T("redacted"), T("\xE5\xB1\xB1\xE7\x94\xB0")};
    size_t size = kal_words_size(words, 3);
    void *set = malloc(size);
    char out[200];
    assert_true(kal_words_build(set, size, words, 3));
    kal_str text = T("elm  street 5, not Elmstreet: redacted \xE5\xB1\xB1\xE7\x94\xB0\xE3\x81\xAF [redacted:key]");
    size_t n = kal_redact(text, KAL_REDACT_WORD, set, out, sizeof out - 1);
    out[n] = 0;
    assert_string_equal(out, "[redacted:word] 5, not Elmstreet: [redacted:word] [redacted:word]\xE3\x81\xAF"
                             " [redacted:key]");
    assert_int_equal(kal_redact((kal_str){out, n}, KAL_REDACT_ALL, set, NULL, 0), n);
    free(set);
}

static void every_detector_has_a_name(void **state) {
    (void)state;
    assert_string_equal(kal_redact_name(KAL_REDACT_EMAIL), "email");
    assert_string_equal(kal_redact_name(KAL_REDACT_WORD), "word");
    assert_null(kal_redact_name(0));
    assert_null(kal_redact_name(KAL_REDACT_ALL));
}

static const char *const PIECES[] = {
    "@", ".", "-", "a", "b7", "0", "1", "555", "123", "4567", "+", "+49 ", "(", ")", " ", "=", ":", "key", "token",
    "password", "sk-", "ghp_", "eyJ", "-----BEGIN ", "PRIVATE KEY-----", "-----END ", "bearer ", "[redacted:",
    "email]", "[redacted:key]", "4111111111111111", "\n", "foo@bar.com", "\xC3\xA9", "\"", "\\", "tel", "00",
    "0170", "AKIA", "abcdefghijklmnop1234567890", "_", "/", "2024", "%", "#"};
#define PIECE_COUNT (int)(sizeof PIECES / sizeof *PIECES)

/* Whatever stands beside what: no byte beyond the text is read, and a second time finds nothing more. */
static void redacting_twice_changes_nothing(void **state) {
    (void)state;
    dice d = {5};
    for (int i = 0; i < 40000; i++) {
        char text[1024] = "";
        for (int64_t n = 1 + below(&d, 12); n > 0; n--)
            strcat(text, PIECES[below(&d, PIECE_COUNT)]);
        size_t len = strlen(text);
        char *exact = memcpy(malloc(len + 1), text, len);
        size_t size = kal_redact((kal_str){exact, len}, KAL_REDACT_ALL, NULL, NULL, 0);
        char *once = malloc(size + 1), *twice = malloc(size + 1);
        kal_redact((kal_str){exact, len}, KAL_REDACT_ALL, NULL, once, size);
        assert_true(kal_text_valid((kal_str){once, size}, NULL));
        if (kal_redact((kal_str){once, size}, KAL_REDACT_ALL, NULL, twice, size) != size ||
            memcmp(once, twice, size) != 0)
            fail_msg("%s", text);
        free(exact);
        free(once);
        free(twice);
    }
}

/* The suite's watchdog ends a detector that is not linear: 2 MiB of every piece, and of the worst pairs. */
static void hostile_texts_take_no_longer_than_others(void **state) {
    (void)state;
    static const char *const PAIRS[] = {"key=", "sk-sk-", "a@", "0 ", "eyJ.", "-----BEGIN PRIVATE KEY", "tel 0", "bearer a"};
    for (int i = 0; i < PIECE_COUNT + 8; i++) {
        const char *piece = i < PIECE_COUNT ? PIECES[i] : PAIRS[i - PIECE_COUNT];
        size_t n = strlen(piece), size = (2u << 20) / n * n;
        char *text = malloc(size);
        for (size_t at = 0; at < size; at += n)
            memcpy(text + at, piece, n);
        assert_true(kal_redact((kal_str){text, size}, KAL_REDACT_ALL, NULL, NULL, 0) > 0);
        free(text);
    }
}

/* ---- stores ---- */

#define KEY "sk-ant-api03-abcdefgh12345678"
#define MAIL "joe@example.com"

static bool is_anywhere(fixture *f, const char *words) {
    static const char *const suffixes[] = {"", "-wal", "-journal"};
    bool found = false;
    for (int i = 0; i < 3; i++) {
        char name[400];
        size_t size;
        snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
        if (access(name, R_OK) != 0) continue;
        char *data = read_file(name, &size);
        found = found || memmem(data, size, words, strlen(words)) != NULL;
        free(data);
    }
    return found;
}

static void nothing_that_is_written_holds_a_secret(void **state) {
    fixture *f = *state;
    ok(kal_redaction_set(f->store, KAL_REDACT_KEY | KAL_REDACT_EMAIL, &f->err));
    kal_persona persona = {.id = T("per"), .name = T("p"), .prompt = T("key " KEY), .description = T("by " MAIL)};
    ok(kal_persona_add(f->store, &persona, &f->err));
    assert_text(persona.prompt, "key [redacted:key]");
    kal_session session = {.id = T("s"), .name = T("for " MAIL), .recap = T(KEY)};
    ok(kal_session_add(f->store, &session, &f->err));
    kal_message message = {.session = T("s"), .role = T("user"), .text = T("mail " MAIL " \xC3\xA9"),
                           .speaker = T(MAIL), .score_reasons = T("[[\"" MAIL "\",0.1]]"), .external_id = T("x")};
    ok(kal_message_add(f->store, &message, &f->err));
    assert_text(message.text, "mail [redacted:email] \xC3\xA9");
    assert_text(message.score_reasons, "[[\"[redacted:email]\",0.1]]");
    ok(kal_message_set(f->store, &(kal_message){.id = 1, .text = T(KEY)}, &f->err));
    add_pin(f, "s", "p1", "pin " KEY, 0.5);
    ok(kal_pin_set(f->store, &(kal_pin){.id = T("p1"), .content = T("again " KEY)}, &f->err));
    ok(kal_pin_reject(f->store, T("p1"), &f->err));
    kal_summary summary = {.session = T("s"), .summary = T("summary " KEY), .start_message_id = T("1"),
                           .end_message_id = T("1")};
    ok(kal_summary_make(f->store, &summary, &f->err));
    ok(kal_summary_undo(f->store, T("s"), &summary, &f->err));
    ok(kal_summary_redo(f->store, T("s"), &summary, &f->err));
    kal_turn turn = {.has = KAL_TURN_BUDGET | KAL_TURN_TOKENS, .session = T("s"), .hash = T("h"),
                     .details = T("{\"was\":\"a\\n" MAIL "\\u00e9\",\"hash\":\"" MAIL "\",\"n\":12.5}")};
    ok(kal_turn_add(f->store, &turn, &f->err));
    assert_text(turn.details, "{\"was\":\"a\\u000a[redacted:email]\xC3\xA9\",\"hash\":\"" MAIL "\",\"n\":12.5}");
    ok(kal_turn_del(f->store, turn.id, &f->err));
    kal_card card = {.id = T("per"), .spec = T("v2"), .card = T("{\"creator\":\"" KEY "\"}"), .prompt_hash = T("h")};
    ok(kal_card_add(f->store, &card, &f->err));
    assert_text(card.card, "{\"creator\":\"[redacted:key]\"}");
    assert_false(is_anywhere(f, KEY));
    assert_false(is_anywhere(f, "abcdefgh12345678")); /* as a word of the index */
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    ok(kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err));
    assert_int_equal(report.wrong, 0);
}

static void the_file_tells_all_who_open_it(void **state) {
    fixture *f = *state;
    kal_redaction found;
    kal_store *second = second_store(f);
    add_session(f, "s");
    kal_message row = {.session = T("s"), .role = T("user"), .text = T(MAIL)};
    ok(kal_message_add(second, &row, &f->err));
    assert_text(row.text, MAIL);
    ok(kal_redaction_set(f->store, KAL_REDACT_EMAIL, &f->err));
    row = (kal_message){.session = T("s"), .role = T("user"), .text = T(MAIL)};
    ok(kal_message_add(second, &row, &f->err));
    assert_text(row.text, "[redacted:email]");
    kal_store_close(second);
    reopen(f);
    ok(kal_redaction_get(f->store, &found, &f->err));
    assert_int_equal(found.kept, KAL_REDACT_EMAIL);
    assert_int_equal(found.detectors, KAL_REDACT_EMAIL);
    /* What is rolled back is not on. */
    ok(kal_store_begin(f->store, &f->err));
    ok(kal_redaction_set(f->store, 0, &f->err));
    kal_store_rollback(f->store);
    add_message(f, "s", MAIL);
    ok(kal_message_get(f->store, 3, &row, &f->err));
    assert_text(row.text, "[redacted:email]");
    ok(kal_redaction_set(f->store, 0, &f->err));
    add_message(f, "s", MAIL);
    ok(kal_message_get(f->store, 4, &row, &f->err));
    assert_text(row.text, MAIL);
    fails(KAL_MISUSE, kal_redaction_set(f->store, KAL_REDACT_WORD, &f->err));
    says("words are given to each opening");
}

static void words_come_with_the_opening_and_are_not_in_the_file(void **state) {
    fixture *f = *state;
    kal_options options = options_of(f);
    kal_str words[] = {T("quagga street"), T("xylophone")}, bad[] = {T(" ")};
    kal_redaction found;
    kal_store *store;
    options.redact_words = words;
    options.redact_word_count = 2;
    options.redact = KAL_REDACT_EMAIL;
    add_session(f, "s");
    ok(kal_store_open(f->path, &options, &store, &f->err));
    kal_message row = {.session = T("s"), .role = T("user"), .text = T("Quagga Street 5, " MAIL)};
    ok(kal_message_add(store, &row, &f->err));
    assert_text(row.text, "[redacted:word] 5, [redacted:email]");
    ok(kal_redaction_get(store, &found, &f->err));
    assert_int_equal(found.kept, 0);
    assert_int_equal(found.detectors, KAL_REDACT_EMAIL | KAL_REDACT_WORD);
    assert_int_equal(found.words, 2);
    assert_false(is_anywhere(f, "uagga"));
    kal_store_close(store);
    options.redact_words = bad;
    options.redact_word_count = 1;
    fails(KAL_MISUSE, kal_store_open(f->path, &options, &store, &f->err));
    options.redact_word_count = 0;
    options.redact = 64;
    fails(KAL_MISUSE, kal_store_open(f->path, &options, &store, &f->err));
}

static bool context_holds(fixture *f, const kal_request *request, const char *words) {
    kal_context *context;
    kal_prompt message;
    kal_item item;
    bool found = false;
    ok(kal_context_build(f->store, request, &context, &f->err));
    for (size_t i = 0; kal_context_message(context, i, &message); i++)
        found = found || memmem(message.content.data, message.content.len, words, strlen(words));
    for (size_t i = 0; kal_context_item(context, i, &item); i++)
        found = found || memmem(item.text.data, item.text.len, words, strlen(words));
    kal_context_close(context);
    return found;
}

static void a_context_holds_no_secret_of_older_rows(void **state) {
    fixture *f = *state;
    add_session(f, "s");
    add_message(f, "s", "old " MAIL);
    add_pin(f, "s", "p1", "pin " MAIL, 0.5);
    add_summary(f, "s", "m1", "summary " MAIL, 0.5);
    kal_note note = {.id = T("n"), .text = T("note " MAIL), .score = 0.5};
    kal_request request = {.session = T("s"), .text = T("new " MAIL), .prompt = T("prompt " MAIL), .notes = &note,
                           .note_count = 1, .budget = 1000};
    assert_true(context_holds(f, &request, MAIL));
    kal_store *second = second_store(f);
    ok(kal_redaction_set(second, KAL_REDACT_EMAIL, &f->err));
    kal_store_close(second);
    assert_false(context_holds(f, &request, MAIL));
    assert_true(context_holds(f, &request, "old [redacted:email]"));
    assert_true(context_holds(f, &request, "new [redacted:email]"));
}

static void rows_from_before_are_redacted_for_good(void **state) {
    fixture *f = *state;
    int64_t count;
    kal_message row;
    add_session(f, "s");
    for (int i = 0; i < 50; i++)
        add_message(f, "s", i % 10 ? "nothing to see" : "mail " MAIL);
    add_pin(f, "s", "p1", "pin " MAIL, 0.5);
    ok(kal_pin_reject(f->store, T("p1"), &f->err));
    kal_turn turn = {.has = KAL_TURN_BUDGET | KAL_TURN_TOKENS, .session = T("s"), .hash = T("h"),
                     .details = T("{\"was\":\"" MAIL "\"}")};
    ok(kal_turn_add(f->store, &turn, &f->err));
    run(f, "UPDATE sessions SET name = '" MAIL "', recap = '" MAIL "'");
    assert_true(is_anywhere(f, MAIL));
    ok(kal_redaction_apply(f->store, &count, &f->err));
    assert_int_equal(count, 0); /* it is off */
    ok(kal_redaction_set(f->store, KAL_REDACT_EMAIL, &f->err));
    ok(kal_redaction_count(f->store, &count, &f->err));
    assert_int_equal(count, 8); /* messages, the rejected pin, the turn, the session */
    ok(kal_redaction_apply(f->store, &count, &f->err));
    assert_int_equal(count, 8);
    assert_false(is_anywhere(f, MAIL));
    assert_false(is_anywhere(f, "joe"));
    ok(kal_message_get(f->store, 1, &row, &f->err));
    assert_text(row.text, "mail [redacted:email]");
    ok(kal_redaction_count(f->store, &count, &f->err));
    assert_int_equal(count, 0);
    kal_remark rows[16];
    kal_report report = {.rows = rows, .capacity = 16};
    ok(kal_store_check(f->store, KAL_CHECK_FULL, &report, &f->err));
    assert_int_equal(report.wrong, 0);
}

static void json_stays_json(void **state) {
    fixture *f = *state;
    static const char *const CASES[][2] = {
        {"{\"a\":1.5,\"b\":[true,null]}", "{\"a\":1.5,\"b\":[true,null]}"},
        {"[\"x\\\"" MAIL "\\\\\"]", "[\"x\\\"[redacted:email]\\\\\"]"},
        {"[\"\\t" MAIL "\"]", "[\"\\u0009[redacted:email]\"]"},
        {"[\"joe\\u0040example.com\"]", "[\"[redacted:email]\"]"},
        {"[\"\\ud83d\\ude00 " MAIL "\"]", "[\"\xF0\x9F\x98\x80 [redacted:email]\"]"},
        {"[\"untouched \\u00e9\"]", "[\"untouched \\u00e9\"]"},
        {"{\"n\":4111111111111111}", "{\"n\":\"[redacted:card]\"}"},
        {"{\"id\": \"" MAIL "\",\"" MAIL "\":\"id\"}", "{\"id\": \"" MAIL "\",\"[redacted:email]\":\"id\"}"},
        {"no JSON: " MAIL, "no JSON: \"[redacted:email]\""},
        {"\"open " MAIL, "\"open [redacted:email]"},
        {"\"\\", "\"\\"},
        {"\"\\u12", "\"\\u12"},
    };
    ok(kal_redaction_set(f->store, KAL_REDACT_EMAIL | KAL_REDACT_CARD, &f->err));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        kal_str out;
        ok(kal_redaction_json(f->store, T(CASES[i][0]), &out, &f->err));
        assert_int_equal(out.len, strlen(CASES[i][1]));
        assert_memory_equal(out.data, CASES[i][1], out.len);
    }
}

static void what_grows_beyond_its_limit_is_refused(void **state) {
    fixture *f = *state;
    char name[256] = "";
    ok(kal_redaction_set(f->store, KAL_REDACT_EMAIL, &f->err));
    while (strlen(name) < 240)
        strcat(name, "a@b.co ");
    kal_session row = {.name = T(name)};
    fails(KAL_MISUSE, kal_session_add(f->store, &row, &f->err));
    says("session.name has");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_found),
        cmocka_unit_test(what_only_looks_like_a_secret_is_left),
        cmocka_unit_test(words_are_whole_and_in_any_case),
        cmocka_unit_test(every_detector_has_a_name),
        cmocka_unit_test(redacting_twice_changes_nothing),
        cmocka_unit_test(hostile_texts_take_no_longer_than_others),
        ON_FILE(nothing_that_is_written_holds_a_secret),
        ON_FILE(the_file_tells_all_who_open_it),
        ON_FILE(words_come_with_the_opening_and_are_not_in_the_file),
        ON_FILE(a_context_holds_no_secret_of_older_rows),
        ON_FILE(rows_from_before_are_redacted_for_good),
        ON_MEMORY(json_stays_json),
        ON_MEMORY(what_grows_beyond_its_limit_is_refused),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
