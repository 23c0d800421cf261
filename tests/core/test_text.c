/* Text functions of the core: validity, structure counts, sentences, word sets, likeness. The loops
 * at the end throw random bytes and random pieces at them with a fixed seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kalito.h"

static kal_str str(const char *z) {
    return (kal_str){z, strlen(z)};
}

static kal_text_stats scanned(const char *z) {
    kal_text_stats stats;
    kal_text_scan(str(z), &stats);
    return stats;
}

/* ---- validity */

static void assert_bad_at(const char *data, size_t len, size_t at) {
    size_t bad = 999;
    assert_false(kal_text_valid((kal_str){data, len}, &bad));
    assert_int_equal(bad, at);
    assert_false(kal_text_valid((kal_str){data, len}, NULL));
}

static void valid_text_is_accepted(void **state) {
    (void)state;
    static const char *const good[] = {
        "",
        "plain",
        "twelve bytes",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBD",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "seven b\xC3\xA4 and more",
        "\x01\x7F controls",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t bad = 999;
        assert_true(kal_text_valid(str(good[i]), &bad));
        assert_int_equal(bad, 999);
    }
    assert_true(kal_text_valid((kal_str){NULL, 0}, NULL));
}

static void malformed_text_is_refused_at_its_first_bad_byte(void **state) {
    (void)state;
    assert_bad_at("\x80", 1, 0);
    assert_bad_at("a\xC0\x80", 3, 1);        /* overlong NUL */
    assert_bad_at("a\xC1\xBF", 3, 1);        /* overlong */
    assert_bad_at("ab\xE0\x9F\xBF", 5, 2);   /* overlong */
    assert_bad_at("\xF0\x8F\xBF\xBF", 4, 0); /* overlong */
    assert_bad_at("\xED\xA0\x80", 3, 0);     /* surrogate */
    assert_bad_at("\xED\xBF\xBF", 3, 0);     /* surrogate */
    assert_bad_at("\xF4\x90\x80\x80", 4, 0); /* above U+10FFFF */
    assert_bad_at("\xF5\x80\x80\x80", 4, 0);
    assert_bad_at("ok \xC3", 4, 3);     /* cut */
    assert_bad_at("ok \xE2\x82", 5, 3); /* cut */
    assert_bad_at("\xC3(", 2, 0);
    assert_bad_at("12345678\xFF", 9, 8);
    assert_bad_at("1234567\xFF", 8, 7);
}

static void a_nul_byte_is_refused_wherever_it_is(void **state) {
    (void)state;
    char text[40];
    for (size_t i = 0; i < sizeof text; i++) {
        memset(text, 'a', sizeof text);
        text[i] = 0;
        assert_bad_at(text, sizeof text, i);
    }
}

/* ---- what is shown */

static void assert_shown(kal_str text, const char *kept, const char *wanted) {
    char out[128];
    size_t len = kal_text_safe(text, kept, out, sizeof out);
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(out, wanted, len);
}

static void what_steers_a_terminal_is_shown_as_an_escape(void **state) {
    (void)state;
    assert_shown(str("plain ~ text, M\xC3\xBChle \xE4\xB8\x96 \xF0\x9F\x98\x80"), "",
                 "plain ~ text, M\xC3\xBChle \xE4\xB8\x96 \xF0\x9F\x98\x80");
    assert_shown(str("\x1B[31mred\x7F\a"), "", "\\x1b[31mred\\x7f\\x07");
    assert_shown(str("a\tb\r\nc"), "", "a\\tb\\r\\nc");
    assert_shown((kal_str){"nul\0", 4}, "", "nul\\x00");
    assert_shown(str("csi \xC2\x9B nel \xC2\x85 nbsp \xC2\xA0"), "",
                 "csi \\x9b nel \\x85 nbsp \xC2\xA0");
    assert_shown(str("\xE2\x80\xAE\xE2\x80\x8B\xE2\x80\xA9\xE2\x81\xA6"), "",
                 "\\u{202e}\\u{200b}\\u{2029}\\u{2066}");
    assert_shown(str("\xE2\x80\x8D\xE2\x80\xA6\xE2\x81\xB0"), "",
                 "\xE2\x80\x8D\xE2\x80\xA6\xE2\x81\xB0");
    assert_shown(str("\xFF cut \xE2\x80"), "", "\\xff cut \\xe2\\x80");
    assert_shown(str("\xEF\xBF\xBD \xED\xA0\x80"), "", "\xEF\xBF\xBD \\xed\\xa0\\x80");
}

