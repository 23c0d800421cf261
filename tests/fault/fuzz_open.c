/* The image of a database file: opened for reading, and read as a whole. */
#include "fuzz.h"
#include "world.h"

#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char path[64];
    snprintf(path, sizeof path, "/dev/shm/kalito-fuzz-%d.db", (int)getpid());
    kal_options options = {.read_only = true, .busy_ms = 1};
    kal_store *store;
    int failures;
    FILE *file = fopen(path, "wb");
    if (!file) return 0;
    fwrite(data, 1, size, file);
    fclose(file);
    if (kal_store_open(path, &options, &store, NULL) == KAL_OK) {
        world_read(store, &failures);
        kal_store_close(store);
    }
    world_remove(path);
    return 0;
}
