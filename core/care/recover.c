/*
** recover.c: what can still be read of a damaged database, in a new one. The rows come out of the pages (pages.c): those
** that their table's root leads to first, then those of leaves that nothing leads to any more, told apart by their
** shape. What can be derived is made anew. The damaged file is only read.
*/
#include "care/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDEX_NAME "idx_messages_session_created"
#define NAME 64
#define FOREIGN_MAX 256

/* A table of the new database, and what is known of it in the old one. */
typedef struct target {
    const char *name;
    size_t least; /* columns of its oldest rows; 0: no row that nothing leads to is one of its */
    size_t count; /* columns of the old table, in their order there */
    char columns[KALI_COLUMNS][NAME];
    kali_shape shapes[KALI_COLUMNS];
    bool known[KALI_COLUMNS]; /* the new table has it too */
    int key;                  /* the column that is the row's id, -1 none */
    uint32_t root;
    char sql[2000]; /* INSERT */
    int64_t saved, refused, garbled;
} target;

/* Sessions first: others refer to them. The second messages are those of an early file whose schema is lost. */
static const struct {
    const char *name;
    size_t least;
} TARGETS[] = {{"sessions", 7},      {"personas", 7},
               {"messages", 7},      {"conversation_summaries", 8},
               {"semantic_pins", 7}, {"messages", 7},
               {"kalito_undone", 0}, {"kalito_turns", 0},
               {"kalito_models", 0}, {"kalito_rejected", 0},
               {"kalito_cards", 0},  {"kalito_meta", 0}};
#define EARLY 5
static const char *const EARLY_COLUMNS[] = {"id",       "session_id",  "role",      "text",
                                            "model_id", "token_usage", "created_at"};
#define TABLES (sizeof TARGETS / sizeof *TARGETS)

typedef struct recovery {
    kali_pages pages;
    kal_store *store;
    target targets[TABLES];
    target *now; /* of the walk under way; NULL: told by shape */
    uint32_t index_root;
    uint32_t foreign[FOREIGN_MAX]; /* roots of other tables */
    size_t foreign_count;
    int64_t indexed, missing; /* messages that the index names, and that did not come */
    kal_err *err;
    kal_code code;
} recovery;

static void set_targets(target *list) {
    for (size_t i = 0; i < TABLES; i++)
        list[i].name = TARGETS[i].name, list[i].least = TARGETS[i].least;
    list[EARLY].count = sizeof EARLY_COLUMNS / sizeof *EARLY_COLUMNS;
    for (size_t i = 0; i < list[EARLY].count; i++)
        snprintf(list[EARLY].columns[i], NAME, "%s", EARLY_COLUMNS[i]);
}

/* ---- schemas ---- */

/* The columns that a table has in a database. */
static kal_code read_columns(kali_db *db, const char *table, target *t, kal_err *err) {
    static const char SQL[] =
        "SELECT name, pk = 1 AND upper(type) = 'INTEGER' FROM pragma_table_info($1)";
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, kal_text(table));
    t->count = 0;
    t->key = -1;
    for (code = kali_step(q, &row, err); code == KAL_OK && row; code = kali_step(q, &row, err)) {
        if (t->count == KALI_COLUMNS || kali_text(q, 0).len >= NAME) continue;
        if (kali_integer(q, 1)) t->key = (int)t->count;
        snprintf(t->columns[t->count++], NAME, "%s", kali_text(q, 0).data);
    }
    return code;
}

static kal_code has_column(kal_store *store, const char *table, const char *column, bool *out,
                           kal_err *err) {
    static const char SQL[] = "SELECT count(*) FROM pragma_table_info($1) WHERE name = $2";
    kali_stmt *q;
    bool row;
    kal_code code = kali_db_use(store->db, SQL, &q, err);
    if (code != KAL_OK) return code;
    kali_bind_text(q, 1, kal_text(table));
    kali_bind_text(q, 2, kal_text(column));
    code = kali_step(q, &row, err);
    *out = code == KAL_OK && row && kali_integer(q, 0) > 0;
    kali_reset(q);
    return code;
}

