/* Compiling the word lists of recall. */
#include "support.h"

#include "recall/lexicon.h"

static const kali_lexicon *lists_of(fixture *f, kal_word_lists lists) {
    const kali_lexicon *x;
    ok(kal_recall_words(f->store, &lists, &f->err));
    ok(kali_lexicon_get(f->store, &x, &f->err));
    return x;
}

static bool reaches(const kali_relative *list, const char *stem, bool category) {
    for (; list; list = list->next)
        if (list->stem.len == strlen(stem) && memcmp(list->stem.data, stem, list->stem.len) == 0)
            return list->category == category;
    return false;
}

static void without_lists_everything_is_empty(void **state) {
    fixture *f = *state;
    const kali_lexicon *x;
    assert_false(kal_recall_has_words(f->store));
    ok(kali_lexicon_get(f->store, &x, &f->err));
    assert_null(kali_lexicon_find(x, T("car")));
    assert_false(kali_holds(x->stop, T("the")));
}

static void groups_reach_each_other_and_categories_their_members(void **state) {
    fixture *f = *state;
    const kali_lexicon *x =
        lists_of(f, (kal_word_lists){.related = T("car automobile # a comment\n\nanimal > dogs cat\n# none\n")});
    assert_true(reaches(kali_lexicon_find(x, T("car"))->related, "automobil", false));
    assert_true(reaches(kali_lexicon_find(x, T("automobil"))->related, "car", false));
    assert_true(reaches(kali_lexicon_find(x, T("anim"))->related, "dog", true));
    assert_true(reaches(kali_lexicon_find(x, T("anim"))->related, "cat", true));
    assert_null(kali_lexicon_find(x, T("dog")));
    assert_null(kali_lexicon_find(x, T("comment")));
}

static void a_pair_of_both_kinds_is_one_of_equals(void **state) {
    fixture *f = *state;
    const kali_lexicon *x = lists_of(f, (kal_word_lists){.related = T("pet > dog\npet dog")});
    assert_true(reaches(kali_lexicon_find(x, T("pet"))->related, "dog", false));
    x = lists_of(f, (kal_word_lists){.related = T("pet dog\npet > dog")});
    assert_true(reaches(kali_lexicon_find(x, T("pet"))->related, "dog", false));
}

static void forms_are_kept_apart_from_related_words(void **state) {
    fixture *f = *state;
    const kali_lexicon *x = lists_of(f, (kal_word_lists){.forms = T("buy bought\nruns running")});
    assert_true(reaches(kali_lexicon_find(x, T("bought"))->forms, "bui", false));
    assert_null(kali_lexicon_find(x, T("bought"))->related);
    assert_null(kali_lexicon_find(x, T("run"))); /* the stemmer joins them already */
}

static void sets_hold_words_or_lines(void **state) {
    fixture *f = *state;
    const kali_lexicon *x = lists_of(
        f, (kal_word_lists){.stop = T("the a\nof"), .ask_when = T("how long\nwhen # c"), .months = T("january jan\nfebruary\n")});
    assert_true(kali_holds(x->stop, T("of")));
    assert_false(kali_holds(x->stop, T("off")));
    assert_true(kali_holds(x->ask_when, T("How long was it?")));
    assert_false(kali_holds(x->ask_when, T("How was it, so long?")));
    assert_true(kali_holds(x->months[0], T("Jan")));
    assert_true(kali_holds(x->months[1], T("february")));
    assert_null(x->months[2]);
}

static void lists_may_be_given_again_and_bad_ones_change_nothing(void **state) {
    fixture *f = *state;
    lists_of(f, (kal_word_lists){.stop = T("the")});
    const kali_lexicon *x = lists_of(f, (kal_word_lists){.stop = T("der")});
    assert_true(kali_holds(x->stop, T("der")));
    assert_false(kali_holds(x->stop, T("the")));
    kal_word_lists bad = {.stop = T("\xFF")};
    fails(KAL_MISUSE, kal_recall_words(f->store, &bad, &f->err));
    ok(kali_lexicon_get(f->store, &x, &f->err));
    assert_true(kali_holds(x->stop, T("der")));
}

static void long_lists_and_lines_are_taken(void **state) {
    fixture *f = *state;
    char *list = malloc(300000), *p = list;
    for (int i = 0; i < 4000; i++)
        p += sprintf(p, "w%dx v%dx u%dx\n", i, i, i);
    for (int i = 0; i < 300; i++)
        p += sprintf(p, "z%dx ", i); /* one line of more words than are taken */
    const kali_lexicon *x = lists_of(f, (kal_word_lists){.related = T(list)});
    assert_true(reaches(kali_lexicon_find(x, T("w3999x"))->related, "u3999x", false));
    assert_true(reaches(kali_lexicon_find(x, T("z0x"))->related, "z1x", false));
    free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(without_lists_everything_is_empty),
        ON_MEMORY(groups_reach_each_other_and_categories_their_members),
        ON_MEMORY(a_pair_of_both_kinds_is_one_of_equals),
        ON_MEMORY(forms_are_kept_apart_from_related_words),
        ON_MEMORY(sets_hold_words_or_lines),
        ON_MEMORY(lists_may_be_given_again_and_bad_ones_change_nothing),
        ON_MEMORY(long_lists_and_lines_are_taken),
    };
    return cmocka_run_group_tests_name("lexicon", tests, NULL, NULL);
}
