-- Every public name of the C library once, in the order of core/kalito.h. tests/structure.lua compares the
-- list with the header in both directions: a second word for one thing would show here.
local M = {}

M.public = {
  "kal_code_name",
  "kal_text", "kal_text_valid", "kal_text_hash", "kal_text_safe", "kal_text_integer", "kal_text_real",
  "kal_text_scan", "kal_text_sentence", "kal_text_similar", "kal_text_alike",
  "kal_redact_name", "kal_redact",
  "kal_words_size", "kal_words_build", "kal_words_count", "kal_words_find", "kal_words_lead",
  "kal_crc32", "kal_base64_encode", "kal_base64_decode",
  "kal_tokens",
  "kal_fields",
  "kal_store_open", "kal_store_close", "kal_store_begin", "kal_store_commit", "kal_store_rollback",
  "kal_store_begin_read", "kal_store_interrupt", "kal_store_now", "kal_store_stat",
  "kal_store_migrated", "kal_store_foreign",
  "kal_store_migrate", "kal_store_backup", "kal_backup_get", "kal_backup_verify", "kal_store_restore",
  "kal_store_check", "kal_store_optimize", "kal_store_journal", "kal_store_recover", "kal_store_sql",
  "kal_redaction_get", "kal_redaction_set", "kal_redaction_text", "kal_redaction_json", "kal_redaction_count",
  "kal_redaction_apply",
  "kal_time_parse",
  "kal_session_add", "kal_session_get", "kal_session_set", "kal_session_del", "kal_session_find",
  "kal_session_count", "kal_session_get_external", "kal_session_forget", "kal_session_holders",
  "kal_message_add", "kal_message_get", "kal_message_set", "kal_message_del", "kal_message_find",
  "kal_message_count", "kal_message_get_external",
  "kal_persona_add", "kal_persona_get", "kal_persona_set", "kal_persona_del", "kal_persona_find",
  "kal_persona_count",
  "kal_summary_add", "kal_summary_get", "kal_summary_set", "kal_summary_del", "kal_summary_find",
  "kal_summary_count", "kal_summary_make", "kal_summary_undo", "kal_summary_redo", "kal_summary_merge",
  "kal_pin_add", "kal_pin_get", "kal_pin_set", "kal_pin_del", "kal_pin_find", "kal_pin_count",
  "kal_pin_reject", "kal_pin_rejected",
  "kal_model_add", "kal_model_get", "kal_model_set", "kal_model_del", "kal_model_find", "kal_model_count",
  "kal_turn_add", "kal_turn_get", "kal_turn_set", "kal_turn_del", "kal_turn_find", "kal_turn_count",
  "kal_card_add", "kal_card_get", "kal_card_set", "kal_card_del", "kal_card_find", "kal_card_count",
  "kal_stats_get",
  "kal_recall_words", "kal_recall_has_words",
  "kal_weights_default",
  "kal_recall_find",
  "kal_vector_set", "kal_vector_del", "kal_vector_count", "kal_vector_missing", "kal_vector_find",
  "kal_search_find",
  "kal_index_check", "kal_index_rebuild",
  "kal_part_name",
  "kal_plan_default",
  "kal_context_build", "kal_context_close", "kal_context_stat", "kal_context_message", "kal_context_item",
  "kal_context_compare", "kal_context_trace", "kal_context_save",
  "kal_http_open", "kal_http_close", "kal_http_perform", "kal_http_abort", "kal_http_status",
  "kal_http_header", "kal_http_body", "kal_http_transient",
}

-- Public, but not reachable from Lua, and why.
M.unbound = {
  kal_redact = "db.redaction.text does it with the settings of a store",
  kal_http_abort = "for signal handlers of C programs; a Lua program's Ctrl-C arrives as a debug hook",
}

-- Reachable from Lua, but no part of the surface that scripts/meta describes: what the scripts of kalito itself
-- are built on.
M.internal = {
}

return M
