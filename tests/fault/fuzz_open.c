/* The image of a database file: opened for reading, and then for writing, which adopts a file of the original; read
 * as a whole both times. What was adopted is opened again without any migration. */
#include "fuzz.h"
#include "world.h"

#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[80];

static void remove_folder(void) {
    world_remove(path);
    rmdir(dir);
}

static kal_code look(bool read_only, kal_store_info *info) {
    kal_options options = {.read_only = read_only, .busy_ms = 1};
    kal_store *store;
    int failures;
    kal_code code = kal_store_open(path, &options, &store, NULL);
    if (code != KAL_OK) return code;
    kal_store_stat(store, info, NULL);
    world_read(store, &failures);
    kal_store_close(store);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    kal_store_info info;
    if (!*dir) {
        snprintf(dir, sizeof dir, "/dev/shm/kalito-fuzz-%d", (int)getpid());
        snprintf(path, sizeof path, "%s/x.db", dir);
        mkdir(dir, 0700);
        atexit(remove_folder);
    }
    FILE *file = fopen(path, "wb");
    if (!file) return 0;
    fwrite(data, 1, size, file);
    fclose(file);
    look(true, &info);
    if (look(false, &info) == KAL_OK && look(false, &info) == KAL_OK && info.migration_backup.data) abort();
    world_remove(path);
    return 0;
}
