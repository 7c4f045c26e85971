-- The operator's interface: the schema `admin`, and the roles that need no table of their own.
--
-- A function checks what it is given, changes `hub`, and writes the audit trail; the triggers
-- of V1 tell every replica. Functions run with the owner's rights and a fixed search path,
-- so `hub_admin` needs the schema `admin` only.

-- The space that the environment describes; which space is the default one is the operator's.
ALTER TABLE hub.spaces ADD COLUMN from_environment boolean NOT NULL DEFAULT false;
UPDATE hub.spaces SET from_environment = is_default;
CREATE UNIQUE INDEX spaces_one_from_environment
    ON hub.spaces (from_environment) WHERE from_environment;

-- A space waits for its secret until a replica has sealed what was given. A replica of before
-- this migration cannot read such a row; it takes a moment until there is none.
ALTER TABLE hub.spaces ALTER COLUMN oauth_client_secret DROP NOT NULL;

-- Secrets as an operator gave them, plain or sealed for the site, for the moment until a
-- replica seals them for their row. No CHECK looks at `value`: its error would show it.
CREATE TABLE hub.given_secrets (
    space_id uuid PRIMARY KEY REFERENCES hub.spaces ON DELETE CASCADE,
    -- Says which secret somebody speaks of, should another one be given meanwhile.
    version  bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    value    text NOT NULL,
    -- Why no replica could seal it yet.
    problem  text,
    given_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);

CREATE FUNCTION hub.notify_given_secret() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hub_changes', 'secret:' || NEW.space_id);
    RETURN NULL;
END $$;
CREATE TRIGGER given_secrets_given AFTER INSERT ON hub.given_secrets
    FOR EACH ROW EXECUTE FUNCTION hub.notify_given_secret();

-- What is sealed in the row takes the place of what waits, whoever wrote it.
CREATE FUNCTION hub.drop_given_secret() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hub.given_secrets WHERE space_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER spaces_secret_sealed AFTER UPDATE OF oauth_client_secret ON hub.spaces
    FOR EACH ROW WHEN (NEW.oauth_client_secret IS NOT NULL)
    EXECUTE FUNCTION hub.drop_given_secret();

-- A UUID version 7 (RFC 9562 §5.7), like those the service makes.
CREATE FUNCTION hub.uuid_v7() RETURNS uuid
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- The origin that a domain stands for, as the service reads it, but for names that are not
-- plain ASCII and addresses in unusual forms: those are refused here.
CREATE FUNCTION hub.base_url(domain text) RETURNS text
    LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    given   text := lower(btrim(domain, E' \t\r\n') COLLATE "C");
    scheme  text := 'https';
    octet   text := '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
    label   text := '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
    parts   text[];
    address boolean;
BEGIN
    IF strpos(given, '://') > 0 THEN
        scheme := split_part(given, '://', 1);
        given := substr(given, length(scheme) + 4);
    END IF;
    given := regexp_replace(given, '/$', '');
    IF given ~ '[/?#@]' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the domain must be a bare host: no path, query, fragment or user name',
            HINT = 'It looks like acme.backlog.com.';
    END IF;
    parts := regexp_match(given, '^(\[::1\]|[a-z0-9._-]+)(:[0-9]{1,5})?$');
    address := parts[1] ~ ('^' || octet || '(\.' || octet || '){3}$');
    IF parts IS NULL OR length(parts[1]) > 253
        OR coalesce(substr(parts[2], 2)::integer, 1) NOT BETWEEN 1 AND 65535
        OR NOT (parts[1] = '[::1]' OR address
            OR parts[1] ~ ('^' || label || '(\.' || label || ')*$')
                AND parts[1] !~ '(^|\.)([0-9]+|0x[0-9a-f]*)$' AND parts[1] !~ '(^|\.)xn--')
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the domain is not a host name',
            HINT = 'It looks like acme.backlog.com.';
    END IF;
    IF scheme NOT IN ('https', 'http') OR (scheme = 'http'
        AND parts[1] NOT IN ('localhost', '[::1]') AND NOT (address AND parts[1] ~ '^127\.'))
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the domain must be https; http is for loopback hosts only',
            HINT = 'Leave the scheme out.';
    END IF;
    RETURN scheme || '://' || parts[1] || CASE
        WHEN substr(parts[2], 2)::integer = CASE scheme WHEN 'https' THEN 443 ELSE 80 END THEN ''
        ELSE coalesce(':' || substr(parts[2], 2)::integer, '') END;
