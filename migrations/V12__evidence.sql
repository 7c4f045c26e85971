-- Least privilege for the service's login, and evidence of what operators and strangers did.
--
-- 1. The service changes only the space of its environment, and no bound of any.
-- 2. A change of a space, an operator's client, the audit floor or a grant is an audit event
--    with the old and the new values, even if plain SQL makes it.
-- 3. Audit events that name no user are chained by hash, so that admin.verify_audit detects one
--    that is changed, added or removed later.
-- 4. Refused requests are audit events, a minute of them in a few rows.

-- 1. Column privileges: operators alone set the bounds of a space.
DO $$
BEGIN
    IF to_regrole('hub_service') IS NOT NULL THEN
        REVOKE INSERT, UPDATE ON hub.spaces FROM hub_service;
        REVOKE INSERT, DELETE ON hub.space_hostnames FROM hub_service;
    END IF;
END $$;
DELETE FROM hub.privileges WHERE role = 'hub_service' AND what IN (
    'SELECT, INSERT, UPDATE ON hub.spaces', 'SELECT, INSERT, DELETE ON hub.space_hostnames');
INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT ON hub.spaces, hub.space_hostnames'),
    ('hub_service', 'INSERT (id, slug, name, base_url, oauth_client_id, oauth_client_secret,
        is_default, from_environment) ON hub.spaces'),
    ('hub_service', 'UPDATE (slug, name, base_url, oauth_client_id, oauth_client_secret,
        from_environment, updated_at) ON hub.spaces');

-- It keeps the host names of a space with the owner's rights, because the service has none.
ALTER FUNCTION hub.claim_hostnames() SECURITY DEFINER;
ALTER FUNCTION hub.claim_hostnames() SET search_path = pg_catalog, pg_temp;

-- The service's login may describe the space of the environment, and may take over a space at
-- the same site for it. The table's owner, and the functions that run with its rights, may change
-- every space.
CREATE FUNCTION hub.guard_space() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT c.relowner FROM pg_class AS c WHERE c.oid = TG_RELID),
                   'USAGE') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.from_environment THEN
            RETURN NEW;
        END IF;
    ELSIF (NEW.from_environment, NEW.slug, NEW.name, NEW.base_url, NEW.oauth_client_id)
            IS NOT DISTINCT FROM
          (OLD.from_environment, OLD.slug, OLD.name, OLD.base_url, OLD.oauth_client_id)
        OR NEW.from_environment AND (OLD.from_environment OR NEW.base_url = OLD.base_url)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = 'the service changes only the space of its environment',
        HINT = 'Change it as an operator: admin.create_space and admin.update_space.';
END $$;
CREATE TRIGGER spaces_guard BEFORE INSERT OR UPDATE ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.guard_space();

-- 2. Old and new values.
ALTER TABLE hub.audit_events
    -- By column: {"read_only": {"old": false, "new": true}}.
    ADD COLUMN change       jsonb,
    -- For a security event only: the network, if it is kept, and the number of requests.
    ADD COLUMN network      inet,
    ADD COLUMN occurrences  integer CHECK (occurrences > 0),
    -- The place in the chain, and the hashes of the event before and of this one.
    ADD COLUMN chain_number bigint CHECK (chain_number > 0),
    ADD COLUMN prev_hash    hub.digest,
    ADD COLUMN hash         hub.digest,
    ADD CONSTRAINT audit_events_chained_whole CHECK (
        num_nonnulls(chain_number, prev_hash, hash) IN (0, 3));
CREATE INDEX audit_events_chain ON hub.audit_events (chain_number)
    WHERE chain_number IS NOT NULL;

-- The differences between two rows, except in ignored columns. The values of masked columns, and
-- of sealed text in any column, are left out.
CREATE FUNCTION hub.row_changes(before jsonb, after jsonb, ignored text[], masked text[])
    RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH compared AS (
        SELECT key, coalesce(before -> key, 'null') AS old, coalesce(after -> key, 'null') AS new
        FROM jsonb_object_keys(coalesce(before, '{}') || coalesce(after, '{}')) AS key
        WHERE key <> ALL (ignored)),
    shown AS (
        SELECT key, old, new,
            key = ANY (masked) OR old #>> '{}' LIKE 'sealed:%' OR new #>> '{}' LIKE 'sealed:%'
                AS is_secret
        FROM compared WHERE old IS DISTINCT FROM new)
    SELECT jsonb_object_agg(key, jsonb_build_object(
        'old', CASE WHEN is_secret AND old <> 'null' THEN '"(secret)"' ELSE old END,
        'new', CASE WHEN is_secret AND new <> 'null' THEN '"(secret)"' ELSE new END))
    FROM shown
