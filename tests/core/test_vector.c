/* Vectors: what is stored comes back by its direction, the nearest are found among all of them, and a vector goes with
 * its text. In test builds about 1 MiB of them stay in memory: larger tests here also read the rest. */
#include "support.h"

#define MODEL "test:bag"

static void set(fixture *f, int64_t message, const float *values, size_t n) {
    kal_vector row = {.message = message, .model = T(MODEL), .values = values, .dimension = n};
    ok(kal_vector_set(f->store, &row, &f->err));
}

/* A vector of two numbers at an angle in degrees. */
static void set_angle(fixture *f, int64_t message, double degrees) {
    float values[] = {(float)cos(degrees * M_PI / 180), (float)sin(degrees * M_PI / 180)};
    set(f, message, values, 2);
}

static kal_near near_angle(float values[2], double degrees) {
    values[0] = (float)cos(degrees * M_PI / 180);
    values[1] = (float)sin(degrees * M_PI / 180);
    return (kal_near){.model = T(MODEL), .values = values, .dimension = 2, .limit = 10};
}

/* The ids that are near an angle, best first, as a text. */
static const char *ids_near(fixture *f, double degrees, const char *session) {
    static char text[400];
    float values[2];
    kal_near query = near_angle(values, degrees);
    kal_hit hits[10];
    kal_str id = T(session);
    size_t count, n = 0;
    if (session) {
        query.sessions = &id;
        query.session_count = 1;
    }
    ok(kal_vector_find(f->store, &query, hits, &count, &f->err));
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        n += snprintf(text + n, sizeof text - n, "%s%d", i ? " " : "", (int)hits[i].message.id);
    return text;
}

/* Messages 1, 2 and 3 of session "s" at 0, 10 and 80 degrees. */
static void set_up_three(fixture *f) {
    add_session(f, "s");
    add_message(f, "s", "one");
    add_message(f, "s", "two");
    add_message(f, "s", "three");
    set_angle(f, 1, 0);
    set_angle(f, 2, 10);
    set_angle(f, 3, 80);
}

static int64_t stored(fixture *f) {
    int64_t count;
    ok(kal_vector_count(f->store, T(MODEL), &count, &f->err));
    return count;
}

static int64_t missing(fixture *f, const char *model, int64_t after, int64_t *ids, int64_t limit) {
    kal_missing query = {.model = T(model), .after = after, .limit = limit};
    size_t count;
    ok(kal_vector_missing(f->store, &query, ids, &count, &f->err));
    return (int64_t)count;
}

/* ---- what is found */

static uint32_t seed = 1;

static float any(void) {
    seed = seed * 1664525 + 1013904223;
    return (float)(seed >> 8) / (1 << 23) - 1;
}

static double cosine(const float *a, const float *b, size_t n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

/* Compares with a loop over the numbers that were given: no score is off by more than `most`, and none that is left
 * out is better than the last one by more. */
static void compare_with_naive(fixture *f, size_t rows, size_t n, double most) {
    float *all = malloc(rows * n * sizeof *all), *query = malloc(n * sizeof *query);
    kal_hit hits[20];
    bool *found = calloc(rows, 1);
    size_t count;
    add_session(f, "s");
    ok(kal_store_begin(f->store, &f->err));
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < n; k++)
            all[i * n + k] = any();
        set(f, add_message(f, "s", "x"), all + i * n, n);
    }
    ok(kal_store_commit(f->store, &f->err));
    for (int round = 0; round < 5; round++) {
        for (size_t k = 0; k < n; k++)
            query[k] = any();
        kal_near near = {.model = T(MODEL), .values = query, .dimension = n, .limit = 20};
        ok(kal_vector_find(f->store, &near, hits, &count, &f->err));
        assert_int_equal(count, 20);
        memset(found, 0, rows);
        for (size_t i = 0; i < count; i++) {
            size_t row = hits[i].message.id - 1;
            assert_true(fabs(cosine(query, all + row * n, n) - hits[i].score) < most);
            assert_true(i == 0 || hits[i].score <= hits[i - 1].score);
            assert_false(found[row]);
            found[row] = true;
        }
        for (size_t i = 0; i < rows; i++)
            if (!found[i]) assert_true(cosine(query, all + i * n, n) < hits[19].score + most);
    }
    free(all);
    free(query);
    free(found);
}

static void the_nearest_are_those_of_a_plain_loop(void **state) {
    compare_with_naive(*state, 3000, 100, 0.005);
}

