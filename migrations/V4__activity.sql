-- What people do with the hub: tool calls in the audit trail, its retention, and the
-- export and the erasure of one person's data.

-- Of a tool call only: which one, how it ended, how long it took.
ALTER TABLE hub.audit_events
    ADD COLUMN tool        text CHECK (tool <> ''),
    ADD COLUMN outcome     text CHECK (outcome <> ''),
    ADD COLUMN duration_ms integer CHECK (duration_ms >= 0);
-- Events that name nobody, such as those of a person whose data was erased, are left out.
CREATE INDEX audit_events_user ON hub.audit_events (space_id, backlog_user_id, at)
    WHERE backlog_user_id IS NOT NULL;

-- Writers of events share this lock, and an erasure takes it alone: nobody writes of a
-- person while that person is being forgotten. The number is 'bmh-audt' in ASCII.
CREATE FUNCTION hub.lock_audit_to_write() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_advisory_xact_lock_shared(7092439532296299636);
$$;

-- The time before which events go; a day is kept in any case.
CREATE FUNCTION hub.audit_kept_since(keep interval) RETURNS timestamptz
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT clock_timestamp() - greatest(keep, interval '1 day')
$$;

-- The partitions of the months that had ended by then.
CREATE FUNCTION hub.audit_months_past(before timestamptz) RETURNS SETOF name
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'hub.audit_events'::regclass
      AND c.relname ~ '^audit_events_[0-9]{4}_[0-9]{2}$'
      AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')
              AT TIME ZONE 'UTC' <= before
$$;

