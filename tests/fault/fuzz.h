/* What a fuzz target is: one function that takes any bytes. libFuzzer calls it (-DKALITO_FUZZ=ON, fuzz.sh), and
 * fuzz_main.c over the files of corpus/, in the normal tests. It may not crash, hang or leak, nothing else. */
#ifndef FAULT_FUZZ_H
#define FAULT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
