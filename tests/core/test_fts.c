/* The own reader of the search index against FTS5's own answer, word by word and place by place: after random
 * changes, merges, and with leaves so small that every list crosses them; and on damaged segments. */
#include "support.h"

#include "internal.h"

/* Leaves of 64 bytes: most lists go over several. */
static void small_leaves(fixture *f) {
    run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts, rank) VALUES ('pgsz', 64)");
}

static const char *const words[] = {"apple", "pear", "plum", "cherry", "grape", "fig",    "停车",
                                    "kiwi",  "lime", "date", "appl",   "a",     "banana", "bananarama"};
#define WORDS (int)(sizeof words / sizeof *words)

static void phrase(dice *d, int most, char *out) {
    char number[16];
    *out = 0;
    for (int n = (int)below(d, most) + 1; n > 0; n--) {
        strcat(out, words[below(d, WORDS)]);
        strcat(out, " ");
    }
    snprintf(number, sizeof number, "w%d", (int)below(d, 300));
    strcat(out, number);
}

static int64_t any_id(fixture *f, dice *d) {
    int64_t n = integer(f, "SELECT count(*) FROM messages");
    return n ? integer(f, "SELECT id FROM messages ORDER BY id LIMIT 1 OFFSET %d", (int)below(d, n)) : 0;
}

static void change(fixture *f, dice *d) {
    char text[4000];
    int64_t id = any_id(f, d);
    phrase(d, below(d, 20) == 0 ? 300 : 8, text);
    switch (below(d, 8)) {
    case 0:
        if (id) ok(kal_message_del(f->store, id, &f->err));
        break;
    case 1:
        if (id) {
            kal_message row = {.id = id, .text = T(text)};
            ok(kal_message_set(f->store, &row, &f->err));
        }
        break;
    case 2: run(f, "UPDATE messages SET text = '%s' WHERE id = %d", text, (int)id); break;
    case 3: run(f, "DELETE FROM messages WHERE id = %d", (int)id); break;
    case 4:
        run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts, rank) VALUES ('merge', %d)",
            (int)below(d, 60) + 1);
        break;
    default: add_message(f, "a", text);
    }
}

/* A number for all places of a word in one message. */
static int64_t folded(int64_t id, int64_t position) {
    return (id * 1000003 + position + 7) % 1000000007;
}

static int64_t by_reader(fixture *f, const char *term, int64_t *rows) {
    kali_reader *reader;
    kali_postings postings = {0}, counts = {.counts = true};
    uint32_t *places = malloc(100000 * sizeof *places);
    int64_t total = 0;
    ok(kali_reader_open(f->store->db, &reader, &f->err));
    ok(kali_reader_term(reader, T(term), &postings, &f->err));
    ok(kali_reader_term(reader, T(term), &counts, &f->err));
    assert_int_equal(postings.count, counts.count);
    for (size_t i = 0; i < postings.count; i++) {
        size_t n = kali_positions(&postings, i, places, 100000);
        assert_int_equal(n, postings.rows[i].tf);
        assert_int_equal(n, counts.rows[i].tf);
        assert_true(postings.rows[i].id == counts.rows[i].id);
        if (i) assert_true(postings.rows[i].id > postings.rows[i - 1].id);
        for (size_t k = 0; k < n; k++)
            total += folded(postings.rows[i].id, places[k]);
    }
    *rows = (int64_t)postings.count;
    kali_postings_free(&postings);
    kali_postings_free(&counts);
    kali_reader_close(reader);
    free(places);
    return total;
}