END $$;

CREATE FUNCTION hub.checked_hostnames(hostnames text[]) RETURNS text[]
    LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hostname text;
    checked  text[] := '{}';
BEGIN
    FOREACH hostname IN ARRAY hostnames LOOP
        hostname := lower(btrim(hostname) COLLATE "C");
        IF hostname IS NULL OR hostname !~ '^[a-z0-9.-]+(:[0-9]+)?$' OR hostname = ANY (checked) THEN
            RAISE EXCEPTION USING ERRCODE = '22023',
                MESSAGE = format('the host name %L is not one, or appears twice', hostname),
                HINT = 'It looks like mcp.acme.example: no scheme and no path.';
        END IF;
        checked := checked || hostname;
    END LOOP;
    RETURN checked;
END $$;

-- The toolsets of the service.
CREATE FUNCTION hub.known_toolsets() RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY['space', 'project', 'issue', 'wiki', 'git', 'document', 'notifications']
$$;

-- What the column holds: null, which is no limit, for null and for '{all}'.
CREATE FUNCTION hub.checked_toolsets(toolsets text[]) RETURNS text[]
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF toolsets IS NULL OR toolsets = '{all}' THEN
        RETURN NULL;
    END IF;
    IF cardinality(toolsets) = 0 OR NOT toolsets <@ hub.known_toolsets() THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('the toolsets %s are not all known', toolsets),
            HINT = format('Name at least one of %s; ''{all}'' lifts the limit.',
                array_to_string(hub.known_toolsets(), ', '));
    END IF;
    RETURN toolsets;
END $$;

-- The same for the keys of projects.
CREATE FUNCTION hub.checked_projects(allowed_projects text[]) RETURNS text[]
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key text;
BEGIN
    IF allowed_projects IS NULL OR allowed_projects = '{all}' THEN
        RETURN NULL;
    END IF;
    IF cardinality(allowed_projects) = 0 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'no project is named',
            HINT = 'Name at least one; ''{all}'' lifts the limit.';
    END IF;
    FOREACH key IN ARRAY allowed_projects LOOP
        IF key IS NULL OR (key COLLATE "C") !~ '^[A-Z0-9_]{1,64}$' THEN
            RAISE EXCEPTION USING ERRCODE = '22023',
                MESSAGE = format('%L is not the key of a project', key),
                HINT = 'It is what issue keys begin with, in capitals: HARBOR of HARBOR-1.';
        END IF;
    END LOOP;
    RETURN allowed_projects;
END $$;

