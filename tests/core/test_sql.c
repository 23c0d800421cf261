/* Raw SQL of users reads and nothing else; and the plans of the core's own statements. */
#include "support.h"

#include "internal.h"

static kal_rows rows;

static kal_code sql(fixture *f, const char *text) {
    kal_sql query = {.text = T(text)};
    return kal_store_sql(f->store, &query, &rows, &f->err);
}

static void fill(fixture *f) {
    add_session(f, "s");
    for (int i = 0; i < 20; i++)
        add_message(f, "s", "some words");
    add_pin(f, "s", "p", "plum", 0.5);
    add_summary(f, "s", "m", "grape", 0.5);
    add_persona(f, "x", "general", true);
}

static void rows_come_with_their_types_and_names(void **state) {
    fixture *f = *state;
    fill(f);
    ok(sql(f, "SELECT 1 AS one, 2.5 AS half, 'a' || char(0) || 'b' AS text, x'00FF' AS bytes, NULL AS none"
              " UNION ALL SELECT 6, 7, 8, 9, 10"));
    assert_int_equal(rows.columns, 5);
    assert_int_equal(rows.count, 2);
    assert_text(rows.names[4], "none");
    assert_int_equal(rows.values[0].integer, 1);
    assert_true(rows.values[1].kind == KAL_REAL && rows.values[1].real == 2.5);
    assert_int_equal(rows.values[2].text.len, 3);
    assert_true(rows.values[3].kind == KAL_BLOB && rows.values[3].text.len == 2);
    assert_int_equal(rows.values[4].kind, KAL_NULL);
    assert_int_equal(rows.values[9].integer, 10);
    ok(sql(f, "SELECT count(*) FROM messages"));
    assert_int_equal(rows.values[0].integer, 20);
    ok(sql(f, "SELECT id FROM messages WHERE id < 0"));
    assert_int_equal(rows.count, 0);
    assert_int_equal(rows.columns, 1);
}

static void parameters_are_bound_by_place_and_by_name(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"b", "a"};
    kal_value values[] = {{.kind = KAL_INTEGER, .integer = 7}, {.kind = KAL_TEXT, .text = T("x")}};
    kal_sql query = {.text = T("SELECT ?, ?2"), .values = values, .count = 2};
    ok(kal_store_sql(f->store, &query, &rows, &f->err));
    assert_int_equal(rows.values[0].integer, 7);
    assert_text(rows.values[1].text, "x");
    query.text = T("SELECT :a, @b, $a");
    query.names = names;
    ok(kal_store_sql(f->store, &query, &rows, &f->err));
    assert_text(rows.values[0].text, "x");
    assert_int_equal(rows.values[1].integer, 7);
    query.text = T("SELECT :c, :a, :b");
    fails(KAL_MISUSE, kal_store_sql(f->store, &query, &rows, &f->err));
    says(":c");
    query = (kal_sql){.text = T("SELECT ?"), .values = values, .count = 2};
    fails(KAL_MISUSE, kal_store_sql(f->store, &query, &rows, &f->err));
    /* A text that is not followed by a NUL. */
    query = (kal_sql){.text = {"SELECT 12", 8}};
    ok(kal_store_sql(f->store, &query, &rows, &f->err));
    assert_int_equal(rows.values[0].integer, 1);
}

static const char *const WRITES[] = {
    "DELETE FROM messages",
    "INSERT INTO sessions(id) VALUES ('y')",
    "UPDATE messages SET text = ''",
    "UPDATE messages SET text = '' RETURNING id",
    "DROP TABLE messages",
    "CREATE TABLE y(z)",
    "CREATE TEMP TABLE y(z)",
    "CREATE VIRTUAL TABLE y USING fts5(z)",
    "ALTER TABLE messages ADD COLUMN y",
    "REINDEX",
    "UPDATE sqlite_master SET sql = ''",
    "UPDATE sqlite_schema SET sql = '' WHERE name = 'messages'",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '/tmp/kalito-stolen.db'",
    "ATTACH '/tmp/kalito-stolen.db' AS y",
    "DETACH main",
    "BEGIN IMMEDIATE",
    "SAVEPOINT y",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version = 7",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA optimize",
    "PRAGMA incremental_vacuum",
    "SELECT load_extension('/tmp/x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT * FROM pragma_user_version(7)",
    "INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('delete-all')",
    "WITH y AS (SELECT 1) DELETE FROM messages",
    "EXPLAIN DELETE FROM messages",
};

