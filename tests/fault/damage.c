#include "damage.h"

#include <unistd.h>

typedef struct image {
    uint8_t *data;
    size_t size;
} image;

static image load(const char *path) {
    image i;
    i.data = (uint8_t *)read_file(path, &i.size);
    return i;
}

static void store(const char *path, image i) {
    write_file(path, i.data, i.size);
    free(i.data);
}

sqlite3 *damage_open(const char *path) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA journal_mode = DELETE; PRAGMA legacy_alter_table = ON", 0, 0, 0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, (int *)0);
    return db;
}

/* ---- the file as bytes */

static void header(const char *path, int variant) {
    image i = load(path);
    uint8_t *p = &i.data[variant / 4 % 100];
    const uint8_t values[] = {0, 0xFF, *p ^ 1, *p ^ 0x80};
    *p = values[variant % 4];
    store(path, i);
}

static void length(const char *path, int variant) {
    image i = load(path);
    const size_t sizes[] = {
        0,    1,    15,   16,   99,   100,        101,        511,           512,          513,
        1024, 4095, 4096, 4097, 8192, i.size / 2, i.size - 1, i.size - 4096, i.size - 4097};
    i.size = sizes[(size_t)variant % (sizeof sizes / sizeof *sizes)];
    store(path, i);
}

static void magic(const char *path, int variant) {
    static const char *const others[] = {
        "GIF89a", "%PDF-1.7\n", "SQLite format 2", "{\"sessions\":[]}", "\177ELF", "PK\3\4"};
    image i = load(path);
    const char *text = others[variant % 6];
    memcpy(i.data, text, strlen(text));
    store(path, i);
}

/* Page `variant / 5` becomes zeros, ones, noise, another page, or has noise in its head. */
static void page(const char *path, int variant) {
    image i = load(path);
    dice d = {.state = (uint64_t)variant};
    size_t pages = i.size / 4096, n = (size_t)(variant / 5) % pages;
    uint8_t *p = i.data + n * 4096;
    size_t from = n ? 0 : 100;
    switch (variant % 5) {
    case 0: memset(p + from, 0, 4096 - from); break;
    case 1: memset(p + from, 0xFF, 4096 - from); break;
    case 2:
        for (size_t k = from; k < 4096; k++)
            p[k] = (uint8_t)roll(&d);
        break;
    case 3:
        memmove(p + from, i.data + (size_t)below(&d, (int64_t)pages) * 4096 + from, 4096 - from);
        break;
    default:
        for (size_t k = from; k < from + 16; k++)
            p[k] = (uint8_t)roll(&d);
    }
    store(path, i);
}

static void flips(const char *path, int variant) {
    image i = load(path);
    dice d = {.state = (uint64_t)variant + 1000};
    for (int64_t n = 1 + below(&d, 30); n > 0; n--)
        i.data[100 + below(&d, (int64_t)i.size - 100)] = (uint8_t)roll(&d);
    store(path, i);
}

/* A log with noise in it beside the file. */
static void log_flips(const char *path, int variant) {
    char log[400], copy[400];
    sqlite3 *db = damage_open(path);
    dice d = {.state = (uint64_t)variant + 2000};
    sqlite3_exec(db,
                 "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"
                 "UPDATE messages SET importance_score = 0.25; DELETE FROM messages WHERE id = 9",
                 0, 0, 0);
    snprintf(log, sizeof log, "%s-wal", path);
    snprintf(copy, sizeof copy, "%s-copy", path);
    image i = load(path), w = load(log);
    sqlite3_close(db);
    for (int64_t n = 1 + below(&d, 8); n > 0; n--)
        w.data[below(&d, variant % 3 ? (int64_t)w.size : 64)] = (uint8_t)roll(&d);
    if (variant % 7 == 0) w.size = (size_t)below(&d, (int64_t)w.size);
    store(path, i);
    store(log, w);
}

/* ---- blobs of ours and of the search index */

static void spoil(uint8_t *p, size_t *size, dice *d) {
    int64_t how = below(d, 8);
    if (how == 0) *size = (size_t)below(d, (int64_t)*size + 1);
    for (int64_t n = how < 3 ? 1 : 1 + below(d, 12); n > 0 && *size; n--)
        p[below(d, (int64_t)*size)] = (uint8_t)(how % 2 ? roll(d) : below(d, 2) ? 0xFF : 0);
    if (how == 7) memset(p, (int)below(d, 256), *size);
}

/* Changes one blob that `select` gives; `update` takes the row's key and the blob. */
static void spoil_blob(const char *path, int variant, const char *select, const char *update) {
    sqlite3 *db = damage_open(path);
    sqlite3_stmt *q;
    dice d = {.state = (uint64_t)variant + 3000};
    int64_t rows = 0, key;
    assert_int_equal(sqlite3_prepare_v2(db, select, -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        rows++;
    int64_t which = below(&d, rows);
    for (int64_t i = 0; i <= which; i++)
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    key = sqlite3_column_int64(q, 0);
    size_t size = (size_t)sqlite3_column_bytes(q, 1);
    uint8_t *blob = malloc(size + 1);
    if (size) memcpy(blob, sqlite3_column_blob(q, 1), size);
    sqlite3_finalize(q);
    spoil(blob, &size, &d);
    assert_int_equal(sqlite3_prepare_v2(db, update, -1, &q, NULL), SQLITE_OK);
    sqlite3_bind_int64(q, 1, key);
    sqlite3_bind_blob(q, 2, blob, (int)size, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
    free(blob);
    sqlite3_close(db);
}

static void index_data(const char *path, int variant) {
    spoil_blob(path, variant, "SELECT id, block FROM kalito_messages_fts_data",
               "UPDATE kalito_messages_fts_data SET block = ?2 WHERE id = ?1");
}

static void index_sizes(const char *path, int variant) {
    spoil_blob(path, variant, "SELECT id, sz FROM kalito_messages_fts_docsize",
               "UPDATE kalito_messages_fts_docsize SET sz = ?2 WHERE id = ?1");
}

static void notes_data(const char *path, int variant) {
    spoil_blob(path, variant, "SELECT id, block FROM kalito_notes_fts_data",
               "UPDATE kalito_notes_fts_data SET block = ?2 WHERE id = ?1");
}

static void records(const char *path, int variant) {
    spoil_blob(path, variant, "SELECT block, records FROM kalito_documents",
               "UPDATE kalito_documents SET records = ?2 WHERE block = ?1");
}

static void pieces(const char *path, int variant) {
    spoil_blob(path, variant, "SELECT rowid, pieces FROM kalito_contexts",
               "UPDATE kalito_contexts SET pieces = ?2 WHERE rowid = ?1");
}

const damage damages[] = {{"header", 400, 8, header},
                          {"length", 19, 1, length},
                          {"wrong magic", 6, 1, magic},
                          {"page", 600, 15, page},
                          {"flips", 1000, 25, flips},
                          {"log", 400, 20, log_flips},
                          {"index data", 1500, 25, index_data},
                          {"index sizes", 200, 40, index_sizes},
                          {"index of notes", 300, 30, notes_data},
                          {"records", 400, 20, records},
                          {"pieces", 200, 40, pieces},
                          {"schema", 0, 3, damage_schema},
                          {"value", 0, 7, damage_value}};
const int damage_count = sizeof damages / sizeof *damages;

int damage_variants(const damage *d) {
    return d->apply == damage_schema  ? damage_schemas
           : d->apply == damage_value ? damage_values
                                      : d->variants;
}