static void kept_characters_stay_and_backslashes_are_no_escapes(void **state) {
    (void)state;
    assert_shown(str("a\tb\r\nc\x1B"), "\n\t", "a\tb\\r\nc\\x1b");
    assert_shown(str("\\t is not a tab"), "\n\t", "\\t is not a tab");
    assert_shown((kal_str){"\0", 1}, "\n\t", "\\x00");
}

static void what_does_not_fit_is_measured_and_not_written(void **state) {
    (void)state;
    char out[4] = "----";
    assert_int_equal(kal_text_safe(str("seven b"), "", NULL, 0), 7);
    assert_int_equal(kal_text_safe(str("\n\n\n"), "", out, 3), 6);
    assert_memory_equal(out, "\\n--", 4);
    assert_int_equal(kal_text_safe((kal_str){NULL, 0}, "", NULL, 0), 0);
}

/* ---- questions */

static void assert_questions(const char *z, size_t n) {
    size_t found = scanned(z).questions;
    if (found != n) fail_msg("%zu questions instead of %zu in: %s", found, n, z);
}

static void questions_are_sentences_that_end_in_a_question_mark(void **state) {
    (void)state;
    assert_questions("Why?", 1);
    assert_questions("Why??? Really?!", 2);
    assert_questions("Is it \"red\"? Or (blue?) I forgot.", 2);
    assert_questions("Is it **red?**", 1);
    assert_questions("Have you seen https://example.com/a?b=1?", 1);
    assert_questions("Why does `x` fail?", 1);
    assert_questions("Really?\xF0\x9F\x98\x80", 1);
    assert_questions("\xE9\xA7\x85\xE3\x81\xAF\xE3\x81\xA9\xE3\x81\x93\xEF\xBC\x9F\xE3\x81\xAF", 1);
    assert_questions("\xD9\x83\xD9\x8A\xD9\x81\xD8\x9F", 1);
    assert_questions("\xC3\x87"
                     "a va ? Oui",
                     1);
    assert_questions("One?\nTwo?\n\n> Three?", 3);
}

static void question_marks_elsewhere_ask_nothing(void **state) {
    (void)state;
    assert_questions("", 0);
    assert_questions("???", 0);
    assert_questions("https://example.com/list?page=2", 0);
    assert_questions("https://example.com/list?", 0);
    assert_questions("x = a ? b : c", 0);
    assert_questions("Optional<int?> and foo?.bar", 0);
    assert_questions("He came (?) late", 0);
    assert_questions("run `what?` now", 0);
    assert_questions("```\nwhy?\n```", 0);
    assert_questions("~~~ text\nwhy?", 0);
    assert_questions("she asked \"why?\" and left", 0);
}

/* ---- the other counts */

static void the_empty_text_has_nothing(void **state) {
    (void)state;
    kal_text_stats none = {0};
    kal_text_stats stats = scanned("");
    assert_memory_equal(&stats, &none, sizeof none);
    kal_text_scan((kal_str){NULL, 0}, &stats);
    assert_memory_equal(&stats, &none, sizeof none);
}

static void bytes_characters_lines_and_words_are_counted(void **state) {
    (void)state;
    kal_text_stats stats = scanned("It's na\xC3\xAFve, isn\xE2\x80\x99t it\n42 times");
    assert_int_equal(stats.bytes, 32);
    assert_int_equal(stats.chars, 29);
    assert_int_equal(stats.lines, 2);
    assert_int_equal(stats.words, 6);
    assert_int_equal(stats.numbers, 1);
    assert_int_equal(scanned("a\n").lines, 1);
    assert_int_equal(scanned("a\n\n").lines, 2);
    assert_int_equal(scanned("\xE6\x97\xA5\xE6\x9C\xAC").words, 2);
    assert_int_equal(scanned("\xD0\x94\xD0\xB0, \xD0\xBD\xD0\xB5\xD1\x82").words, 2);
}

static void lists_quotes_and_headings_are_seen_at_the_beginning_of_lines(void **state) {
    (void)state;
    kal_text_stats stats = scanned("- a\n* b\n  + c\n\xE2\x80\xA2 d\n1. e\n12) f\n> g\n> - h");
    assert_int_equal(stats.list_items, 7);
    assert_int_equal(stats.numbered_items, 2);
    assert_int_equal(stats.quoted_lines, 2);
    stats = scanned("-5 degrees\n**bold**\n1.5 litres\n2024. A year\n-\nsee - here\na > b\n1.");
    assert_int_equal(stats.list_items, 0);
    assert_int_equal(stats.quoted_lines, 0);
}

