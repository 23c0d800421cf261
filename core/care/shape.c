/*
** shape.c: which table a row is of, told by the number and the types of its values, when no page says so. The columns
** are those of the file, in their order there. Rows that were written before a column was added have fewer.
*/
#include "care/pages.h"

#include <string.h>

/* What a column may hold, beside nothing; and what it must hold. */
static const struct {
    const char *table, *column;
    kali_shape shape;
} COLUMNS[] = {
    {"messages", "id", KALI_SHAPE_NONE},
    {"messages", "session_id", KALI_SHAPE_KEY},
    {"messages", "role", KALI_SHAPE_WORD},
    {"messages", "token_usage", KALI_SHAPE_NUMBER},
    {"messages", "importance_score", KALI_SHAPE_NUMBER},
    {"sessions", "id", KALI_SHAPE_KEY},
    {"sessions", "saved", KALI_SHAPE_NUMBER},
    {"sessions", "boundary_at", KALI_SHAPE_TEXT},
    {"sessions", "boundary_id", KALI_SHAPE_NUMBER},
    {"sessions", "message_count", KALI_SHAPE_NUMBER},
    {"personas", "id", KALI_SHAPE_KEY},
    {"personas", "name", KALI_SHAPE_KEY},
    {"personas", "prompt", KALI_SHAPE_KEY},
    {"personas", "temperature", KALI_SHAPE_NUMBER},
    {"personas", "maxTokens", KALI_SHAPE_NUMBER},
    {"personas", "topP", KALI_SHAPE_NUMBER},
    {"personas", "repeatPenalty", KALI_SHAPE_NUMBER},
    {"personas", "is_default", KALI_SHAPE_NUMBER},
    {"conversation_summaries", "id", KALI_SHAPE_KEY},
    {"conversation_summaries", "session_id", KALI_SHAPE_KEY},
    {"conversation_summaries", "summary", KALI_SHAPE_KEY},
    {"conversation_summaries", "message_count", KALI_SHAPE_COUNT},
    {"conversation_summaries", "importance_score", KALI_SHAPE_NUMBER},
    {"conversation_summaries", "source_tokens", KALI_SHAPE_NUMBER},
    {"conversation_summaries", "level", KALI_SHAPE_NUMBER},
    {"conversation_summaries", "before_id", KALI_SHAPE_NUMBER},
    {"semantic_pins", "id", KALI_SHAPE_KEY},
    {"semantic_pins", "session_id", KALI_SHAPE_KEY},
    {"semantic_pins", "content", KALI_SHAPE_KEY},
    {"semantic_pins", "importance_score", KALI_SHAPE_NUMBER},
    {"semantic_pins", "pin_type", KALI_SHAPE_WORD},
};

kali_shape kali_shape_of(const char *table, const char *column) {
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++)
        if (strcmp(COLUMNS[i].table, table) == 0 && strcmp(COLUMNS[i].column, column) == 0)
            return COLUMNS[i].shape;
    return KALI_SHAPE_TEXT;
}

/* "user", "tool_result": a role or a type, no time and no sentence. */
static bool is_word(kal_str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
        if (!letter) return false;
    }
    return text.len > 0 && text.len <= 24;
}

static bool fits(kali_shape shape, const kal_value *v) {
    bool number = v->kind == KAL_INTEGER || v->kind == KAL_REAL;
    switch (shape) {
    case KALI_SHAPE_NONE: return v->kind == KAL_NULL;
    case KALI_SHAPE_KEY: return v->kind == KAL_TEXT && kal_text_valid(v->text, NULL);
    case KALI_SHAPE_COUNT: return v->kind == KAL_INTEGER;
    case KALI_SHAPE_NUMBER: return number || v->kind == KAL_NULL;
    case KALI_SHAPE_WORD: return v->kind == KAL_NULL || (v->kind == KAL_TEXT && is_word(v->text));
    case KALI_SHAPE_TEXT: return v->kind == KAL_NULL || v->kind == KAL_TEXT;
    }
    return false;
}

bool kali_shape_fits(const kali_shape *shapes, size_t count, size_t least, const kali_cells *row) {
    if (row->count < least || row->count > count) return false;
    for (size_t i = 0; i < row->count; i++)
        if (!fits(shapes[i], &row->values[i])) return false;
    return true;
}
