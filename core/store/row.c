/*
** row.c: the row machine. A noun is a table of fields, rules and statements; checking, storing,
** reading, changing and listing rows is written once, here.
*/
#include "internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void *at(const void *row, size_t offset) {
    return (char *)(uintptr_t)row + offset;
}

kal_str *kali_field_text(const kali_noun *noun, const void *row, size_t i) {
    return at(row, noun->fields[i].offset);
}

static unsigned *has_of(const void *row) {
    return at(row, 0); /* `has` is the first member of every row */
}

bool kali_given(const kali_noun *noun, const void *row, size_t i) {
    if (*has_of(row) & KAL_BIT(i)) return true;
    return noun->fields[i].type == KAL_TYPE_TEXT && kali_field_text(noun, row, i)->data;
}

size_t kali_row_size(const kali_noun *noun) {
    return noun->size;
}

const kal_field *kal_fields(kal_noun noun, size_t *count) {
    static const kali_noun *const nouns[] = {
        [KAL_SESSION] = &kali_session_noun, [KAL_MESSAGE] = &kali_message_noun,
        [KAL_PERSONA] = &kali_persona_noun, [KAL_SUMMARY] = &kali_summary_noun,
        [KAL_PIN] = &kali_pin_noun,         [KAL_TURN] = &kali_turn_noun,
        [KAL_MODEL] = &kali_model_noun,     [KAL_CARD] = &kali_card_noun};
    *count = nouns[noun]->count;
    return nouns[noun]->fields;
}

/* ---- checking ---- */

kal_code kali_check_text(const char *noun, const char *field, kal_str text, size_t min, size_t max,
                         kal_err *err) {
    size_t bad;
    if (text.len < min) return kali_fail(err, KAL_MISUSE, "%s.%s is empty", noun, field);
    if (text.len > max)
        return kali_fail(err, KAL_MISUSE, "%s.%s has %zu bytes, the limit is %zu", noun, field,
                         text.len, max);
    if (!kal_text_valid(text, &bad))
        return kali_fail(err, KAL_MISUSE, "%s.%s is not valid UTF-8 without NUL (byte %zu)", noun,
                         field, bad);
    return KAL_OK;
}

bool kali_one_of(const char *words, kal_str text) {
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, " ");
        if (n == text.len && memcmp(w, text.data, n) == 0) return true;
        w += n;
        w += strspn(w, " ");
    }
    return false;
}

kal_str kali_some_role(kal_str role) {
    return role.len && kali_one_of(KALI_ROLES, role) ? role : kal_text("user");
}

static const char *skip_space(const char *p, const char *end) {
    while (p < end && strchr(" \t\r\n", *p))
        p++;
    return p;
}

/* A JSON array of strings; escapes are skipped, not decoded. */
static bool is_string_list(kal_str text) {
    const char *end = text.data + text.len, *p = skip_space(text.data, end);
    if (p == end || *p++ != '[') return false;
    for (bool first = true;; first = false) {
        p = skip_space(p, end);
        if (first && p < end && *p == ']') break;
        if (p == end || *p++ != '"') return false;
        for (; p < end && *p != '"'; p++)
            if (*p == '\\') p++;
        p = skip_space(p < end ? p + 1 : end, end);
        if (p < end && *p == ']') break;
        if (p >= end || *p++ != ',') return false;
    }
    return skip_space(p + 1, end) == end;
}

static kal_code check_time(kal_store *store, const char *noun, const char *field, kal_str *text,
                           kal_err *err) {
    char out[25];
    if (!kal_time_parse(*text, out))
        return kali_fail(err, KAL_MISUSE, "%s.%s is not a time: '%.*s' (2025-03-01T09:30:00.000Z)",
                         noun, field, KALI_STR(*text));
    if (text->len == KALI_TIME_LEN && memcmp(out, text->data, KALI_TIME_LEN) == 0) return KAL_OK;
    if (!kali_arena_copy(&store->arena, kal_text(out), text)) return kali_no_memory(err);
    return KAL_OK;
}

