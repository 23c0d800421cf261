/* Taking a query apart: words, names, dates, what is asked for, look-up or turn of a chat. */
#include "support.h"

#include "recall/question.h"

static const kal_word_lists LISTS = {
    .stop = {"the a of did what is when in to", 31},
    .asked = {"visit recently", 14},
    .ask_when = {"when\nhow long", 13},
    .time_words = {"monday june", 11},
    .first_person = {"i my", 4},
    .you_said = {"you said\nyour advice", 20},
    .look_up = {"remind me", 9},
    .openers = {"how", 3},
    .months = {"january jan\nfebruary feb\nmarch mar\napril\nmay\njune\njuly\naugust\nseptember\noctober\nnovember\ndecember", 96},
};

static kali_arena arena;
static kali_question q;

static int with_people(void **state) {
    in_memory(state);
    fixture *f = *state;
    kal_word_lists lists = LISTS;
    lists.months.len = strlen(lists.months.data);
    lists.stop.len = strlen(lists.stop.data);
    lists.past = T("ago\nlast past\nthis\nyesterday\ntoday\nday days night\nweek weeks\nmonth months\nyear years\nweekend\nmonday\ntuesday\n"
                   "wednesday\nthursday\nfriday\nsaturday\nsunday");
    lists.numbers = T("one a\ntwo couple\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten");
    ok(kal_recall_words(f->store, &lists, &f->err));
    add_session(f, "a");
    static const char *const people[] = {"Melanie", "Caroline Smith"};
    for (int i = 0; i < 2; i++) {
        kal_message row = {.session = T("a"), .role = T("user"), .speaker = T(people[i]), .text = T("hello")};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    return 0;
}

static int done(void **state) {
    kali_arena_free(&arena);
    return tear_down(state);
}

static void ask(fixture *f, const char *text) {
    bool named[256];
    const kali_lexicon *x;
    memset(named, 1, sizeof named);
    ok(kali_lexicon_get(f->store, &x, &f->err));
    ok(kali_question_read(f->store, &arena, T(text), x, named, &q, &f->err));
}

static const char *terms(void) {
    static char out[2000];
    *out = 0;
    for (size_t i = 0; i < q.count; i++) {
        if (i) strcat(out, " ");
        strncat(out, q.terms[i].stem.data, q.terms[i].stem.len);
    }
    return out;
}

static void stop_words_and_names_are_left_out_unless_nothing_else_is_there(void **state) {
    fixture *f = *state;
    ask(f, "What did Melanie paint, and paints the painting?");
    assert_string_equal(terms(), "paint and");
    ask(f, "Melanie");
    assert_string_equal(terms(), "melani");
    ask(f, "what is the");
    assert_string_equal(terms(), "what is the");
    ask(f, "Did Melanie?");
    assert_string_equal(terms(), "did"); /* a name says less than a stop word */
    ask(f, "What did Melanie visit recently in Paris?"); /* words of who asks */
    assert_string_equal(terms(), "pari");
    ask(f, "What did I visit in Paris?"); /* his own */
    assert_string_equal(terms(), "i visit pari");
    ask(f, "...");
    assert_int_equal(q.count, 0);
    ask(f, "我们停车");
    assert_string_equal(terms(), "我们 们停 停车");
}

static void a_speaker_is_named_in_full_in_part_or_as_subject(void **state) {
    fixture *f = *state;
    ask(f, "What did Melanie paint?");
    assert_int_equal(q.speaker, 1);
    ask(f, "What did caroline's sister paint?");
    assert_int_equal(q.speaker, 2);
    ask(f, "What did Mel paint?");
    assert_int_equal(q.speaker, 1);
    ask(f, "Car or bus?"); /* every first word is capitalised */
    assert_int_equal(q.speaker, -1);
    ask(f, "a mel of honey"); /* not capitalised */
    assert_int_equal(q.speaker, -1);
    ask(f, "What did Melanie give to Caroline?");
    assert_int_equal(q.speaker, 1);
    ask(f, "What do Melanie and Caroline share?");
    assert_int_equal(q.speaker, -1);
    ask(f, "What happened?");
    assert_int_equal(q.speaker, -1);
}

static void in_a_crowd_a_name_is_a_word(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 8; i++) {
        char name[20];
        sprintf(name, "Person%d", i);
        kal_message row = {.session = T("a"), .role = T("user"), .speaker = T(name), .text = T("hello")};
        ok(kal_message_add(f->store, &row, &f->err));
    }
    ask(f, "What did Melanie paint?");
    assert_int_equal(q.speaker, -1);
    assert_string_equal(terms(), "melani paint");
}

