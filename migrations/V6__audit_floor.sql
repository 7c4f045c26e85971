-- The service can neither empty the audit trail nor write in somebody else's name: how long
-- events are kept at least is the operator's, and calls and refreshes are noted by a function.

-- How long events are kept at least. The service's role neither reads nor changes it.
CREATE TABLE hub.audit_floor (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    days    integer NOT NULL CHECK (days >= 1)
);
INSERT INTO hub.audit_floor (days) VALUES (30);

-- The time before which events go.
CREATE OR REPLACE FUNCTION hub.audit_kept_since(keep interval) RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    least_days integer := (SELECT f.days FROM hub.audit_floor AS f);
BEGIN
    IF keep IS NULL OR keep < make_interval(days => least_days) THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('AUDIT_RETENTION is shorter than the %s days that the audit trail '
                             'is kept at least; nothing was removed', least_days),
            HINT = 'Raise it, or lower the floor as an operator: admin.set_audit_floor(days).';
    END IF;
    RETURN clock_timestamp() - keep;
END $$;

-- Changes how many days events are kept at least.
CREATE FUNCTION admin.set_audit_floor(days integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF set_audit_floor.days IS NULL OR set_audit_floor.days < 1 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the audit trail is kept for a day at least';
    END IF;
    UPDATE hub.audit_floor SET days = set_audit_floor.days;
    PERFORM hub.audit_admin('audit_floor_set', format('%s days', set_audit_floor.days), NULL);
END $$;

-- Notes calls and refreshes, and nothing else. When it was is told by its age in seconds when
-- the transaction began, so that no wait for a lock moves it; who logged in stands in
-- `database_role`; whose doing it was is looked up. Of a grant that is gone, it is nobody's
-- and leads to nobody: the person may have been forgotten.
CREATE FUNCTION hub.note_activity(
    ages float8[], events text[], of_spaces uuid[], of_clients uuid[], of_grants uuid[],
    tools text[], outcomes text[], millis integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT events <@ ARRAY['tool_called', 'token_refreshed'] THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = 'only calls of tools and refreshes are noted this way';
    END IF;
    INSERT INTO hub.audit_events
        (at, event, space_id, client_id, grant_id, backlog_user_id, tool, outcome, duration_ms)
    -- Nothing is of the future, and what waited for more than a day is of a day ago.
    SELECT now() - make_interval(secs => least(greatest(done.age, 0), 86400)),
           done.event, done.space_id, CASE WHEN g.id IS NOT NULL THEN done.client_id END, g.id,
           g.backlog_user_id, done.tool, done.outcome, done.duration_ms
    FROM unnest(ages, events, of_spaces, of_clients, of_grants, tools, outcomes, millis)
         AS done (age, event, space_id, client_id, grant_id, tool, outcome, duration_ms)
    LEFT JOIN hub.grants AS g ON g.id = done.grant_id;
END $$;

-- It writes of sign-ins with the owner's right, because the service has none.
ALTER FUNCTION hub.audit_grant() SECURITY DEFINER;
ALTER FUNCTION hub.audit_grant() SET search_path = pg_catalog, pg_temp;

DO $$
BEGIN
    IF to_regrole('hub_service') IS NOT NULL THEN
        REVOKE INSERT ON hub.audit_events FROM hub_service;
    END IF;
END $$;
DELETE FROM hub.privileges WHERE role = 'hub_service' AND what = 'INSERT ON hub.audit_events';
INSERT INTO hub.privileges VALUES
    ('hub_service', 'EXECUTE ON FUNCTION hub.note_activity(
        float8[], text[], uuid[], uuid[], uuid[], text[], text[], integer[])');
SELECT hub.grant_privileges();