static void so_are_those_that_there_is_no_room_for_in_memory(void **state) {
    compare_with_naive(*state, 3000, 768, 0.003);
}

static void a_vector_may_have_any_length_and_any_number_of_numbers(void **state) {
    static const size_t sizes[] = {1, 2, 31, 32, 33, 1024, KAL_DIMENSION_MAX};
    fixture *f = *state;
    static float values[KAL_DIMENSION_MAX];
    add_session(f, "s");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t id = add_message(f, "s", "x");
        for (size_t k = 0; k < sizes[i]; k++)
            values[k] = i % 2 ? 1e-20f : 3e30f; /* all at the ends of the scale: the greatest sum */
        kal_near query = {.model = T(MODEL), .values = values, .dimension = sizes[i], .limit = 1};
        kal_hit hit;
        size_t count;
        set(f, id, values, sizes[i]);
        ok(kal_vector_find(f->store, &query, &hit, &count, &f->err));
        assert_int_equal(count, 1);
        assert_true(hit.message.id == id && fabs(hit.score - 1) < 1e-5);
        ok(kal_vector_del(f->store, T(MODEL), &f->err));
    }
}

static void opposite_and_right_angles_have_their_cosine(void **state) {
    fixture *f = *state;
    set_up_three(f);
    set_angle(f, 2, 90);
    set_angle(f, 3, 180);
    float values[2];
    kal_near query = near_angle(values, 0);
    kal_hit hits[10];
    size_t count;
    ok(kal_vector_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 3);
    assert_true(fabs(hits[0].score - 1) < 1e-5 && fabs(hits[1].score) < 1e-3);
    assert_true(fabs(hits[2].score + 1) < 1e-5);
    assert_text(hits[0].message.text, "one");
    assert_null(hits[0].reasons.data);
}

static void equal_ones_come_newest_first(void **state) {
    fixture *f = *state;
    set_up_three(f);
    set_angle(f, 3, 0);
    assert_string_equal(ids_near(f, 0, NULL), "3 1 2");
}

/* ---- scope */

