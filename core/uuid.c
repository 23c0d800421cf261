/*
** uuid.c: new ids: random UUIDs from libuuid, or what the caller's source gives.
*/
#include "internal.h"

#include <uuid/uuid.h>

void kali_uuid(kal_store *store, char out[37]) {
    if (store->options.uuid) {
        store->options.uuid(store->options.context, out);
        return;
    }
    uuid_t id;
    uuid_generate_random(id);
    uuid_unparse_lower(id, out);
}
