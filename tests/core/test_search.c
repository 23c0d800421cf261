/* Plain text search: what a query means, what is found and in which order, what is marked, what is refused; and the
 * same answers as FTS5's own for random queries. */
#include "support.h"

static kal_found rows[100];
static size_t count;

static kal_code search(fixture *f, const char *text) {
    kal_search s = {.text = T(text), .limit = 100};
    return kal_search_find(f->store, &s, rows, &count, &f->err);
}

/* The ids of what is found, those of messages as numbers, in order: "3 1 pin:p". */
static const char *found(fixture *f, const char *text) {
    static char out[2000];
    ok(search(f, text));
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (i) strcat(out, " ");
        if (rows[i].noun == KAL_PIN) strcat(out, "pin:");
        if (rows[i].noun == KAL_SUMMARY) strcat(out, "summary:");
        strcat(out, rows[i].id.data);
    }
    return out;
}

/* The text with what was found in brackets, of the first row. */
static const char *marked(fixture *f, const char *text) {
    static char out[4000];
    char *p = out;
    size_t at = 0;
    ok(search(f, text));
    assert_true(count > 0);
    for (size_t i = 0; i < rows[0].span_count; i++) {
        kal_span s = rows[0].spans[i];
        p += sprintf(p, "%.*s[%.*s]", (int)(s.from - at), rows[0].text.data + at, (int)(s.to - s.from),
                     rows[0].text.data + s.from);
        at = s.to;
    }
    sprintf(p, "%s", rows[0].text.data + at);
    return out;
}

static int with_messages(void **state) {
    in_file(state);
    fixture *f = *state;
    kal_session trip = {.id = T("trip-session"), .name = T("Trip")};
    ok(kal_session_add(f->store, &trip, &f->err));
    add_session(f, "other");
    add_message_at(f, "trip-session", "We parked the car in New York", "2025-03-01T10:00:00.000Z");
    add_message_at(f, "trip-session", "A new town, not York; the parking was dear", "2025-03-02T10:00:00.000Z");
    kal_message reply = {.session = T("other"), .role = T("assistant"), .text = T("The garage is on Fifth Street"),
                         .created_at = T("2025-03-03T10:00:00.000Z"), .importance_score = 0.9,
                         .has = KAL_MESSAGE_IMPORTANCE};
    ok(kal_message_add(f->store, &reply, &f->err));
    add_message_at(f, "other", "我们停车在三楼。我喜欢猫。", "2025-03-04T10:00:00.000Z");
    add_pin(f, "other", "p", "The car needs new tires", 0.8);
    add_summary(f, "trip-session", "s", "They looked for their car park", 0.7);
    return 0;
}

#define ON_MESSAGES(test) cmocka_unit_test_setup_teardown(test, with_messages, tear_down)

static void all_words_must_be_there_in_any_form(void **state) {
    fixture *f = *state;
    assert_string_equal(found(f, "parks"), "summary:s 1 2");
    assert_string_equal(found(f, "PARKING york"), "1 2");
    assert_string_equal(found(f, "car garage"), "");
    assert_string_equal(found(f, "nothing"), "");
    assert_string_equal(found(f, "  garage,  (fifth) "), "3");
}

static void a_phrase_stands_side_by_side(void **state) {
    fixture *f = *state;
    assert_string_equal(found(f, "\"new york\""), "1");
    assert_string_equal(found(f, "\"york new\""), "");
    assert_string_equal(found(f, "new-york"), "1"); /* one word for the eye, two for the index */
    assert_string_equal(found(f, "\"fifth street\" garage"), "3");
    assert_string_equal(found(f, "\"fif\"*"), "3");
}

static void beginnings_alternatives_and_what_is_left_out(void **state) {
    fixture *f = *state;
    assert_string_equal(found(f, "gar*"), "3");
    assert_string_equal(found(f, "car -park"), "pin:p");
    assert_string_equal(found(f, "york -\"new york\""), "2");
    assert_string_equal(found(f, "york -par*"), "");
    assert_string_equal(found(f, "garage OR town"), "3 2");
    assert_string_equal(found(f, "york town OR car"), "1 2");
    assert_string_equal(found(f, "york - town"), "2"); /* a dash between words is none */
    assert_string_equal(found(f, "or"), "");            /* only OR is the word */
}