static void nothing_can_be_written(void **state) {
    fixture *f = *state;
    fill(f);
    for (size_t i = 0; i < sizeof WRITES / sizeof *WRITES; i++) {
        kal_code code = sql(f, WRITES[i]);
        if (code != KAL_REFUSED && code != KAL_MISUSE)
            fail_msg("%s: %s %s", WRITES[i], kal_code_name(code), f->err.message);
    }
    add_message(f, "s", "x");
    assert_int_equal(count_of(f, "s"), 21);
}

static void one_good_statement_is_asked_for(void **state) {
    fixture *f = *state;
    fails(KAL_MISUSE, sql(f, "SELEC 1"));
    says("store.sql");
    fails(KAL_MISUSE, sql(f, "SELECT * FROM nowhere"));
    says("nowhere");
    fails(KAL_MISUSE, sql(f, ""));
    fails(KAL_MISUSE, sql(f, "-- nothing"));
    fails(KAL_MISUSE, sql(f, "SELECT 1; DELETE FROM messages"));
    fails(KAL_MISUSE, sql(f, "SELECT 1; SELECT 2"));
    ok(sql(f, "SELECT 1;  -- the end"));
    ok(sql(f, "PRAGMA table_info(messages)"));
    assert_true(rows.count > 5);
    ok(sql(f, "PRAGMA journal_mode"));
    ok(sql(f, "SELECT * FROM pragma_index_list('messages')"));
    ok(sql(f, "EXPLAIN QUERY PLAN SELECT * FROM messages"));
    ok(sql(f, "SELECT count(*) FROM kalito_messages_fts WHERE kalito_messages_fts MATCH 'words'"));
}

static void a_query_without_end_is_stopped(void **state) {
    fixture *f = *state;
    static const char *const texts[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT randomblob(1000000) FROM n",
    };
    for (int i = 0; i < 3; i++) {
        kal_sql query = {.text = T(texts[i]), .ms = 300};
        kal_code code = kal_store_sql(f->store, &query, &rows, &f->err);
        assert_true(code == KAL_INTERRUPTED || code == KAL_REFUSED);
    }
    kal_sql query = {.text = T(texts[1]), .limit = 5};
    fails(KAL_REFUSED, kal_store_sql(f->store, &query, &rows, &f->err));
    says("5 rows");
    fill(f);
    ok(sql(f, "SELECT 1"));
}

static void what_is_not_committed_is_not_seen(void **state) {
    fixture *f = *state;
    fill(f);
    ok(kal_store_begin(f->store, &f->err));
    add_message(f, "s", "x");
    ok(sql(f, "SELECT count(*) FROM messages"));
    assert_int_equal(rows.values[0].integer, 20);
    ok(kal_store_commit(f->store, &f->err));
    ok(sql(f, "SELECT count(*) FROM messages"));
    assert_int_equal(rows.values[0].integer, 21);
}

/* ---- plans */

/* Statements that read a whole table because that is what they are for. */
static const char *const WHOLE[] = {
    "count(*)",                  /* counting without a session; never on the way of a turn */
    "ORDER BY id LIMIT",         /* all messages in the order of their ids, page by page */
    "FROM kalito_documents",     /* recall reads the records of everything */
    "FROM kalito_speakers",
    "FROM sessions",             /* lists of sessions, personas, models: few rows, ordered */
    "FROM personas",
    "UPDATE personas",
    "FROM kalito_models",
    "FROM kalito_turns",
    "FROM sqlite_master",
    "FROM pragma_",
    "kalito_tombstones",         /* what another program has deleted since */
    "EXISTS (SELECT 1 FROM kalito_notes", /* only when such a row is known to be there */
    "max(id)",
    "coalesce(token_usage, 0)",  /* statistics */
    "kalito_messages_fts_docsize WHERE id NOT IN", /* comparing the whole search index with the rows */
    "coalesce(text, ''), created_at FROM messages ORDER BY id",
    "FROM kalito_notes n LEFT JOIN",
    "ORDER BY CAST(coalesce(importance_score, 0.5) AS REAL) DESC, created_at DESC, id DESC", /* has its index on request */
};

static bool is_whole(const char *text) {
    /* Lists without a session are of everything, page by page. */
    if (strstr(text, "LIMIT $9") && !strstr(text, "session_id = $1")) return true;
    for (size_t i = 0; i < sizeof WHOLE / sizeof *WHOLE; i++)
        if (strstr(text, WHOLE[i])) return true;
    return false;
}