static void code_blocks_swallow_everything_within(void **state) {
    (void)state;
    kal_text_stats stats = scanned("See:\n```c\nfoo_bar(); // why? 42\n- x\n```\nDone.\n");
    assert_int_equal(stats.code_blocks, 1);
    assert_int_equal(stats.lines, 6);
    assert_int_equal(stats.words, 2);
    assert_int_equal(stats.identifiers + stats.numbers + stats.list_items, 0);
    assert_int_equal(scanned("````\n```\n````\nx").words, 1);
    assert_int_equal(scanned("```\nnever closed\n``\nwhy?").words, 0);
    assert_int_equal(scanned("> ```\n> x\n> ```\n> y").words, 1);
    assert_int_equal(scanned("```").code_blocks, 1);
    assert_int_equal(scanned("``` a ``` b").code_blocks, 0);
}

static void code_spans_are_counted_and_their_content_is_not(void **state) {
    (void)state;
    kal_text_stats stats = scanned("use `foo_bar` or ``a ` b`` not ` alone");
    assert_int_equal(stats.code_spans, 2);
    assert_int_equal(stats.identifiers, 0);
    assert_int_equal(stats.words, 4);
}

static void identifiers_are_told_from_prose(void **state) {
    (void)state;
    static const char *const names[] = {"snake_case", "camelCase", "io.write(x", "std::cout",
                                        "node->next", "foo()",     "print(\"a",  "__init__()"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (scanned(names[i]).identifiers != 1) fail_msg("not seen: %s", names[i]);
    }
    static const char *const prose[] = {
        "iPhone", "macOS", "word(s)", "e.g. (this)", "McDonald",       "a.m.",        "and/or",
        "_x_",    "10:30", "GitHub",  "well-known",  "see figure (3)", "example.com", "one::"};
    for (size_t i = 0; i < sizeof prose / sizeof *prose; i++) {
        if (scanned(prose[i]).identifiers != 0) fail_msg("seen: %s", prose[i]);
    }
}

static void urls_numbers_and_dates_are_counted_once_each(void **state) {
    (void)state;
    kal_text_stats stats =
        scanned("(https://a.example/b_c?d=1#e), ftp://x.y www.example.org. a://");
    assert_int_equal(stats.urls, 3);
    assert_int_equal(stats.identifiers, 0);
    stats =
        scanned("2024-05-06 2024-05-06T07:08:09.123Z 7:08 23:59:59 and 42 3.14 1,000 5km 1.2.3");
    assert_int_equal(stats.dates, 4);
    assert_int_equal(stats.numbers, 5);
    stats = scanned("2024-13-06 25:00 12:60 2024-05-067");
    assert_int_equal(stats.dates, 0);
}

static void capitals_count_within_sentences_only(void **state) {
    (void)state;
    assert_int_equal(scanned("We met Anna in Port Ellary. She and I left.").capitalised, 3);
    assert_int_equal(scanned("Anna. Bob! Carl?\nDora").capitalised, 0);
    assert_int_equal(scanned("zu \xC3\x84pfeln").capitalised, 1);
}

static void exclamations_are_sentences_too(void **state) {
    (void)state;
    assert_int_equal(scanned("Yes! No!!! a != b !important").exclamations, 2);
}

/* ---- sentences */

/* Joins the sentences with | for comparison. */
static void assert_sentences(const char *z, const char *expected) {
    char joined[500] = "";
    size_t pos = 0;
    kal_str sentence;
    while (kal_text_sentence(str(z), &pos, &sentence)) {
        if (joined[0]) strcat(joined, "|");
        strncat(joined, sentence.data, sentence.len);
    }
    assert_int_equal(pos, strlen(z));
    assert_string_equal(joined, expected);
}

static void sentences_end_at_their_marks(void **state) {
    (void)state;
    assert_sentences("One. Two! Three? Four", "One.|Two!|Three?|Four");
    assert_sentences("He said \"no.\" Then (once more.) End",
                     "He said \"no.\"|Then (once more.)|End");
    assert_sentences("Wait\xE2\x80\xA6 what", "Wait\xE2\x80\xA6 what");
    assert_sentences("\xE4\xBD\xA0\xE3\x80\x82\xE5\xA5\xBD\xE3\x80\x82",
                     "\xE4\xBD\xA0\xE3\x80\x82|\xE5\xA5\xBD\xE3\x80\x82");
}