static kal_code check_value(const char *noun, const kal_field *f, const kali_rule *r, double v,
                            kal_err *err) {
    bool fine = r->check == KALI_ABOVE   ? v > r->min && v <= DBL_MAX
                : r->check == KALI_RANGE ? v >= r->min && v <= r->max
                                         : true;
    if (fine) return KAL_OK;
    if (r->check == KALI_ABOVE)
        return kali_fail(err, KAL_MISUSE, "%s.%s must be above %g, got %g", noun, f->name, r->min,
                         v);
    if (r->max >= DBL_MAX)
        return kali_fail(err, KAL_MISUSE, "%s.%s must be at least %g, got %g", noun, f->name,
                         r->min, v);
    return kali_fail(err, KAL_MISUSE, "%s.%s must be between %g and %g, got %g", noun, f->name,
                     r->min, r->max, v);
}

static kal_code check_string(kal_store *store, const kali_noun *noun, size_t i, kal_str *text,
                             kal_err *err) {
    const char *name = noun->fields[i].name;
    const kali_rule *r = &noun->rules[i];
    bool is_short = r->check == KALI_ID || r->check == KALI_NAME || r->check == KALI_TIME ||
                    r->check == KALI_ONE_OF;
    size_t min = r->check == KALI_ID || r->check == KALI_TEXT;
    kal_code code =
        kali_check_text(noun->name, name, *text, min, is_short ? KAL_NAME_MAX : KAL_TEXT_MAX, err);
    if (code != KAL_OK) return code;
    if (r->check == KALI_TIME && r->preset && text->len == 0) return KAL_OK;
    if (r->check == KALI_TIME) return check_time(store, noun->name, name, text, err);
    if (r->check == KALI_ONE_OF && !kali_one_of(r->words, *text))
        return kali_fail(err, KAL_MISUSE, "%s.%s must be one of: %s; got '%.*s'", noun->name, name,
                         r->words, KALI_STR(*text));
    if (r->check == KALI_STRINGS && !is_string_list(*text))
        return kali_fail(err, KAL_MISUSE, "%s.%s must be a JSON array of strings", noun->name,
                         name);
    return KAL_OK;
}

static kal_code check_field(kal_store *store, const kali_noun *noun, size_t i, void *row,
                            kal_err *err) {
    const kal_field *f = &noun->fields[i];
    switch (f->type) {
    case KAL_TYPE_TEXT: {
        kal_str *text = kali_field_text(noun, row, i);
        return text->data ? check_string(store, noun, i, text, err) : KAL_OK;
    }
    case KAL_TYPE_REAL:
        return check_value(noun->name, f, &noun->rules[i], *(double *)at(row, f->offset), err);
    case KAL_TYPE_INTEGER:
        return check_value(noun->name, f, &noun->rules[i], (double)*(int64_t *)at(row, f->offset),
                           err);
    case KAL_TYPE_BOOLEAN: break;
    }
    return KAL_OK;
}

static void preset_field(const kali_noun *noun, size_t i, void *row) {
    const kal_field *f = &noun->fields[i];
    const kali_rule *r = &noun->rules[i];
    if (f->type == KAL_TYPE_TEXT) {
        if (r->preset) *kali_field_text(noun, row, i) = kal_text(r->preset);
        return;
    }
    if (isnan(r->number)) return;
    *has_of(row) |= KAL_BIT(i);
    if (f->type == KAL_TYPE_REAL) *(double *)at(row, f->offset) = r->number;
    if (f->type == KAL_TYPE_INTEGER) *(int64_t *)at(row, f->offset) = (int64_t)r->number;
    if (f->type == KAL_TYPE_BOOLEAN) *(bool *)at(row, f->offset) = r->number != 0;
}

kal_code kali_row_mint(kal_store *store, const kali_noun *noun, void *row, kal_err *err) {
    char id[37], now[25];
    kal_str *at_id = kali_field_text(noun, row, 0);
    kal_str *at_time = kali_field_text(noun, row, (size_t)noun->time_field);
    bool fine = true;
    if (!at_id->data) {
        kali_uuid(store, id);
        fine = kali_arena_copy(&store->arena, kal_text(id), at_id);
    }
    if (!at_time->data) {
        kal_store_now(store, now);
        fine = kali_arena_copy(&store->arena, kal_text(now), at_time) && fine;
    }
    return fine ? KAL_OK : kali_no_memory(err);
}