static void filters_choose_by_role_session_time_and_importance(void **state) {
    fixture *f = *state;
    assert_string_equal(found(f, "the role:assistant"), "3");
    assert_string_equal(found(f, "car session:Trip"), "summary:s 1");
    assert_string_equal(found(f, "car session:trip-s"), "summary:s 1");
    assert_string_equal(found(f, "car session:\"other\""), "pin:p");
    assert_string_equal(found(f, "york since:2025-03-02"), "2");
    assert_string_equal(found(f, "york before:2025-03-02"), "1");
    assert_string_equal(found(f, "garage importance>0.8"), "3");
    assert_string_equal(found(f, "garage importance>0.9"), "");
    assert_string_equal(found(f, "garage importance>=0.9"), "3");
    assert_string_equal(found(f, "the role:user"), "1 2");
    kal_str sessions[] = {T("trip-session")};
    kal_search s = {.text = T("car session:other"), .limit = 5, .sessions = sessions, .session_count = 1};
    ok(kal_search_find(f->store, &s, rows, &count, &f->err));
    assert_int_equal(count, 0);
}

static void text_without_spaces_is_found_by_any_part_of_it(void **state) {
    fixture *f = *state;
    assert_string_equal(found(f, "停车"), "4");
    assert_string_equal(found(f, "在三楼"), "4");
    assert_string_equal(found(f, "楼三"), "");
    assert_string_equal(found(f, "猫"), "4");
    assert_string_equal(found(f, "停"), "4");
    assert_string_equal(found(f, "车停"), "");
    assert_string_equal(marked(f, "猫"), "我们停车在三楼。我喜欢[猫]。");
    assert_string_equal(marked(f, "停 三楼"), "我们[停]车在[三楼]。我喜欢猫。");
}

static void what_was_found_is_marked(void **state) {
    fixture *f = *state;
    assert_string_equal(marked(f, "garage fif*"), "The [garage] is on [Fifth] Street");
    assert_string_equal(marked(f, "\"new york\""), "We parked the car in [New York]");
    assert_string_equal(marked(f, "york new -fifth"), "We parked the car in [New] [York]");
    assert_string_equal(marked(f, "the -car"), "[The] garage is on Fifth Street");
}

static void the_part_that_is_shown_holds_most_of_what_was_found(void **state) {
    fixture *f = *state;
    char text[9000] = "";
    for (int i = 0; i < 300; i++)
        strcat(text, i == 100 ? "zebra " : i == 200 ? "zebra beside a walrus " : "ordinary words here ");
    add_message(f, "other", text);
    kal_search s = {.text = T("zebra walrus"), .limit = 5, .width = 60};
    ok(kal_search_find(f->store, &s, rows, &count, &f->err));
    assert_int_equal(count, 1);
    char part[200];
    snprintf(part, sizeof part, "%.*s", (int)(rows[0].part.to - rows[0].part.from), rows[0].text.data + rows[0].part.from);
    assert_non_null(strstr(part, "zebra beside a walrus"));
    assert_true(strlen(part) <= 60);
    assert_int_equal(rows[0].span_count, 3);
}

