-- Personal tokens: access tokens that users make on the connections page. It only adds.
--
-- A personal token is the access token of a grant that has no refresh token, so all that ends,
-- restricts, exports and erases grants holds for it. A replica of the previous release knows no
-- token of this form, and rejects it.
--
-- 1. Whether a space allows personal tokens.
-- 2. The client of their grants, and the name and expiry of each.
-- 3. What operators see and end.
--
-- The next migration exports them with a user.

-- 1. They are off until an operator allows them. A token of a space that no longer does is rejected,
-- and is valid again when it is allowed.
ALTER TABLE hub.spaces ADD COLUMN personal_tokens boolean NOT NULL DEFAULT false;

CREATE FUNCTION admin.allow_personal_tokens(slug text, allowed boolean DEFAULT true) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid;
BEGIN
    IF allowed IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'whether personal tokens are allowed is missing',
            HINT = 'Expected true or false.';
    END IF;
    space := hub.lock_space(allow_personal_tokens.slug);
    UPDATE hub.spaces SET personal_tokens = allowed, updated_at = clock_timestamp()
    WHERE id = space;
    PERFORM hub.audit_admin(
        'space_updated', allow_personal_tokens.slug || ': personal_tokens', space);
END $$;

CREATE OR REPLACE VIEW admin.spaces AS
SELECT spaces.id, slug, name, base_url, oauth_client_id,
    CASE WHEN given.problem IS NOT NULL THEN 'refused' WHEN given.space_id IS NOT NULL THEN 'waiting'
         WHEN oauth_client_secret IS NULL THEN 'missing' ELSE 'sealed' END AS secret,
    given.problem AS secret_problem, hostnames, is_default, from_environment, read_only, toolsets,
    allowed_projects::text[] AS allowed_projects, disabled_at IS NULL AS enabled, disabled_at, live.grants AS live_grants, live.people,
    created_at, updated_at, redirect_uri, listed, tools, exclude_tools, client_policy, client_hosts,
    allowed_networks::text[] AS allowed_networks, personal_tokens
FROM hub.spaces LEFT JOIN hub.given_secrets AS given ON given.space_id = spaces.id
CROSS JOIN LATERAL (
    SELECT count(*) AS grants, count(DISTINCT backlog_user_id) AS people
    FROM hub.grants WHERE grants.space_id = spaces.id AND revoked_at IS NULL) AS live;

-- 2. The client policies of before know it as a client of the operator, who allowed it. Nothing is
-- ever sent to its redirect URI, which no host can have.
ALTER TABLE hub.clients ADD COLUMN is_personal boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX clients_personal ON hub.clients (space_id) WHERE is_personal;

