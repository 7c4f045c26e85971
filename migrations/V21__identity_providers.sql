-- Enterprise-managed authorization: a client exchanges the assertion of an identity provider that a
-- space trusts for an access token. It only adds: a replica of the previous release rejects the grant
-- type, and serves the tokens that were issued until they expire.
--
-- 1. The providers of a space, which only operators write.
-- 2. Who a provider's user is at Backlog.
-- 3. Each assertion is valid once.
-- 4. Grants made by an assertion, and their access tokens, which have no refresh token.
-- 5. What an operator sees and does; export and erasure of a user.
-- 6. An account without a grant still lets a provider's user in, so it ends with the user's access.

-- 1.
CREATE TABLE hub.identity_providers (
    id            uuid PRIMARY KEY,
    space_id      uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    -- As in the claim `iss`, to the byte.
    issuer        text NOT NULL,
    -- Null: the issuer's discovery document names it.
    jwks_uri      text,
    -- Null: the issuer identifier of the hub at which the assertion is presented.
    audience      text,
    -- How an unknown subject becomes a user: by the address of the account at Backlog, or only by a
    -- link that the operator makes.
    mapping       text NOT NULL CHECK (mapping IN ('mail', 'subject')),
    -- Whether an address without the claim email_verified makes a user.
    trust_unverified_mail boolean NOT NULL DEFAULT false,
    -- The most that an assertion gives, and what one without a scope gives.
    scopes        text[] NOT NULL,
    -- Whether its keys may be at an address of a private network.
    allow_private boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT identity_providers_one_per_space UNIQUE (space_id, issuer),
    CONSTRAINT identity_providers_of_space UNIQUE (id, space_id),
    CONSTRAINT identity_providers_issuer_is_url CHECK (
        length(issuer) <= 255 AND issuer ~ '^https?://[^[:space:][:cntrl:]?#]+$'),
    CONSTRAINT identity_providers_jwks_uri_is_url CHECK (
        length(jwks_uri) <= 1000 AND jwks_uri ~ '^https?://[^[:space:][:cntrl:]#]+$'),
    CONSTRAINT identity_providers_audience_is_text CHECK (
        length(audience) BETWEEN 1 AND 1000 AND audience !~ '[[:space:][:cntrl:]]'),
    CONSTRAINT identity_providers_scopes_are_known CHECK (
        cardinality(scopes) > 0 AND array_position(scopes, NULL) IS NULL
        AND scopes <@ '{backlog:read,backlog:write,backlog:delete,backlog:admin}')
);
CREATE INDEX identity_providers_issuer ON hub.identity_providers (issuer);

CREATE TRIGGER identity_providers_audit
    AFTER INSERT OR UPDATE OR DELETE ON hub.identity_providers
    FOR EACH ROW EXECUTE FUNCTION hub.audit_change('identity_provider_changed', 'issuer',
        '{created_at,updated_at}', '{}');

-- 2. What a sign-in at Backlog leaves in a space that has a provider: the name, and the keyed hash of
-- the space with the address. Null otherwise, in accounts from before, and again when the last
-- provider is removed.
ALTER TABLE hub.accounts
    ADD COLUMN backlog_user_name text,
    ADD COLUMN mail_hash         hub.digest;
CREATE INDEX accounts_mail ON hub.accounts (space_id, mail_hash) WHERE mail_hash IS NOT NULL;

-- The subject of a provider stays the user that it was first, even if the address is given to
-- somebody else.
CREATE TABLE hub.identity_links (
    provider_id     uuid NOT NULL,
    subject         text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    space_id        uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    backlog_user_id bigint NOT NULL,
    -- Whether an operator made it.
    by_operator     boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at    timestamptz,
    PRIMARY KEY (provider_id, subject),
    CONSTRAINT identity_links_one_subject_per_user UNIQUE (provider_id, backlog_user_id),
    CONSTRAINT identity_links_in_space_of_provider FOREIGN KEY (provider_id, space_id)
        REFERENCES hub.identity_providers (id, space_id) ON DELETE CASCADE
);
CREATE INDEX identity_links_user ON hub.identity_links (space_id, backlog_user_id);