$$;

-- Arguments: the event, the column that names the row, ignored columns, masked columns.
CREATE FUNCTION hub.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before  jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after   jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    subject jsonb := coalesce(after, before);
    change  jsonb := hub.row_changes(before, after, TG_ARGV[2]::text[], TG_ARGV[3]::text[]);
BEGIN
    IF change IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO hub.audit_events
        (event, reason, space_id, client_id, grant_id, backlog_user_id, change)
    VALUES (TG_ARGV[0], subject ->> TG_ARGV[1],
        CASE TG_TABLE_NAME WHEN 'spaces' THEN subject ->> 'id'
                           ELSE subject ->> 'space_id' END::uuid,
        CASE TG_TABLE_NAME WHEN 'clients' THEN subject ->> 'id'
                           WHEN 'grants' THEN subject ->> 'client_id' END::uuid,
        CASE TG_TABLE_NAME WHEN 'grants' THEN subject ->> 'id' END::uuid,
        CASE TG_TABLE_NAME WHEN 'grants' THEN (subject ->> 'backlog_user_id')::bigint END,
        change);
    RETURN NULL;
END $$;

-- A secret is sealed anew at each start and by each change of keys, so it does not count here;
-- that an operator sets one is an event of its own.
CREATE TRIGGER spaces_audit AFTER INSERT OR UPDATE OR DELETE ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.audit_change('space_changed', 'slug',
        '{oauth_client_secret,secret_base_url,created_at,updated_at}', '{}');

-- Only operators' clients: others change their own registrations, and strangers can add any number.
CREATE TRIGGER clients_audit_made AFTER INSERT ON hub.clients
    FOR EACH ROW WHEN (NEW.origin = 'operator')
    EXECUTE FUNCTION hub.audit_change('client_changed', 'client_name',
        '{metadata_digest,created_at,last_used_at}',
        '{client_secret_hash,registration_token_hash}');
CREATE TRIGGER clients_audit_changed AFTER UPDATE ON hub.clients
    FOR EACH ROW WHEN (OLD.origin = 'operator' OR NEW.origin = 'operator')
    EXECUTE FUNCTION hub.audit_change('client_changed', 'client_name',
        '{metadata_digest,created_at,last_used_at}',
        '{client_secret_hash,registration_token_hash}');
CREATE TRIGGER clients_audit_gone AFTER DELETE ON hub.clients
    FOR EACH ROW WHEN (OLD.origin = 'operator')
    EXECUTE FUNCTION hub.audit_change('client_changed', 'client_name',
        '{metadata_digest,created_at,last_used_at}',
        '{client_secret_hash,registration_token_hash}');
CREATE TRIGGER audit_floor_audit AFTER INSERT OR UPDATE OR DELETE ON hub.audit_floor
    FOR EACH ROW EXECUTE FUNCTION hub.audit_change('audit_floor_changed', 'is_only', '{}', '{}');

-- The hub never changes these columns of a grant once it is made.
CREATE TRIGGER grants_audit_changed
    AFTER UPDATE OF space_id, client_id, backlog_user_id, scopes, issuer, resource ON hub.grants
    FOR EACH ROW WHEN (
        (OLD.space_id, OLD.client_id, OLD.backlog_user_id, OLD.scopes, OLD.issuer, OLD.resource)
        IS DISTINCT FROM
        (NEW.space_id, NEW.client_id, NEW.backlog_user_id, NEW.scopes, NEW.issuer, NEW.resource))
    EXECUTE FUNCTION hub.audit_change('grant_changed', 'issuer',
        '{backlog_access_token,backlog_refresh_token,backlog_expires_at,generation,
          renewing_until,last_used_at,created_at,revoked_at,revoked_reason}',
        '{backlog_user_id,backlog_user_name}');

-- 3. The chain. It leaves out events that name a user, because they can be erased, and calls,
-- because they are many and expire by the month.

