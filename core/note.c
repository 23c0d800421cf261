/*
** note.c: what summaries and pins have in common: a text of a session under a text id, kept in the search
** index.
*/
#include "internal.h"

enum { SESSION = 1, CONTENT = 2 }; /* the same places in both nouns */

kal_code kali_note_add(kal_store *store, const kali_noun *noun, void *row, kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_row_mint(store, noun, row, err);
    if (code == KAL_OK) code = kali_row_prepare(store, noun, row, err);
    if (code == KAL_OK) code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    kal_str id = *kali_field_text(noun, row, 0), session = *kali_field_text(noun, row, SESSION);
    code = kali_session_exists(store, session, err);
    if (code == KAL_OK) code = kali_row_insert(store, noun, row, err);
    if (code == KAL_EXISTS)
        kali_fail(err, code, "a %s has the id '%.*s' already", noun->name, KALI_STR(id));
    if (code == KAL_OK)
        code = kali_index_note(store, noun->name, id, *kali_field_text(noun, row, CONTENT), err);
    return kali_write_end(store, code, err);
}

kal_code kali_note_set(kal_store *store, const kali_noun *noun, const void *row, void *merged,
                       kal_err *err) {
    kali_answer_begin(store);
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    code = kali_row_merge(store, noun, row, merged, err);
    if (code == KAL_OK) code = kali_row_update(store, noun, merged, err);
    if (code == KAL_OK && kali_given(noun, row, CONTENT)) code = kali_index_settle(store, err);
    return kali_write_end(store, code, err);
}

kal_code kali_note_del(kal_store *store, const kali_noun *noun, kal_str id, kal_err *err) {
    kal_code code = kali_write_begin(store, err);
    if (code != KAL_OK) return code;
    kali_key key = {kali_some(id), 0};
    code = kali_row_delete(store, noun, key, err);
    if (code == KAL_OK) code = kali_index_settle(store, err);
    return kali_write_end(store, code, err);
}
