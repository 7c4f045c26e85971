-- Links through which users give a file that is too large for a tool call.

CREATE TABLE hub.upload_links (
    link_hash     hub.digest PRIMARY KEY,
    -- The name of the upload for its client; not a secret.
    id            uuid NOT NULL UNIQUE,
    grant_id      uuid NOT NULL REFERENCES hub.grants ON DELETE CASCADE,
    -- The name that the client proposed; after the upload, the one that Backlog stored.
    file_name     text CHECK (char_length(file_name) BETWEEN 1 AND 255),
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz NOT NULL,
    -- The attempt in progress, and until when it holds the link.
    attempt       uuid,
    attempt_until timestamptz,
    -- When Backlog took the file, and what it returned.
    used_at       timestamptz,
    attachment_id bigint,
    file_size     bigint CHECK (file_size >= 0),
    CHECK ((attempt IS NULL) = (attempt_until IS NULL)),
    CHECK ((used_at IS NULL) = (attachment_id IS NULL)
        AND (used_at IS NULL) = (file_size IS NULL)),
    -- A link that was used has no attempt, and its file has a name.
    CHECK (used_at IS NULL OR (attempt IS NULL AND file_name IS NOT NULL))
);
CREATE INDEX upload_links_expiry ON hub.upload_links (expires_at);
CREATE INDEX upload_links_grant ON hub.upload_links (grant_id);

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT, INSERT, DELETE ON hub.upload_links'),
    ('hub_service', 'UPDATE (file_name, attempt, attempt_until, used_at, attachment_id, file_size)
        ON hub.upload_links');
SELECT hub.grant_privileges();