-- The newest event, and the newest one that has expired: from there on none may be missing.
CREATE TABLE hub.audit_chain (
    is_only        boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    last_number    bigint NOT NULL,
    last_hash      hub.digest NOT NULL,
    expired_number bigint NOT NULL,
    expired_hash   hub.digest NOT NULL,
    -- Events up to this id are older than the chain.
    after_id       bigint NOT NULL
);
INSERT INTO hub.audit_chain
    (last_number, last_hash, expired_number, expired_hash, after_id)
SELECT 0, sha256(''), 0, sha256(''), coalesce(max(id), 0) FROM hub.audit_events;

-- The hashed text has the same form on every server, independent of its settings.
CREATE FUNCTION hub.audit_hash(event hub.audit_events) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(event.prev_hash || convert_to(jsonb_build_array(
        event.chain_number, event.id, extract(epoch FROM event.at)::text, event.event,
        event.reason, event.space_id, event.client_id, event.database_role,
        event.change)::text, 'UTF8'))
$$;

CREATE FUNCTION hub.is_chained(event text, grant_id uuid, backlog_user_id bigint)
    RETURNS boolean
    -- Without a search path of its own, so that it is part of the statement that uses it.
    LANGUAGE sql IMMUTABLE AS $$
    SELECT grant_id IS NULL AND backlog_user_id IS NULL
        AND event NOT IN ('tool_called', 'token_refreshed', 'security_event')
$$;

-- Runs when the transaction commits: operators do not wait for one that has yet to.
CREATE FUNCTION hub.chain_audit_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head hub.audit_chain;
    link hub.audit_events;
BEGIN
    SELECT * INTO head FROM hub.audit_chain FOR UPDATE;
    SELECT * INTO link FROM hub.audit_events AS e WHERE e.id = NEW.id AND e.at = NEW.at;
    IF link.id IS NULL OR link.chain_number IS NOT NULL THEN
        RETURN NULL;
    END IF;
    link.chain_number := head.last_number + 1;
    link.prev_hash := head.last_hash;
    link.hash := hub.audit_hash(link);
    UPDATE hub.audit_events AS e
    SET chain_number = link.chain_number, prev_hash = link.prev_hash, hash = link.hash
    WHERE e.id = link.id AND e.at = link.at;
    UPDATE hub.audit_chain SET last_number = link.chain_number, last_hash = link.hash;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_events_chained AFTER INSERT ON hub.audit_events
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (hub.is_chained(NEW.event, NEW.grant_id, NEW.backlog_user_id))
    EXECUTE FUNCTION hub.chain_audit_event();

-- Remembers the newest event of the chain that expires.
CREATE FUNCTION hub.note_expired(number bigint, hash bytea) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE hub.audit_chain SET expired_number = number, expired_hash = hash
    WHERE number > expired_number
$$;

