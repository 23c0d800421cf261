/*
** time.c: times as text. The core writes one form, "YYYY-MM-DDTHH:MM:SS.mmmZ", whose order as text
** is the order in time; it reads the forms that users and older files have.
*/
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000LL
#define YEAR_0000_MS (-62167219200000LL)
#define YEAR_9999_MS 253402300799999LL

/* Days from 1970-01-01 of a civil date in the proleptic Gregorian calendar, and back: the
** algorithms of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_of(int64_t days, int *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

static char *digits(char *out, int value, int width) {
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

void kali_time_format(int64_t ms, char out[25]) {
    if (ms < YEAR_0000_MS) ms = YEAR_0000_MS;
    if (ms > YEAR_9999_MS) ms = YEAR_9999_MS;
    int64_t days = ms / DAY_MS;
    int rest = (int)(ms % DAY_MS);
    if (rest < 0) {
        rest += (int)DAY_MS;
        days--;
    }
    int year, month, day;
    civil_of(days, &year, &month, &day);
    char *p = digits(out, year, 4);
    *p++ = '-';
    p = digits(p, month, 2);
    *p++ = '-';
    p = digits(p, day, 2);
    *p++ = 'T';
    p = digits(p, rest / 3600000, 2);
    *p++ = ':';
    p = digits(p, rest / 60000 % 60, 2);
    *p++ = ':';
    p = digits(p, rest / 1000 % 60, 2);
    *p++ = '.';
    p = digits(p, rest % 1000, 3);
    *p++ = 'Z';
    *p = 0;
}

/* Reads exactly `width` digits at *p. -1 when there are fewer. */
static int number(const char **p, const char *end, int width) {
    int value = 0;
    for (int i = 0; i < width; i++, (*p)++) {
        if (*p >= end || **p < '0' || **p > '9') return -1;
        value = value * 10 + (**p - '0');
    }
    return value;
}

static bool skip(const char **p, const char *end, char c) {
    if (*p >= end || **p != c) return false;
    (*p)++;
    return true;
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ".123456": the first three digits count. */
static bool read_fraction(const char **p, const char *end, int *ms) {
    if (!skip(p, end, '.')) return true;
    int scale = 100, seen = 0;
    for (; *p < end && **p >= '0' && **p <= '9'; (*p)++, seen++, scale /= 10)
        *ms += (**p - '0') * scale;
    return seen > 0 && seen <= 9;
}

/* "Z", nothing (UTC), or "+02:00", "-0530": minutes to take off. */
static bool read_offset(const char **p, const char *end, int *minutes) {
    if (*p == end || skip(p, end, 'Z') || skip(p, end, 'z')) return *p == end;
    int sign = **p == '+' ? 1 : **p == '-' ? -1 : 0;
    if (!sign) return false;
    (*p)++;
    int hour = number(p, end, 2);
    skip(p, end, ':');
    int minute = number(p, end, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
    *minutes = sign * (hour * 60 + minute);
    return *p == end;
}

static bool read_clock(const char **p, const char *end, int64_t *ms) {
    int hour = number(p, end, 2), minute, second = 0, fraction = 0, offset = 0;
    if (hour < 0 || hour > 23 || !skip(p, end, ':')) return false;
    minute = number(p, end, 2);
    if (minute < 0 || minute > 59) return false;
    if (skip(p, end, ':')) {
        second = number(p, end, 2);
        if (second < 0 || second > 59) return false;
        if (!read_fraction(p, end, &fraction)) return false;
    }
    if (!read_offset(p, end, &offset)) return false;
    *ms += ((hour * 60LL + minute - offset) * 60 + second) * 1000 + fraction;
    return true;
}

bool kali_time_ms(kal_str text, int64_t *ms) {
    if (!text.data || text.len < 10 || text.len > 40) return false;
    const char *p = text.data, *end = p + text.len;
    int year = number(&p, end, 4);
    if (year < 0 || !skip(&p, end, '-')) return false;
    int month = number(&p, end, 2);
    if (month < 1 || month > 12 || !skip(&p, end, '-')) return false;
    int day = number(&p, end, 2);
    if (day < 1 || day > days_in(year, month)) return false;
    *ms = days_of(year, month, day) * DAY_MS;
    if (p == end) return true;
    if (*p != 'T' && *p != ' ' && *p != 't') return false;
    p++;
    return read_clock(&p, end, ms) && *ms >= YEAR_0000_MS && *ms <= YEAR_9999_MS;
}

bool kal_time_parse(kal_str text, char out[25]) {
    int64_t ms;
    if (!kali_time_ms(text, &ms)) return false;
    kali_time_format(ms, out);
    return true;
}

int64_t kali_clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