static void dates_are_read_in_several_forms(void **state) {
    fixture *f = *state;
    static const struct {
        const char *text;
        int year, month, day;
    } cases[] = {
        {"on 7 May 2023", 2023, 5, 7},          {"on May 7th, 2023", 2023, 5, 7},
        {"the 21st of March", 0, 3, 21},        {"in january", 0, 1, 0},
        {"back in 2019", 2019, 0, 0},           {"You may go", 0, 0, 0},
        {"in may", 0, 5, 0},                    {"room 2300 has 45 seats", 0, 0, 0},
        {"Feb 29, 2024", 2024, 2, 29},          {"no date at all", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(f, cases[i].text);
        if (q.year != cases[i].year || q.month != cases[i].month || q.day != cases[i].day)
            fail_msg("%s: %d-%d-%d", cases[i].text, q.year, q.month, q.day);
    }
}

static void a_bare_question_is_a_look_up_and_a_statement_a_turn(void **state) {
    fixture *f = *state;
    static const char *const look_ups[] = {"Where did we park?", "boiler manual", "停车在哪里？", "What is it ?"};
    static const char *const turns[] = {"I went home. What is next?", "Thanks, that was very helpful.",
                                        "let us go on with the garden plan from yesterday evening", "好的。我们去。"};
    for (size_t i = 0; i < 4; i++) {
        ask(f, look_ups[i]);
        if (q.chat) fail_msg("%s", look_ups[i]);
        ask(f, turns[i]);
        if (!q.chat) fail_msg("%s", turns[i]);
    }
}

static void a_question_needs_no_mark(void **state) {
    fixture *f = *state;
    ask(f, "how many times did we go to the garden last year");
    assert_false(q.chat);
    ask(f, "however many times we go to the garden it is nice");
    assert_true(q.chat);
}

static void words_of_a_sentence_that_asks_are_told(void **state) {
    fixture *f = *state;
    ask(f, "I had a long day. Where is the boiler? I am tired, and the boiler leaks.");
    for (size_t i = 0; i < q.count; i++) {
        bool asks = strncmp(q.terms[i].word.data, "boiler", 6) == 0 || strncmp(q.terms[i].word.data, "where", 5) == 0 ||
                    strncmp(q.terms[i].word.data, "is", 2) == 0;
        if (q.in_question[i] != asks) fail_msg("%.*s", (int)q.terms[i].word.len, q.terms[i].word.data);
    }
}

static void what_is_asked_for_is_seen(void **state) {
    fixture *f = *state;
    ask(f, "When did it happen?");
    assert_true(q.when && !q.you_said);
    ask(f, "Who was it?");
    assert_false(q.when);
    ask(f, "What was your advice?");
    assert_true(q.you_said);
    ask(f, "Where did I park?");
    assert_true(q.self);
    ask(f, "Where did Melanie and I park?");
    assert_false(q.self); /* somebody is named */
    ask(f, "I parked. Where is it?");
    assert_false(q.self || !q.chat);
    ask(f, "I parked. Can you remind me where?");
    assert_true(q.self && !q.chat);
    ask(f, "whenever");
    assert_false(q.when);
}

/* The terms that look like names. */
static const char *names(void) {
    static char out[2000];
    *out = 0;
    for (size_t i = 0; i < q.count; i++)
        if (q.proper[i]) strcat(strncat(out, q.terms[i].word.data, q.terms[i].word.len), " ");
    return out;
}

static void a_capital_inside_a_sentence_makes_a_name(void **state) {
    fixture *f = *state;
    ask(f, "Pottery is fun in Lisbon. Yesterday we flew with TAP, to *Porto*: Home again!\n- Zebras");
    assert_string_equal(names(), "lisbon tap porto ");
    ask(f, "Lisbon. Is it nice there, in Lisbon?"); /* once is enough */
    assert_string_equal(names(), "lisbon ");
    ask(f, "Did we go to (\"Casa Verde\") on Monday, in June?"); /* no day and no month */
    assert_string_equal(names(), "casa verde ");
    ask(f, "Lisbon?");
    assert_string_equal(names(), "");
}

/* The days of a time as it lies from a day, "-" none. */
static const char *days(fixture *f, const char *text, const char *today) {
    static char out[60];
    int64_t ms;
    ask(f, text);
    if (!q.past.unit) return "-";
    assert_true(kali_time_ms(T(today), &ms));
    kali_days d = kali_past_days(&q.past, ms / 86400000 - 10957);
    int y, m, day;
    kali_date_of((uint16_t)d.from, &y, &m, &day);
    sprintf(out, "%02d-%02d", m, day);
    kali_date_of((uint16_t)d.to, &y, &m, &day);
    sprintf(out + 5, " %02d-%02d", m, day);
    return out;
}

static void times_are_read_as_they_lie_from_now(void **state) {
    fixture *f = *state;
    static const char *const thursday = "2025-03-27T09:00:00.000Z",
                            *const saturday = "2025-03-29T09:00:00.000Z",
                            *const sunday = "2025-03-30T23:00:00.000Z";
    static const struct {
        const char *text, *days;
    } cases[] = {
        {"What did I eat yesterday?", "03-26 03-26"},
        {"What did I eat last night?", "03-26 03-26"},
        {"What did I eat ten days ago?", "03-16 03-18"},
        {"What did I eat 10 days ago?", "03-16 03-18"},
        {"What did I eat a couple of days ago?", "03-24 03-26"},
        {"What did I eat a week ago?", "03-17 03-23"},
        {"What did I eat last week?", "03-17 03-23"}, /* Monday to Sunday */
        {"What did I eat two weeks ago?", "03-10 03-16"},
        {"What did I eat last Tuesday?", "03-25 03-26"},
        {"What did I eat last Thursday?", "03-20 03-21"}, /* not today */
        {"What did I eat last weekend?", "03-22 03-24"},
        {"What did I eat last month?", "02-01 02-28"},
        {"What did I eat in the last week?", "03-20 03-27"},
        {"What did I eat the past month?", "02-25 03-27"},
        {"What did I eat today?", "03-27 03-27"},
        {"What did I eat this week?", "03-24 03-27"},
        {"What did I eat this month?", "03-01 03-27"},
        {"What did I eat this time?", "-"},
        {"What did I eat a month ago?", "02-10 03-12"},
        {"What did I eat in the last two weeks?", "03-13 03-27"},
        {"What did I eat last?", "-"},
        {"How long ago did I eat?", "-"},
        {"What is the last name of the tall one?", "-"},
        {"I ate two weeks ago. What was it?", "-"}, /* a turn of a chat */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(days(f, cases[i].text, thursday), cases[i].days) != 0)
            fail_msg("%s: %s", cases[i].text, days(f, cases[i].text, thursday));
    assert_string_equal(days(f, "What did I eat last weekend?", saturday), "03-22 03-24");
    assert_string_equal(days(f, "What did I eat last weekend?", sunday), "03-22 03-24");
    assert_string_equal(days(f, "What did I eat last Sunday?", sunday), "03-23 03-24");
    days(f, "Who ate with me two weeks ago?", thursday);
    assert_true(q.timed[q.count - 1] && q.timed[q.count - 2] && q.timed[q.count - 3]);
    assert_false(q.timed[0] || q.timed[1]);
}

static void any_length_is_taken(void **state) {
    fixture *f = *state;
    char *text = malloc(70000), *p = text;
    for (int i = 0; i < 9000; i++)
        p += sprintf(p, "w%dx ", i % 900);
    ask(f, text);
    assert_int_equal(q.count, KALI_TERMS);
    memset(text, 'a', 69999);
    text[69999] = 0;
    ask(f, text);
    assert_int_equal(q.count, 0); /* no word of the index is so long */
    free(text);
}

#define ON_PEOPLE(test) cmocka_unit_test_setup_teardown(test, with_people, done)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_PEOPLE(stop_words_and_names_are_left_out_unless_nothing_else_is_there),
        ON_PEOPLE(a_speaker_is_named_in_full_in_part_or_as_subject),
        ON_PEOPLE(in_a_crowd_a_name_is_a_word),
        ON_PEOPLE(dates_are_read_in_several_forms),
        ON_PEOPLE(a_bare_question_is_a_look_up_and_a_statement_a_turn),
        ON_PEOPLE(a_question_needs_no_mark),
        ON_PEOPLE(words_of_a_sentence_that_asks_are_told),
        ON_PEOPLE(what_is_asked_for_is_seen),
        ON_PEOPLE(a_capital_inside_a_sentence_makes_a_name),
        ON_PEOPLE(times_are_read_as_they_lie_from_now),
        ON_PEOPLE(any_length_is_taken),
    };
    return cmocka_run_group_tests_name("question", tests, NULL, NULL);
}
