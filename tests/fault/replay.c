/* The disk after a power cut. A file is what was synced, and of what came later all, nothing or a part. A name
 * appears or goes for good when its folder is synced: SQLite does so with a new journal or log, and when it is
 * told to with a deletion. Contents and names are told apart, as on a real disk: a deleted journal may be back. */
#include "vfs.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define INODES 4096
#define SECTOR 512

typedef struct inode {
    uint8_t *data; /* as synced */
    size_t size, room;
    size_t *pending; /* steps that are not */
    size_t count, pending_room;
    bool in_folder; /* its folder has been synced since it was made */
} inode;

typedef struct disk {
    inode *inodes;
    int used;
    int now[TRACED], synced[TRACED]; /* the inode of each name, -1: none */
    bool traded;                     /* names were exchanged since the folder was synced */
} disk;

static void resize(inode *i, size_t size) {
    if (size > i->room) {
        i->room = size * 2 + 4096;
        i->data = realloc(i->data, i->room);
        assert_non_null(i->data);
    }
    if (size > i->size) memset(i->data + i->size, 0, size - i->size);
    i->size = size;
}

/* Of a torn write the dice choose the sectors that have arrived. */
static void apply(inode *i, const step *s, dice *torn) {
    if (s->kind == STEP_TRUNCATE) {
        resize(i, (size_t)s->at);
        return;
    }
    size_t from = (size_t)s->at;
    if (from + s->size > i->size) resize(i, from + s->size);
    for (size_t n = 0; n < s->size; n += SECTOR) {
        size_t size = s->size - n < SECTOR ? s->size - n : SECTOR;
        if (!torn || below(torn, 2)) memcpy(i->data + from + n, s->data + n, size);
    }
}

static inode *make(disk *d, int name) {
    assert_true(d->used < INODES);
    d->now[name] = d->used;
    return &d->inodes[d->used++];
}

static void sync_folder(disk *d) {
    memcpy(d->synced, d->now, sizeof d->now);
    d->traded = false;
    for (int i = 0; i < d->used; i++)
        d->inodes[i].in_folder = true;
}

/* SQLite's file system syncs the folder when a new journal or log is synced for the first time. */
static bool is_companion(const char *name) {
    size_t n = strlen(name);
    return (n > 4 && strcmp(name + n - 4, "-wal") == 0) ||
           (n > 8 && strcmp(name + n - 8, "-journal") == 0);
}

static void sync_file(disk *d, const trace *t, const step *s) {
    inode *i = &d->inodes[d->now[s->name]];
    for (size_t k = 0; k < i->count; k++)
        apply(i, &t->steps[i->pending[k]], NULL);
    i->count = 0;
    if (is_companion(t->names[s->name]) && !i->in_folder) sync_folder(d);
}

static void wait_for_sync(inode *i, size_t number) {
    if (i->count == i->pending_room) {
        i->pending_room = i->pending_room * 2 + 64;
        i->pending = realloc(i->pending, i->pending_room * sizeof *i->pending);
        assert_non_null(i->pending);
    }
    i->pending[i->count++] = number;
}

static void take(disk *d, const trace *t, size_t number) {
    const step *s = &t->steps[number];
    switch (s->kind) {
    case STEP_MARK: break;
    case STEP_CREATE: make(d, s->name); break;
    case STEP_SYNC: sync_file(d, t, s); break;
    case STEP_SYNC_FOLDER: sync_folder(d); break;
    case STEP_LINK: d->now[s->at] = d->now[s->name]; break;
    case STEP_EXCHANGE: {
        int first = d->now[s->name];
        d->now[s->name] = d->now[s->at];
        d->now[s->at] = first;
        d->traded = true;
        break;
    }
    case STEP_DELETE:
        d->now[s->name] = -1;
        if (s->at) sync_folder(d);
        break;
    default: wait_for_sync(&d->inodes[d->now[s->name]], number);
    }
}

static void lose_content(inode *i, const trace *t, cut how, dice *chance) {
    for (size_t k = 0; k < i->count && how != CUT_NOTHING_LEFT; k++) {
        int luck = how == CUT_ALL_LEFT ? 3 : (int)below(chance, 4);
        if (luck >= 1) apply(i, &t->steps[i->pending[k]], luck == 1 ? chance : NULL);
    }
    i->count = 0;
}

/* A name is as it was synced, or as it is: but two names that trade places do so together. */
static void lose(disk *d, const trace *t, cut how, dice *chance) {
    bool all = how == CUT_ALL_LEFT || (how == CUT_SOME_LEFT && below(chance, 4) == 0);
    for (int n = 0; n < t->name_count; n++) {
        if (all || (how == CUT_SOME_LEFT && !d->traded && below(chance, 2)))
            d->synced[n] = d->now[n];
    }
    for (int n = 0; n < t->name_count; n++)
        if (d->synced[n] >= 0) lose_content(&d->inodes[d->synced[n]], t, how, chance);
}

static void clear_folder(const char *dir) {
    char path[600];
    mkdir(dir, 0700);
    DIR *d = opendir(dir);
    struct dirent *e;
    assert_non_null(d);
    while ((e = readdir(d))) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.' || e->d_name[1] == 'p') unlink(path);
    }
    closedir(d);
}

static void write_out(const disk *d, const trace *t, const char *dir) {
    char path[600];
    clear_folder(dir);
    for (int n = 0; n < t->name_count; n++) {
        if (d->synced[n] < 0) continue;
        const inode *i = &d->inodes[d->synced[n]];
        snprintf(path, sizeof path, "%s/%s", dir, t->names[n]);
        write_file(path, i->data ? (const char *)i->data : "", i->size);
    }
}

void trace_replay(const trace *t, size_t steps, cut how, dice *chance, const char *dir) {
    disk d = {0};
    d.inodes = calloc(INODES, sizeof *d.inodes);
    assert_non_null(d.inodes);
    for (int n = 0; n < TRACED; n++)
        d.now[n] = d.synced[n] = -1;
    for (int n = 0; n < t->start_count; n++) {
        inode *i = make(&d, n);
        resize(i, t->start_size[n]);
        memcpy(i->data, t->start[n], t->start_size[n]);
    }
    sync_folder(&d);
    for (size_t i = 0; i < steps; i++)
        take(&d, t, i);
    lose(&d, t, how, chance);
    write_out(&d, t, dir);
    for (int i = 0; i < d.used; i++) {
        free(d.inodes[i].data);
        free(d.inodes[i].pending);
    }
    free(d.inodes);
}