-- The client of a space's personal tokens, which the first one creates.
CREATE FUNCTION hub.personal_client(space uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_id uuid;
    key      uuid := hub.uuid_v7();
BEGIN
    SELECT id INTO found_id FROM hub.clients
    WHERE is_personal AND space_id = personal_client.space;
    IF found_id IS NULL THEN
        INSERT INTO hub.clients
            (id, client_id, space_id, origin, client_name, redirect_uris, application_type,
             token_endpoint_auth_method, scopes, levels, metadata_digest, is_personal)
        VALUES (key, 'personal-tokens-' || key, personal_client.space, 'operator',
             'Personal token', '{https://personal-tokens.invalid/}', 'native', 'none',
             '{backlog:read,backlog:write}', '{backlog:delete,backlog:admin}',
             sha256(convert_to('personal tokens ' || key, 'UTF8')), true)
        ON CONFLICT (space_id) WHERE is_personal DO NOTHING;
        SELECT id INTO found_id FROM hub.clients
        WHERE is_personal AND space_id = personal_client.space;
    END IF;
    RETURN found_id;
END $$;

CREATE TABLE hub.personal_tokens (
    grant_id   uuid PRIMARY KEY REFERENCES hub.grants ON DELETE CASCADE,
    -- Its user chose it.
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- That of its access token.
    expires_at timestamptz NOT NULL
);

-- Beside the event of the grant, this one says of which kind it is.
CREATE FUNCTION hub.audit_personal_token() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hub.audit_events (event, space_id, client_id, grant_id, backlog_user_id)
    SELECT 'personal_token_made', space_id, client_id, id, backlog_user_id
    FROM hub.grants WHERE id = NEW.grant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER personal_tokens_audit AFTER INSERT ON hub.personal_tokens
    FOR EACH ROW EXECUTE FUNCTION hub.audit_personal_token();

-- Whether a sign-in to the page lets the hub use Backlog for its user, who asked for that. A replica
-- of the previous release keeps the tokens of users who have an account already.
ALTER TABLE hub.account_sign_ins ADD COLUMN keeps_tokens boolean NOT NULL DEFAULT false;

-- 3. The id is that of the grant, for admin.revoke_grant.
CREATE VIEW admin.personal_tokens AS
SELECT grants.id, spaces.slug AS space, grants.backlog_user_id, grants.backlog_user_name,
    tokens.name, hub.with_levels(grants.scopes, grants.levels) AS scopes,
    grants.projects::text[] AS projects,
    grants.revoked_at IS NULL AND tokens.expires_at > clock_timestamp() AS live,
    tokens.created_at, tokens.expires_at, grants.last_used_at, grants.revoked_at,
    grants.revoked_reason
FROM hub.personal_tokens AS tokens JOIN hub.grants ON grants.id = tokens.grant_id
JOIN hub.spaces ON spaces.id = grants.space_id;

-- Ends all personal tokens of a space; how many there were.
CREATE FUNCTION admin.revoke_personal_tokens(space text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
    ended  bigint;
BEGIN
    ended := hub.revoke_grants(ARRAY(
        SELECT grants.id FROM hub.personal_tokens AS tokens
        JOIN hub.grants ON grants.id = tokens.grant_id
        WHERE grants.space_id = its_id AND grants.revoked_at IS NULL), 'by_operator');
    PERFORM hub.audit_admin('space_personal_tokens_revoked', space, its_id);
    RETURN ended;
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT, INSERT ON hub.personal_tokens'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.personal_client(uuid)');
SELECT hub.grant_privileges();

-- The device authorization grant (RFC 8628): a client without a browser shows a code, and its user
-- enters it on a page of a space. It only adds: a replica of the previous release rejects the grant
-- type, and a client starts again.
--
-- A code is asked → approved or denied; an approved one is exchanged once. The grant of an approved
-- one has this redirect URI, 'urn:ietf:params:oauth:grant-type:device_code', because nothing is known
-- of where its tokens go: the client policy 'listed' trusts no such place, in either release.
CREATE TABLE hub.device_codes (
    id               uuid PRIMARY KEY,
    -- Both codes are hashed; that of the user's, which is short, with a key.
    device_code_hash hub.digest NOT NULL UNIQUE,
    user_code_hash   hub.digest NOT NULL UNIQUE,
    client_id        uuid NOT NULL REFERENCES hub.clients ON DELETE CASCADE,
    -- That of the issuer, the client or the resource; null where the user chooses.
    space_id         uuid REFERENCES hub.spaces ON DELETE CASCADE,
    issuer           text NOT NULL,
    resource         text NOT NULL,
    scopes           hub.scopes NOT NULL,
    -- Where it was asked for, if the operator keeps networks: a /24 or a /48, never an address. Null
    -- once the code is decided.
    network          inet CHECK (
        masklen(network) <= CASE family(network) WHEN 4 THEN 24 ELSE 48 END),
    -- A keyed check of that network and the user's code, which is not stored: the page tells with it
    -- whether the network is its own. Null once the code is decided.
    network_check    bytea CHECK (octet_length(network_check) = 8),
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at       timestamptz NOT NULL,
    decided_at       timestamptz,
    -- Null if it is denied.
    grant_id         uuid REFERENCES hub.grants ON DELETE CASCADE,
    consumed_at      timestamptz,
    CHECK (grant_id IS NULL OR decided_at IS NOT NULL),
    CHECK (consumed_at IS NULL OR grant_id IS NOT NULL)
);
CREATE INDEX device_codes_expiry ON hub.device_codes (expires_at);
CREATE INDEX device_codes_client ON hub.device_codes (client_id);
CREATE INDEX device_codes_space ON hub.device_codes (space_id);
CREATE INDEX device_codes_grant ON hub.device_codes (grant_id);

-- Whether a sign-in to the connections page leads to the page that asks for a code.
ALTER TABLE hub.account_sign_ins ADD COLUMN for_device boolean NOT NULL DEFAULT false;

-- Beside the event of the grant, this one says that a device has it.
CREATE FUNCTION hub.audit_device_connected() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hub.audit_events (event, space_id, client_id, grant_id, backlog_user_id)
    SELECT 'device_connected', space_id, client_id, id, backlog_user_id
    FROM hub.grants WHERE id = NEW.grant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER device_codes_audit AFTER UPDATE OF grant_id ON hub.device_codes
    FOR EACH ROW WHEN (NEW.grant_id IS NOT NULL AND OLD.grant_id IS NULL)
    EXECUTE FUNCTION hub.audit_device_connected();

-- Denies a waiting code in the name of the session's user. False: it no longer waits. Null: the
-- session has ended.
CREATE FUNCTION hub.deny_device(code uuid, session bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its       hub.account_sessions;
    asked_for uuid;
BEGIN
    -- Nobody writes of a user while that user is being forgotten.
    PERFORM hub.lock_audit_to_write();
    SELECT * INTO its FROM hub.account_sessions
    WHERE session_hash = session AND expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE hub.device_codes
    SET decided_at = clock_timestamp(), network = NULL, network_check = NULL
    WHERE id = code AND (space_id IS NULL OR space_id = its.space_id)
      AND decided_at IS NULL AND expires_at > clock_timestamp()
    RETURNING client_id INTO asked_for;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO hub.audit_events (event, space_id, client_id, backlog_user_id)
    VALUES ('device_denied', its.space_id, asked_for, its.backlog_user_id);
    RETURN true;
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'EXECUTE ON FUNCTION hub.deny_device(uuid, bytea)'),
    ('hub_service', 'SELECT, INSERT, UPDATE (decided_at, grant_id, consumed_at, network, network_check),
        DELETE ON hub.device_codes');
SELECT hub.grant_privileges();
