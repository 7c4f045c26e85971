-- Which clients users may sign in to a space with, and from which networks clients may use it. It
-- only adds: a replica of the previous release allows every client and every network.

ALTER TABLE hub.spaces
    ADD COLUMN client_policy    text NOT NULL DEFAULT 'open'
        CHECK (client_policy IN ('open', 'listed', 'registered')),
    -- The hosts of clients that 'listed' allows in addition to the well-known assistants.
    ADD COLUMN client_hosts     text[] NOT NULL DEFAULT '{}',
    -- Null is no limit.
    ADD COLUMN allowed_networks cidr[];

-- Normalizes the hosts, and rejects what is no host or network, whoever writes it.
CREATE FUNCTION hub.check_client_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    label constant text := '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
    wrong text;
BEGIN
    NEW.client_hosts := ARRAY(
        SELECT DISTINCT regexp_replace(lower(btrim(host)), ':443$', '') COLLATE "C"
        FROM unnest(coalesce(NEW.client_hosts, '{}')) AS host ORDER BY 1);
    SELECT coalesce(host, '') INTO wrong FROM unnest(NEW.client_hosts) AS host
    WHERE host IS NULL OR length(host) > 255
        OR host !~ format('^(\*\.%1$s\.)?%1$s(\.%1$s)*(:[1-9][0-9]{0,4})?$', label)
        OR substring(host FROM ':([0-9]{1,5})$')::integer > 65535 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('%L is not a host', wrong),
            HINT = 'Expected chat.example.com, *.example.com for the hosts below it, or '
                || 'chat.example.com:8443; a name with other letters as xn--….';
    END IF;
    IF cardinality(NEW.client_hosts) > 1000 OR cardinality(NEW.allowed_networks) > 1000 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'a list has more than 1,000 entries',
            HINT = 'Combine entries: *.example.com, 203.0.113.0/24.';
    END IF;
    IF cardinality(NEW.allowed_networks) = 0
        OR array_position(NEW.allowed_networks, NULL) IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the list of networks is empty, or an entry is',
            HINT = 'Name at least one network; ''{all}'' lifts the limit.';
    END IF;
    SELECT network::text INTO wrong FROM unnest(NEW.allowed_networks) AS network
    WHERE network <<= '::ffff:0.0.0.0/96' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('%L is an IPv4 network in the form of IPv6', wrong),
            HINT = 'Write it as IPv4, such as 203.0.113.0/24.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spaces_client_policy BEFORE INSERT OR UPDATE OF client_hosts, allowed_networks
    ON hub.spaces FOR EACH ROW EXECUTE FUNCTION hub.check_client_policy();