-- What hub.expire_audit would remove now. Runs with the owner's right.
CREATE FUNCTION hub.count_expired_audit(keep interval, OUT months bigint, OUT events bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before timestamptz := hub.audit_kept_since(keep);
BEGIN
    SELECT count(*) INTO months FROM hub.audit_months_past(before);
    SELECT count(*) INTO events FROM hub.audit_events_rest AS r WHERE r.at <= before;
END $$;

-- Drops the months that ended more than `keep` ago, and removes older rows, a thousand at
-- a time, from the partition that takes what no month does. Runs with the owner's right.
CREATE FUNCTION hub.expire_audit(keep interval, OUT months bigint, OUT events bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '2s' AS $$
DECLARE
    month  text;
    before timestamptz := hub.audit_kept_since(keep);
BEGIN
    months := 0;
    FOR month IN SELECT past FROM hub.audit_months_past(before) AS past LOOP
        EXECUTE format('DROP TABLE hub.%I', month);
        months := months + 1;
    END LOOP;
    DELETE FROM hub.audit_events_rest
    WHERE (id, at) IN (SELECT r.id, r.at FROM hub.audit_events_rest AS r
                       WHERE r.at <= before LIMIT 1000);
    GET DIAGNOSTICS events = ROW_COUNT;
END $$;

-- Live grants are counted for the metrics.
CREATE INDEX grants_live ON hub.grants (space_id) WHERE revoked_at IS NULL;

-- The trail as an operator reads it; the columns of tool calls come last.
CREATE OR REPLACE VIEW admin.audit AS
SELECT events.id, at, event, reason, spaces.slug AS space, clients.client_id, grant_id,
    events.backlog_user_id, database_role,
    tool, outcome, duration_ms, clients.client_name, grants.backlog_user_name
FROM hub.audit_events AS events LEFT JOIN hub.spaces ON spaces.id = events.space_id
LEFT JOIN hub.clients ON clients.id = events.client_id
LEFT JOIN hub.grants ON grants.id = events.grant_id;

CREATE FUNCTION hub.space_named(slug text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT s.id INTO found_id FROM hub.spaces AS s WHERE s.slug = space_named.slug;
    IF found_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'P0002',
            MESSAGE = format('there is no space %L', space_named.slug),
            HINT = 'SELECT slug FROM admin.spaces shows those there are.';
    END IF;
    RETURN found_id;
END $$;

-- Everything that is stored of a person in a space, but for secrets: one row per grant
-- and per event, oldest first.
CREATE FUNCTION admin.export_user(space text, backlog_user_id bigint)
    RETURNS TABLE (kind text, at timestamptz, data jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    the_space uuid := hub.space_named(space);
    person    bigint := export_user.backlog_user_id;
BEGIN
    RETURN QUERY
    SELECT 'grant', g.created_at, jsonb_build_object(
               'grant_id', g.id, 'client_id', c.client_id, 'client_name', c.client_name,
               'backlog_user_id', g.backlog_user_id,
               'backlog_user_name', g.backlog_user_name, 'scopes', to_jsonb(g.scopes::text[]),
               'issuer', g.issuer, 'resource', g.resource, 'created_at', g.created_at,
               'last_used_at', g.last_used_at, 'revoked_at', g.revoked_at,
               'revoked_reason', g.revoked_reason)
    FROM hub.grants AS g JOIN hub.clients AS c ON c.id = g.client_id
    WHERE g.space_id = the_space AND g.backlog_user_id = person
    UNION ALL
    SELECT 'event', e.at, jsonb_strip_nulls(jsonb_build_object(
               'event', e.event, 'reason', e.reason, 'grant_id', e.grant_id,
               'client_id', c.client_id, 'tool', e.tool, 'outcome', e.outcome,
               'duration_ms', e.duration_ms, 'database_role', e.database_role))
    FROM hub.audit_events AS e LEFT JOIN hub.clients AS c ON c.id = e.client_id
    WHERE e.space_id = the_space AND e.backlog_user_id = person
    ORDER BY 2;
END $$;

-- Erases a person from a space: the grants with their tokens and codes; the approvals
-- remembered for clients that nobody else uses there; what they did. Of sign-ins and of
-- the ends of grants it stays that they were, without whose. Says how many rows it was.
CREATE FUNCTION admin.forget_user(
    space text, backlog_user_id bigint,
    OUT grants bigint, OUT consents bigint, OUT events bigint, OUT anonymised bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    the_space  uuid := hub.space_named(space);
    person     bigint := forget_user.backlog_user_id;
    the_grants uuid[];
    own        uuid[];
BEGIN
    -- After the lock, nobody writes another event until this is committed.
    PERFORM pg_advisory_xact_lock(7092439532296299636);
    own := ARRAY(
        SELECT g.client_id FROM hub.grants AS g WHERE g.space_id = the_space
        GROUP BY g.client_id HAVING bool_and(g.backlog_user_id = person));
    DELETE FROM hub.consents AS c WHERE c.space_id = the_space AND c.client_id = ANY (own);
    GET DIAGNOSTICS consents = ROW_COUNT;

    WITH gone AS (
        DELETE FROM hub.grants AS g
        WHERE g.space_id = the_space AND g.backlog_user_id = person RETURNING g.id)
    SELECT array_agg(gone.id), count(*) INTO the_grants, grants FROM gone;

    DELETE FROM hub.audit_events AS e
    WHERE e.space_id = the_space AND e.event IN ('tool_called', 'token_refreshed')
      AND (e.backlog_user_id = person OR e.grant_id = ANY (the_grants));
    GET DIAGNOSTICS events = ROW_COUNT;
    UPDATE hub.audit_events AS e
    SET backlog_user_id = NULL, grant_id = NULL, client_id = NULL
    WHERE e.space_id = the_space
      AND (e.backlog_user_id = person OR e.grant_id = ANY (the_grants));
    GET DIAGNOSTICS anonymised = ROW_COUNT;

    INSERT INTO hub.audit_events (event, reason, space_id)
    VALUES ('user_forgotten', format('%s grants, %s events', grants, events + anonymised),
            the_space);
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'EXECUTE ON FUNCTION hub.lock_audit_to_write()'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.expire_audit(interval)'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.count_expired_audit(interval)');
SELECT hub.grant_privileges();
