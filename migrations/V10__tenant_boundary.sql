-- The boundary between the spaces of one hub, toward Backlog: a redirect URI for each space, an
-- OAuth application for each site, the sites that may be used, PKCE, and no list of the spaces for
-- strangers. It only adds: a replica of before goes on with the shared redirect URI, which is the
-- default.

-- Where Backlog sends a browser back after a sign-in, as registered with the space's OAuth
-- application: a path below the URL of the hub, or a URL at the space's own host. It is stored when
-- the space is made and stays as it is when a host name is added. The spaces that exist keep the
-- one that all of them share.
ALTER TABLE hub.spaces
    ADD COLUMN redirect_uri text NOT NULL DEFAULT '/callback'
        CONSTRAINT spaces_redirect_uri CHECK (redirect_uri
            ~ '^((/spaces/[a-z0-9-]+)?/callback|https://[a-z0-9.-]+(:[0-9]+)?/callback)$');
CREATE UNIQUE INDEX spaces_own_redirect_uri ON hub.spaces (redirect_uri)
    WHERE redirect_uri <> '/callback';

-- Whether strangers are shown the space where a sign-in has to choose one. New spaces are not
-- listed; those that exist were shown so far, and stay so until an operator says otherwise.
ALTER TABLE hub.spaces ADD COLUMN listed boolean NOT NULL DEFAULT true;
ALTER TABLE hub.spaces ALTER COLUMN listed SET DEFAULT false;

-- The sites that the hub was used with before its settings listed them: they may still be used.
-- Only a migration writes here, so that no operator's login can point a space anywhere else.
CREATE TABLE hub.sites (
    base_url text PRIMARY KEY
);
INSERT INTO hub.sites SELECT DISTINCT base_url FROM hub.spaces;

-- The redirect URI with which the user was sent to Backlog, and the sealed PKCE code verifier
-- (RFC 7636) of the code that comes back. Null where a replica of before approved.
ALTER TABLE hub.authorization_requests
    ADD COLUMN backlog_redirect_uri text,
    ADD COLUMN backlog_verifier hub.sealed;

-- Which spaces a browser has signed in to: only those are shown to it.
CREATE TABLE hub.browser_spaces (
    browser_hash hub.digest NOT NULL,
    space_id     uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (browser_hash, space_id)
);
CREATE INDEX browser_spaces_expiry ON hub.browser_spaces (expires_at);
CREATE INDEX browser_spaces_space ON hub.browser_spaces (space_id);

-- The redirect URI of a space of its own: at its first host name, or below the URL of the hub.
CREATE FUNCTION hub.own_redirect_uri(slug text, hostnames text[]) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN cardinality(hostnames) > 0 THEN 'https://' || hostnames[1]
                ELSE '/spaces/' || slug END || '/callback'
$$;

-- An OAuth application belongs to one site: the hub posts its secret there. With the same
-- application at two sites, one of them could redeem the codes of the other.
CREATE FUNCTION hub.refuse_shared_application(space uuid, site text, oauth_client_id text)
    RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other text;
BEGIN
    SELECT spaces.slug INTO other FROM hub.spaces
    WHERE spaces.oauth_client_id = btrim(refuse_shared_application.oauth_client_id)
        AND spaces.base_url <> site AND spaces.id IS DISTINCT FROM space
    ORDER BY spaces.slug LIMIT 1;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '23505',
            MESSAGE = format('the space %L, at another site, has this client ID', other),
            HINT = 'Register an OAuth application at Backlog for each site.';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION hub.refuse_duplicate(constraint_name text, slug text) RETURNS void
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
        WHEN 'spaces_own_redirect_uri' THEN
            RAISE EXCEPTION USING ERRCODE = '23505',
                MESSAGE = 'another space has the redirect URI that this one would get',
                HINT = 'SELECT slug, redirect_uri FROM admin.spaces shows which. Choose another slug,'
                ' or name another host first.';
        ELSE
            RAISE EXCEPTION USING ERRCODE = '23505',
                MESSAGE = format('the rule %s does not allow it', constraint_name),
                HINT = 'Somebody else may be changing the same; try again.';
    END CASE;
END $$;

-- A function with one more argument beside the old one would make every call ambiguous.
DROP FUNCTION admin.create_space(
    text, text, text, text, text, text[], boolean, boolean, text[], text[]);
DROP FUNCTION admin.update_space(
    text, text, text, text, text, text[], boolean, boolean, text[], text[]);