static void a_scope_leaves_out_other_and_archived_sessions(void **state) {
    fixture *f = *state;
    set_up_three(f);
    add_session(f, "t");
    set_angle(f, add_message(f, "t", "four"), 5);
    assert_string_equal(ids_near(f, 0, NULL), "1 4 2 3");
    assert_string_equal(ids_near(f, 0, "s"), "1 2 3");
    assert_string_equal(ids_near(f, 0, "t"), "4");
    kal_session archived = {.id = T("t"), .archived_at = T("2025-01-01")};
    ok(kal_session_set(f->store, &archived, &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    assert_string_equal(ids_near(f, 0, "t"), "4");
    float values[2];
    kal_near query = near_angle(values, 0);
    kal_str nobody = T("nobody");
    kal_hit hits[10];
    size_t count;
    query.sessions = &nobody;
    query.session_count = 1;
    fails(KAL_NOT_FOUND, kal_vector_find(f->store, &query, hits, &count, &f->err));
}

static void a_limit_and_a_message_to_leave_out_are_kept(void **state) {
    fixture *f = *state;
    set_up_three(f);
    float values[2];
    kal_near query = near_angle(values, 0);
    kal_hit hits[10];
    size_t count;
    query.limit = 1;
    query.without = 1;
    ok(kal_vector_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].message.id, 2);
    query.limit = 0;
    fails(KAL_MISUSE, kal_vector_find(f->store, &query, hits, &count, &f->err));
    query.limit = 1001;
    fails(KAL_MISUSE, kal_vector_find(f->store, &query, hits, &count, &f->err));
    says("limit");
}

/* ---- texts that change */

static void a_vector_goes_with_its_message(void **state) {
    fixture *f = *state;
    set_up_three(f);
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    ok(kal_message_del(f->store, 1, &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "2 3");
    assert_int_equal(stored(f), 2);
    ok(kal_session_del(f->store, T("s"), &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "");
    assert_int_equal(stored(f), 0);
}

static void a_message_that_comes_again_has_no_vector(void **state) {
    fixture *f = *state;
    set_up_three(f);
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    run(f, "PRAGMA foreign_keys = OFF; DELETE FROM messages WHERE id = 3");
    run(f, "INSERT INTO messages(id, session_id, role, text, created_at)"
           " VALUES (3, 's', 'user', 'again', '2025-03-01T10:00:00.000Z')");
    assert_string_equal(ids_near(f, 0, NULL), "1 2");
    assert_int_equal(stored(f), 2);
}

static void an_edited_text_loses_its_vector_whoever_edits_it(void **state) {
    fixture *f = *state;
    set_up_three(f);
    int64_t ids[4];
    kal_message edit = {.id = 1, .text = T("uno")};
    ok(kal_message_set(f->store, &edit, &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "2 3");
    run(f, "UPDATE messages SET text = 'dos' WHERE id = 2");
    assert_string_equal(ids_near(f, 0, NULL), "3");
    assert_int_equal(missing(f, MODEL, 0, ids, 4), 2);
    assert_true(ids[0] == 1 && ids[1] == 2);
}

static void what_leaves_the_text_leaves_the_vector(void **state) {
    fixture *f = *state;
    set_up_three(f);
    kal_message score = {.has = KAL_MESSAGE_IMPORTANCE, .id = 1, .importance_score = 0.9};
    kal_message same = {.id = 2, .text = T("two"), .speaker = T("Anna")};
    ok(kal_message_set(f->store, &score, &f->err));
    ok(kal_message_set(f->store, &same, &f->err));
    run(f, "UPDATE messages SET text = text");
    assert_int_equal(stored(f), 3);
}

static void a_vector_of_a_text_that_changed_meanwhile_is_not_stored(void **state) {
    fixture *f = *state;
    set_up_three(f);
    float values[] = {1, 0};
    kal_vector row = {
        .message = 1, .model = T(MODEL), .values = values, .dimension = 2, .text = T("one")};
    ok(kal_vector_set(f->store, &row, &f->err));
    ok(kal_store_begin(f->store, &f->err));
    row.text = T("ones");
    fails(KAL_NOT_FOUND, kal_vector_set(f->store, &row, &f->err));
    says("another text");
    row.message = 99;
    fails(KAL_NOT_FOUND, kal_vector_set(f->store, &row, &f->err));
    ok(kal_store_commit(f->store, &f->err)); /* the transaction goes on */
}

/* ---- models */

static void a_message_has_one_vector_and_another_model_replaces_it(void **state) {
    fixture *f = *state;
    set_up_three(f);
    int64_t ids[4], count;
    float values[] = {1, 0, 0};
    kal_vector row = {.message = 2, .model = T("other"), .values = values, .dimension = 3};
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    assert_int_equal(missing(f, "other", 0, ids, 4), 3);
    ok(kal_vector_set(f->store, &row, &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "1 3");
    assert_int_equal(missing(f, "other", 0, ids, 4), 2);
    assert_int_equal(missing(f, MODEL, 0, ids, 4), 1);
    ok(kal_vector_count(f->store, (kal_str){0}, &count, &f->err));
    assert_int_equal(count, 3);
    ok(kal_vector_del(f->store, T(MODEL), &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "");
    ok(kal_vector_del(f->store, (kal_str){0}, &f->err));
    ok(kal_vector_count(f->store, (kal_str){0}, &count, &f->err));
    assert_int_equal(count, 0);
}

static void a_model_has_one_dimension(void **state) {
    fixture *f = *state;
    set_up_three(f);
    float values[] = {1, 0, 0};
    kal_vector row = {.message = 1, .model = T(MODEL), .values = values, .dimension = 3};
    fails(KAL_EXISTS, kal_vector_set(f->store, &row, &f->err));
    says("have 2 numbers, this one has 3");
    kal_near query = {.model = T(MODEL), .values = values, .dimension = 3, .limit = 10};
    kal_hit hits[10];
    size_t count;
    ok(kal_vector_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 0);
}

static void missing_goes_up_by_pages_and_passes_over_empty_texts(void **state) {
    fixture *f = *state;
    set_up_three(f);
    int64_t ids[4];
    for (int i = 0; i < 5; i++)
        add_message(f, "s", "more");
    run(f, "UPDATE messages SET text = '' WHERE id = 6");
    assert_int_equal(missing(f, MODEL, 0, ids, 2), 2);
    assert_true(ids[0] == 4 && ids[1] == 5);
    assert_int_equal(missing(f, MODEL, ids[1], ids, 4), 2);
    assert_true(ids[0] == 7 && ids[1] == 8);
    kal_missing query = {.model = T(MODEL)};
    size_t count;
    fails(KAL_MISUSE, kal_vector_missing(f->store, &query, ids, &count, &f->err));
}

static void bad_values_are_misuse(void **state) {
    fixture *f = *state;
    set_up_three(f);
    float values[] = {1, NAN}, none[] = {0, 0};
    kal_vector row = {.message = 1, .model = T(MODEL), .values = values, .dimension = 2};
    fails(KAL_MISUSE, kal_vector_set(f->store, &row, &f->err));
    says("number 2 of the vector is not finite");
    row.values = none;
    fails(KAL_MISUSE, kal_vector_set(f->store, &row, &f->err));
    says("are 0");
    row.dimension = 0;
    fails(KAL_MISUSE, kal_vector_set(f->store, &row, &f->err));
    row.dimension = KAL_DIMENSION_MAX + 1;
    fails(KAL_MISUSE, kal_vector_set(f->store, &row, &f->err));
    says("1 to 8192 numbers");
    row.model = T("");
    fails(KAL_MISUSE, kal_vector_set(f->store, &row, &f->err));
    says("vector.model");
}

/* ---- what a connection remembers */

static void what_another_connection_stores_or_replaces_is_found(void **state) {
    fixture *f = *state;
    set_up_three(f);
    add_message(f, "s", "four");
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    fixture g = {.store = second_store(f)};
    set_angle(&g, 4, 20);
    set_angle(&g, 1, 85);
    kal_store_close(g.store);
    assert_string_equal(ids_near(f, 0, NULL), "2 4 3 1");
}

static void a_vector_that_was_rolled_back_is_forgotten(void **state) {
    fixture *f = *state;
    set_up_three(f);
    ok(kal_vector_del(f->store, T(MODEL), &f->err));
    ok(kal_store_begin(f->store, &f->err));
    set_angle(f, 1, 0);
    assert_string_equal(ids_near(f, 0, NULL), "1");
    kal_store_rollback(f->store);
    set_angle(f, 1, 180); /* with the id that was rolled back */
    set_angle(f, 2, 90);
    assert_string_equal(ids_near(f, 0, NULL), "2 1");
}

static void many_deleted_ones_hide_none_of_the_rest(void **state) {
    fixture *f = *state;
    set_up_three(f);
    for (int i = 0; i < 100; i++)
        set_angle(f, add_message(f, "s", "x"), 1);
    assert_int_equal(strlen(ids_near(f, 1, NULL)), strlen("103 102 101 100 99 98 97 96 95 94"));
    run(f, "DELETE FROM messages WHERE id > 3");
    assert_string_equal(ids_near(f, 1, NULL), "1 2 3");
}

static void a_reader_finds_and_does_not_store(void **state) {
    fixture *f = *state;
    set_up_three(f);
    kal_options options = options_of(f);
    options.read_only = true;
    kal_store_close(f->store);
    ok(kal_store_open(f->path, &options, &f->store, &f->err));
    assert_string_equal(ids_near(f, 0, NULL), "1 2 3");
    float values[] = {1, 0};
    kal_vector row = {.message = 1, .model = T(MODEL), .values = values, .dimension = 2};
    fails(KAL_READONLY, kal_vector_set(f->store, &row, &f->err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(the_nearest_are_those_of_a_plain_loop),
        ON_MEMORY(so_are_those_that_there_is_no_room_for_in_memory),
        ON_MEMORY(a_vector_may_have_any_length_and_any_number_of_numbers),
        ON_MEMORY(opposite_and_right_angles_have_their_cosine),
        ON_MEMORY(equal_ones_come_newest_first),
        ON_MEMORY(a_scope_leaves_out_other_and_archived_sessions),
        ON_MEMORY(a_limit_and_a_message_to_leave_out_are_kept),
        ON_MEMORY(a_vector_goes_with_its_message),
        ON_FILE(a_message_that_comes_again_has_no_vector),
        ON_FILE(an_edited_text_loses_its_vector_whoever_edits_it),
        ON_FILE(what_leaves_the_text_leaves_the_vector),
        ON_MEMORY(a_vector_of_a_text_that_changed_meanwhile_is_not_stored),
        ON_MEMORY(a_message_has_one_vector_and_another_model_replaces_it),
        ON_MEMORY(a_model_has_one_dimension),
        ON_FILE(missing_goes_up_by_pages_and_passes_over_empty_texts),
        ON_MEMORY(bad_values_are_misuse),
        ON_FILE(what_another_connection_stores_or_replaces_is_found),
        ON_MEMORY(a_vector_that_was_rolled_back_is_forgotten),
        ON_FILE(many_deleted_ones_hide_none_of_the_rest),
        ON_FILE(a_reader_finds_and_does_not_store),
    };
    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}
