-- A file that another program has made may lack texts in pins and summaries where ours has NOT NULL, and ids: none of
-- our triggers may then reject its statements. And INSERT OR REPLACE deletes a row without firing a trigger on delete:
-- the text that the index must forget is noted before it. Nothing fires on inserting a message; kalito check --full
-- finds one that was replaced so.

DROP TRIGGER IF EXISTS kalito_pin_deleted;
CREATE TRIGGER kalito_pin_deleted AFTER DELETE ON semantic_pins
WHEN old.id IS NOT NULL
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('pin', old.id, coalesce(old.content, ''));
END;

DROP TRIGGER IF EXISTS kalito_pin_edited;
CREATE TRIGGER kalito_pin_edited AFTER UPDATE OF content ON semantic_pins
WHEN old.id IS NOT NULL AND old.content IS NOT new.content
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('pin', old.id, coalesce(old.content, ''));
END;

CREATE TRIGGER kalito_pin_replaced BEFORE INSERT ON semantic_pins
WHEN EXISTS (SELECT 1 FROM semantic_pins WHERE id = new.id)
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  SELECT 'pin', id, coalesce(content, '') FROM semantic_pins WHERE id = new.id;
END;

DROP TRIGGER IF EXISTS kalito_summary_deleted;
CREATE TRIGGER kalito_summary_deleted AFTER DELETE ON conversation_summaries
WHEN old.id IS NOT NULL
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('summary', old.id, coalesce(old.summary, ''));
END;

DROP TRIGGER IF EXISTS kalito_summary_edited;
CREATE TRIGGER kalito_summary_edited AFTER UPDATE OF summary ON conversation_summaries
WHEN old.id IS NOT NULL AND old.summary IS NOT new.summary
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  VALUES ('summary', old.id, coalesce(old.summary, ''));
END;

CREATE TRIGGER kalito_summary_replaced BEFORE INSERT ON conversation_summaries
WHEN EXISTS (SELECT 1 FROM conversation_summaries WHERE id = new.id)
BEGIN
  INSERT INTO kalito_tombstones(kind, key, text)
  SELECT 'summary', id, coalesce(summary, '') FROM conversation_summaries WHERE id = new.id;
END;
