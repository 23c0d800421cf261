-- The tokens that a model's context holds, as its server has said, and when it was asked: a request that need not
-- be repeated for every turn. NULL: not asked, or it does not say.
ALTER TABLE kalito_models ADD COLUMN context INTEGER;
ALTER TABLE kalito_models ADD COLUMN asked_at TEXT;