-- Drops the months that ended more than `keep` ago, and removes older rows, a thousand at
-- a time, from the partition that takes what no month does. Runs with the owner's right.
CREATE OR REPLACE FUNCTION hub.expire_audit(keep interval, OUT months bigint, OUT events bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '2s' AS $$
DECLARE
    month  text;
    before timestamptz := hub.audit_kept_since(keep);
    number bigint;
    hash   bytea;
BEGIN
    months := 0;
    FOR month IN SELECT past FROM hub.audit_months_past(before) AS past LOOP
        -- The table before the chain, as every writer has it: none waits for the other.
        LOCK TABLE hub.audit_events IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('SELECT m.chain_number, m.hash FROM hub.%I AS m
                        WHERE m.chain_number IS NOT NULL ORDER BY m.chain_number DESC LIMIT 1',
                       month) INTO number, hash;
        PERFORM hub.note_expired(number, hash);
        EXECUTE format('DROP TABLE hub.%I', month);
        months := months + 1;
    END LOOP;
    WITH gone AS (
        DELETE FROM hub.audit_events_rest
        WHERE (id, at) IN (SELECT r.id, r.at FROM hub.audit_events_rest AS r
                           WHERE r.at <= before ORDER BY r.chain_number NULLS FIRST LIMIT 1000)
        RETURNING audit_events_rest.chain_number, audit_events_rest.hash)
    SELECT count(*), max(gone.chain_number),
           (array_agg(gone.hash ORDER BY gone.chain_number DESC NULLS LAST))[1]
    INTO events, number, hash FROM gone;
    PERFORM hub.note_expired(number, hash);
END $$;

-- Checks the chain. `problem` is null if it is whole. If the number and hash of an event were
-- noted elsewhere, that event must still have this hash: even the owner of the tables cannot
-- replace the chain unnoticed then.
CREATE FUNCTION admin.verify_audit(
    noted_number bigint DEFAULT NULL, noted_hash text DEFAULT NULL,
    OUT events bigint, OUT last_number bigint, OUT last_hash text, OUT problem text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    head   hub.audit_chain;
    link   hub.audit_events;
    number bigint;
    hash   bytea;
    noted  text;
    added  bigint;
BEGIN
    SELECT * INTO head FROM hub.audit_chain;
    number := head.expired_number;
    hash := head.expired_hash;
    noted := CASE WHEN number = noted_number THEN encode(hash, 'hex') END;
    events := 0;
    last_number := head.last_number;
    last_hash := encode(head.last_hash, 'hex');
    FOR link IN SELECT * FROM hub.audit_events AS e WHERE e.chain_number IS NOT NULL
                ORDER BY e.chain_number LOOP
        problem := CASE
            WHEN link.hash <> hub.audit_hash(link)
                THEN format('event %s was changed', link.chain_number)
            -- Some of those that expired may still be there.
            WHEN link.chain_number <= head.expired_number THEN NULL
            WHEN link.chain_number = number THEN format('event %s is there twice', number)
            WHEN link.chain_number > number + 1 THEN format('event %s is missing', number + 1)
            WHEN link.prev_hash <> hash
                THEN format('event %s was changed', link.chain_number) END;
        EXIT WHEN problem IS NOT NULL;
        events := events + 1;
        CONTINUE WHEN link.chain_number <= head.expired_number;
        number := link.chain_number;
        hash := link.hash;
        noted := CASE WHEN number = noted_number THEN encode(hash, 'hex') ELSE noted END;
    END LOOP;
    IF problem IS NULL AND (number, hash) IS DISTINCT FROM (head.last_number, head.last_hash::bytea)
    THEN
        problem := format('event %s is missing', number + 1);
    END IF;
    SELECT min(e.id) INTO added FROM hub.audit_events AS e
    WHERE e.chain_number IS NULL AND e.id > head.after_id
      AND hub.is_chained(e.event, e.grant_id, e.backlog_user_id)
      -- Erasure takes the user out of other events, which never were in the chain.
      AND e.event ~ '^(space|client|audit|user|account_endings)_';
    problem := coalesce(problem, CASE
        WHEN added IS NOT NULL THEN format('the event with the id %s is not in the chain', added)
        WHEN noted_number > head.last_number OR noted <> lower(noted_hash)
            THEN format('event %s is not the one that was noted', noted_number)
        WHEN noted_number < head.expired_number
            THEN format('event %s has expired, so it cannot be compared', noted_number) END);
END $$;

-- Changes with their old and new values, and their place in the chain.
CREATE VIEW admin.changes AS
SELECT events.id, at, event, reason, spaces.slug AS space, clients.client_id, database_role,
    change, chain_number, encode(hash, 'hex') AS hash
FROM hub.audit_events AS events LEFT JOIN hub.spaces ON spaces.id = events.space_id
LEFT JOIN hub.clients ON clients.id = events.client_id
WHERE chain_number IS NOT NULL OR change IS NOT NULL;

-- 4. Refused requests: a row for a kind, and a network if networks are kept, in a minute.
CREATE FUNCTION hub.note_security_events(
    kinds text[], networks inet[], occurrences integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF cardinality(kinds) > 100
        OR EXISTS (SELECT FROM unnest(kinds) AS kind WHERE kind !~ '^[a-z_]{1,40}$') THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'security events are at most 100 at once, by names of small letters';
    END IF;
    INSERT INTO hub.audit_events (event, reason, network, occurrences)
    SELECT 'security_event', noted.kind, noted.network, noted.occurrences
    FROM unnest(kinds, networks, occurrences) AS noted (kind, network, occurrences);
END $$;

CREATE VIEW admin.security_events AS
SELECT id, at, reason AS kind, network, occurrences, database_role
FROM hub.audit_events WHERE event = 'security_event';

INSERT INTO hub.privileges VALUES
    ('hub_service', 'EXECUTE ON FUNCTION hub.note_security_events(text[], inet[], integer[])');
SELECT hub.grant_privileges();