static int bad_plans;
static int seen;

static void look_at_plan(void *context, const char *text) {
    static const char *const verbs[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"};
    sqlite3_stmt *q;
    bool has_plan = false;
    for (int i = 0; i < 5; i++)
        has_plan = has_plan || strncmp(text, verbs[i], strlen(verbs[i])) == 0;
    if (!has_plan) return;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", text);
    assert_int_equal(sqlite3_prepare_v2(context, explain, -1, &q, NULL), SQLITE_OK);
    seen++;
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(q, 3);
        bool scan = strncmp(detail, "SCAN ", 5) == 0 && !strstr(detail, "VIRTUAL") && !strstr(detail, "CONSTANT") &&
                    !strstr(detail, "SCAN (");
        bool sort = strcmp(detail, "USE TEMP B-TREE FOR ORDER BY") == 0 && strstr(text, "messages");
        bool guess = strstr(detail, "AUTOMATIC") != NULL;
        if (!(scan || sort || guess) || is_whole(text)) continue;
        print_error("%s\n    %s\n", detail, text);
        bad_plans++;
    }
    sqlite3_finalize(q);
    sqlite3_free(explain);
}

/* What a turn, a nightly job or a visit of another program runs beside it. */
static void use_the_rest(fixture *f) {
    kal_message messages[8];
    kal_pin pins[4];
    kal_summary summaries[4];
    kal_persona personas[4];
    kal_stats stats;
    kal_finding findings[8];
    kal_foreign foreign[8];
    kal_store_info info;
    size_t count;
    int64_t n;
    static const kal_filter filters[] = {
        {.session = {"s", 1}, .role = {"user", 4}, .since = {"2020-01-01", 10}, .before = {"2030-01-01", 10}},
        {.session = {"s", 1}, .scope = KAL_SCOPE_ARCHIVED, .min_importance = 0.5},
        {.order = KAL_ORDER_NEWEST, .limit = 4},
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        kal_page page = {.capacity = 8};
        ok(kal_message_find(f->store, &filters[i], messages, &page, &f->err));
    }
    kal_filter by_session = {.session = T("s")};
    ok(kal_pin_count(f->store, &by_session, &n, &f->err));
    ok(kal_summary_count(f->store, &by_session, &n, &f->err));
    kal_page page = {.capacity = 4};
    ok(kal_pin_find(f->store, NULL, pins, &page, &f->err));
    page = (kal_page){.capacity = 4};
    ok(kal_summary_find(f->store, NULL, summaries, &page, &f->err));
    page = (kal_page){.capacity = 4};
    ok(kal_persona_find(f->store, NULL, personas, &page, &f->err));
    kal_message again = {.session = T("s"), .role = T("user"), .text = T("again"), .external_id = T("e-1")};
    ok(kal_message_add(f->store, &again, &f->err));
    kal_session change = {.id = T("s"), .name = T("other")};
    ok(kal_session_set(f->store, &change, &f->err));
    ok(kal_stats_get(f->store, T("s"), &stats, &f->err));
    ok(kal_stats_get(f->store, (kal_str){0}, &stats, &f->err));
    ok(kal_store_stat(f->store, &info, &f->err));
    ok(kal_store_foreign(f->store, foreign, 8, &count, &f->err));
    add_pin(f, "s", "another", "pear", 0.5);
    kal_pin pin = {.id = T("another"), .content = T("quince")};
    ok(kal_pin_set(f->store, &pin, &f->err));
    ok(kal_index_check(f->store, findings, 8, &count, &f->err));
    add_session(f, "gone");
    ok(kal_session_del(f->store, T("gone"), &f->err));
}