CREATE FUNCTION admin.create_space(
    slug text, domain text, oauth_client_id text, oauth_client_secret text,
    name text DEFAULT NULL, hostnames text[] DEFAULT '{}', is_default boolean DEFAULT false,
    read_only boolean DEFAULT false, toolsets text[] DEFAULT NULL,
    allowed_projects text[] DEFAULT NULL, listed boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_id   uuid := hub.uuid_v7();
    base_url text := hub.base_url(coalesce(create_space.domain, ''));
    names    text[] := hub.checked_hostnames(coalesce(create_space.hostnames, '{}'));
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
    PERFORM hub.refuse_shared_application(new_id, base_url, create_space.oauth_client_id);
    IF create_space.is_default THEN
        UPDATE hub.spaces SET is_default = false WHERE spaces.is_default;
    END IF;
    BEGIN
        INSERT INTO hub.spaces
            (id, slug, name, base_url, oauth_client_id, hostnames, is_default, read_only, toolsets,
             allowed_projects, listed, redirect_uri)
        VALUES (new_id, create_space.slug,
            coalesce(nullif(btrim(create_space.name), ''), split_part(base_url, '://', 2)),
            base_url, btrim(create_space.oauth_client_id), names,
            coalesce(create_space.is_default, false), coalesce(create_space.read_only, false),
            hub.checked_toolsets(create_space.toolsets),
            hub.checked_projects(create_space.allowed_projects),
            coalesce(create_space.listed, false), hub.own_redirect_uri(create_space.slug, names));
    EXCEPTION WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        PERFORM hub.refuse_duplicate(rule, create_space.slug);
    END;
    PERFORM hub.give_secret(new_id, create_space.oauth_client_secret);
    PERFORM hub.audit_admin('space_created', create_space.slug, new_id);
    RETURN new_id;
END $$;

-- What is null stays as it is. `own_redirect_uri` takes the space off the shared redirect URI.
CREATE FUNCTION admin.update_space(
    slug text, domain text DEFAULT NULL, oauth_client_id text DEFAULT NULL,
    oauth_client_secret text DEFAULT NULL, name text DEFAULT NULL, hostnames text[] DEFAULT NULL,
    is_default boolean DEFAULT NULL, read_only boolean DEFAULT NULL,
    toolsets text[] DEFAULT NULL, allowed_projects text[] DEFAULT NULL,
    listed boolean DEFAULT NULL, own_redirect_uri boolean DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space   uuid;
    site    text;
    client  text;
    names   text[];
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
        CASE WHEN allowed_projects IS NOT NULL THEN 'allowed_projects' END,
        CASE WHEN listed IS NOT NULL THEN 'listed' END,
        CASE WHEN own_redirect_uri IS NOT NULL THEN 'redirect_uri' END], ', ');
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
    IF NOT update_space.own_redirect_uri THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'a space does not go back to the shared redirect URI',
            HINT = 'Leave own_redirect_uri out.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('hub.spaces.is_default'));
    space := hub.lock_space(update_space.slug);
    SELECT spaces.base_url, coalesce(btrim(update_space.oauth_client_id), spaces.oauth_client_id),
        coalesce(hub.checked_hostnames(update_space.hostnames), spaces.hostnames)
    INTO site, client, names FROM hub.spaces WHERE id = space;
    IF hub.base_url(update_space.domain) <> site THEN
        IF update_space.oauth_client_secret IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '55000',
                MESSAGE = 'another domain needs its client secret with it',
                HINT = 'A stored secret is for one site only: add oauth_client_secret => ….';
        END IF;
        site := hub.base_url(update_space.domain);
    END IF;
    IF update_space.domain IS NOT NULL OR update_space.oauth_client_id IS NOT NULL THEN
        PERFORM hub.refuse_shared_application(space, site, client);
    END IF;
    IF update_space.is_default THEN
        UPDATE hub.spaces SET is_default = false WHERE spaces.is_default AND id <> space;
    END IF;
    BEGIN
        UPDATE hub.spaces SET
            base_url = site,
            oauth_client_id = client,
            name = coalesce(btrim(update_space.name), spaces.name),
            hostnames = names,
            is_default = coalesce(update_space.is_default, spaces.is_default),
            read_only = coalesce(update_space.read_only, spaces.read_only),
            toolsets = CASE WHEN update_space.toolsets IS NULL THEN spaces.toolsets
                            ELSE hub.checked_toolsets(update_space.toolsets) END,
            allowed_projects = CASE
                WHEN update_space.allowed_projects IS NULL THEN spaces.allowed_projects
                ELSE hub.checked_projects(update_space.allowed_projects) END,
            listed = coalesce(update_space.listed, spaces.listed),
            redirect_uri = CASE
                WHEN update_space.own_redirect_uri AND spaces.redirect_uri = '/callback'
                THEN hub.own_redirect_uri(spaces.slug, names) ELSE spaces.redirect_uri END,
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

CREATE OR REPLACE VIEW admin.spaces AS
SELECT spaces.id, slug, name, base_url, oauth_client_id,
    CASE WHEN given.problem IS NOT NULL THEN 'refused' WHEN given.space_id IS NOT NULL THEN 'waiting'
         WHEN oauth_client_secret IS NULL THEN 'missing' ELSE 'sealed' END AS secret,
    given.problem AS secret_problem, hostnames, is_default, from_environment, read_only, toolsets,
    allowed_projects::text[] AS allowed_projects, disabled_at IS NULL AS enabled, disabled_at, live.grants AS live_grants, live.people,
    created_at, updated_at, redirect_uri, listed
FROM hub.spaces LEFT JOIN hub.given_secrets AS given ON given.space_id = spaces.id
CROSS JOIN LATERAL (
    SELECT count(*) AS grants, count(DISTINCT backlog_user_id) AS people
    FROM hub.grants WHERE grants.space_id = spaces.id AND revoked_at IS NULL) AS live;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT ON hub.sites'),
    ('hub_service', 'SELECT, INSERT, UPDATE, DELETE ON hub.browser_spaces');
SELECT hub.grant_privileges();
