/*
** shape.c: which table a row is of, told by the number and the types of its values. Rows that were written before a
** column was added have fewer.
*/
#include "pages.h"

static bool is_text(const kali_cells *r, size_t i) {
    return i < r->count && r->values[i].kind == KAL_TEXT;
}

static bool may_be(const kali_cells *r, size_t i, kal_kind kind) {
    return i >= r->count || r->values[i].kind == kind || r->values[i].kind == KAL_NULL;
}

static bool may_be_number(const kali_cells *r, size_t i) {
    return may_be(r, i, KAL_REAL) || may_be(r, i, KAL_INTEGER);
}

bool kali_is_message(const kali_cells *r) {
    return r->count >= 7 && r->values[0].kind == KAL_NULL && is_text(r, 1) &&
           may_be(r, 2, KAL_TEXT) && may_be(r, 3, KAL_TEXT) && may_be(r, 4, KAL_TEXT) &&
           may_be(r, 5, KAL_INTEGER) && may_be_number(r, 6) && may_be(r, 7, KAL_TEXT) &&
           r->rowid > 0 &&
           (r->values[2].kind == KAL_NULL || kali_one_of(KALI_ROLES, r->values[2].text));
}

bool kali_is_session(const kali_cells *r) {
    return r->count >= 7 && r->count <= 14 && is_text(r, 0) && may_be(r, 1, KAL_TEXT) &&
           may_be(r, 2, KAL_TEXT) && may_be(r, 3, KAL_TEXT) && may_be(r, 4, KAL_TEXT) &&
           may_be(r, 5, KAL_TEXT) && may_be(r, 6, KAL_TEXT) && may_be(r, 7, KAL_INTEGER) &&
           (r->count == 8 || (r->count > 9 && is_text(r, 9)));
}

bool kali_is_persona(const kali_cells *r) {
    return r->count >= 16 && is_text(r, 0) && is_text(r, 1) && is_text(r, 2) &&
           may_be(r, 3, KAL_TEXT) && may_be(r, 4, KAL_TEXT) && may_be(r, 5, KAL_TEXT) &&
           may_be(r, 6, KAL_TEXT) && may_be_number(r, 7);
}

bool kali_is_summary(const kali_cells *r) {
    return r->count >= 8 && is_text(r, 0) && is_text(r, 1) && is_text(r, 2) &&
           r->values[3].kind == KAL_INTEGER && may_be(r, 4, KAL_TEXT) && may_be(r, 5, KAL_TEXT) &&
           may_be_number(r, 6) && may_be(r, 7, KAL_TEXT);
}

bool kali_is_pin(const kali_cells *r) {
    static const char types[] = "user auto manual code concept system";
    return r->count == 7 && is_text(r, 0) && is_text(r, 1) && is_text(r, 2) &&
           may_be(r, 3, KAL_TEXT) && may_be_number(r, 4) && is_text(r, 5) &&
           kali_one_of(types, r->values[5].text);
}
