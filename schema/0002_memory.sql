-- What kalito adds to the original's tables: only new columns, tables, indexes and triggers, so that
-- the original program can still use the file. No trigger fires on inserting a message.

-- Facts about the file itself. store_id tells whose backup a backup is.
CREATE TABLE kalito_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO kalito_meta(key, value) VALUES ('store_id', lower(hex(randomblob(16))));

-- A session may be archived as a whole (archived_at), and holds the boundary below which its messages
-- are archived: the (created_at, id) of the last archived message. message_count is kept by every
-- kalito write and by the delete trigger, and made exact again when another program has written.
ALTER TABLE sessions ADD COLUMN archived_at TEXT;
ALTER TABLE sessions ADD COLUMN boundary_at TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN boundary_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN external_id TEXT;

ALTER TABLE messages ADD COLUMN external_id TEXT;
ALTER TABLE messages ADD COLUMN speaker TEXT;
ALTER TABLE messages ADD COLUMN score_reasons TEXT;

-- External ids make a repeated import or a retried write add nothing.
CREATE UNIQUE INDEX kalito_sessions_external ON sessions(external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX kalito_messages_external ON messages(session_id, external_id)
  WHERE external_id IS NOT NULL;

CREATE INDEX kalito_sessions_persona ON sessions(persona_id);
CREATE INDEX kalito_pins_session
  ON semantic_pins(session_id, importance_score DESC, created_at DESC, id DESC);
CREATE INDEX kalito_summaries_session
  ON conversation_summaries(session_id, importance_score DESC, created_at DESC, id DESC);

-- The search index holds no text of its own (content=''): its rows are filled by explicit inserts of
-- prepared text, one per message under the message's id, and one per pin or summary under the id of its
-- row in kalito_notes.
CREATE VIRTUAL TABLE kalito_messages_fts USING fts5(
  text, content='', tokenize='porter unicode61 remove_diacritics 2');
CREATE TABLE kalito_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  UNIQUE (kind, key)
);
CREATE VIRTUAL TABLE kalito_notes_fts USING fts5(
  text, content='', tokenize='porter unicode61 remove_diacritics 2');

-- The index forgets a text only when it is told the text: what is deleted or edited, by whichever
-- program, leaves it here until the next kalito write or search.
CREATE TABLE kalito_tombstones (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  text TEXT NOT NULL
);

CREATE TRIGGER kalito_message_deleted AFTER DELETE ON messages
WHEN old.id <= (SELECT max(id) FROM kalito_messages_fts_docsize)
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('message', old.id, coalesce(old.text, ''));
  UPDATE sessions SET message_count = message_count - 1 WHERE id = old.session_id;
END;

CREATE TRIGGER kalito_message_edited AFTER UPDATE OF text ON messages
WHEN old.id <= (SELECT max(id) FROM kalito_messages_fts_docsize)
  AND old.text IS NOT new.text
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('message', old.id, coalesce(old.text, ''));
END;

CREATE TRIGGER kalito_pin_deleted AFTER DELETE ON semantic_pins
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('pin', old.id, old.content);
END;

CREATE TRIGGER kalito_pin_edited AFTER UPDATE OF content ON semantic_pins
WHEN old.content IS NOT new.content
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('pin', old.id, old.content);
END;

CREATE TRIGGER kalito_summary_deleted AFTER DELETE ON conversation_summaries
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('summary', old.id, old.summary);
END;

CREATE TRIGGER kalito_summary_edited AFTER UPDATE OF summary ON conversation_summaries
WHEN old.summary IS NOT new.summary
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('summary', old.id, old.summary);
END;

-- A default persona stays: deleting it would leave its category without one.
CREATE TRIGGER kalito_persona_default BEFORE DELETE ON personas
WHEN old.is_default = 1
BEGIN
  SELECT RAISE(ABORT, 'a default persona cannot be deleted');
END;

-- The last context built for each session: one row of (bytes, hash) pairs per rendered piece, from
-- which the next one tells how many bytes at its front are unchanged.
CREATE TABLE kalito_contexts (
  session_id TEXT PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  budget INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  pieces BLOB NOT NULL
);