/* Which of the old columns the new table takes, and the statement that takes them. */
static void prepare_insert(recovery *r, target *t) {
    char names[900] = "", marks[300] = "";
    for (size_t i = 0; i < t->count && r->code == KAL_OK; i++) {
        r->code = has_column(r->store, t->name, t->columns[i], &t->known[i], r->err);
        t->shapes[i] = kali_shape_of(t->name, t->columns[i]);
        if (!t->known[i]) continue;
        size_t n = strlen(names), m = strlen(marks);
        snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", t->columns[i]);
        snprintf(marks + m, sizeof marks - m, "%s$%zu", m ? ", " : "", i + 1);
    }
    bool meta = strcmp(t->name, "kalito_meta") == 0;
    snprintf(t->sql, sizeof t->sql, "INSERT INTO %s(%s) VALUES (%s) ON CONFLICT %s", t->name, names,
             marks, meta ? "(key) DO UPDATE SET value = excluded.value" : "DO NOTHING");
}

static bool share_column(const target *a, const target *b) {
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (strcmp(a->columns[i], b->columns[k]) == 0) return true;
    return false;
}

/* A table's own statement tells the order of its columns: it is run in a database of its own, in memory. One that has
** our table's name and no column of it is not ours. */
static kal_code learn_columns(target *t, kal_str sql, kal_err *err) {
    kali_db *scratch;
    kal_options options = {.create = true};
    const char *open = sql.data ? memchr(sql.data, '(', sql.len) : NULL;
    char text[8000], head[100];
    if (!open || sql.len >= sizeof text || open - sql.data >= 90) return KAL_OK;
    snprintf(text, sizeof text, "%.*s", (int)sql.len, sql.data);
    snprintf(head, sizeof head, "%.*s", (int)(open - sql.data), sql.data);
    if (strncmp(text, "CREATE TABLE ", 13) != 0 || strstr(head, " AS ") || strstr(head, " as "))
        return KAL_OK;
    kal_code code = kali_db_open(":memory:", &options, &scratch, err);
    if (code != KAL_OK) return code;
    const char *p = text;
    target learned = *t;
    code = kali_db_next(scratch, &p, NULL, NULL, err);
    if (code == KAL_OK) code = read_columns(scratch, t->name, &learned, err);
    if (code == KAL_OK && learned.count) {
        if (share_column(&learned, t))
            *t = learned;
        else
            t->root = 0;
    }
    kali_db_close(scratch);
    return code == KAL_NOMEM ? code : KAL_OK; /* the statement may be damaged, too */
}

static bool equals(const kal_value *v, const char *word) {
    return v->kind == KAL_TEXT && v->text.len == strlen(word) &&
           memcmp(v->text.data, word, v->text.len) == 0;
}

/* A row of the schema: type, name, tbl_name, rootpage, sql. Tables that are not ours are only marked: what stands in
** their pages is nobody's of ours. */
static bool visit_schema(void *context, const kali_cells *row) {
    recovery *r = context;
    bool table = row->count == 5 && equals(&row->values[0], "table");
    bool index = row->count == 5 && equals(&row->values[0], "index");
    if (!(table || index) || row->values[3].kind != KAL_INTEGER) return true;
    uint32_t root = (uint32_t)row->values[3].integer;
    if (index && equals(&row->values[1], INDEX_NAME)) r->index_root = root;
    for (size_t i = 0; i < TABLES && table; i++) {
        if (!equals(&row->values[1], r->targets[i].name)) continue;
        r->targets[i].root = root;
        r->code = learn_columns(&r->targets[i], row->values[4].text, r->err);
        return r->code == KAL_OK;
    }
    if (table && r->foreign_count < FOREIGN_MAX) r->foreign[r->foreign_count++] = root;
    return true;
}

/* The schema begins on the first page. Where nothing leads to its rows, they are looked for in all of them. */
static void read_schema(recovery *r) {
    kali_pages_walk(&r->pages, 1, visit_schema, r);
    for (size_t i = 0; i < TABLES && r->code == KAL_OK; i++) {
        if (r->targets[i].root || !r->targets[i].least) continue;
        r->foreign_count = 0;
        kali_pages_rest(&r->pages, visit_schema, r);
        kali_pages_forget(&r->pages);
        return;
    }
}

/* ---- rows ---- */

/* What names a row, and its session. */
static bool has_key(const target *t, const kali_cells *row) {
    if (row->count < 2 || (t->key < 0 && row->values[0].kind == KAL_NULL)) return false;
    for (size_t i = 0; i < 2; i++)
        if (row->values[i].kind == KAL_TEXT && !kal_text_valid(row->values[i].text, NULL))
            return false;
    return true;
}