static void full_stops_within_sentences_end_nothing(void **state) {
    (void)state;
    assert_sentences("Dr. Who and J. K. Rowling met Mrs. Bird. Yes.",
                     "Dr. Who and J. K. Rowling met Mrs. Bird.|Yes.");
    assert_sentences("Use e.g. Lua 5.4 or kalito.text here.",
                     "Use e.g. Lua 5.4 or kalito.text here.");
    assert_sentences("It was 3.50 etc. and so on", "It was 3.50 etc. and so on");
    assert_sentences("So do I. You too", "So do I.|You too");
}

static void lines_end_sentences_unless_they_are_wrapped(void **state) {
    (void)state;
    assert_sentences("- one\n2. two\n# Three\n> four", "one|two|Three|four");
    assert_sentences("hello\nhow are you", "hello|how are you");
    assert_sentences("This is a rather long line of prose that was broken\nby an editor. Yes",
                     "This is a rather long line of prose that was broken\nby an editor.|Yes");
    assert_sentences("a\r\nb", "a|b");
}

static void what_has_no_words_is_no_sentence(void **state) {
    (void)state;
    assert_sentences("", "");
    assert_sentences(" \n\t\n--- ... !!! ???", "");
    assert_sentences("Before\n```\nx = 1. Y\n```\nafter", "Before|after");
}

/* ---- word sets */

static void *built(const char *const *words, size_t n) {
    kal_str list[40];
    for (size_t i = 0; i < n; i++)
        list[i] = str(words[i]);
    size_t size = kal_words_size(list, n);
    void *set = malloc(size);
    assert_non_null(set);
    assert_true(kal_words_build(set, size, list, n));
    return set;
}

static void assert_count(const char *word, const char *text, size_t n) {
    void *set = built(&word, 1);
    size_t found = kal_words_count(set, str(text), SIZE_MAX);
    if (found != n) fail_msg("%zu instead of %zu of '%s' in: %s", found, n, word, text);
    free(set);
}

static void whole_words_match_whatever_their_case(void **state) {
    (void)state;
    assert_count("class", "Class CLASS class, (class) \"class\"", 5);
    assert_count("class", "classy my_class klass class2 subclass", 0);
    assert_count("a", "a A an ba a", 3);
    assert_count("no", "no", 1);
    assert_count("no", "n", 0);
    assert_count("x", "", 0);
    assert_count("well", "well-known", 1);
}

static void letters_above_ascii_fold_too(void **state) {
    (void)state;
    assert_count("r\xC3\xA9sum\xC3\xA9", "R\xC3\x89SUM\xC3\x89 r\xC3\xA9sum\xC3\xA9s", 1);
    assert_count("\xC5\x81\xC3\xB3\x64\xC5\xBA", "\xC5\x82\xC3\xB3\x64\xC5\xBA", 1);
    assert_count("\xC3\xBF", "\xC5\xB8", 1);
    assert_count("\xCF\x83\xCE\xBF\xCF\x86\xCF\x8C\xCF\x82",
                 "\xCE\xA3\xCE\x9F\xCE\xA6\xCE\x8C\xCE\xA3", 1);
    assert_count("\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82",
                 "\xD0\x9F\xD0\xA0\xD0\x98\xD0\x92\xD0\x95\xD0\xA2!", 1);
    assert_count("\xD1\x97\xD0\xB6\xD0\xB0", "\xD0\x87\xD0\xB6\xD0\xB0", 1);
    assert_count("fa\xC3\xA7",
                 "fa\xC3\xA7"
                 "ade",
                 0);
    assert_count("ade",
                 "fa\xC3\xA7"
                 "ade",
                 0);
}

static void apostrophes_join_words_but_for_the_possessive(void **state) {
    (void)state;
    assert_count("don't", "don't DON\xE2\x80\x99T don\xCA\xBCt", 3);
    assert_count("don\xE2\x80\x99t", "don't", 1);
    assert_count("don", "don't", 0);
    assert_count("t", "don't", 0);
    assert_count("what", "What's up, what\xE2\x80\x99s up", 2);
    assert_count("anna", "Anna's 'anna' Anna'", 3);
    assert_count("anna", "anna'sx", 0);
}

