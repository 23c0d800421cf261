/* Character cards: one for a persona, with which it goes; and what reads them out of pictures. */
#include "support.h"

static kal_card a_card(const char *id) {
    return (kal_card){.id = T(id), .spec = T("v2"), .card = T("{}"), .prompt_hash = T("0f")};
}

static void a_persona_has_one_card(void **state) {
    fixture *f = *state;
    kal_card row = a_card("p"), got, again = a_card("p"), stranger = a_card("nobody");
    int64_t n;
    ok(kal_card_add(f->store, &row, &f->err));
    ok(kal_card_get(f->store, T("p"), &got, &f->err));
    assert_text(got.spec, "v2");
    assert_text(got.card, "{}");
    assert_text(got.prompt_hash, "0f");
    fails(KAL_EXISTS, kal_card_add(f->store, &again, &f->err));
    fails(KAL_NOT_FOUND, kal_card_add(f->store, &stranger, &f->err));
    ok(kal_card_count(f->store, NULL, &n, &f->err));
    assert_int_equal(n, 1);
}

static void a_card_goes_with_its_persona(void **state) {
    fixture *f = *state;
    kal_card row = a_card("p"), got;
    ok(kal_card_add(f->store, &row, &f->err));
    ok(kal_persona_del(f->store, T("p"), &f->err));
    fails(KAL_NOT_FOUND, kal_card_get(f->store, T("p"), &got, &f->err));
}

static void set_changes_only_what_is_given(void **state) {
    fixture *f = *state;
    kal_card row = a_card("p"), got;
    kal_page page = {.capacity = 1};
    ok(kal_card_add(f->store, &row, &f->err));
    ok(kal_card_set(f->store, &(kal_card){.id = T("p"), .card = T("[]")}, &f->err));
    ok(kal_card_find(f->store, NULL, &got, &page, &f->err));
    assert_text(got.card, "[]");
    assert_text(got.spec, "v2");
    ok(kal_card_del(f->store, T("p"), &f->err));
    fails(KAL_NOT_FOUND, kal_card_del(f->store, T("p"), &f->err));
}

static void bad_values_are_misuse(void **state) {
    fixture *f = *state;
    kal_card bad[] = {a_card("p"), a_card("p"), a_card("p"), a_card("")};
    bad[0].spec = T("v4");
    bad[1].card = T("");
    bad[2].prompt_hash = (kal_str){0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails(KAL_MISUSE, kal_card_add(f->store, &bad[i], &f->err));
}

static void check_sums_are_those_of_the_standard(void **state) {
    (void)state;
    assert_int_equal(kal_crc32((kal_str){NULL, 0}), 0);
    assert_int_equal(kal_crc32(T("123456789")), 0xCBF43926);
    assert_int_equal(kal_crc32(T("IEND")), 0xAE426082);
}

static void base64_comes_back_for_every_length(void **state) {
    static const char *const known[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    (void)state;
    for (size_t n = 0; n <= 6; n++) {
        char text[16], back[16];
        size_t count, bad, len = (n + 2) / 3 * 4;
        kal_base64_encode((kal_str){"foobar", n}, text);
        assert_int_equal(len, strlen(known[n]));
        assert_memory_equal(text, known[n], len);
        assert_true(kal_base64_decode((kal_str){text, len}, back, &count, &bad));
        assert_int_equal(count, n);
        assert_memory_equal(back, "foobar", n);
    }
}

static void base64_is_read_strictly(void **state) {
    static const char *const broken[] = {"Zg",    "Z",     "====",     "Zg=",  "Zh==", "Zm9=",     "Zm 9",
                                         "Zm9\n", "Zm9v\n", "Zg==Zg==", "Zm-_", "=Zm9", "Zm9v====", "Zm9vY"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char out[16];
        size_t count, bad = 99;
        assert_false(kal_base64_decode(T(broken[i]), out, &count, &bad));
        assert_int_equal(count, 0);
        assert_true(bad <= strlen(broken[i]));
    }
    size_t count, bad;
    char out[16];
    assert_false(kal_base64_decode(T("Zm!v"), out, &count, &bad));
    assert_int_equal(bad, 2);
}

static int with_persona(void **state) {
    in_memory(state);
    fixture *f = *state;
    kal_persona row = {.id = T("p"), .name = T("Ember"), .prompt = T("")};
    ok(kal_persona_add(f->store, &row, &f->err));
    return 0;
}

#define ON_PERSONA(test) cmocka_unit_test_setup_teardown(test, with_persona, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_PERSONA(a_persona_has_one_card),
        ON_PERSONA(a_card_goes_with_its_persona),
        ON_PERSONA(set_changes_only_what_is_given),
        ON_PERSONA(bad_values_are_misuse),
        cmocka_unit_test(check_sums_are_those_of_the_standard),
        cmocka_unit_test(base64_comes_back_for_every_length),
        cmocka_unit_test(base64_is_read_strictly),
    };
    return cmocka_run_group_tests_name("card", tests, NULL, NULL);
}