/* Is the number one that stands for none, in a field that may be absent? */
static bool is_none(const kali_noun *noun, const void *row, size_t i) {
    const kal_field *f = &noun->fields[i];
    if (i == 0 || !isnan(noun->rules[i].number)) return false; /* an id is never absent */
    if (f->type == KAL_TYPE_REAL) return *(double *)at(row, f->offset) == KAL_NO_REAL;
    return f->type == KAL_TYPE_INTEGER && *(int64_t *)at(row, f->offset) == KAL_NO_INTEGER;
}

kal_code kali_row_prepare(kal_store *store, const kali_noun *noun, void *row, kal_err *err) {
    for (size_t i = 0; i < noun->count; i++) {
        bool given = kali_given(noun, row, i);
        if (given && noun->fields[i].type == KAL_TYPE_TEXT && !kali_field_text(noun, row, i)->data)
            given = false;
        if (given && is_none(noun, row, i)) {
            *has_of(row) &= ~KAL_BIT(i);
            given = false;
        }
        if (!given && (noun->required & KAL_BIT(i)))
            return kali_fail(err, KAL_MISUSE, "%s.%s is missing", noun->name, noun->fields[i].name);
        kal_code code = given ? check_field(store, noun, i, row, err) : KAL_OK;
        if (code != KAL_OK) return code;
        if (!given) preset_field(noun, i, row);
    }
    return KAL_OK;
}

/* ---- to and from the database ---- */

static void bind_row(const kali_noun *noun, kali_stmt *q, const void *row) {
    for (size_t i = 0; i < noun->count; i++) {
        const kal_field *f = &noun->fields[i];
        int k = (int)i + 1;
        if (f->type == KAL_TYPE_TEXT)
            kali_bind_text(q, k, *kali_field_text(noun, row, i));
        else if (!kali_given(noun, row, i))
            kali_bind_null(q, k);
        else if (f->type == KAL_TYPE_REAL)
            kali_bind_real(q, k, *(double *)at(row, f->offset));
        else if (f->type == KAL_TYPE_INTEGER)
            kali_bind_integer(q, k, *(int64_t *)at(row, f->offset));
        else
            kali_bind_integer(q, k, *(bool *)at(row, f->offset));
    }
}

kal_code kali_row_read(kal_store *store, const kali_noun *noun, kali_stmt *q, void *row,
                       kal_err *err) {
    memset(row, 0, kali_row_size(noun));
    for (size_t i = 0; i < noun->count; i++) {
        const kal_field *f = &noun->fields[i];
        if (kali_is_null(q, (int)i)) continue;
        *has_of(row) |= KAL_BIT(i);
        if (f->type == KAL_TYPE_REAL) *(double *)at(row, f->offset) = kali_real(q, (int)i);
        if (f->type == KAL_TYPE_INTEGER) *(int64_t *)at(row, f->offset) = kali_integer(q, (int)i);
        if (f->type == KAL_TYPE_BOOLEAN) *(bool *)at(row, f->offset) = kali_integer(q, (int)i) != 0;
        if (f->type == KAL_TYPE_TEXT &&
            !kali_arena_copy(&store->arena, kali_text(q, (int)i), kali_field_text(noun, row, i)))
            return kali_no_memory(err);
    }
    return KAL_OK;
}

static kal_code missing(const kali_noun *noun, kali_key key, kal_err *err) {
    if (!key.id.data)
        return kali_fail(err, KAL_NOT_FOUND, "no %s has the id %lld", noun->name,
                         (long long)key.number);
    return kali_fail(err, KAL_NOT_FOUND, "no %s has the id '%.*s'", noun->name, KALI_STR(key.id));
}

static kal_code use(kal_store *store, const char *sql, kali_key key, kali_stmt **q, kal_err *err) {
    kal_code code = kali_db_use(store->db, sql, q, err);
    if (code != KAL_OK) return code;
    if (key.id.data)
        kali_bind_text(*q, 1, key.id);
    else
        kali_bind_integer(*q, 1, key.number);
    return KAL_OK;
}