static void phrases_match_across_any_white_space(void **state) {
    (void)state;
    assert_count("for example",
                 "For example, for\n  example; for\xC2\xA0"
                 "example forexample",
                 3);
    assert_count("  for \t example ", "for example", 1);
    assert_count("for example", "for examples before example", 0);
    assert_count("because of", "because", 0);
}

static void edges_that_are_no_letters_ask_nothing_of_their_neighbours(void **state) {
    (void)state;
    assert_count("c++", "C++11 c++ objc++", 2);
    assert_count("#todo", "x#todo #todos", 1);
    assert_count("e.g.", "e.g.this", 1);
}

static void words_of_unspaced_scripts_match_within_others(void **state) {
    (void)state;
    assert_count("\xE5\x8E\x9F\xE5\x9B\xA0", "\xE6\x98\xAF\xE5\x8E\x9F\xE5\x9B\xA0\xE3\x80\x82", 1);
    assert_count("\xED\x95\xB4\xEA\xB2\xB0", "\xED\x95\xB4\xEA\xB2\xB0\xEC\xB1\x85\xEC\x9D\x84", 1);
    assert_count("\xE3\x81\xAE", "API\xE3\x81\xAE", 1);
    assert_count("api",
                 "\xE3\x81\xAE"
                 "API\xE3\x81\xAE",
                 1);
}

static void the_longest_entry_wins_and_matches_do_not_overlap(void **state) {
    (void)state;
    static const char *const words[] = {"new", "new york", "york city", "New"};
    void *set = built(words, 4);
    kal_str text = str("The New York city news, new");
    assert_int_equal(kal_words_count(set, text, SIZE_MAX), 2);
    assert_int_equal(kal_words_count(set, text, 1), 1);
    assert_int_equal(kal_words_count(set, text, 0), 0);
    size_t at = 0;
    size_t which = 99;
    assert_true(kal_words_find(set, text, &at, &which));
    assert_int_equal(at, 4);
    assert_int_equal(which, 1);
    at = 14;
    assert_true(kal_words_find(set, text, &at, &which));
    assert_int_equal(at, 24);
    assert_int_equal(which, 0);
    at = 25;
    assert_false(kal_words_find(set, text, &at, NULL));
    assert_int_equal(at, 25);
    free(set);
}

static void sentences_that_begin_with_an_entry_are_counted(void **state) {
    (void)state;
    static const char *const words[] = {"how do", "why", "#ask"};
    void *set = built(words, 3);
    assert_int_equal(kal_words_lead(set, str("Hi. How do I?\n1. why\n> \"Why not?\"\n#ask x"), 99),
                     4);
    assert_int_equal(kal_words_lead(set, str("That is why. I know how do"), 99), 0);
    assert_int_equal(kal_words_lead(set, str("why. why."), 1), 1);
    assert_int_equal(kal_words_lead(set, str("```\nwhy\n```"), 9), 0);
    free(set);
}

static void a_set_of_no_words_matches_nothing(void **state) {
    (void)state;
    void *set = built(NULL, 0);
    assert_int_equal(kal_words_count(set, str("anything at all"), SIZE_MAX), 0);
    free(set);
}

static void bad_entries_are_refused(void **state) {
    (void)state;
    char longest[KAL_WORD_MAX + 1];
    memset(longest, 'x', sizeof longest);
    const kal_str bad[] = {
        {"", 0}, {" \t", 2}, {"\xC2\xA0", 2}, {"a\xFF", 2}, {"a\0b", 3}, {longest, sizeof longest},
    };
    uint64_t buffer[2000];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(kal_words_build(buffer, sizeof buffer, &bad[i], 1));
    }
    kal_str good = {longest, KAL_WORD_MAX};
    size_t size = kal_words_size(&good, 1);
    assert_true(size <= sizeof buffer);
    assert_true(kal_words_build(buffer, size, &good, 1));
    assert_false(kal_words_build(buffer, size - 1, &good, 1));
    assert_int_equal(kal_words_count(buffer, good, 9), 1);
}

/* ---- likeness */

static void assert_near(double value, double low, double high) {
    if (value < low || value > high) fail_msg("%f is not in %f..%f", value, low, high);
}