static void compare_all(fixture *f) {
    sqlite3_stmt *q;
    run(f, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.every USING fts5vocab(main, kalito_messages_fts, instance)");
    assert_int_equal(
        sqlite3_prepare_v2(other(f),
                           "SELECT term, count(DISTINCT doc), sum((doc * 1000003 + offset + 7) % 1000000007)"
                           " FROM temp.every GROUP BY term", -1, &q, NULL),
        SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        int64_t rows, total = by_reader(f, (const char *)sqlite3_column_text(q, 0), &rows);
        assert_int_equal(rows, sqlite3_column_int64(q, 1));
        assert_int_equal(total, sqlite3_column_int64(q, 2));
    }
    sqlite3_finalize(q);
    int64_t rows;
    by_reader(f, "nowhere", &rows);
    assert_int_equal(rows, 0);
    by_reader(f, "", &rows);
    assert_int_equal(rows, 0);
}

static void assert_clean(fixture *f) {
    kal_finding findings[4];
    size_t count;
    ok(kal_index_check(f->store, findings, 4, &count, &f->err));
    if (count) fail_msg("%.*s", (int)findings[0].what.len, findings[0].what.data);
}

static void settle(fixture *f) {
    kal_session row = {.id = T("a")};
    ok(kal_session_set(f->store, &row, &f->err));
}

static void the_reader_gives_what_fts5_gives_after_random_changes(void **state) {
    fixture *f = *state;
    for (int seed = 1; seed <= 3; seed++) {
        dice d = {(uint64_t)seed};
        run(f, "PRAGMA synchronous = OFF");
        run(f, "DELETE FROM messages");
        reopen(f);
        settle(f);
        if (seed > 1) small_leaves(f);
        reopen(f); /* the index reads its settings when it is opened */
        for (int round = 0; round < 12; round++) {
            bool batch = below(&d, 2) == 0;
            if (batch) {
                char text[4000];
                ok(kal_store_begin(f->store, &f->err));
                for (int i = (int)below(&d, 60); i > 0; i--) {
                    phrase(&d, 12, text);
                    add_message(f, "a", text);
                }
                ok(kal_store_commit(f->store, &f->err));
            }
            for (int i = 0; i < 25; i++)
                change(f, &d);
            settle(f);
            compare_all(f);
        }
        assert_clean(f);
    }
}

static void what_a_transaction_has_added_is_read_before_it_ends(void **state) {
    fixture *f = *state;
    kal_query query = {.text = T("apple"), .limit = 5};
    kal_hit hits[5];
    size_t count;
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "a", "an apple a day");
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 1);
    kal_store_rollback(f->store);
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 0);
}

/* ---- damage */

static void ask_everything(fixture *f) {
    static const char *const searches[] = {"apple", "\"pear plum\"", "ban*", "apple -pear", "fig OR kiwi", "停车"};
    kal_found *found = malloc(10 * sizeof *found);
    kal_hit hits[10];
    kali_reader *reader;
    size_t count;
    for (size_t i = 0; i < 6; i++) {
        kal_search search = {.text = T(searches[i]), .limit = 10};
        kal_code code = kal_search_find(f->store, &search, found, &count, &f->err);
        assert_true(code == KAL_OK || code == KAL_CORRUPT);
    }
    kal_query query = {.text = T("apple pear plum banana kiwi"), .limit = 10};
    kal_code code = kal_recall_find(f->store, &query, hits, &count, &f->err);
    assert_true(code == KAL_OK || code == KAL_CORRUPT);
    if (kali_reader_open(f->store->db, &reader, &f->err) == KAL_OK) {
        kali_postings postings = {0};
        uint32_t places[64];
        for (int i = 0; i < WORDS; i++) {
            size_t leaves;
            kali_reader_leaves(reader, T(words[i]), &leaves, &f->err);
            if (kali_reader_term(reader, T(words[i]), &postings, &f->err) != KAL_OK) continue;
            for (size_t k = 0; k < postings.count; k++)
                kali_positions(&postings, k, places, 64);
        }
        kali_postings_free(&postings);
        kali_reader_close(reader);
    }
    free(found);
}

static void set_block(fixture *f, int64_t id, const void *data, int size) {
    sqlite3_stmt *q;
    sqlite3_prepare_v2(other(f), "UPDATE kalito_messages_fts_data SET block = ?2 WHERE id = ?1", -1, &q, NULL);
    sqlite3_bind_int64(q, 1, id);
    sqlite3_bind_blob(q, 2, data, size, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
}

static int get_block(fixture *f, int64_t id, unsigned char out[8192]) {
    sqlite3_stmt *q;
    sqlite3_prepare_v2(other(f), "SELECT block FROM kalito_messages_fts_data WHERE id = ?1", -1, &q, NULL);
    sqlite3_bind_int64(q, 1, id);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_bytes(q, 0);
    assert_true(n <= 8192);
    if (n) memcpy(out, sqlite3_column_blob(q, 0), (size_t)n);
    sqlite3_finalize(q);
    return n;
}

static void damage(fixture *f, dice *d, int64_t id) {
    unsigned char was[8192], now[8192];
    int n = get_block(f, id, was), size = n;
    memcpy(now, was, (size_t)n);
    for (int k = (int)below(d, 4); k >= 0 && n; k--)
        now[below(d, 3) ? below(d, n) : below(d, n < 8 ? n : 8)] = (unsigned char)below(d, 256);
    if (below(d, 6) == 0) size = (int)below(d, n + 1);
    set_block(f, id, now, size);
    ask_everything(f);
    set_block(f, id, was, n);
}

static void damaged_segments_are_an_error_and_no_crash(void **state) {
    fixture *f = *state;
    dice d = {11};
    char text[4000];
    run(f, "PRAGMA synchronous = OFF");
    small_leaves(f);
    reopen(f);
    for (int i = 0; i < 80; i++) {
        phrase(&d, 20, text);
        add_message(f, "a", text);
    }
    int rounds = getenv("KALITO_LONG") ? 20000 : 600;
    for (int i = 0; i < rounds; i++) {
        int64_t blocks = integer(f, "SELECT count(*) FROM kalito_messages_fts_data");
        int64_t id = below(&d, 5) ? integer(f, "SELECT id FROM kalito_messages_fts_data ORDER BY id LIMIT 1 OFFSET %d",
                                            (int)below(&d, blocks))
                                  : 10;
        damage(f, &d, id);
    }
    compare_all(f);
}

/* Counts and ids at the ends of their ranges, which no chance finds. */
static void numbers_out_of_range_are_an_error_and_no_crash(void **state) {
    fixture *f = *state;
    unsigned char structure[13 + 9 + 300] = {0, 0, 0, 0, 2, 1, 5, 0, 1, 1, 1, 1, 0}, was[8192];
    for (int i = 0; i < 3; i++)
        add_message(f, "a", "apple pear plum");
    /* One segment in all, and then a level of 2^64 - 1. */
    memset(structure + 13, 0xFF, 9);
    memset(structure + 22, 1, 300);
    int n = get_block(f, 10, was);
    set_block(f, 10, structure, sizeof structure);
    kal_query query = {.text = T("apple pear"), .limit = 3};
    kal_hit hits[3];
    size_t count;
    fails(KAL_CORRUPT, kal_recall_find(f->store, &query, hits, &count, &f->err));
    set_block(f, 10, was, n);
    /* A message that another program has given one of the least ids is indexed, and is in no record. */
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    double best = hits[0].score;
    run(f, "INSERT INTO kalito_messages_fts(rowid, text) VALUES (-9223372036854775807, 'apple pear apple')");
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 3);
    assert_true(hits[0].score == best);
    /* A record of nothing takes no memory. */
    run(f, "INSERT INTO kalito_documents(block, records) VALUES (28823037615171172, x'')");
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    assert_int_equal(count, 3);
}