kal_code kali_row_insert(kal_store *store, const kali_noun *noun, void *row, kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_redact_row(store, noun, row, err);
    if (code == KAL_OK) code = kali_db_use(store->db, noun->add, &q, err);
    if (code != KAL_OK) return code;
    bind_row(noun, q, row);
    return kali_run(q, err);
}

kal_code kali_row_get(kal_store *store, const kali_noun *noun, kali_key key, void *out,
                      kal_err *err) {
    kali_stmt *q;
    bool row;
    kal_code code = use(store, noun->get, key, &q, err);
    if (code == KAL_OK) code = kali_step(q, &row, err);
    if (code != KAL_OK) return code;
    if (!row) return missing(noun, key, err);
    code = kali_row_read(store, noun, q, out, err);
    kali_reset(q);
    return code;
}

static void copy_field(const kali_noun *noun, size_t i, void *to, const void *from) {
    static const size_t sizes[] = {[KAL_TYPE_TEXT] = sizeof(kal_str),
                                   [KAL_TYPE_INTEGER] = sizeof(int64_t),
                                   [KAL_TYPE_REAL] = sizeof(double),
                                   [KAL_TYPE_BOOLEAN] = sizeof(bool)};
    size_t offset = noun->fields[i].offset;
    memcpy(at(to, offset), at(from, offset), sizes[noun->fields[i].type]);
    *has_of(to) |= KAL_BIT(i);
}

kal_code kali_row_merge(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                        kal_err *err) {
    kali_key key = {{0}, 0};
    if (noun->fields[0].type == KAL_TYPE_TEXT)
        key.id = *kali_field_text(noun, row, 0);
    else
        key.number = *(int64_t *)at(row, noun->fields[0].offset);
    if (noun->fields[0].type == KAL_TYPE_TEXT && !key.id.data)
        return kali_fail(err, KAL_MISUSE, "%s.id is missing", noun->name);
    kal_code code = kali_row_get(store, noun, key, merged, err);
    for (size_t i = 1; i < noun->count && code == KAL_OK; i++) {
        if (!kali_given(noun, row, i)) continue;
        if (!noun->fields[i].settable)
            return kali_fail(err, KAL_MISUSE, "%s.%s cannot be set", noun->name,
                             noun->fields[i].name);
        if (is_none(noun, row, i) && !(noun->required & KAL_BIT(i))) {
            *has_of(merged) &= ~KAL_BIT(i);
            continue;
        }
        copy_field(noun, i, merged, row);
        if (noun->fields[i].type == KAL_TYPE_TEXT && !kali_field_text(noun, merged, i)->data)
            preset_field(noun, i, merged);
        if (noun->fields[i].type == KAL_TYPE_TEXT && !kali_field_text(noun, merged, i)->data &&
            (noun->required & KAL_BIT(i)))
            return kali_fail(err, KAL_MISUSE, "%s.%s cannot be removed", noun->name,
                             noun->fields[i].name);
        code = check_field(store, noun, i, merged, err);
        if (code == KAL_OK) code = kali_redact_field(store, noun, i, merged, err);
    }
    return code;
}

kal_code kali_row_update(kal_store *store, const kali_noun *noun, const void *merged,
                         kal_err *err) {
    kali_stmt *q;
    kal_code code = kali_db_use(store->db, noun->set, &q, err);
    if (code != KAL_OK) return code;
    bind_row(noun, q, merged);
    return kali_run(q, err);
}

kal_code kali_row_delete(kal_store *store, const kali_noun *noun, kali_key key, kal_err *err) {
    kali_stmt *q;
    kal_code code = use(store, noun->del, key, &q, err);
    if (code == KAL_OK) code = kali_run(q, err);
    if (code == KAL_OK && kali_db_changes(store->db) == 0) return missing(noun, key, err);
    return code;
}

kal_code kali_plain_set(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                        kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_row_merge(store, noun, row, merged, err);
    if (code == KAL_OK) code = kali_row_update(store, noun, merged, err);
    return kali_write_end(store, code, err);
}

kal_code kali_plain_del(kal_store *store, const kali_noun *noun, kali_key key, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    return kali_write_end(store, kali_row_delete(store, noun, key, err), err);
}
