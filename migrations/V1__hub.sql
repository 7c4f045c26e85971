-- Everything that must outlive a process.
--
-- Secrets: hub tokens and codes are stored as SHA-256 only; Backlog's tokens,
-- client secrets of spaces and replayable answers as sealed text, which the
-- `hub.sealed` domain checks, so that no plain text can be written by mistake.
-- Time windows are judged by clock_timestamp(), not by a transaction's start.

CREATE SCHEMA IF NOT EXISTS hub;

CREATE DOMAIN hub.sealed AS text
    CHECK (VALUE ~ '^sealed:v1:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{54,}$');

CREATE DOMAIN hub.digest AS bytea
    CHECK (octet_length(VALUE) = 32);

CREATE DOMAIN hub.scopes AS text[]
    CHECK (cardinality(VALUE) > 0 AND VALUE <@ ARRAY['backlog:read', 'backlog:write']);

-- One Backlog site and the OAuth application registered there: a tenant.
CREATE TABLE hub.spaces (
    id                  uuid PRIMARY KEY,
    slug                text NOT NULL UNIQUE
        CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name                text NOT NULL CHECK (name <> ''),
    base_url            text NOT NULL CHECK (base_url ~ '^https?://[^/?#]+$'),
    oauth_client_id     text NOT NULL CHECK (oauth_client_id <> ''),
    oauth_client_secret hub.sealed NOT NULL,
    -- The base_url for which the secret is sealed: it opens for no other. Kept by a trigger.
    secret_base_url     text NOT NULL,
    hostnames           text[] NOT NULL DEFAULT '{}',
    is_default          boolean NOT NULL DEFAULT false,
    read_only           boolean NOT NULL DEFAULT false,
    toolsets            text[],
    disabled_at         timestamptz,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX spaces_one_default ON hub.spaces (is_default) WHERE is_default;

-- Whose each host name is: a name leads to one space. Kept by a trigger on spaces.hostnames.
CREATE TABLE hub.space_hostnames (
    hostname text PRIMARY KEY CHECK (hostname ~ '^[a-z0-9.-]+(:[0-9]+)?$'),
    space_id uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE
);
CREATE INDEX space_hostnames_space ON hub.space_hostnames (space_id);

-- An MCP client; bound to a space, or (space_id null) given one at sign-in.
CREATE TABLE hub.clients (
    id                         uuid PRIMARY KEY,
    client_id                  text NOT NULL UNIQUE CHECK (length(client_id) BETWEEN 1 AND 2048),
    space_id                   uuid REFERENCES hub.spaces ON DELETE CASCADE,
    origin                     text NOT NULL
        CHECK (origin IN ('dynamic', 'metadata_document', 'operator')),
    client_name                text,
    client_uri                 text,
    redirect_uris              text[] NOT NULL CHECK (cardinality(redirect_uris) > 0),
    application_type           text NOT NULL CHECK (application_type IN ('web', 'native')),
    token_endpoint_auth_method text NOT NULL
        CHECK (token_endpoint_auth_method IN
            ('none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt')),
    client_secret_hash         text CHECK (client_secret_hash LIKE '$argon2id$%'),
    -- Of private_key_jwt: the keys themselves, or where they are.
    jwks                       text,
    jwks_uri                   text,
    scopes                     hub.scopes NOT NULL,
    metadata_digest            hub.digest NOT NULL,
    -- RFC 7592; only for a registration that nobody else shares.
    registration_token_hash    hub.digest UNIQUE,
    -- Of a metadata document: until when its copy here is fresh.
    metadata_expires_at        timestamptz,
    created_at                 timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at               timestamptz,
    CONSTRAINT clients_secret_matches_method CHECK (
        (client_secret_hash IS NOT NULL)
        = (token_endpoint_auth_method IN ('client_secret_post', 'client_secret_basic'))),
    CONSTRAINT clients_keys_match_method CHECK (
        num_nonnulls(jwks, jwks_uri)
        = (token_endpoint_auth_method = 'private_key_jwt')::int),
    CONSTRAINT clients_documents_expire CHECK (
        (metadata_expires_at IS NOT NULL) = (origin = 'metadata_document'))
);
-- The same public registration sent again finds this row instead of adding one.
CREATE UNIQUE INDEX clients_same_registration
    ON hub.clients (metadata_digest, space_id) NULLS NOT DISTINCT
    WHERE origin = 'dynamic' AND token_endpoint_auth_method = 'none';
CREATE INDEX clients_space ON hub.clients (space_id);
CREATE INDEX clients_idle ON hub.clients (coalesce(last_used_at, created_at));

-- Client assertions that were presented: each is good once (RFC 7523 §3).
CREATE TABLE hub.client_assertions (
    client_id  uuid NOT NULL REFERENCES hub.clients ON DELETE CASCADE,
    jti_hash   hub.digest NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertions_expiry ON hub.client_assertions (expires_at);

-- A sign-in under way: from /authorize to the code.
CREATE TABLE hub.authorization_requests (
    id                 uuid PRIMARY KEY,
    client_id          uuid NOT NULL REFERENCES hub.clients ON DELETE CASCADE,
    issuer             text NOT NULL,
    redirect_uri       text NOT NULL,
    state              text,
    code_challenge     text NOT NULL CHECK (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
    resource           text NOT NULL,
    scopes             hub.scopes NOT NULL,
    browser_hash       hub.digest NOT NULL,
    csrf_hash          hub.digest NOT NULL,
    -- Set by the person's approval, together.
    space_id           uuid REFERENCES hub.spaces ON DELETE CASCADE,
    granted_scopes     hub.scopes,
    backlog_state_hash hub.digest UNIQUE,
    approved_at        timestamptz,
    -- Set when Backlog has answered, or the person refused.
    finished_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at         timestamptz NOT NULL,
    CONSTRAINT authorization_requests_approval_is_whole CHECK (
        num_nonnulls(space_id, granted_scopes, backlog_state_hash, approved_at) IN (0, 4)),
    CONSTRAINT authorization_requests_granted_within_requested CHECK (
        granted_scopes IS NULL OR granted_scopes::text[] <@ scopes::text[])
);
CREATE INDEX authorization_requests_expiry ON hub.authorization_requests (expires_at);
CREATE INDEX authorization_requests_client ON hub.authorization_requests (client_id);
CREATE INDEX authorization_requests_space ON hub.authorization_requests (space_id);

-- One person × one client × one space, and the Backlog tokens behind it.
CREATE TABLE hub.grants (
    id                    uuid PRIMARY KEY,
    space_id              uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    client_id             uuid NOT NULL REFERENCES hub.clients ON DELETE CASCADE,
    backlog_user_id       bigint NOT NULL,
    backlog_user_name     text NOT NULL,
    scopes                hub.scopes NOT NULL,
    issuer                text NOT NULL,
    resource              text NOT NULL,
    backlog_access_token  hub.sealed,
    backlog_refresh_token hub.sealed,
    backlog_expires_at    timestamptz,
    -- Grows with each renewal: says which Backlog tokens somebody speaks of.
    generation            bigint NOT NULL DEFAULT 1 CHECK (generation > 0),
    renewing_until        timestamptz,
    created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at          timestamptz,
    revoked_at            timestamptz,
    revoked_reason        text,
    CONSTRAINT grants_revoked_have_no_tokens CHECK (
        (revoked_at IS NULL AND revoked_reason IS NULL
         AND num_nulls(backlog_access_token, backlog_refresh_token, backlog_expires_at) = 0)
        OR (revoked_at IS NOT NULL AND revoked_reason IS NOT NULL
         AND num_nonnulls(backlog_access_token, backlog_refresh_token, backlog_expires_at,
                          renewing_until) = 0))
);
CREATE INDEX grants_space_user ON hub.grants (space_id, backlog_user_id);
CREATE INDEX grants_client ON hub.grants (client_id);
CREATE INDEX grants_revoked ON hub.grants (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE hub.authorization_codes (
    code_hash      hub.digest PRIMARY KEY,
    grant_id       uuid NOT NULL REFERENCES hub.grants ON DELETE CASCADE,
    redirect_uri   text NOT NULL,
    code_challenge text NOT NULL CHECK (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at     timestamptz NOT NULL,
    consumed_at    timestamptz
);
CREATE INDEX authorization_codes_expiry ON hub.authorization_codes (expires_at);
CREATE INDEX authorization_codes_grant ON hub.authorization_codes (grant_id);

CREATE TABLE hub.refresh_tokens (
    token_hash     hub.digest PRIMARY KEY,
    grant_id       uuid NOT NULL REFERENCES hub.grants ON DELETE CASCADE,
    scopes         hub.scopes NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at     timestamptz NOT NULL,
    -- Set by the first use, together; the sealed answer is given again until answer_until.
    consumed_at    timestamptz,
    successor_hash hub.digest,
    answer         hub.sealed,
    answer_until   timestamptz,
    CONSTRAINT refresh_tokens_consumption_is_whole CHECK (
        num_nonnulls(consumed_at, successor_hash, answer_until) IN (0, 3)
        AND (answer IS NULL OR consumed_at IS NOT NULL))
);
CREATE INDEX refresh_tokens_expiry ON hub.refresh_tokens (expires_at);
CREATE INDEX refresh_tokens_grant ON hub.refresh_tokens (grant_id);

CREATE TABLE hub.access_tokens (
    token_hash         hub.digest PRIMARY KEY,
    grant_id           uuid NOT NULL REFERENCES hub.grants ON DELETE CASCADE,
    -- The refresh token issued beside it: the pair is one successor.
    refresh_token_hash hub.digest NOT NULL,
    scopes             hub.scopes NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at         timestamptz NOT NULL,
    first_used_at      timestamptz
);
CREATE INDEX access_tokens_expiry ON hub.access_tokens (expires_at);
CREATE INDEX access_tokens_grant ON hub.access_tokens (grant_id);
CREATE INDEX access_tokens_pair ON hub.access_tokens (refresh_token_hash);

-- An approval remembered for this browser × client × redirect URI × space.
CREATE TABLE hub.consents (
    id           uuid PRIMARY KEY,
    browser_hash hub.digest NOT NULL,
    client_id    uuid NOT NULL REFERENCES hub.clients ON DELETE CASCADE,
    space_id     uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    scopes       hub.scopes NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    UNIQUE (browser_hash, client_id, space_id, redirect_uri)
);
CREATE INDEX consents_expiry ON hub.consents (expires_at);
CREATE INDEX consents_client ON hub.consents (client_id);
CREATE INDEX consents_space ON hub.consents (space_id);

CREATE FUNCTION hub.claim_hostnames() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hub.space_hostnames WHERE space_id = NEW.id;
    INSERT INTO hub.space_hostnames (hostname, space_id)
        SELECT unnest(NEW.hostnames), NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER spaces_hostnames AFTER INSERT OR UPDATE OF hostnames ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.claim_hostnames();

CREATE FUNCTION hub.note_secret_base_url() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.secret_base_url = NEW.base_url;
    RETURN NEW;
END $$;

CREATE TRIGGER spaces_secret BEFORE INSERT OR UPDATE OF oauth_client_secret ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.note_secret_base_url();

-- Tokens of the old site must never be shown to the new one.
CREATE FUNCTION hub.revoke_moved() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hub.grants
    SET revoked_at = clock_timestamp(), revoked_reason = 'space_moved', renewing_until = NULL,
        backlog_access_token = NULL, backlog_refresh_token = NULL, backlog_expires_at = NULL
    WHERE space_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER spaces_moved AFTER UPDATE OF base_url ON hub.spaces
    FOR EACH ROW WHEN (NEW.base_url <> OLD.base_url)
    EXECUTE FUNCTION hub.revoke_moved();

-- Every replica drops what it remembers of a changed row, whoever changed it.
CREATE FUNCTION hub.notify_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    -- One expression over both would look for both columns in every table.
    IF TG_ARGV[0] = 'token' THEN
        PERFORM pg_notify('hub_changes', 'token:' || encode(OLD.token_hash, 'hex'));
    ELSE
        PERFORM pg_notify('hub_changes', TG_ARGV[0] || ':' || coalesce(OLD.id, NEW.id));
    END IF;
    RETURN NULL;
END $$;

-- A new one too: that a host name or slug is of no space is remembered as well.
CREATE TRIGGER spaces_changed AFTER INSERT OR UPDATE OR DELETE ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.notify_change('space');
CREATE TRIGGER grants_ended AFTER UPDATE OF revoked_at ON hub.grants
    FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL)
    EXECUTE FUNCTION hub.notify_change('grant');
CREATE TRIGGER grants_deleted AFTER DELETE ON hub.grants
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL)
    EXECUTE FUNCTION hub.notify_change('grant');
CREATE TRIGGER access_tokens_ended AFTER DELETE ON hub.access_tokens
    FOR EACH ROW WHEN (OLD.expires_at > clock_timestamp())
    EXECUTE FUNCTION hub.notify_change('token');

-- What happened, for the operator: written with the change itself, whoever makes it.
CREATE TABLE hub.audit_events (
    id              bigint GENERATED ALWAYS AS IDENTITY,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    event           text NOT NULL CHECK (event <> ''),
    reason          text,
    space_id        uuid,
    client_id       uuid,
    grant_id        uuid,
    backlog_user_id bigint,
    database_role   text NOT NULL DEFAULT session_user,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
-- Takes what no month's partition does, so that nothing is ever refused.
CREATE TABLE hub.audit_events_rest PARTITION OF hub.audit_events DEFAULT;
CREATE INDEX audit_events_at ON hub.audit_events (at);
CREATE INDEX audit_events_grant ON hub.audit_events (grant_id);

-- Makes the partition of a month, if there is none; called ahead of time.
CREATE FUNCTION hub.ensure_audit_month(month date) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', month);
    name  text := 'audit_events_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass('hub.' || name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE hub.%I PARTITION OF hub.audit_events FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC',
            (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    END IF;
END $$;
SELECT hub.ensure_audit_month((now() AT TIME ZONE 'UTC')::date);
SELECT hub.ensure_audit_month((now() AT TIME ZONE 'UTC' + interval '1 month')::date);

CREATE FUNCTION hub.audit_grant() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    subject hub.grants := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO hub.audit_events
        (event, reason, space_id, client_id, grant_id, backlog_user_id)
    VALUES (TG_ARGV[0], subject.revoked_reason, subject.space_id, subject.client_id,
            subject.id, subject.backlog_user_id);
    RETURN NULL;
END $$;

CREATE TRIGGER grants_audit_made AFTER INSERT ON hub.grants
    FOR EACH ROW EXECUTE FUNCTION hub.audit_grant('signed_in');
CREATE TRIGGER grants_audit_revoked AFTER UPDATE OF revoked_at ON hub.grants
    FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL)
    EXECUTE FUNCTION hub.audit_grant('grant_revoked');
-- A live one that goes with its client or space, or by hand.
CREATE TRIGGER grants_audit_deleted AFTER DELETE ON hub.grants
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL)
    EXECUTE FUNCTION hub.audit_grant('grant_deleted');