-- What recall must know of every message beside its words, without reading the row: fixed records of 12 bytes, 320
-- in a block, in the order of ids (core/document.c has the layout). Sessions and speakers stand in them as
-- small numbers.
CREATE TABLE kalito_documents (block INTEGER PRIMARY KEY, records BLOB NOT NULL);
CREATE TABLE kalito_numbers (number INTEGER PRIMARY KEY, session_id TEXT NOT NULL UNIQUE);
CREATE TABLE kalito_speakers (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE INDEX kalito_sessions_archived ON sessions(archived_at) WHERE archived_at IS NOT NULL;

-- Where a summary comes from, and what it took the place of: the boundary of its session before it archived its
-- range, so that it can be undone. A summary of summaries is the parent of those it covers.
ALTER TABLE conversation_summaries ADD COLUMN origin TEXT NOT NULL DEFAULT 'model';
ALTER TABLE conversation_summaries ADD COLUMN model TEXT;
ALTER TABLE conversation_summaries ADD COLUMN policy TEXT;
ALTER TABLE conversation_summaries ADD COLUMN source_tokens INTEGER;
ALTER TABLE conversation_summaries ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation_summaries ADD COLUMN parent TEXT;
ALTER TABLE conversation_summaries ADD COLUMN before_at TEXT;
ALTER TABLE conversation_summaries ADD COLUMN before_id INTEGER;

-- Undone summaries wait here to be made again.
CREATE TABLE kalito_undone (
  id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  summary TEXT NOT NULL,
  message_count INTEGER NOT NULL,
  start_message_id TEXT NOT NULL,
  end_message_id TEXT NOT NULL,
  importance_score REAL NOT NULL,
  created_at TEXT NOT NULL,
  origin TEXT NOT NULL,
  model TEXT,
  policy TEXT,
  source_tokens INTEGER,
  undone_at TEXT NOT NULL
);
CREATE INDEX kalito_undone_session ON kalito_undone(session_id);

-- What was sent for each turn, and what came back: enough to show and to rebuild it. details is JSON.
CREATE TABLE kalito_turns (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  message_id INTEGER,
  reply_id INTEGER,
  budget INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  model TEXT,
  hash TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX kalito_turns_session ON kalito_turns(session_id, created_at DESC);

-- How many tokens a model reports for one that is estimated: a running ratio.
CREATE TABLE kalito_models (
  model TEXT PRIMARY KEY,
  ratio REAL NOT NULL,
  turns INTEGER NOT NULL
);

-- Automatic pins that the user has rejected: the same is not suggested to the session again.
CREATE TABLE kalito_rejected (
  id INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  content TEXT NOT NULL
);
CREATE INDEX kalito_rejected_session ON kalito_rejected(session_id, id);

-- The character card that a persona came from, whole, so that it can be given back. prompt_hash names the prompt that
-- was made of it: another one has been edited since.
CREATE TABLE kalito_cards (
  persona_id TEXT PRIMARY KEY REFERENCES personas(id) ON DELETE CASCADE,
  spec TEXT NOT NULL,
  card TEXT NOT NULL,
  prompt_hash TEXT NOT NULL
);

-- Vectors of messages, made on request by a model (`kalito embed`): a message has one at most. `vector` holds
-- `dimension` whole numbers of one byte, and scale times them is a vector of length 1. Ids never come again: what a
-- connection has read stays known by them. A text that changes loses its vector, whichever program changes it.
CREATE TABLE kalito_vectors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id INTEGER NOT NULL UNIQUE REFERENCES messages(id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  scale REAL NOT NULL,
  vector BLOB NOT NULL
);

CREATE TRIGGER kalito_vector_deleted AFTER DELETE ON messages
BEGIN
  DELETE FROM kalito_vectors WHERE message_id = old.id;
END;

CREATE TRIGGER kalito_vector_edited AFTER UPDATE OF text ON messages
WHEN old.text IS NOT new.text
BEGIN
  DELETE FROM kalito_vectors WHERE message_id = old.id;
END;
