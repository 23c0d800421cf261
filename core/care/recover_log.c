/*
** recover_log.c: the private copy of a damaged database, with what its log holds that it does not have yet. The engine
** would need a sound first page to look at a write-ahead log; its pages stand in it whole, each with a checksum over all
** before it (walformat.html).
*/
#include "care/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER = 32, FRAME = 24, MAGIC = 0x377F0682 };

typedef struct log {
    int in, out;
    bool big; /* the byte order of the sums */
    size_t page_size;
    uint8_t salt[8];
    uint32_t sum[2];
    uint8_t *frame; /* FRAME + page_size bytes */
} log;

static uint32_t number(const uint8_t *p, bool big) {
    return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
               : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Adds bytes, a multiple of eight, to the running sum. */
static void add(log *l, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        l->sum[0] += number(p + i, l->big) + l->sum[1];
        l->sum[1] += number(p + i + 4, l->big) + l->sum[0];
    }
}

static bool agrees(const log *l, const uint8_t *p) {
    return number(p, true) == l->sum[0] && number(p + 4, true) == l->sum[1];
}

static bool begin(log *l) {
    uint8_t head[HEADER];
    if (pread(l->in, head, HEADER, 0) != HEADER) return false;
    uint32_t magic = number(head, true), size = number(head + 8, true);
    l->big = magic & 1;
    l->sum[0] = l->sum[1] = 0;
    add(l, head, HEADER - 8);
    memcpy(l->salt, head + 16, 8);
    l->page_size = size;
    return (magic & ~1u) == MAGIC && size >= 512 && size <= 65536 && (size & (size - 1)) == 0 &&
           agrees(l, head + HEADER - 8);
}

/* Reads frame `i`. False at the end of what is sound. */
static bool next(log *l, size_t i) {
    size_t size = FRAME + l->page_size;
    off_t at = HEADER + (off_t)(i * size);
    if (pread(l->in, l->frame, size, at) != (ssize_t)size) return false;
    if (memcmp(l->frame + 8, l->salt, 8) != 0) return false;
    add(l, l->frame, 8);
    add(l, l->frame + FRAME, l->page_size);
    return agrees(l, l->frame + 16) && number(l->frame, true) > 0;
}

/* How many frames there are up to the last commit, and how many pages the file has then. */
static size_t count_committed(log *l, uint32_t *pages) {
    size_t committed = 0;
    *pages = 0;
    for (size_t i = 0; next(l, i); i++)
        if (number(l->frame + 4, true)) {
            committed = i + 1;
            *pages = number(l->frame + 4, true);
        }
    return committed;
}

static kal_code write_pages(log *l, kal_err *err) {
    uint32_t pages;
    size_t n = count_committed(l, &pages);
    begin(l);
    for (size_t i = 0; i < n && next(l, i); i++) {
        off_t at = (off_t)(number(l->frame, true) - 1) * (off_t)l->page_size;
        if (pwrite(l->out, l->frame + FRAME, l->page_size, at) != (ssize_t)l->page_size)
            return kali_fail(err, errno == ENOSPC ? KAL_FULL : KAL_IO, "its log: %s",
                             strerror(errno));
    }
    if (n && ftruncate(l->out, (off_t)pages * (off_t)l->page_size) != 0)
        return kali_fail(err, KAL_IO, "its log: %s", strerror(errno));
    return KAL_OK;
}

/* Puts the pages that a write-ahead log has committed into the file. Of a log that is damaged, those before. */
static kal_code replay(const char *path, const char *file, kal_err *err) {
    log l = {.in = open(path, O_RDONLY | O_CLOEXEC)};
    if (l.in < 0) return KAL_OK;
    kal_code code = KAL_OK;
    l.out = open(file, O_WRONLY | O_CLOEXEC);
    if (l.out < 0) code = kali_fail(err, KAL_IO, "%s: %s", file, strerror(errno));
    if (code == KAL_OK && begin(&l)) {
        l.frame = malloc(FRAME + l.page_size);
        code = l.frame ? write_pages(&l, err) : kali_no_memory(err);
        free(l.frame);
    }
    if (l.out >= 0) close(l.out);
    close(l.in);
    return code;
}

/* ---- the private copy ---- */

/* Pages that the disk cannot read become zeros. */
static kal_code copy_file(const char *from, const char *to, kal_err *err) {
    char block[4096];
    struct stat st;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return kali_fail(err, errno == ENOENT ? KAL_NOT_FOUND : KAL_IO, "%s: %s", from,
                         strerror(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    kal_code code = out < 0 ? kali_fail(err, KAL_IO, "%s: %s", to, strerror(errno)) : KAL_OK;
    if (code == KAL_OK && (fstat(in, &st) != 0 || !S_ISREG(st.st_mode)))
        code = kali_fail(err, KAL_NOT_KALITO, "%s: is not a file", from);
    for (off_t at = 0; code == KAL_OK && at < st.st_size; at += (off_t)sizeof block) {
        ssize_t n = pread(in, block, sizeof block, at);
        if (n < 0) memset(block, 0, sizeof block), n = (ssize_t)sizeof block;
        if (n > 0 && write(out, block, (size_t)n) != n)
            code =
                kali_fail(err, errno == ENOSPC ? KAL_FULL : KAL_IO, "%s: %s", to, strerror(errno));
    }
    if (out >= 0) close(out);
    close(in);
    return code;
}

/* Beside the file may lie what was written last, and what undoes half a transaction: the first is put into the copy
** page by page, the second by the engine, where it can. */
static kal_code take_logs(const char *bad, const char *copy, kal_err *err) {
    char from[KAL_PATH_MAX + 64], to[KAL_PATH_MAX + 64];
    struct stat st;
    kali_db *db;
    snprintf(from, sizeof from, "%s-wal", bad);
    kal_code code = replay(from, copy, err);
    snprintf(from, sizeof from, "%s-journal", bad);
    snprintf(to, sizeof to, "%s-journal", copy);
    if (code != KAL_OK || stat(from, &st) != 0 || copy_file(from, to, NULL) != KAL_OK) return code;
    if (kali_db_open(copy, &(kal_options){0}, &db, NULL) == KAL_OK) {
        kali_db_script(db, "BEGIN IMMEDIATE; COMMIT", NULL);
        kali_db_close(db);
    }
    unlink(to);
    return KAL_OK;
}

kal_code kali_pages_copy(const char *bad, const char *copy, kal_err *err) {
    kal_code code = copy_file(bad, copy, err);
    return code == KAL_OK ? take_logs(bad, copy, err) : code;
}
