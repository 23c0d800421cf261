/*
** report.c: lists of remarks: lines that say what is so in a file, and the command that mends it.
*/
#include "care/care.h"

#include <stdarg.h>
#include <stdio.h>

void kali_report_add(kal_report *report, bool wrong, const char *mend, const char *format, ...) {
    if (!report) return;
    report->wrong += wrong;
    if (report->count++ >= report->capacity) return;
    kal_remark *row = &report->rows[report->count - 1];
    kal_err line; /* its formatting makes the text printable */
    char text[sizeof line.message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    kali_fail(&line, KAL_OK, "%s", text);
    row->wrong = wrong;
    snprintf(row->what, sizeof row->what, "%.*s", (int)sizeof row->what - 1, line.message);
    snprintf(row->mend, sizeof row->mend, "%s", mend ? mend : "");
}