static double similar(const char *a, const char *b) {
    double there = kal_text_similar(str(a), str(b));
    assert_true(there >= 0 && there <= 1);
    assert_true(there == kal_text_similar(str(b), str(a)));
    return there;
}

static void equal_and_disjoint_texts_are_the_ends_of_the_scale(void **state) {
    (void)state;
    assert_true(similar("Likes green tea.", "likes GREEN tea!") == 1);
    assert_true(similar("one two", "three four") == 0);
    assert_true(similar("", "") == 1);
    assert_true(similar("!!", "!!") == 1);
    assert_true(similar("!!", "??") == 0);
    assert_true(similar("a", "") == 0);
}

static void near_duplicates_score_high_and_the_order_matters(void **state) {
    (void)state;
    assert_near(similar("User likes green tea", "The user likes green tea."), 0.6, 0.9);
    assert_near(similar("dog bites man", "man bites dog"), 0.3, 0.7);
    assert_near(similar("I like cats", "You have dogs and I like birds"), 0.05, 0.4);
}

/* Words number from to to-1. */
static char *numbered_words(size_t from, size_t to, size_t *len) {
    char *text = malloc((to - from) * 12 + 1);
    assert_non_null(text);
    *len = 0;
    for (size_t i = from; i < to; i++) {
        text[(*len)++] = 'w';
        for (size_t digit = 10000000; digit > 0; digit /= 10)
            text[(*len)++] = (char)('0' + i / digit % 10);
        text[(*len)++] = ' ';
    }
    return text;
}

static void large_texts_are_estimated_close_to_the_truth(void **state) {
    (void)state;
    for (size_t n = 100; n <= 100000; n *= 10) {
        kal_str a;
        kal_str b;
        char *one = numbered_words(0, n, &a.len);
        char *two = numbered_words(n / 2, n + n / 2, &b.len);
        a.data = one;
        b.data = two;
        assert_near(kal_text_similar(a, b), n <= 100 ? 0.32 : 0.25, n <= 100 ? 0.34 : 0.42);
        assert_true(kal_text_similar(a, a) == 1);
        free(one);
        free(two);
    }
}

/* The pairs of a list, by the measure of two texts. */
static void assert_pairs(const kal_str *texts, size_t count, double least) {
    kal_pair rows[1600];
    kal_pairs pairs = {rows, 1600, 99};
    size_t n = 0;
    assert_int_equal(kal_text_alike(texts, count, least, &pairs, NULL), KAL_OK);
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            if (kal_text_similar(texts[k], texts[i]) < least) continue;
            assert_true(n < pairs.count && rows[n].first == k && rows[n].second == i);
            n++;
        }
    assert_int_equal(pairs.count, n);
}

static void the_alike_of_a_list_are_those_that_are_similar_two_by_two(void **state) {
    (void)state;
    static const char *const words[] = {"tea", "green", "likes", "Oslo", "never", "the", "boat"};
    kal_str texts[40];
    char *all[40];
    size_t long_len;
    uint32_t number = 7;
    for (size_t i = 0; i < 40; i++) {
        all[i] = calloc(1, 300);
        for (size_t k = 0; k < i % 12; k++) {
            number = number * 1103515245u + 12345u;
            strcat(strcat(all[i], words[number >> 16 & 3]), k % 5 == 4 ? ". " : " ");
        }
        texts[i] = str(all[i]);
    }
    free(all[9]);
    all[9] = numbered_words(0, 5000, &long_len); /* of another level than the rest */
    texts[9] = (kal_str){all[9], long_len};
    texts[20] = (kal_str){all[9], long_len - 500};
    for (double least = 0.05; least <= 1; least += 0.19)
        assert_pairs(texts, 40, least);
    kal_str part[] = {str("a b c d e f g h i j k l m"),
                      str("a b c d")}; /* 7 of 25, as much as is asked for */
    assert_true(kal_text_similar(part[0], part[1]) == 0.28);
    assert_pairs(part, 2, 0.28);
    for (size_t i = 0; i < 40; i++)
        free(all[i]);
}

