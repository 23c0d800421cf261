/*
** main.c: the program is itself, or, executed by itself with a hidden word, the worker of a jail.
*/
#include "host.h"
#include "jail.h"

#include <string.h>

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], KALB_WORKER_WORD) == 0) return kalb_worker_main();
    return kalb_host(argc, argv);
}