static bool is_garbled(const kali_cells *row) {
    for (size_t i = 0; i < row->count; i++)
        if (row->values[i].kind == KAL_TEXT && !kal_text_valid(row->values[i].text, NULL))
            return true;
    return false;
}

static void bind(kali_stmt *q, int k, const kal_value *v) {
    switch (v->kind) {
    case KAL_INTEGER: kali_bind_integer(q, k, v->integer); break;
    case KAL_REAL: kali_bind_real(q, k, v->real); break;
    case KAL_TEXT: kali_bind_text(q, k, v->text); break;
    case KAL_BLOB: kali_bind_blob(q, k, v->text.data, v->text.len); break;
    case KAL_NULL: kali_bind_null(q, k); break;
    }
}

/* Columns with NOT NULL and a default of their own, which older rows lack. */
static void bind_default(kali_stmt *q, int k, const char *column) {
    if (strcmp(column, "boundary_at") == 0)
        kali_bind_text(q, k, kal_text(""));
    else if (strcmp(column, "origin") == 0)
        kali_bind_text(q, k, kal_text("model"));
    else if (strcmp(column, "boundary_id") == 0 || strcmp(column, "message_count") == 0 ||
             strcmp(column, "level") == 0)
        kali_bind_integer(q, k, 0);
    else
        kali_bind_null(q, k);
}

static kal_code insert(recovery *r, target *t, const kali_cells *row, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(r->store->db, t->sql, &q, err);
    if (code != KAL_OK) return code;
    for (size_t i = 0; i < t->count; i++) {
        if ((int)i == t->key)
            kali_bind_integer(q, (int)i + 1, row->rowid);
        else if (i < row->count && row->values[i].kind != KAL_NULL)
            bind(q, (int)i + 1, &row->values[i]);
        else
            bind_default(q, (int)i + 1, t->columns[i]);
    }
    code = kali_run(q, err);
    bool saved = code == KAL_OK && kali_db_changes(r->store->db) > 0;
    t->saved += saved;
    t->garbled += saved && is_garbled(row);
    if (code == KAL_EXISTS)
        t->refused++; /* a row that our rules do not take, such as one without a name */
    return code == KAL_EXISTS ? KAL_OK : code;
}

/* The table that a row is of, by its shape. */
static target *find_target(recovery *r, const kali_cells *row) {
    for (size_t i = 0; i < TABLES; i++) {
        target *t = &r->targets[i];
        if (t->least && kali_shape_fits(t->shapes, t->count, t->least, row)) return t;
    }
    return NULL;
}

/* A damaged page may lead to one of another table. A row that fits none is of the table that led to it, with values that
** its program does not write. */
static bool visit_row(void *context, const kali_cells *row) {
    recovery *r = context;
    target *t = r->now;
    bool sure = t && (!t->least || kali_shape_fits(t->shapes, t->count, t->least, row));
    if (!sure) {
        target *other = find_target(r, row);
        if (other || !t) t = other;
    }
    if (!t || !has_key(t, row)) return true;
    r->code = insert(r, t, row, r->err);
    return r->code == KAL_OK;
}

/* Entries of the index are session, time, id. */
static bool visit_entry(void *context, const kali_cells *row) {
    static const char SQL[] = "SELECT count(*) FROM messages WHERE id = $1";
    recovery *r = context;
    kali_stmt *q;
    bool there;
    if (row->count != 3 || row->values[2].kind != KAL_INTEGER) return true;
    r->code = kali_db_use(r->store->db, SQL, &q, r->err);
    if (r->code != KAL_OK) return false;
    kali_bind_integer(q, 1, row->values[2].integer);
    r->code = kali_step(q, &there, r->err);
    if (r->code != KAL_OK) return false;
    r->indexed++;
    r->missing += kali_integer(q, 0) == 0;
    kali_reset(q);
    return true;
}

