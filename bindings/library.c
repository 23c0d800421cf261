/*
** library.c: loading shared libraries when they are first needed.
*/
#include "library.h"

#include <dlfcn.h>
#include <string.h>

const char *kalb_library(const char *file, const char *const *names, void *table) {
    void *symbol, *library;
    size_t count = 0;
    memcpy(&symbol, table, sizeof symbol);
    if (symbol) return NULL;
    library = dlopen(file, RTLD_NOW);
    if (!library) return dlerror();
    while (names[count])
        count++;
    while (count-- > 0) { /* the first one last: when it is there, all are */
        symbol = dlsym(library, names[count]);
        if (!symbol) return dlerror();
        memcpy((char *)table + count * sizeof symbol, &symbol, sizeof symbol);
    }
    return NULL;
}