static void a_damaged_index_is_mended_by_making_it_anew(void **state) {
    fixture *f = *state;
    kal_finding findings[4];
    size_t count;
    for (int i = 0; i < 20; i++)
        add_message(f, "a", "apple pear");
    add_pin(f, "a", "p", "cherry", 0.5);
    assert_clean(f);
    run(f, "UPDATE kalito_documents SET records = zeroblob(3840)");
    ok(kal_index_check(f->store, findings, 4, &count, &f->err));
    assert_int_equal(count, 20);
    assert_text(findings[0].what, "message 1 has a wrong record");
    run(f, "UPDATE kalito_messages_fts_data SET block = x'00' WHERE id > 10");
    run(f, "DELETE FROM kalito_notes");
    run(f, "UPDATE sessions SET message_count = 7");
    ok(kal_index_rebuild(f->store, &f->err));
    assert_clean(f);
    compare_all(f);
    assert_int_equal(count_of(f, "a"), 20);
}

static void the_check_names_what_is_wrong(void **state) {
    fixture *f = *state;
    kal_finding findings[8];
    size_t count;
    int64_t id = add_message(f, "a", "apple pear");
    add_message(f, "a", "plum");
    run(f, "INSERT INTO kalito_messages_fts(kalito_messages_fts, rowid, text) VALUES ('delete', %d, 'apple')", (int)id);
    run(f, "INSERT INTO kalito_messages_fts(rowid, text) VALUES (77, 'ghost')");
    run(f, "DROP TRIGGER kalito_message_deleted");
    run(f, "DELETE FROM messages WHERE text = 'plum'");
    ok(kal_index_check(f->store, findings, 8, &count, &f->err));
    char all[2000] = "";
    for (size_t i = 0; i < count && i < 8; i++) {
        strcat(all, findings[i].what.data);
        strcat(all, "\n");
    }
    assert_non_null(strstr(all, "message 1 is not counted in the index"));
    assert_non_null(strstr(all, "message 1 has other words in the index than in its text"));
    assert_non_null(strstr(all, "message 2 is gone, but in the index"));
    assert_non_null(strstr(all, "message 2 is gone, but has a record"));
    assert_non_null(strstr(all, "message 77 is gone, but in the index"));
}

static int with_session(void **state) {
    in_file(state);
    add_session(*state, "a");
    return 0;
}

#define ON_SESSION(test) cmocka_unit_test_setup_teardown(test, with_session, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SESSION(the_reader_gives_what_fts5_gives_after_random_changes),
        ON_SESSION(what_a_transaction_has_added_is_read_before_it_ends),
        ON_SESSION(damaged_segments_are_an_error_and_no_crash),
        ON_SESSION(numbers_out_of_range_are_an_error_and_no_crash),
        ON_SESSION(a_damaged_index_is_mended_by_making_it_anew),
        ON_SESSION(the_check_names_what_is_wrong),
    };
    return cmocka_run_group_tests_name("fts", tests, NULL, NULL);
}