-- Keeps a secret for the replica that hears of it first. The caller has locked the space.
CREATE FUNCTION hub.give_secret(space uuid, secret text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- No message repeats the secret.
    IF secret IS NULL OR secret = '' OR length(secret) > 4096 OR secret ~ '[[:space:][:cntrl:]]' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the client secret is empty, too long, or has white space in it',
            HINT = 'Copy it from the application''s page at Backlog.';
    END IF;
    IF secret LIKE 'sealed:%' AND secret !~ '^sealed:v1:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{54,}$' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the client secret begins like a sealed one and is none',
            HINT = 'Copy the whole line that `backlog-mcp-hub seal` printed.';
    END IF;
    DELETE FROM hub.given_secrets WHERE space_id = space;
    INSERT INTO hub.given_secrets (space_id, value) VALUES (space, secret);
END $$;

-- Locks a space against other operators, not against sign-ins, and returns its id.
CREATE FUNCTION hub.lock_space(slug text) RETURNS uuid
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT id INTO found_id FROM hub.spaces WHERE spaces.slug = lock_space.slug
    FOR NO KEY UPDATE;
    IF found_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'P0002',
            MESSAGE = format('there is no space %L', lock_space.slug),
            HINT = 'SELECT slug FROM admin.spaces shows those there are.';
    END IF;
    RETURN found_id;
END $$;

-- Tells which names were taken, for the functions that write hub.spaces.
CREATE FUNCTION hub.refuse_duplicate(constraint_name text, slug text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE constraint_name
        WHEN 'spaces_slug_key' THEN
            RAISE EXCEPTION USING ERRCODE = '23505',
                MESSAGE = format('there is a space %L already', slug),
                HINT = 'Choose another slug, or use admin.update_space.';
        WHEN 'space_hostnames_pkey' THEN
            RAISE EXCEPTION USING ERRCODE = '23505',
                MESSAGE = 'one of the host names is another space''s',
                HINT = 'SELECT slug, hostnames FROM admin.spaces shows whose.';
        ELSE
            RAISE EXCEPTION USING ERRCODE = '23505',
                MESSAGE = format('the rule %s does not allow it', constraint_name),
                HINT = 'Somebody else may be changing the same; try again.';
    END CASE;
END $$;

CREATE FUNCTION hub.audit_admin(event text, reason text, space uuid, client uuid DEFAULT NULL)
    RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO hub.audit_events (event, reason, space_id, client_id)
    VALUES (event, reason, space, client)
$$;

-- Ends grants, with the Backlog tokens behind them; how many were live.
CREATE FUNCTION hub.revoke_grants(ids uuid[], reason text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended bigint;
BEGIN
    UPDATE hub.grants
    SET revoked_at = clock_timestamp(), revoked_reason = reason, renewing_until = NULL,
        backlog_access_token = NULL, backlog_refresh_token = NULL, backlog_expires_at = NULL
    WHERE id = ANY (ids) AND revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;

CREATE SCHEMA admin;

CREATE FUNCTION admin.create_space(
    slug text, domain text, oauth_client_id text, oauth_client_secret text,
    name text DEFAULT NULL, hostnames text[] DEFAULT '{}', is_default boolean DEFAULT false,
    read_only boolean DEFAULT false, toolsets text[] DEFAULT NULL,
    allowed_projects text[] DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id   uuid := hub.uuid_v7();
    base_url text := hub.base_url(coalesce(create_space.domain, ''));
    rule     text;
BEGIN
    IF create_space.slug IS NULL OR create_space.slug !~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('the slug %L is not one', create_space.slug),
            HINT = 'It is part of URLs: up to 63 small letters, digits and hyphens, such as acme.';
    END IF;
    IF coalesce(btrim(create_space.oauth_client_id), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the client ID is empty',
            HINT = 'It is that of the application registered at Backlog.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hub.spaces.is_default'));
    IF create_space.is_default THEN
        UPDATE hub.spaces SET is_default = false WHERE spaces.is_default;
    END IF;
    BEGIN
        INSERT INTO hub.spaces
            (id, slug, name, base_url, oauth_client_id, hostnames, is_default, read_only, toolsets,
             allowed_projects)
        VALUES (new_id, create_space.slug,
            coalesce(nullif(btrim(create_space.name), ''), split_part(base_url, '://', 2)),
            base_url, btrim(create_space.oauth_client_id),
            hub.checked_hostnames(coalesce(create_space.hostnames, '{}')),
            coalesce(create_space.is_default, false), coalesce(create_space.read_only, false),
            hub.checked_toolsets(create_space.toolsets),
            hub.checked_projects(create_space.allowed_projects));
    EXCEPTION WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        PERFORM hub.refuse_duplicate(rule, create_space.slug);
    END;
    PERFORM hub.give_secret(new_id, create_space.oauth_client_secret);
    PERFORM hub.audit_admin('space_created', create_space.slug, new_id);
    RETURN new_id;
END $$;

-- What is null stays as it is.
CREATE FUNCTION admin.update_space(
    slug text, domain text DEFAULT NULL, oauth_client_id text DEFAULT NULL,
    oauth_client_secret text DEFAULT NULL, name text DEFAULT NULL, hostnames text[] DEFAULT NULL,
    is_default boolean DEFAULT NULL, read_only boolean DEFAULT NULL,
    toolsets text[] DEFAULT NULL, allowed_projects text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space   uuid;
    site    text;
    rule    text;
    changed text := array_to_string(ARRAY[
        CASE WHEN domain IS NOT NULL THEN 'domain' END,
        CASE WHEN oauth_client_id IS NOT NULL THEN 'oauth_client_id' END,
        CASE WHEN oauth_client_secret IS NOT NULL THEN 'oauth_client_secret' END,
        CASE WHEN name IS NOT NULL THEN 'name' END,
        CASE WHEN hostnames IS NOT NULL THEN 'hostnames' END,
        CASE WHEN is_default IS NOT NULL THEN 'is_default' END,
        CASE WHEN read_only IS NOT NULL THEN 'read_only' END,
        CASE WHEN toolsets IS NOT NULL THEN 'toolsets' END,
        CASE WHEN allowed_projects IS NOT NULL THEN 'allowed_projects' END], ', ');
BEGIN
    IF changed = '' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'nothing to change',
            HINT = 'Name what changes, such as name => ''Acme''.';
    END IF;
    IF btrim(update_space.oauth_client_id) = '' OR btrim(update_space.name) = '' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'a client ID and a name cannot be empty',
            HINT = 'Leave out what stays as it is.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hub.spaces.is_default'));
    space := hub.lock_space(update_space.slug);
    SELECT base_url INTO site FROM hub.spaces WHERE id = space;
    IF hub.base_url(update_space.domain) <> site THEN
        IF update_space.oauth_client_secret IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '55000',
                MESSAGE = 'another domain needs its client secret with it',
                HINT = 'A stored secret is for one site only: add oauth_client_secret => ….';
        END IF;
        site := hub.base_url(update_space.domain);
    END IF;
    IF update_space.is_default THEN
        UPDATE hub.spaces SET is_default = false WHERE spaces.is_default AND id <> space;
    END IF;
    BEGIN
        UPDATE hub.spaces SET
            base_url = site,
            oauth_client_id = coalesce(btrim(update_space.oauth_client_id), spaces.oauth_client_id),
            name = coalesce(btrim(update_space.name), spaces.name),
            hostnames = coalesce(hub.checked_hostnames(update_space.hostnames), spaces.hostnames),
            is_default = coalesce(update_space.is_default, spaces.is_default),
            read_only = coalesce(update_space.read_only, spaces.read_only),
            toolsets = CASE WHEN update_space.toolsets IS NULL THEN spaces.toolsets
                            ELSE hub.checked_toolsets(update_space.toolsets) END,
            allowed_projects = CASE
                WHEN update_space.allowed_projects IS NULL THEN spaces.allowed_projects
                ELSE hub.checked_projects(update_space.allowed_projects) END,
            updated_at = clock_timestamp()
        WHERE id = space;
    EXCEPTION WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        PERFORM hub.refuse_duplicate(rule, update_space.slug);
    END;
    IF update_space.oauth_client_secret IS NOT NULL THEN
        PERFORM hub.give_secret(space, update_space.oauth_client_secret);
    END IF;
    PERFORM hub.audit_admin('space_updated', update_space.slug || ': ' || changed, space);
END $$;

CREATE FUNCTION admin.set_space_secret(slug text, oauth_client_secret text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid := hub.lock_space(slug);
BEGIN
    PERFORM hub.give_secret(space, oauth_client_secret);
    PERFORM hub.audit_admin('space_secret_set', slug, space);
END $$;

CREATE FUNCTION admin.disable_space(slug text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid := hub.lock_space(slug);
BEGIN
    UPDATE hub.spaces SET disabled_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = space AND disabled_at IS NULL;
    IF FOUND THEN
        PERFORM hub.audit_admin('space_disabled', slug, space);
    END IF;
END $$;

CREATE FUNCTION admin.enable_space(slug text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid := hub.lock_space(slug);
BEGIN
    UPDATE hub.spaces SET disabled_at = NULL, updated_at = clock_timestamp()
    WHERE id = space AND disabled_at IS NOT NULL;
    IF FOUND THEN
        PERFORM hub.audit_admin('space_enabled', slug, space);
    END IF;
END $$;

CREATE FUNCTION admin.revoke_space_grants(space text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
    ended  bigint := hub.revoke_grants(
        ARRAY(SELECT id FROM hub.grants WHERE space_id = its_id), 'by_operator');
BEGIN
    PERFORM hub.audit_admin('space_grants_revoked', space, its_id);
    RETURN ended;
END $$;

-- With its clients and grants; how many grants were live.
CREATE FUNCTION admin.delete_space(slug text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid := hub.lock_space(slug);
    ended bigint := hub.revoke_grants(
        ARRAY(SELECT id FROM hub.grants WHERE space_id = space), 'space_deleted');
BEGIN
    DELETE FROM hub.spaces WHERE id = space;
    PERFORM hub.audit_admin('space_deleted', slug, space);
    RETURN ended;
END $$;

-- All live grants of one person in one space; how many there were.
CREATE FUNCTION admin.revoke_user(space text, backlog_user_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
BEGIN
    RETURN hub.revoke_grants(ARRAY(
        SELECT id FROM hub.grants
        WHERE space_id = its_id AND grants.backlog_user_id = revoke_user.backlog_user_id),
        'by_operator');
END $$;

-- False: it had ended before.
CREATE FUNCTION admin.revoke_grant(grant_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hub.grants WHERE id = grant_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'P0002',
            MESSAGE = format('there is no grant %s', grant_id),
            HINT = 'SELECT id FROM admin.grants shows those there are.';
    END IF;
    RETURN hub.revoke_grants(ARRAY[grant_id], 'by_operator') > 0;
END $$;

-- Removes a client and ends its grants; how many were live.
CREATE FUNCTION admin.revoke_client(client_id text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key      uuid;
    of_space uuid;
    ended    bigint;
BEGIN
    SELECT id, space_id INTO key, of_space
    FROM hub.clients WHERE clients.client_id = revoke_client.client_id
    FOR NO KEY UPDATE;
    IF key IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'P0002',
            MESSAGE = format('there is no client %L', revoke_client.client_id),
            HINT = 'SELECT client_id FROM admin.clients shows those there are.';
    END IF;
    ended := hub.revoke_grants(
        ARRAY(SELECT id FROM hub.grants WHERE grants.client_id = key), 'by_operator');
    DELETE FROM hub.clients WHERE id = key;
    PERFORM hub.audit_admin('client_revoked', revoke_client.client_id, of_space, key);
    RETURN ended;
END $$;

-- Registers a client by hand and returns its client_id. A secret comes as its argon2id hash,
-- which `backlog-mcp-hub client secret` prints beside the secret.
CREATE FUNCTION admin.register_client(
    name text, redirect_uris text[], space text DEFAULT NULL,
    token_endpoint_auth_method text DEFAULT 'none', client_secret_hash text DEFAULT NULL,
    jwks jsonb DEFAULT NULL, jwks_uri text DEFAULT NULL,
    scopes text[] DEFAULT '{backlog:read,backlog:write}') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key      uuid := hub.uuid_v7();
    of_space uuid := CASE WHEN space IS NOT NULL THEN hub.lock_space(space) END;
    method   text := token_endpoint_auth_method;
    uri      text;
BEGIN
    IF coalesce(btrim(name), '') = '' OR length(name) > 200 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the name is empty or longer than 200 characters',
            HINT = 'It is what people see on the consent page.';
    END IF;
    IF coalesce(cardinality(redirect_uris), 0) NOT BETWEEN 1 AND 32 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'a client has 1 to 32 redirect URIs',
            HINT = 'redirect_uris => ''{https://app.example.com/callback}''';
    END IF;
    FOREACH uri IN ARRAY redirect_uris LOOP
        IF uri IS NULL OR length(uri) > 2048 OR uri ~ '[\s#\\]' OR uri ~ '[^\x21-\x7e]'
            OR uri !~ '^[A-Za-z][A-Za-z0-9+.-]*:.' OR uri ~ '^[^:]*://[^/?]*@'
            OR uri ~* '^https:' AND uri !~* '^https://[^/?:]'
            OR uri ~* '^http:' AND uri !~* '^http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?([/?]|$)'
            OR uri ~* '^(about|blob|data|file|ftp|javascript|mailto|vbscript|wss?):'
        THEN
            RAISE EXCEPTION USING ERRCODE = '22023',
                MESSAGE = format('the redirect URI %L is not allowed', uri),
                HINT = 'https, http on loopback, or the scheme of an application; no fragment, no user name.';
        END IF;
    END LOOP;
    IF method NOT IN ('none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt')
        OR method IS NULL
        OR (client_secret_hash IS NOT NULL) <> (method LIKE 'client_secret%')
        OR num_nonnulls(jwks, jwks_uri) <> (method = 'private_key_jwt')::integer
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the method of authentication and what it needs do not fit',
            HINT = 'client_secret_post and client_secret_basic need client_secret_hash, private_key_jwt'
            ' one of jwks and jwks_uri, none nothing.';
    END IF;
    IF client_secret_hash NOT LIKE '$argon2id$%' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the client secret is not hashed',
            HINT = '`backlog-mcp-hub client secret` prints a secret and its hash.';
    END IF;
    IF jsonb_typeof(jwks -> 'keys') IS DISTINCT FROM 'array' AND jwks IS NOT NULL
        OR jsonb_path_exists(jwks, '$.keys[*].d') OR jsonb_path_exists(jwks, '$.keys[*].k')
        OR jwks_uri !~ '^https://[^/?:]'
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the keys are not a set of public keys (RFC 7517 §5), or not at an https URL',
            HINT = 'jwks => ''{"keys": […]}'', of public keys only.';
    END IF;
    IF coalesce(cardinality(scopes), 0) = 0 OR NOT scopes <@ '{backlog:read,backlog:write}' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the scopes are not all known',
            HINT = 'backlog:read and backlog:write';
    END IF;
    INSERT INTO hub.clients
        (id, client_id, space_id, origin, client_name, redirect_uris, application_type,
         token_endpoint_auth_method, client_secret_hash, jwks, jwks_uri, scopes, metadata_digest)
    VALUES (key, key::text, of_space, 'operator', btrim(name), redirect_uris,
        CASE WHEN array_to_string(redirect_uris, ' ') ~* '(^| )(?!https:)' THEN 'native' ELSE 'web' END,
        method, client_secret_hash, jwks::text, jwks_uri, scopes,
        sha256(convert_to(key::text, 'UTF8')));
    PERFORM hub.audit_admin('client_registered', btrim(name), of_space, key);
    RETURN key::text;
END $$;

CREATE VIEW admin.spaces AS
SELECT spaces.id, slug, name, base_url, oauth_client_id,
    CASE WHEN given.problem IS NOT NULL THEN 'refused' WHEN given.space_id IS NOT NULL THEN 'waiting'
         WHEN oauth_client_secret IS NULL THEN 'missing' ELSE 'sealed' END AS secret,
    given.problem AS secret_problem, hostnames, is_default, from_environment, read_only, toolsets,
    allowed_projects::text[] AS allowed_projects, disabled_at IS NULL AS enabled, disabled_at, live.grants AS live_grants, live.people,
    created_at, updated_at
FROM hub.spaces LEFT JOIN hub.given_secrets AS given ON given.space_id = spaces.id
CROSS JOIN LATERAL (
    SELECT count(*) AS grants, count(DISTINCT backlog_user_id) AS people
    FROM hub.grants WHERE grants.space_id = spaces.id AND revoked_at IS NULL) AS live;

CREATE VIEW admin.clients AS
SELECT client_id, client_name AS name, origin, spaces.slug AS space, redirect_uris,
    token_endpoint_auth_method, scopes::text[] AS scopes,
    (SELECT count(*) FROM hub.grants
     WHERE grants.client_id = clients.id AND revoked_at IS NULL) AS live_grants,
    clients.created_at, clients.last_used_at
FROM hub.clients LEFT JOIN hub.spaces ON spaces.id = clients.space_id;

CREATE VIEW admin.grants AS
SELECT grants.id, spaces.slug AS space, clients.client_id, clients.client_name,
    backlog_user_id, backlog_user_name, grants.scopes::text[] AS scopes, issuer,
    revoked_at IS NULL AS live, grants.created_at, revoked_at, revoked_reason
FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id
JOIN hub.clients ON clients.id = grants.client_id;

-- Of a space or client that is gone, the event of its end has the name as its reason.
CREATE VIEW admin.audit AS
SELECT events.id, at, event, reason, spaces.slug AS space, clients.client_id, grant_id,
    backlog_user_id, database_role
FROM hub.audit_events AS events LEFT JOIN hub.spaces ON spaces.id = events.space_id
LEFT JOIN hub.clients ON clients.id = events.client_id;

CREATE VIEW admin.stats AS
SELECT
    (SELECT count(*) FROM hub.spaces) AS spaces,
    (SELECT count(*) FROM hub.spaces WHERE disabled_at IS NOT NULL) AS disabled_spaces,
    (SELECT count(*) FROM hub.given_secrets) AS waiting_secrets,
    (SELECT count(*) FROM hub.clients) AS clients,
    (SELECT count(*) FROM hub.grants WHERE revoked_at IS NULL) AS live_grants,
    (SELECT count(*) FROM (SELECT DISTINCT space_id, backlog_user_id
                           FROM hub.grants WHERE revoked_at IS NULL) AS people) AS people,
    (SELECT count(*) FROM hub.authorization_requests
     WHERE finished_at IS NULL AND expires_at > clock_timestamp()) AS sign_ins_under_way,
    (SELECT count(*) FROM hub.access_tokens WHERE expires_at > clock_timestamp()) AS access_tokens,
    (SELECT count(*) FROM hub.refresh_tokens
     WHERE consumed_at IS NULL AND expires_at > clock_timestamp()) AS refresh_tokens,
    pg_database_size(current_database()) AS database_bytes;

-- The service makes partitions ahead of time, and owns none.
ALTER FUNCTION hub.ensure_audit_month(date) SECURITY DEFINER;
ALTER FUNCTION hub.ensure_audit_month(date) SET search_path = pg_catalog, pg_temp;

-- What each role may; a later migration adds rows and calls hub.grant_privileges() again.
CREATE TABLE hub.privileges (
    role text NOT NULL CHECK (role IN ('hub_service', 'hub_admin')),
    what text NOT NULL,
    PRIMARY KEY (role, what)
);
INSERT INTO hub.privileges VALUES
    ('hub_admin', 'USAGE ON SCHEMA admin'),
    ('hub_admin', 'SELECT ON ALL TABLES IN SCHEMA admin'),
    ('hub_admin', 'EXECUTE ON ALL FUNCTIONS IN SCHEMA admin'),
    ('hub_service', 'USAGE ON SCHEMA hub'),
    ('hub_service', 'SELECT, INSERT, UPDATE ON hub.spaces'),
    ('hub_service', 'SELECT, INSERT, DELETE ON hub.space_hostnames'),
    ('hub_service', 'SELECT, DELETE, UPDATE (problem) ON hub.given_secrets'),
    ('hub_service', 'SELECT, INSERT, UPDATE, DELETE ON hub.clients, hub.client_assertions,
        hub.authorization_requests, hub.grants, hub.authorization_codes, hub.refresh_tokens,
        hub.access_tokens, hub.consents'),
    ('hub_service', 'INSERT ON hub.audit_events'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.ensure_audit_month(date)');

-- Grants what the roles may, to those of them that there are. Run by the owner.
CREATE FUNCTION hub.grant_privileges() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one hub.privileges;
BEGIN
    REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hub, admin FROM PUBLIC;
    FOR one IN SELECT * FROM hub.privileges LOOP
        IF to_regrole(one.role) IS NOT NULL THEN
            EXECUTE format('GRANT %s TO %I', one.what, one.role);
        END IF;
    END LOOP;
    -- refinery's table, which is not a migration's.
    IF to_regrole('hub_service') IS NOT NULL
        AND to_regclass('hub.refinery_schema_history') IS NOT NULL THEN
        GRANT SELECT ON hub.refinery_schema_history TO hub_service;
    END IF;
    IF to_regrole('hub_admin') IS NOT NULL THEN
        ALTER DEFAULT PRIVILEGES IN SCHEMA admin GRANT EXECUTE ON FUNCTIONS TO hub_admin;
        ALTER DEFAULT PRIVILEGES IN SCHEMA admin GRANT SELECT ON TABLES TO hub_admin;
    END IF;
END $$;

-- Roles are the cluster's: another database's migration may be making them just now.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['hub_service', 'hub_admin'] LOOP
        IF to_regrole(role) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE NOTICE 'the role % was not made: % may not make roles; see docs/admin.md',
                        role, current_user;
            END;
        END IF;
    END LOOP;
END $$;
SELECT hub.grant_privileges();