static void a_list_without_room_or_with_a_wrong_measure_is_misuse(void **state) {
    (void)state;
    kal_str texts[] = {str("a b"), str("a b"), str("a b")};
    kal_pair rows[2];
    kal_pairs pairs = {rows, 2, 0};
    assert_int_equal(kal_text_alike(texts, 3, 0.5, &pairs, NULL), KAL_MISUSE);
    assert_int_equal(kal_text_alike(texts, 2, 0, &pairs, NULL), KAL_MISUSE);
    assert_int_equal(kal_text_alike(texts, 2, 1.5, &pairs, NULL), KAL_MISUSE);
    assert_int_equal(kal_text_alike(texts, 0, 0.5, &pairs, NULL), KAL_OK);
    assert_int_equal(kal_text_alike(texts, 2, 1, &pairs, NULL), KAL_OK);
    assert_int_equal(pairs.count, 1);
}

/* ---- random input */

static uint64_t seed;

static uint32_t next_random(uint32_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static size_t random_text(char *out, size_t max) {
    static const char *const pieces[] = {
        "a",
        "Zo\xC3\xA9",
        " ",
        "\n",
        ".",
        "?",
        "! ",
        "`",
        "```\n",
        "- ",
        "1. ",
        "> ",
        "http://x.y/z?",
        "foo_bar",
        "()",
        "'s",
        "\xE2\x80\x99",
        "12",
        ":",
        "2024-01-02",
        "\xE6\x97\xA5",
        "\xF0\x9F\x98\x80",
        "\"",
        "(",
        ")",
        "\xFF",
        "\xC3",
        "\xE2",
        "www.",
        "::",
        "->",
        "I",
        "\t",
        "\r\n",
        "\xEF\xBC\x9F",
        "# ",
        "~~~",
        "because",
    };
    size_t len = 0;
    for (uint32_t n = next_random(60); n > 0; n--) {
        const char *piece = pieces[next_random(sizeof pieces / sizeof *pieces)];
        if (len + strlen(piece) > max) break;
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

/* A copy that ends where its allocation ends, so that the sanitizer sees a read behind it. */
static kal_str exact(const char *data, size_t len) {
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    return (kal_str){copy, len};
}

static size_t count_sentences(kal_str text) {
    size_t n = 0;
    size_t pos = 0;
    const char *end = text.data;
    kal_str sentence;
    while (kal_text_sentence(text, &pos, &sentence)) {
        assert_true(sentence.len > 0 && sentence.data >= end);
        end = sentence.data + sentence.len;
        assert_true(end <= text.data + text.len && pos <= text.len);
        n++;
    }
    return n;
}

static void random_texts_keep_the_counts_consistent(void **state) {
    (void)state;
    static const char *const words[] = {"a",       "zo\xC3\xA9", "because", "\xE6\x97\xA5",
                                        "foo_bar", "a a"};
    void *set = built(words, 6);
    seed = 42;
    for (int round = 0; round < 20000; round++) {
        char bytes[600];
        kal_str text = exact(bytes, random_text(bytes, sizeof bytes));
        kal_text_stats stats;
        kal_text_scan(text, &stats);
        assert_int_equal(stats.bytes, text.len);
        assert_true(stats.chars <= stats.bytes && stats.words <= stats.chars);
        assert_int_equal(stats.sentences, count_sentences(text));
        assert_true(stats.questions <= stats.sentences && stats.exclamations <= stats.sentences);
        assert_true(stats.numbered_items <= stats.list_items && stats.list_items <= stats.lines);
        assert_true(kal_words_lead(set, text, SIZE_MAX) <= stats.sentences);
        assert_true(kal_text_similar(text, text) == 1);
        free((char *)text.data);
    }
    free(set);
}

static void counting_finds_what_finding_finds(void **state) {
    (void)state;
    static const char *const words[] = {"a", "zo\xC3\xA9", "because", "\xE6\x97\xA5", "foo_bar"};
    void *set = built(words, 5);
    seed = 7;
    for (int round = 0; round < 5000; round++) {
        char bytes[600];
        kal_str text = exact(bytes, random_text(bytes, sizeof bytes));
        size_t n = 0;
        size_t at = 0;
        size_t which;
        while (kal_words_find(set, text, &at, &which)) {
            assert_true(which < 5 && at < text.len);
            n++;
            at++;
        }
        assert_int_equal(kal_words_count(set, text, SIZE_MAX), n);
        free((char *)text.data);
    }
    free(set);
}

/* Pieces of entries and other spellings of them. */
static const struct spelling {
    const char *entry;
    const char *text;
} spellings[] = {
    {"a", "A"},
    {"b", "b"},
    {"the", "THE"},
    {" ", " \n "},
    {" ", "\xC2\xA0"},
    {"'", "\xE2\x80\x99"},
    {"\xE2\x80\x99", "'"},
    {"\xC3\xA9", "\xC3\x89"},
    {"\xC3\xBF", "\xC5\xB8"},
    {"\xD0\xB6", "\xD0\x96"},
    {"\xCF\x83", "\xCF\x82"},
    {"\xE1\xBA\xA1", "\xE1\xBA\xA0"},
    {"\xE6\x97\xA5", "\xE6\x97\xA5"},
    {"+", "+"},
    {"7", "7"},
    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
};

static void every_entry_is_found_in_another_spelling_of_itself(void **state) {
    (void)state;
    seed = 11;
    for (int round = 0; round < 20000; round++) {
        char entry[100] = "";
        char text[100] = "(";
        for (uint32_t n = 1 + next_random(7); n > 0; n--) {
            const struct spelling *piece =
                &spellings[next_random(sizeof spellings / sizeof *spellings)];
            strcat(entry, piece->entry);
            strcat(text, piece->text);
        }
        strcat(text, ")");
        const char *words[] = {"other", entry};
        if (strspn(entry, " ") == strlen(entry)) continue;
        void *set = built(words, 2);
        size_t at = 0;
        size_t which = 0;
        bool found = kal_words_find(set, str(text), &at, &which);
        if (!found || which != 1) fail_msg("'%s' is not found in '%s'", entry, text);
        free(set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_text_is_accepted),
        cmocka_unit_test(malformed_text_is_refused_at_its_first_bad_byte),
        cmocka_unit_test(a_nul_byte_is_refused_wherever_it_is),
        cmocka_unit_test(what_steers_a_terminal_is_shown_as_an_escape),
        cmocka_unit_test(kept_characters_stay_and_backslashes_are_no_escapes),
        cmocka_unit_test(what_does_not_fit_is_measured_and_not_written),
        cmocka_unit_test(questions_are_sentences_that_end_in_a_question_mark),
        cmocka_unit_test(question_marks_elsewhere_ask_nothing),
        cmocka_unit_test(the_empty_text_has_nothing),
        cmocka_unit_test(bytes_characters_lines_and_words_are_counted),
        cmocka_unit_test(lists_quotes_and_headings_are_seen_at_the_beginning_of_lines),
        cmocka_unit_test(code_blocks_swallow_everything_within),
        cmocka_unit_test(code_spans_are_counted_and_their_content_is_not),
        cmocka_unit_test(identifiers_are_told_from_prose),
        cmocka_unit_test(urls_numbers_and_dates_are_counted_once_each),
        cmocka_unit_test(capitals_count_within_sentences_only),
        cmocka_unit_test(exclamations_are_sentences_too),
        cmocka_unit_test(sentences_end_at_their_marks),
        cmocka_unit_test(full_stops_within_sentences_end_nothing),
        cmocka_unit_test(lines_end_sentences_unless_they_are_wrapped),
        cmocka_unit_test(what_has_no_words_is_no_sentence),
        cmocka_unit_test(whole_words_match_whatever_their_case),
        cmocka_unit_test(letters_above_ascii_fold_too),
        cmocka_unit_test(apostrophes_join_words_but_for_the_possessive),
        cmocka_unit_test(phrases_match_across_any_white_space),
        cmocka_unit_test(edges_that_are_no_letters_ask_nothing_of_their_neighbours),
        cmocka_unit_test(words_of_unspaced_scripts_match_within_others),
        cmocka_unit_test(the_longest_entry_wins_and_matches_do_not_overlap),
        cmocka_unit_test(sentences_that_begin_with_an_entry_are_counted),
        cmocka_unit_test(a_set_of_no_words_matches_nothing),
        cmocka_unit_test(bad_entries_are_refused),
        cmocka_unit_test(equal_and_disjoint_texts_are_the_ends_of_the_scale),
        cmocka_unit_test(near_duplicates_score_high_and_the_order_matters),
        cmocka_unit_test(large_texts_are_estimated_close_to_the_truth),
        cmocka_unit_test(the_alike_of_a_list_are_those_that_are_similar_two_by_two),
        cmocka_unit_test(a_list_without_room_or_with_a_wrong_measure_is_misuse),
        cmocka_unit_test(random_texts_keep_the_counts_consistent),
        cmocka_unit_test(counting_finds_what_finding_finds),
        cmocka_unit_test(every_entry_is_found_in_another_spelling_of_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