static kal_code take_all(recovery *r) {
    for (size_t i = 0; i < TABLES && r->code == KAL_OK; i++)
        if (r->targets[i].count == 0)
            r->code = read_columns(r->store->db, TARGETS[i].name, &r->targets[i], r->err);
    if (r->code != KAL_OK) return r->code;
    read_schema(r);
    for (size_t i = 0; i < TABLES; i++)
        prepare_insert(r, &r->targets[i]);
    for (size_t i = 0; i < TABLES && r->code == KAL_OK; i++) {
        r->now = &r->targets[i];
        if (r->now->root) kali_pages_walk(&r->pages, r->now->root, visit_row, r);
    }
    r->now = NULL;
    for (size_t i = 0; i < r->foreign_count; i++)
        kali_pages_walk(&r->pages, r->foreign[i], NULL, NULL);
    kali_pages_skip_free(&r->pages);
    if (r->code == KAL_OK) kali_pages_rest(&r->pages, visit_row, r);
    if (r->code == KAL_OK && r->index_root)
        kali_pages_index(&r->pages, r->index_root, visit_entry, r);
    return r->code;
}

/* What was made in vain. */
static void remove_database(const char *path) {
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    char name[KAL_PATH_MAX + 16];
    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

/* ---- the whole ---- */

static void report_tables(const recovery *r, kal_report *report) {
    for (size_t i = 0; i < TABLES; i++) {
        const target *t = &r->targets[i];
        if (i > 4 && !t->saved) continue;
        kali_report_add(report, false, NULL, "%s: %lld rows saved%s", t->name, (long long)t->saved,
                        t->root ? "" : ", found by their shape: nothing led to them");
        if (t->garbled)
            kali_report_add(report, true, NULL, "%s: %lld of them hold bytes that are no text",
                            t->name, (long long)t->garbled);
        if (t->refused)
            kali_report_add(report, true, NULL, "%s: %lld rows were damaged", t->name,
                            (long long)t->refused);
    }
    if (r->missing)
        kali_report_add(report, true, NULL,
                        "messages: %lld of the %lld that the index names are missing",
                        (long long)r->missing, (long long)r->indexed);
}

static kal_code fill(recovery *r, kal_report *report, kal_err *err) {
    kal_code code = kali_db_script(r->store->db, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", err);
    if (code != KAL_OK) return code;
    kali_db_triggers(r->store->db, false);
    code = take_all(r);
    if (code == KAL_OK) code = kali_mend_values(r->store, report, err);
    kali_db_triggers(r->store->db, true);
    if (code == KAL_OK) code = kali_db_script(r->store->db, "COMMIT", err);
    if (code != KAL_OK) kali_db_script(r->store->db, "ROLLBACK", NULL);
    if (code == KAL_OK) code = kali_db_script(r->store->db, "PRAGMA foreign_keys = ON", err);
    if (code == KAL_OK) report_tables(r, report);
    return code == KAL_OK ? kal_store_optimize(r->store, KAL_OPTIMIZE_REBUILD, report, err) : code;
}

static kal_code recover(recovery *r, const char *bad, const char *copy, const char *good,
                        kal_report *report, kal_err *err) {
    kal_options options = {.create = true};
    kal_code code = kali_pages_copy(bad, copy, err);
    if (code == KAL_OK) code = kali_pages_open(copy, &r->pages, err);
    bool begun = code == KAL_OK;
    if (begun) code = kal_store_open(good, &options, &r->store, err);
    if (code == KAL_OK) code = fill(r, report, err);
    kal_store_close(r->store);
    kali_pages_close(&r->pages);
    unlink(copy);
    if (begun && code != KAL_OK) remove_database(good);
    if (code == KAL_OK)
        kali_report_add(report, false, NULL, "tables of other programs were not looked at");
    return code;
}

kal_code kal_store_recover(const char *bad, const char *good, kal_report *report, kal_err *err) {
    char copy[KAL_PATH_MAX + 32];
    if (!bad || !good || !*bad || strlen(good) > KAL_PATH_MAX - 32 ||
        strlen(bad) > KAL_PATH_MAX - 32)
        return kali_fail(err, KAL_MISUSE, "store.recover: a path is missing or too long");
    if (access(good, F_OK) == 0) return kali_fail(err, KAL_EXISTS, "%s: is there already", good);
    recovery *r = calloc(1, sizeof *r);
    if (!r) return kali_no_memory(err);
    set_targets(r->targets);
    kal_err local;
    r->err = err ? err : &local;
    snprintf(copy, sizeof copy, "%s.partial-%ld", good, (long)getpid());
    kal_code code = recover(r, bad, copy, good, report, r->err);
    if (code != KAL_OK) kali_name_file(bad, code, err);
    free(r);
    return code;
}