-- Null keeps what is there; '{}' removes all hosts.
CREATE FUNCTION admin.set_client_policy(
    slug text, policy text DEFAULT NULL, hosts text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space   uuid;
    changed text := array_to_string(ARRAY[
        CASE WHEN policy IS NOT NULL THEN 'client_policy' END,
        CASE WHEN hosts IS NOT NULL THEN 'client_hosts' END], ', ');
BEGIN
    IF changed = '' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'nothing to change',
            HINT = 'Name what changes, such as policy => ''listed''.';
    END IF;
    IF policy NOT IN ('open', 'listed', 'registered') THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('unknown client policy %L', policy),
            HINT = 'Available: open, listed, registered.';
    END IF;
    space := hub.lock_space(set_client_policy.slug);
    UPDATE hub.spaces SET
        client_policy = coalesce(set_client_policy.policy, client_policy),
        client_hosts = coalesce(set_client_policy.hosts, client_hosts),
        updated_at = clock_timestamp()
    WHERE id = space;
    PERFORM hub.audit_admin('space_updated', set_client_policy.slug || ': ' || changed, space);
END $$;

-- '{all}' lifts the limit.
CREATE FUNCTION admin.allow_networks(slug text, networks text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space   uuid;
    one     text;
    allowed cidr[];
BEGIN
    IF networks IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the list of networks is missing',
            HINT = 'Name at least one network; ''{all}'' lifts the limit.';
    END IF;
    IF networks <> '{all}' THEN
        allowed := '{}';
        FOREACH one IN ARRAY networks LOOP
            BEGIN
                allowed := allowed || one::cidr;
            EXCEPTION WHEN invalid_text_representation THEN
                RAISE EXCEPTION USING ERRCODE = '22023',
                    MESSAGE = format('%L is not a network', one),
                    HINT = 'Expected an address, or a network such as 203.0.113.0/24 or '
                        || '2001:db8::/32, with zeros after its prefix.';
            END;
        END LOOP;
    END IF;
    space := hub.lock_space(allow_networks.slug);
    UPDATE hub.spaces SET allowed_networks = allowed, updated_at = clock_timestamp()
    WHERE id = space;
    PERFORM hub.audit_admin('space_updated', allow_networks.slug || ': allowed_networks', space);
END $$;

CREATE OR REPLACE VIEW admin.spaces AS
SELECT spaces.id, slug, name, base_url, oauth_client_id,
    CASE WHEN given.problem IS NOT NULL THEN 'refused' WHEN given.space_id IS NOT NULL THEN 'waiting'
         WHEN oauth_client_secret IS NULL THEN 'missing' ELSE 'sealed' END AS secret,
    given.problem AS secret_problem, hostnames, is_default, from_environment, read_only, toolsets,
    allowed_projects::text[] AS allowed_projects, disabled_at IS NULL AS enabled, disabled_at, live.grants AS live_grants, live.people,
    created_at, updated_at, redirect_uri, listed, tools, exclude_tools, client_policy, client_hosts,
    allowed_networks::text[] AS allowed_networks
FROM hub.spaces LEFT JOIN hub.given_secrets AS given ON given.space_id = spaces.id
CROSS JOIN LATERAL (
    SELECT count(*) AS grants, count(DISTINCT backlog_user_id) AS people
    FROM hub.grants WHERE grants.space_id = spaces.id AND revoked_at IS NULL) AS live;

-- Where the code of the grant went: the policy judges the grant by it. Null for a grant that a
-- replica of the previous release made, which is judged by all that its client has registered.
ALTER TABLE hub.grants ADD COLUMN redirect_uri text;

-- A change of it is audited like that of the client.
DROP TRIGGER grants_audit_changed ON hub.grants;
CREATE TRIGGER grants_audit_changed
    AFTER UPDATE OF space_id, client_id, backlog_user_id, scopes, levels, issuer, resource,
        redirect_uri
    ON hub.grants
    FOR EACH ROW WHEN (
        (OLD.space_id, OLD.client_id, OLD.backlog_user_id, OLD.scopes, OLD.levels, OLD.issuer,
         OLD.resource, OLD.redirect_uri)
        IS DISTINCT FROM
        (NEW.space_id, NEW.client_id, NEW.backlog_user_id, NEW.scopes, NEW.levels, NEW.issuer,
         NEW.resource, NEW.redirect_uri))
    EXECUTE FUNCTION hub.audit_change('grant_changed', 'issuer',
        '{backlog_access_token,backlog_refresh_token,backlog_expires_at,generation,
          renewing_until,last_used_at,created_at,revoked_at,revoked_reason}',
        '{backlog_user_id,backlog_user_name}');

-- A client can change its own redirect URIs. A grant that knows none is judged by all that its
-- client has; when one of them goes, where the code of the grant went cannot be known any more.
CREATE FUNCTION hub.keep_redirect_uris() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE hub.grants SET redirect_uri = 'https://unknown.invalid/'
    WHERE client_id = OLD.id AND redirect_uri IS NULL AND revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER clients_keep_redirect_uris AFTER UPDATE OF redirect_uris ON hub.clients
    FOR EACH ROW WHEN (NOT NEW.redirect_uris @> OLD.redirect_uris)
    EXECUTE FUNCTION hub.keep_redirect_uris();

-- Everything that is stored of a user in a space, but for secrets: one row for the account and
-- per grant and event, oldest first.
CREATE OR REPLACE FUNCTION admin.export_user(space text, backlog_user_id bigint)
    RETURNS TABLE (kind text, at timestamptz, data jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    the_space uuid := hub.space_named(space);
    person    bigint := export_user.backlog_user_id;
BEGIN
    RETURN QUERY
    SELECT 'account', a.created_at, jsonb_strip_nulls(jsonb_build_object(
               'backlog_user_id', a.backlog_user_id, 'state', CASE WHEN a.ended_at IS NOT NULL THEN 'ended'
                   WHEN a.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END,
               'created_at', a.created_at, 'signed_in_at', a.signed_in_at,
               'renewed_at', a.renewed_at, 'backlog_expires_at', a.backlog_expires_at,
               'doubt_reason', a.doubt_reason, 'doubt_since', a.doubt_since,
               'ended_at', a.ended_at, 'ended_reason', a.ended_reason))
    FROM hub.accounts AS a
    WHERE a.space_id = the_space AND a.backlog_user_id = person
    UNION ALL
    SELECT 'grant', g.created_at, jsonb_build_object(
               'grant_id', g.id, 'client_id', c.client_id, 'client_name', c.client_name,
               'backlog_user_id', g.backlog_user_id,
               'backlog_user_name', g.backlog_user_name,
               'scopes', to_jsonb(hub.with_levels(g.scopes, g.levels)),
               'issuer', g.issuer, 'resource', g.resource, 'redirect_uri', g.redirect_uri,
               'created_at', g.created_at,
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

SELECT hub.grant_privileges();
