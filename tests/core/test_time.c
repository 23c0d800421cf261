/* Times as text: every form that comes in, the one form that goes out. */
#include "support.h"

static void assert_time(const char *in, const char *out) {
    char got[25];
    if (!kal_time_parse(T(in), got)) fail_msg("'%s' is not taken for a time", in);
    if (strcmp(got, out) != 0) fail_msg("'%s' gave '%s', not '%s'", in, got, out);
}

static void every_accepted_form_becomes_the_one_form(void **state) {
    (void)state;
    assert_time("2025-03-01T09:30:00.000Z", "2025-03-01T09:30:00.000Z");
    assert_time("2025-03-01T09:30:00Z", "2025-03-01T09:30:00.000Z");
    assert_time("2025-03-01T09:30:00", "2025-03-01T09:30:00.000Z");
    assert_time("2025-03-01 09:30:00", "2025-03-01T09:30:00.000Z");
    assert_time("2025-03-01t09:30z", "2025-03-01T09:30:00.000Z");
    assert_time("2025-03-01", "2025-03-01T00:00:00.000Z");
    assert_time("2025-03-01T09:30:00.5Z", "2025-03-01T09:30:00.500Z");
    assert_time("2025-03-01T09:30:00.123456789Z", "2025-03-01T09:30:00.123Z");
    assert_time("2025-03-01T09:30:00+02:00", "2025-03-01T07:30:00.000Z");
    assert_time("2025-03-01T09:30:00.25-0530", "2025-03-01T15:00:00.250Z");
    assert_time("2025-03-01T00:30:00+01:00", "2025-02-28T23:30:00.000Z");
    assert_time("2024-12-31T23:59:59.999-00:01", "2025-01-01T00:00:59.999Z");
}

static void leap_days_and_the_ends_of_the_calendar_hold(void **state) {
    (void)state;
    assert_time("2024-02-29", "2024-02-29T00:00:00.000Z");
    assert_time("2000-02-29", "2000-02-29T00:00:00.000Z");
    assert_time("0000-01-01", "0000-01-01T00:00:00.000Z");
    assert_time("0000-02-29T00:00:00Z", "0000-02-29T00:00:00.000Z");
    assert_time("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
    assert_time("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    char out[25];
    assert_false(kal_time_parse(T("2023-02-29"), out));
    assert_false(kal_time_parse(T("1900-02-29"), out));
    assert_false(kal_time_parse(T("0000-01-01T00:00:00+00:01"), out));
    assert_false(kal_time_parse(T("9999-12-31T23:59:59-00:01"), out));
}

static void what_is_no_time_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "2025",
                                      "2025-03",
                                      "2025-3-1",
                                      "25-03-01",
                                      "2025-13-01",
                                      "2025-00-10",
                                      "2025-04-31",
                                      "2025-03-00",
                                      "2025-03-32",
                                      "2025/03/01",
                                      "2025-03-01T",
                                      "2025-03-01T24:00:00",
                                      "2025-03-01T09",
                                      "2025-03-01T09:60:00",
                                      "2025-03-01T09:30:60",
                                      "2025-03-01T09:30:00.",
                                      "2025-03-01T09:30:00.Z",
                                      "2025-03-01T09:30:00.1234567890Z",
                                      "2025-03-01T09:30:00 Z",
                                      "2025-03-01T09:30:00ZZ",
                                      "2025-03-01T09:30:00+2",
                                      "2025-03-01T09:30:00+24:00",
                                      "2025-03-01T09:30:00+02:60",
                                      "2025-03-01X09:30:00",
                                      " 2025-03-01",
                                      "2025-03-01 ",
                                      "-025-03-01",
                                      "now",
                                      "1740819600",
                                      "2025-03-01T9:30:00",
                                      "2025-03-01T09:30:00+",
                                      "2025-03-01T09:30:00.123+02:00 and more than forty bytes"};
    char out[25];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (kal_time_parse(T(bad[i]), out)) fail_msg("'%s' was taken for %s", bad[i], out);
    assert_false(kal_time_parse((kal_str){NULL, 0}, out));
    assert_false(kal_time_parse((kal_str){"2025-03-01\0", 11}, out));
}

/* The calendar of the C library, day by day over 800 years. */
static void every_day_agrees_with_another_calendar(void **state) {
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    fixture *f = *state;
    f->tick = 86400000;
    f->clock = -11676096000000; /* 1600-01-01 */
    for (int year = 1600; year < 2400; year++)
        for (int month = 0; month < 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int days = lengths[month] + (month == 1 && leap);
            for (int day = 1; day <= days; day++) {
                char want[40], got[25], again[25];
                snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00.000Z", year, month + 1, day);
                kal_store_now(f->store, got);
                assert_string_equal(got, want);
                assert_true(kal_time_parse(T(got), again));
                assert_string_equal(again, want);
            }
        }
}

static void a_clock_beyond_the_calendar_stays_at_its_ends(void **state) {
    fixture *f = *state;
    char now[25];
    f->clock = INT64_MAX;
    f->tick = 0;
    kal_store_now(f->store, now);
    assert_string_equal(now, "9999-12-31T23:59:59.999Z");
    add_session(f, "s");
    add_message(f, "s", "x");
    add_message(f, "s", "y");
    f->clock = INT64_MIN;
    kal_store_now(f->store, now);
    assert_string_equal(now, "0000-01-01T00:00:00.000Z");
}

static void the_bytes_behind_a_time_are_not_read(void **state) {
    (void)state;
    static const char *const forms[] = {"2025-03-01", "2025-03-01T09:30", "2025-03-01T09:30:00.",
                                        "2025-03-01T09:30:00+", "2025-03-01T09:30:00+02:"};
    for (int i = 0; i < 5; i++) {
        size_t len = strlen(forms[i]);
        char out[25], *exact = malloc(len);
        memcpy(exact, forms[i], len);
        assert_int_equal(kal_time_parse((kal_str){exact, len}, out), i < 2);
        free(exact);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_accepted_form_becomes_the_one_form),
        cmocka_unit_test(leap_days_and_the_ends_of_the_calendar_hold),
        cmocka_unit_test(what_is_no_time_is_refused),
        ON_MEMORY(every_day_agrees_with_another_calendar),
        ON_MEMORY(a_clock_beyond_the_calendar_stays_at_its_ends),
        cmocka_unit_test(the_bytes_behind_a_time_are_not_read),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