static void use_everything(fixture *f) {
    kal_session sessions[4];
    kal_message messages[8];
    kal_summary summaries[4];
    kal_pin pins[4];
    kal_context *context;
    int64_t n;
    size_t count;
    kal_hit hits[4];
    static const kal_order orders[] = {KAL_ORDER_OLDEST, KAL_ORDER_NEWEST, KAL_ORDER_IMPORTANCE};
    for (int i = 0; i < 3; i++) {
        kal_filter filter = {.session = T("s"), .order = orders[i]};
        kal_page page = {.capacity = 8};
        ok(kal_message_find(f->store, &filter, messages, &page, &f->err));
        page = (kal_page){.capacity = 4};
        ok(kal_summary_find(f->store, &filter, summaries, &page, &f->err));
        page = (kal_page){.capacity = 4};
        ok(kal_pin_find(f->store, &filter, pins, &page, &f->err));
    }
    kal_filter filter = {.session = T("s"), .scope = KAL_SCOPE_LIVE};
    ok(kal_message_count(f->store, &filter, &n, &f->err));
    kal_page page = {.capacity = 4};
    ok(kal_session_find(f->store, NULL, sessions, &page, &f->err));
    kal_request request = {.session = T("s"), .budget = 1000, .text = T("words?"), .query = T("words")};
    ok(kal_context_build(f->store, &request, &context, &f->err));
    ok(kal_context_compare(f->store, context, &f->err));
    ok(kal_context_save(f->store, context, &f->err));
    kal_context_close(context);
    kal_query query = {.text = T("words"), .limit = 4};
    ok(kal_recall_find(f->store, &query, hits, &count, &f->err));
    kal_summary row = {.session = T("s"), .summary = T("fig"), .start_message_id = T("1"),
                       .end_message_id = T("5")};
    ok(kal_summary_make(f->store, &row, &f->err));
    ok(kal_summary_undo(f->store, T("s"), &row, &f->err));
    ok(kal_summary_redo(f->store, T("s"), &row, &f->err));
    kal_message change = {.id = 8, .text = T("other words")};
    ok(kal_message_set(f->store, &change, &f->err));
    ok(kal_message_del(f->store, 9, &f->err));
    ok(kal_pin_del(f->store, T("p"), &f->err));
    run(f, "INSERT INTO messages(session_id, role, text, created_at) VALUES ('s', 'user', 'theirs', '2026-01-01')");
    add_message(f, "s", "mine");
    use_the_rest(f);
}

static void no_statement_of_the_core_reads_whole_tables_or_sorts_a_session(void **state) {
    fixture *f = *state;
    fill(f);
    use_everything(f);
    bad_plans = seen = 0;
    kali_db_statements(f->store->db, look_at_plan, kali_db_handle(f->store->db));
    assert_true(seen > 80);
    assert_int_equal(bad_plans, 0);
}

static void the_index_of_importance_serves_lists_by_importance(void **state) {
    fixture *f = *state;
    kal_remark remarks[16];
    kal_report report = {.rows = remarks, .capacity = 16};
    kal_filter filter = {.session = T("s"), .order = KAL_ORDER_IMPORTANCE};
    kal_page page = {.capacity = 8};
    kal_message messages[8];
    fill(f);
    ok(kal_store_optimize(f->store, KAL_OPTIMIZE_IMPORTANCE, &report, &f->err));
    ok(kal_message_find(f->store, &filter, messages, &page, &f->err));
    ok(sql(f, "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE session_id = 's'"
              " ORDER BY CAST(coalesce(importance_score, 0.5) AS REAL) DESC, created_at DESC, id DESC"));
    assert_int_equal(rows.count, 1);
    assert_non_null(strstr(rows.values[3].text.data, "kalito_messages_importance"));
}

static void statistics_that_somebody_gathered_do_not_spoil_the_plans(void **state) {
    fixture *f = *state;
    kal_remark remarks[16];
    kal_report report = {.rows = remarks, .capacity = 16};
    fill(f);
    for (int i = 0; i < 500; i++)
        add_message(f, "s", "some words");
    run(f, "ANALYZE");
    ok(kal_store_optimize(f->store, 0, &report, &f->err));
    reopen(f);
    add_pin(f, "s", "q", "plum", 0.5);
    use_everything(f);
    bad_plans = seen = 0;
    kali_db_statements(f->store->db, look_at_plan, kali_db_handle(f->store->db));
    assert_int_equal(bad_plans, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_FILE(rows_come_with_their_types_and_names),
        ON_MEMORY(rows_come_with_their_types_and_names),
        ON_MEMORY(parameters_are_bound_by_place_and_by_name),
        ON_FILE(nothing_can_be_written),
        ON_MEMORY(nothing_can_be_written),
        ON_FILE(one_good_statement_is_asked_for),
        ON_MEMORY(one_good_statement_is_asked_for),
        ON_FILE(a_query_without_end_is_stopped),
        ON_FILE(what_is_not_committed_is_not_seen),
        ON_FILE(no_statement_of_the_core_reads_whole_tables_or_sorts_a_session),
        ON_FILE(the_index_of_importance_serves_lists_by_importance),
        ON_FILE(statistics_that_somebody_gathered_do_not_spoil_the_plans),
    };
    return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
