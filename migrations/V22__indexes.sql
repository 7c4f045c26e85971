-- Fewer indexes to write, and room for updates in place.
--
-- Replicas of the previous release still find the tokens of a lost response by their refresh token,
-- which is rare, and for them now reads the whole table of access tokens.

-- A pair is found by its grant, which has few access tokens.
DROP INDEX hub.access_tokens_pair;
-- browser_spaces_user begins with the space.
DROP INDEX hub.browser_spaces_space;

-- The first use of an access token changes no indexed column: with room in its page, no index is
-- written. Pages that exist keep their fill until their rows are gone.
ALTER TABLE hub.access_tokens SET (fillfactor = 70);