-- Writes with the owner's right, because the service has none.
CREATE FUNCTION hub.audit_identity_link() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    link     hub.identity_links := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    provider text;
BEGIN
    SELECT issuer INTO provider FROM hub.identity_providers WHERE id = link.provider_id;
    INSERT INTO hub.audit_events (event, reason, space_id, backlog_user_id)
    VALUES (TG_ARGV[0], concat_ws(' ', provider, link.subject), link.space_id,
            link.backlog_user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER identity_links_audit_made AFTER INSERT ON hub.identity_links
    FOR EACH ROW EXECUTE FUNCTION hub.audit_identity_link('identity_linked');
CREATE TRIGGER identity_links_audit_gone AFTER DELETE ON hub.identity_links
    FOR EACH ROW EXECUTE FUNCTION hub.audit_identity_link('identity_unlinked');

-- The events of the links name the provider, so they are deleted while it is there.
CREATE FUNCTION hub.unlink_all_of_provider() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM hub.identity_links WHERE provider_id = OLD.id;
    RETURN OLD;
END $$;
CREATE TRIGGER identity_providers_unlink BEFORE DELETE ON hub.identity_providers
    FOR EACH ROW EXECUTE FUNCTION hub.unlink_all_of_provider();

-- The users of the old site are other people at the new one.
CREATE FUNCTION hub.unlink_moved() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM hub.identity_links WHERE space_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER spaces_moved_links AFTER UPDATE OF base_url ON hub.spaces
    FOR EACH ROW WHEN (NEW.base_url <> OLD.base_url)
    EXECUTE FUNCTION hub.unlink_moved();

-- 3.
CREATE TABLE hub.identity_assertions (
    provider_id uuid NOT NULL REFERENCES hub.identity_providers ON DELETE CASCADE,
    jti_hash    hub.digest NOT NULL,
    -- Some minutes after the assertion's own: the clock of a replica may be behind.
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (provider_id, jti_hash)
);
CREATE INDEX identity_assertions_expiry ON hub.identity_assertions (expires_at);

-- 4. No foreign key: the grant outlives its provider as a revoked one.
ALTER TABLE hub.grants ADD COLUMN identity_provider_id uuid;
ALTER TABLE hub.access_tokens ALTER COLUMN refresh_token_hash DROP NOT NULL;

-- Whether a provider is as it was when its assertion was judged, with the row locked until the
-- transaction ends. The service may not lock it itself, as it may not change it.
CREATE FUNCTION hub.hold_identity_provider(provider uuid, judged_at_version timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM hub.identity_providers AS p
    WHERE p.id = provider AND p.updated_at = judged_at_version FOR SHARE;
    RETURN FOUND;
END $$;

-- The user of a grant and the subject of the assertion that it was used with, and what it gave.
CREATE FUNCTION hub.note_identity(of_grant uuid, of_subject text, of_scopes text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO hub.audit_events
        (event, reason, space_id, client_id, grant_id, backlog_user_id)
    SELECT 'identity_asserted', concat_ws(' ', p.issuer, of_subject, '(' || of_scopes || ')'),
           g.space_id, g.client_id, g.id, g.backlog_user_id
    FROM hub.grants AS g JOIN hub.identity_providers AS p ON p.id = g.identity_provider_id
    WHERE g.id = of_grant
$$;

-- A provider that the operator removes vouches for nobody any more. Without another one, the space
-- has no use for names and addresses.
CREATE FUNCTION hub.end_identity_provider() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hub.identity_providers WHERE space_id = OLD.space_id) THEN
        UPDATE hub.accounts SET backlog_user_name = NULL, mail_hash = NULL
        WHERE space_id = OLD.space_id AND num_nonnulls(backlog_user_name, mail_hash) > 0;
    END IF;
    PERFORM hub.revoke_grants(ARRAY(
        SELECT g.id FROM hub.grants AS g
        WHERE g.space_id = OLD.space_id AND g.identity_provider_id = OLD.id
          AND g.revoked_at IS NULL), 'identity_provider_removed');
    RETURN NULL;
END $$;
CREATE TRIGGER identity_providers_end AFTER DELETE ON hub.identity_providers
    FOR EACH ROW EXECUTE FUNCTION hub.end_identity_provider();

-- What was given under other rules ends, and the next assertion is judged by the new ones. The
-- accounts stay, so that no user has to sign in again. A provider that maps by subject has only the
-- links of the operator.
CREATE FUNCTION hub.change_identity_provider() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.mapping = 'subject' THEN
        DELETE FROM hub.identity_links WHERE provider_id = NEW.id AND NOT by_operator;
    END IF;
    -- Accounts are locked before grants.
    PERFORM FROM hub.accounts AS a
    WHERE a.space_id = NEW.space_id AND a.backlog_user_id IN (
        SELECT g.backlog_user_id FROM hub.grants AS g
        WHERE g.space_id = NEW.space_id AND g.identity_provider_id = NEW.id
          AND g.revoked_at IS NULL)
    ORDER BY a.id FOR UPDATE;
    UPDATE hub.grants
    SET revoked_at = clock_timestamp(), revoked_reason = 'identity_provider_changed',
        renewing_until = NULL, backlog_access_token = NULL, backlog_refresh_token = NULL,
        backlog_expires_at = NULL
    WHERE space_id = NEW.space_id AND identity_provider_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER identity_providers_change AFTER UPDATE ON hub.identity_providers
    FOR EACH ROW WHEN (
        (NEW.jwks_uri, NEW.audience, NEW.mapping, NEW.trust_unverified_mail, NEW.scopes,
         NEW.allow_private)
        IS DISTINCT FROM
        (OLD.jwks_uri, OLD.audience, OLD.mapping, OLD.trust_unverified_mail, OLD.scopes,
         OLD.allow_private))
    EXECUTE FUNCTION hub.change_identity_provider();

-- 5.
CREATE FUNCTION hub.refuse_identity_provider(constraint_name text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '22023',
        MESSAGE = CASE constraint_name
            WHEN 'identity_providers_issuer_is_url' THEN 'the issuer is not a URL'
            WHEN 'identity_providers_jwks_uri_is_url' THEN 'the JWKS URL is not a URL'
            WHEN 'identity_providers_audience_is_text' THEN 'the audience is not one text'
            WHEN 'identity_providers_scopes_are_known' THEN 'a scope is unknown, or there is none'
            ELSE 'the mapping is unknown' END,
        HINT = CASE constraint_name
            WHEN 'identity_providers_issuer_is_url' THEN
                'Expected the claim iss to the byte, such as https://acme.okta.example.'
            WHEN 'identity_providers_jwks_uri_is_url' THEN
                'Expected https://…, or null for the issuer''s discovery document.'
            WHEN 'identity_providers_audience_is_text' THEN
                'Expected the claim aud, or null for the issuer identifier of the hub.'
            WHEN 'identity_providers_scopes_are_known' THEN
                'Available: backlog:read, backlog:write, backlog:delete, backlog:admin.'
            ELSE 'Available: mail, subject.' END;
END $$;

CREATE FUNCTION hub.identity_provider(space uuid, issuer text) RETURNS uuid
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT p.id INTO found_id FROM hub.identity_providers AS p
    WHERE p.space_id = identity_provider.space AND p.issuer = identity_provider.issuer;
    IF found_id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'P0002',
            MESSAGE = format('the space does not trust the identity provider %L',
                             identity_provider.issuer),
            HINT = 'SELECT space, issuer FROM admin.identity_providers shows the trusted ones.';
    END IF;
    RETURN found_id;
END $$;

CREATE FUNCTION admin.add_identity_provider(
    space text, issuer text, jwks_uri text DEFAULT NULL, audience text DEFAULT NULL,
    mapping text DEFAULT 'mail', scopes text[] DEFAULT '{backlog:read,backlog:write}',
    allow_private boolean DEFAULT false, trust_unverified_mail boolean DEFAULT false) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.lock_space(add_identity_provider.space);
    new_id    uuid := hub.uuid_v7();
    rule      text;
    missing   text;
BEGIN
    INSERT INTO hub.identity_providers
        (id, space_id, issuer, jwks_uri, audience, mapping, scopes, allow_private,
         trust_unverified_mail)
    VALUES (new_id, the_space, add_identity_provider.issuer, add_identity_provider.jwks_uri,
            add_identity_provider.audience, add_identity_provider.mapping,
            add_identity_provider.scopes, add_identity_provider.allow_private,
            add_identity_provider.trust_unverified_mail);
    RETURN new_id;
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION USING ERRCODE = '23505',
            MESSAGE = format('the space trusts the identity provider %L already',
                             add_identity_provider.issuer),
            HINT = 'Use admin.update_identity_provider.';
    WHEN check_violation OR not_null_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, missing = COLUMN_NAME;
        PERFORM hub.refuse_identity_provider(CASE missing
            WHEN 'issuer' THEN 'identity_providers_issuer_is_url'
            WHEN 'scopes' THEN 'identity_providers_scopes_are_known' ELSE rule END);
        RETURN NULL;
END $$;

-- Null keeps what is there; an empty JWKS URL or audience removes it. A change ends the grants that
-- the provider's assertions made.
CREATE FUNCTION admin.update_identity_provider(
    space text, issuer text, jwks_uri text DEFAULT NULL, audience text DEFAULT NULL,
    mapping text DEFAULT NULL, scopes text[] DEFAULT NULL, allow_private boolean DEFAULT NULL,
    trust_unverified_mail boolean DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.lock_space(update_identity_provider.space);
    the_id    uuid := hub.identity_provider(the_space, update_identity_provider.issuer);
    rule      text;
BEGIN
    UPDATE hub.identity_providers AS p SET
        jwks_uri = CASE WHEN update_identity_provider.jwks_uri IS NULL THEN p.jwks_uri
            ELSE nullif(btrim(update_identity_provider.jwks_uri), '') END,
        audience = CASE WHEN update_identity_provider.audience IS NULL THEN p.audience
            ELSE nullif(btrim(update_identity_provider.audience), '') END,
        mapping = coalesce(update_identity_provider.mapping, p.mapping),
        scopes = coalesce(update_identity_provider.scopes, p.scopes),
        allow_private = coalesce(update_identity_provider.allow_private, p.allow_private),
        trust_unverified_mail = coalesce(update_identity_provider.trust_unverified_mail,
                                         p.trust_unverified_mail),
        updated_at = clock_timestamp()
    WHERE p.id = the_id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    PERFORM hub.refuse_identity_provider(rule);
END $$;

-- Ends the grants that its assertions made; how many there were.
CREATE FUNCTION admin.remove_identity_provider(space text, issuer text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.lock_space(remove_identity_provider.space);
    the_id    uuid := hub.identity_provider(the_space, remove_identity_provider.issuer);
    live      bigint;
BEGIN
    SELECT count(*) INTO live FROM hub.grants AS g
    WHERE g.space_id = the_space AND g.identity_provider_id = the_id AND g.revoked_at IS NULL;
    DELETE FROM hub.identity_providers AS p WHERE p.id = the_id;
    RETURN live;
END $$;

-- Says which user of Backlog a subject is. The user still has to sign in at Backlog once.
CREATE FUNCTION admin.link_identity(
    space text, issuer text, subject text, backlog_user_id bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.lock_space(link_identity.space);
    the_id    uuid := hub.identity_provider(the_space, link_identity.issuer);
BEGIN
    INSERT INTO hub.identity_links (provider_id, subject, space_id, backlog_user_id, by_operator)
    VALUES (the_id, link_identity.subject, the_space, link_identity.backlog_user_id, true);
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION USING ERRCODE = '23505',
            MESSAGE = 'the subject or the user is linked already',
            HINT = 'SELECT * FROM admin.identity_links shows to whom; use admin.unlink_identity.';
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the subject is missing, or has more than 255 characters',
            HINT = 'Expected the claim sub of the provider''s assertions.';
END $$;

-- Ends the user's grants of this provider as well; false if the subject is not linked.
CREATE FUNCTION admin.unlink_identity(space text, issuer text, subject text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.lock_space(unlink_identity.space);
    the_id    uuid := hub.identity_provider(the_space, unlink_identity.issuer);
    person    bigint;
BEGIN
    DELETE FROM hub.identity_links AS l
    WHERE l.provider_id = the_id AND l.subject = unlink_identity.subject
    RETURNING l.backlog_user_id INTO person;
    IF person IS NULL THEN
        RETURN false;
    END IF;
    PERFORM hub.revoke_grants(ARRAY(
        SELECT g.id FROM hub.grants AS g
        WHERE g.space_id = the_space AND g.backlog_user_id = person
          AND g.identity_provider_id = the_id AND g.revoked_at IS NULL), 'identity_unlinked');
    RETURN true;
END $$;

CREATE VIEW admin.identity_providers AS
SELECT providers.id, spaces.slug AS space, issuer, jwks_uri, audience, mapping,
    trust_unverified_mail, scopes, allow_private, (SELECT count(*) FROM hub.identity_links AS links
                    WHERE links.provider_id = providers.id) AS links,
    (SELECT count(*) FROM hub.grants AS grants
     WHERE grants.space_id = providers.space_id AND grants.identity_provider_id = providers.id
       AND grants.revoked_at IS NULL) AS live_grants,
    providers.created_at, providers.updated_at
FROM hub.identity_providers AS providers JOIN hub.spaces ON spaces.id = providers.space_id;

CREATE VIEW admin.identity_links AS
SELECT spaces.slug AS space, providers.issuer, links.subject, links.backlog_user_id,
    links.by_operator, links.created_at, links.last_used_at
FROM hub.identity_links AS links
JOIN hub.identity_providers AS providers ON providers.id = links.provider_id
JOIN hub.spaces ON spaces.id = links.space_id;

CREATE OR REPLACE VIEW admin.grants AS
SELECT grants.id, spaces.slug AS space, clients.client_id, clients.client_name,
    grants.backlog_user_id, grants.backlog_user_name,
    hub.with_levels(grants.scopes, grants.levels) AS scopes,
    grants.issuer, revoked_at IS NULL AS live, grants.created_at, revoked_at, revoked_reason,
    grants.last_used_at,
    CASE WHEN accounts.id IS NULL THEN NULL WHEN accounts.ended_at IS NOT NULL THEN 'ended'
         WHEN accounts.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END AS account,
    grants.levels IS NULL AS predates_levels, grants.projects::text[] AS projects,
    providers.issuer AS identity_provider, grants.last_used_from
FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id
JOIN hub.clients ON clients.id = grants.client_id
LEFT JOIN hub.accounts ON accounts.space_id = grants.space_id
    AND accounts.backlog_user_id = grants.backlog_user_id
LEFT JOIN hub.identity_providers AS providers ON providers.id = grants.identity_provider_id;

-- What identity providers add to what is stored of a user.
CREATE FUNCTION hub.export_identity(the_space uuid, person bigint)
    RETURNS TABLE (kind text, at timestamptz, data jsonb)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'identity', a.signed_in_at, jsonb_strip_nulls(jsonb_build_object(
        'backlog_user_id', a.backlog_user_id, 'backlog_user_name', a.backlog_user_name,
        'mail_hash', encode(a.mail_hash, 'hex')))
    FROM hub.accounts AS a
    WHERE a.space_id = the_space AND a.backlog_user_id = person
      AND num_nonnulls(a.backlog_user_name, a.mail_hash) > 0
    UNION ALL
    SELECT 'identity_link', l.created_at, jsonb_strip_nulls(jsonb_build_object(
        'identity_provider', p.issuer, 'subject', l.subject,
        'backlog_user_id', l.backlog_user_id, 'by_operator', l.by_operator,
        'created_at', l.created_at, 'last_used_at', l.last_used_at))
    FROM hub.identity_links AS l JOIN hub.identity_providers AS p ON p.id = l.provider_id
    WHERE l.space_id = the_space AND l.backlog_user_id = person
$$;

-- Removes it, and says how many events that was. Events that name the subject of a provider are
-- deleted: without the user they would still say who it was.
CREATE FUNCTION hub.forget_identity(the_space uuid, person bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    events bigint;
BEGIN
    -- After the lock, nobody writes another event until this is committed.
    PERFORM pg_advisory_xact_lock(7092439532296299636);
    DELETE FROM hub.identity_links AS l
    WHERE l.space_id = the_space AND l.backlog_user_id = person;
    DELETE FROM hub.audit_events AS e
    WHERE e.space_id = the_space AND e.backlog_user_id = person
      AND e.event IN ('identity_asserted', 'identity_linked', 'identity_unlinked');
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN events;
END $$;

-- Everything that is stored of a user in a space, except secrets, oldest first.
CREATE OR REPLACE FUNCTION admin.export_user(space text, backlog_user_id bigint)
    RETURNS TABLE (kind text, at timestamptz, data jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    the_space uuid := hub.space_named(space);
    person    bigint := export_user.backlog_user_id;
BEGIN
    RETURN QUERY
    SELECT of_grants.kind, of_grants.at, of_grants.data || coalesce((
               SELECT jsonb_build_object('last_used_from', g.last_used_from)
               FROM hub.grants AS g
               WHERE of_grants.kind = 'grant' AND g.last_used_from IS NOT NULL
                 AND g.id = (of_grants.data ->> 'grant_id')::uuid), '{}')
    FROM hub.export_user(space, person) AS of_grants
    UNION ALL
    SELECT 'account_session', s.created_at, jsonb_build_object(
               'backlog_user_id', s.backlog_user_id, 'backlog_user_name', s.backlog_user_name,
               'created_at', s.created_at, 'expires_at', s.expires_at)
    FROM hub.account_sessions AS s
    WHERE s.space_id = the_space AND s.backlog_user_id = person
    UNION ALL
    SELECT 'browser', b.expires_at, jsonb_build_object(
               'backlog_user_id', b.backlog_user_id, 'backlog_user_name', b.backlog_user_name,
               'expires_at', b.expires_at)
    FROM hub.browser_spaces AS b
    WHERE b.space_id = the_space AND b.backlog_user_id = person
    UNION ALL
    SELECT 'sign_in', r.finished_at, jsonb_build_object(
               'client_id', c.client_id, 'backlog_user_id', r.backlog_user_id,
               'backlog_user_name', r.backlog_user_name, 'confirm_until', r.confirm_until)
    FROM hub.authorization_requests AS r JOIN hub.clients AS c ON c.id = r.client_id
    WHERE r.space_id = the_space AND r.backlog_user_id = person
    UNION ALL
    SELECT 'personal_token', t.created_at, jsonb_build_object(
               'grant_id', t.grant_id, 'name', t.name, 'created_at', t.created_at,
               'expires_at', t.expires_at)
    FROM hub.personal_tokens AS t JOIN hub.grants AS g ON g.id = t.grant_id
    WHERE g.space_id = the_space AND g.backlog_user_id = person
    UNION ALL
    SELECT of_identity.kind, of_identity.at, of_identity.data
    FROM hub.export_identity(the_space, person) AS of_identity
    ORDER BY 2;
END $$;

-- Erases a user from a space, and says how many rows it was. The account page and the
-- identity providers forget with it.
CREATE OR REPLACE FUNCTION admin.forget_user(
    space text, backlog_user_id bigint,
    OUT grants bigint, OUT consents bigint, OUT events bigint, OUT anonymised bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.space_named(forget_user.space);
    of_identity bigint;
BEGIN
    of_identity := hub.forget_identity(the_space, forget_user.backlog_user_id);
    SELECT done.grants, done.consents, done.events + of_identity, done.anonymised
    INTO forget_user.grants, forget_user.consents, forget_user.events, forget_user.anonymised
    FROM hub.forget_user(forget_user.space, forget_user.backlog_user_id) AS done;
    DELETE FROM hub.account_sessions AS s
    WHERE s.space_id = the_space AND s.backlog_user_id = forget_user.backlog_user_id;
    UPDATE hub.browser_spaces AS b SET backlog_user_id = NULL, backlog_user_name = NULL
    WHERE b.space_id = the_space AND b.backlog_user_id = forget_user.backlog_user_id;
END $$;

-- 6. As before, and the account goes even if cleanup has deleted the grants that it was for. It is
-- locked first: an exchange that has locked it adds its grant before they are counted.
CREATE FUNCTION hub.end_access(the_space uuid, person bigint, reason text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended bigint;
BEGIN
    PERFORM FROM hub.accounts AS a
    WHERE a.space_id = the_space AND a.backlog_user_id = person FOR UPDATE;
    ended := hub.revoke_grants(ARRAY(
        SELECT g.id FROM hub.grants AS g
        WHERE g.space_id = the_space AND g.backlog_user_id = person AND g.revoked_at IS NULL),
        reason);
    DELETE FROM hub.accounts AS a WHERE a.space_id = the_space AND a.backlog_user_id = person;
    RETURN ended;
END $$;

CREATE OR REPLACE FUNCTION hub.end_connections(session bytea, only_grant uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its   hub.account_sessions;
    ended bigint;
BEGIN
    PERFORM hub.lock_audit_to_write();
    SELECT * INTO its FROM hub.account_sessions
    WHERE session_hash = session AND expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF only_grant IS NOT NULL THEN
        RETURN hub.revoke_grants(ARRAY(
            SELECT id FROM hub.grants
            WHERE space_id = its.space_id AND backlog_user_id = its.backlog_user_id
              AND revoked_at IS NULL AND id = only_grant), 'by_user');
    END IF;
    ended := hub.end_access(its.space_id, its.backlog_user_id, 'by_user');
    -- The end of each grant is an event of its own.
    INSERT INTO hub.audit_events (event, reason, space_id, backlog_user_id)
    VALUES ('connections_ended', format('%s grants', ended), its.space_id, its.backlog_user_id);
    RETURN ended;
END $$;

CREATE OR REPLACE FUNCTION admin.revoke_user(space text, backlog_user_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
BEGIN
    DELETE FROM hub.account_sessions AS s
    WHERE s.space_id = its_id AND s.backlog_user_id = revoke_user.backlog_user_id;
    RETURN hub.end_access(its_id, revoke_user.backlog_user_id, 'by_operator');
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT ON hub.identity_providers'),
    ('hub_service', 'SELECT, INSERT (provider_id, subject, space_id, backlog_user_id),
        UPDATE (last_used_at) ON hub.identity_links'),
    ('hub_service', 'SELECT, INSERT, UPDATE (expires_at), DELETE ON hub.identity_assertions'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.note_identity(uuid, text, text),
        hub.hold_identity_provider(uuid, timestamptz)');
SELECT hub.grant_privileges();
