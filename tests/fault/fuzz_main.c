/* Runs a fuzz target over files: every one a test. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int run(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return 1;
    static uint8_t data[1 << 20];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    /* A copy of just this size: a sanitizer sees any byte read behind it. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) return 1;
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    alarm(30);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
    return 0;
}

int main(int argc, char **argv) {
    int bad = 0;
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        int failed = run(argv[i]);
        printf("%s %d - %s\n", failed ? "not ok" : "ok", i, argv[i]);
        fflush(stdout);
        bad += failed;
    }
    return argc < 2 || bad;
}
