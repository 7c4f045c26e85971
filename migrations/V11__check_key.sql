-- Credentials of the hub carry a keyed check, so that what it never issued costs no statement. A
-- refresh token that is presented again leaves a trace.

-- The key of the checks, sealed. The first replica that starts makes it; the primary key decides
-- between several that start together.
CREATE TABLE hub.check_key (
    is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key        hub.sealed NOT NULL,
    -- Whether a client may have a check of a key before this one, which somebody has deleted.
    replaced   boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Writes that a refresh token was presented again, how long after its first use, and what came
-- of it. The user is looked up; of a grant that is gone, nothing is written.
CREATE FUNCTION hub.note_repeated_refresh(of_grant uuid, outcome text, late_ms integer)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Nobody writes of a user while that user is being forgotten.
    PERFORM hub.lock_audit_to_write();
    INSERT INTO hub.audit_events
        (event, space_id, client_id, grant_id, backlog_user_id, outcome, duration_ms)
    SELECT 'refresh_repeated', g.space_id, g.client_id, g.id, g.backlog_user_id,
           note_repeated_refresh.outcome, greatest(note_repeated_refresh.late_ms, 0)
    FROM hub.grants AS g WHERE g.id = note_repeated_refresh.of_grant;
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT, INSERT, UPDATE (key) ON hub.check_key'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.note_repeated_refresh(uuid, text, integer)');
SELECT hub.grant_privileges();
