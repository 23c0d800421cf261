/*
** number.c: numbers as decimal text without printf, which takes ten times as long for the small ones that records are
** full of.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kalito.h"

/* Writes the digits with a point before the last `decimals` of them; returns how many characters that are. */
static size_t put_digits(char out[KAL_NUMBER_SIZE], bool negative, uint64_t v, int decimals) {
    char text[KAL_NUMBER_SIZE], *end = text + sizeof text, *p = end;
    *--p = 0;
    for (int left = decimals; v || left >= 0; v /= 10, left--) {
        if (left == 0 && decimals > 0) *--p = '.';
        *--p = (char)('0' + v % 10);
    }
    if (negative) *--p = '-';
    memcpy(out, p, (size_t)(end - p));
    return (size_t)(end - p) - 1;
}

size_t kal_text_integer(int64_t value, char out[KAL_NUMBER_SIZE]) {
    uint64_t v = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    return put_digits(out, value < 0, v, 0);
}

size_t kal_text_real(double value, char out[KAL_NUMBER_SIZE]) {
    /* Most scores have three decimals at most. Such a number is the quotient of two that are exact, and so what its
    ** digits are read as. */
    if (fabs(value) < 1e9) {
        uint64_t thousandths = (uint64_t)(fabs(value) * 1000 + 0.5);
        int decimals = 3;
        if ((double)thousandths / 1000 == fabs(value)) {
            for (; decimals > 1 && thousandths % 10 == 0; thousandths /= 10)
                decimals--;
            return put_digits(out, signbit(value), thousandths, decimals);
        }
    }
    int n = snprintf(out, KAL_NUMBER_SIZE, "%.15g", value);
    if (strtod(out, NULL) != value) n = snprintf(out, KAL_NUMBER_SIZE, "%.17g", value);
    char *comma = strchr(out, ','); /* of a locale that a program around the library may have set */
    if (comma) *comma = '.';
    if (strpbrk(out, ".e")) return (size_t)n;
    memcpy(out + n, ".0", 3);
    return (size_t)n + 2;
}