static void what_cannot_be_read_is_refused_with_its_place(void **state) {
    fixture *f = *state;
    static const char *const bad[][2] = {
        {"\"new york", "character 1: the quote is not closed"},
        {"停车 \"x", "character 4: the quote is not closed"},
        {"OR car", "character 1: OR needs a word on each side"},
        {"car OR", "character 7: OR needs a word on each side"},
        {"car OR OR x", "character 8: OR needs a word on each side"},
        {"car OR -x", "character 9: OR cannot stand before what is left out"},
        {"car OR role:user", "character 8: OR cannot stand before a filter"},
        {"-role:user car", "character 2: - cannot stand before a filter"},
        {"*", "character 1: * needs the beginning of a word"},
        {"car \"\"", "character 5: there is no word in the quotes"},
        {"car role:me", "role: must be user, assistant, system or tool"},
        {"car since:soon", "character 5: since: needs a time"},
        {"car importance>2", "importance> needs a number from 0 to 1"},
        {"car importance>", "importance> needs a number"},
        {"car session:", "session: needs an id or a name"},
        {"-car", "no word to look for, only what is left out"},
        {"role:user", "no word to look for"},
        {"?!", "no word to look for"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fails(KAL_MISUSE, search(f, bad[i][0]));
        says(bad[i][1]);
    }
    fails(KAL_MISUSE, search(f, ""));
    fails(KAL_MISUSE, search(f, "\xFF"));
    fails(KAL_NOT_FOUND, search(f, "car session:nowhere"));
    kal_search s = {.text = T("car"), .limit = 0};
    fails(KAL_MISUSE, kal_search_find(f->store, &s, rows, &count, &f->err));
    kal_str sessions[] = {T("nowhere")};
    s = (kal_search){.text = T("car"), .limit = 5, .sessions = sessions, .session_count = 1};
    fails(KAL_NOT_FOUND, kal_search_find(f->store, &s, rows, &count, &f->err));
}

static void any_text_is_a_query_or_refused_but_never_the_indexs_own_language(void **state) {
    fixture *f = *state;
    static const char *const parts[] = {"car", "\"", "*", "-", "OR", "AND", "NOT", "NEAR(", ")", "(", "text:", "^",
                                        "+", "{", "}", ":", "'", ";", "--", "停", "é", "role:user", "importance>0",
                                        "a*b", "x\"y", "NEAR(car york, 2)", "\\", "%", "_", "kalito_messages_fts"};
    dice d = {5};
    for (int i = 0; i < 3000; i++) {
        char text[400] = "";
        for (int n = (int)below(&d, 6) + 1; n > 0; n--) {
            strcat(text, parts[below(&d, sizeof parts / sizeof *parts)]);
            if (below(&d, 2)) strcat(text, " ");
        }
        kal_code code = search(f, text);
        if (code != KAL_OK && code != KAL_MISUSE) fail_msg("%s: %s", text, f->err.message);
    }
}

/* The original edits and deletes; nothing of what was there is found. */
static void what_another_program_changes_is_found_as_it_is_now(void **state) {
    fixture *f = *state;
    run(f, "UPDATE messages SET text = 'A zebra' WHERE id = 1");
    run(f, "DELETE FROM messages WHERE id = 2");
    run(f, "INSERT INTO messages(session_id, role, text, created_at)"
           " VALUES ('other', 'user', 'Another zebra', '2025-03-05T00:00:00.000Z')");
    run(f, "UPDATE semantic_pins SET content = 'zebra' WHERE id = 'p'");
    assert_string_equal(found(f, "york"), "");
    assert_string_equal(found(f, "zebra"), "pin:p 5 1");
    assert_string_equal(found(f, "tires"), "");
    run(f, "DELETE FROM sessions WHERE id = 'other'");
    assert_string_equal(found(f, "zebra"), "1");
}

static void archived_sessions_and_messages_are_searched(void **state) {
    fixture *f = *state;
    kal_session row = {.id = T("trip-session"), .archived_at = T("2025-04-01")};
    ok(kal_session_set(f->store, &row, &f->err));
    assert_string_equal(found(f, "\"new york\""), "1");
}

/* ---- against FTS5 */

static const char *const words[] = {"apple", "pear", "plum", "cherry", "grape", "fig", "kiwi", "lime"};

static void agree(fixture *f, const char *query, const char *expression, const char *session) {
    kal_str ids[] = {T(session)};
    kal_search s = {.text = T(query), .limit = 1000, .sessions = ids, .session_count = 1};
    kal_found *all = malloc(1000 * sizeof *all);
    if (!*session) s.sessions = NULL;
    ok(kal_search_find(f->store, &s, all, &count, &f->err));
    int64_t n = integer(f, "SELECT count(*) FROM kalito_messages_fts JOIN messages m ON m.id = kalito_messages_fts.rowid"
                           " WHERE kalito_messages_fts MATCH '%s' AND ('%s' = '' OR m.session_id = '%s')",
                        expression, session, session);
    int64_t sum = integer(f, "SELECT coalesce(sum(m.id), 0) FROM kalito_messages_fts JOIN messages m ON m.id = kalito_messages_fts.rowid"
                             " WHERE kalito_messages_fts MATCH '%s' AND ('%s' = '' OR m.session_id = '%s')",
                          expression, session, session), got = 0;
    int64_t messages = 0; /* pins and summaries are in an index of their own */
    for (size_t i = 0; i < count; i++) {
        if (i) assert_true(all[i - 1].score >= all[i].score);
        if (all[i].noun != KAL_MESSAGE) continue;
        messages++;
        got += atoll(all[i].id.data);
    }
    if (messages != n || sum != got) fail_msg("%s: %d, not %d", query, (int)messages, (int)n);
    free(all);
}

static void random_searches_find_what_fts5_finds(void **state) {
    fixture *f = *state;
    dice d = {9};
    run(f, "PRAGMA synchronous = OFF");
    /* Leaves so small that some lists are dearer than the texts. */
    run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts, rank) VALUES ('pgsz', 64)");
    reopen(f);
    ok(kal_store_begin(f->store, &f->err));
    for (int i = 0; i < 700; i++) {
        char text[400] = "";
        for (int n = (int)below(&d, 12) + 1; n > 0; n--) {
            strcat(text, words[(below(&d, 8) * below(&d, 8)) / 8]);
            strcat(text, " ");
        }
        add_message(f, below(&d, 20) ? "other" : "trip-session", text);
    }
    ok(kal_store_commit(f->store, &f->err));
    for (int i = 0; i < 400; i++) {
        const char *a = words[below(&d, 8)], *b = words[below(&d, 8)], *c = words[below(&d, 8)];
        char query[200], expression[200];
        switch (below(&d, 5)) {
        case 0:
            snprintf(query, sizeof query, "%s %s -%s", a, b, c);
            snprintf(expression, sizeof expression, "(%s AND %s) NOT %s", a, b, c);
            break;
        case 1:
            snprintf(query, sizeof query, "\"%s %s\" %s", a, b, c);
            snprintf(expression, sizeof expression, "\"%s %s\" AND %s", a, b, c);
            break;
        case 2:
            snprintf(query, sizeof query, "%s OR %s %s", a, b, c);
            snprintf(expression, sizeof expression, "(%s OR %s) AND %s", a, b, c);
            break;
        case 3:
            snprintf(query, sizeof query, "%.1s* -\"%s %s\"", a, b, c);
            snprintf(expression, sizeof expression, "%.1s* NOT \"%s %s\"", a, b, c);
            break;
        default:
            snprintf(query, sizeof query, "\"%s %s %s\"", a, b, a);
            snprintf(expression, sizeof expression, "\"%s %s %s\"", a, b, a);
        }
        agree(f, query, expression, below(&d, 2) ? "" : below(&d, 2) ? "other" : "trip-session");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MESSAGES(all_words_must_be_there_in_any_form),
        ON_MESSAGES(a_phrase_stands_side_by_side),
        ON_MESSAGES(beginnings_alternatives_and_what_is_left_out),
        ON_MESSAGES(filters_choose_by_role_session_time_and_importance),
        ON_MESSAGES(text_without_spaces_is_found_by_any_part_of_it),
        ON_MESSAGES(what_was_found_is_marked),
        ON_MESSAGES(the_part_that_is_shown_holds_most_of_what_was_found),
        ON_MESSAGES(what_cannot_be_read_is_refused_with_its_place),
        ON_MESSAGES(any_text_is_a_query_or_refused_but_never_the_indexs_own_language),
        ON_MESSAGES(what_another_program_changes_is_found_as_it_is_now),
        ON_MESSAGES(archived_sessions_and_messages_are_searched),
        ON_MESSAGES(random_searches_find_what_fts5_finds),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
