-- The records of messages hold their times and no links any more (core/document.c has the layout). All of them, and the
-- search index with them, are made anew: an index that is empty is behind the messages by all of them.
DELETE FROM kalito_documents;
DELETE FROM kalito_numbers;
DELETE FROM kalito_speakers;
DELETE FROM kalito_notes;
INSERT INTO kalito_messages_fts(kalito_messages_fts) VALUES ('delete-all');
INSERT INTO kalito_notes_fts(kalito_notes_fts) VALUES ('delete-all');
