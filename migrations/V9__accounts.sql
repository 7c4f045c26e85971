-- Backlog's tokens belong to a Backlog user of a space, and all grants of that user share them.
--
-- A grant points at its account by (space_id, backlog_user_id). Replicas of the release before
-- this one make grants without an account, and read and renew the pair in the grant's own row.
-- So each row keeps a pair of its own until a later release: the tokens are sealed for their
-- row, and only a replica can seal them anew for the account.

CREATE TABLE hub.accounts (
    id                    uuid PRIMARY KEY,
    space_id              uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    backlog_user_id       bigint NOT NULL,
    backlog_access_token  hub.sealed,
    backlog_refresh_token hub.sealed,
    backlog_expires_at    timestamptz,
    -- Grows with each pair that is stored; always above that of any live grant of the user.
    generation            bigint NOT NULL CHECK (generation > 0),
    -- The refresh token that a renewal has replaced: a sign-in that was given the pair of before
    -- a renewal must not bring it back.
    replaced_refresh_hash hub.digest,
    renewing_until        timestamptz,
    -- In doubt: why, since when, and until when Backlog is not asked again.
    doubt_reason          text CHECK (doubt_reason IN ('taken_over', 'unreadable', 'spared')),
    doubt_since           timestamptz,
    doubt_until           timestamptz,
    renewed_at            timestamptz,
    signed_in_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at              timestamptz,
    ended_reason          text,
    created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT accounts_one_per_user UNIQUE (space_id, backlog_user_id),
    CONSTRAINT accounts_doubt_is_whole CHECK (
        num_nonnulls(doubt_reason, doubt_since, doubt_until) IN (0, 3)),
    CONSTRAINT accounts_ended_have_no_tokens CHECK (
        (ended_at IS NULL AND ended_reason IS NULL
         AND num_nulls(backlog_access_token, backlog_refresh_token, backlog_expires_at) = 0)
        OR (ended_at IS NOT NULL AND ended_reason IS NOT NULL
         AND num_nonnulls(backlog_access_token, backlog_refresh_token, backlog_expires_at,
                          renewing_until, doubt_reason) = 0))
);
CREATE INDEX accounts_renewed ON hub.accounts (space_id, renewed_at);
CREATE INDEX accounts_ended ON hub.accounts (space_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX accounts_in_doubt ON hub.accounts (space_id, doubt_until)
    WHERE doubt_until IS NOT NULL;

-- No account of the space ends before `until`: too many had ended at once.
CREATE TABLE hub.paused_endings (
    space_id uuid PRIMARY KEY REFERENCES hub.spaces ON DELETE CASCADE,
    since    timestamptz NOT NULL,
    until    timestamptz NOT NULL
);

-- The generation of the account whose pair the row has. Null, or another number than the row's
-- own generation: a pair of the grant's own, by a replica of the release before.
ALTER TABLE hub.grants ADD COLUMN account_generation bigint;
-- The grants of an ended account stay, without tokens.
ALTER TABLE hub.grants DROP CONSTRAINT grants_revoked_have_no_tokens;
ALTER TABLE hub.grants ADD CONSTRAINT grants_tokens_are_whole CHECK (
    num_nonnulls(backlog_access_token, backlog_refresh_token, backlog_expires_at) IN (0, 3)
    AND (revoked_at IS NULL) = (revoked_reason IS NULL)
    AND (revoked_at IS NULL
         OR num_nonnulls(backlog_access_token, backlog_refresh_token, backlog_expires_at,
                         renewing_until) = 0));

-- Every replica reads the account again: it ended, is restored, or has the pair of a sign-in.
CREATE TRIGGER accounts_changed AFTER UPDATE OF ended_at, signed_in_at ON hub.accounts
    FOR EACH ROW WHEN (NEW.ended_at IS DISTINCT FROM OLD.ended_at
                       OR NEW.signed_in_at <> OLD.signed_in_at)
    EXECUTE FUNCTION hub.notify_change('account');
CREATE TRIGGER accounts_deleted AFTER DELETE ON hub.accounts
    FOR EACH ROW EXECUTE FUNCTION hub.notify_change('account');

-- Writes with the owner's right, because the service has none.
CREATE FUNCTION hub.audit_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hub.audit_events (event, reason, space_id, backlog_user_id)
    VALUES (CASE WHEN NEW.ended_at IS NULL THEN 'account_restored' ELSE 'account_ended' END,
            NEW.ended_reason, NEW.space_id, NEW.backlog_user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_audit AFTER UPDATE OF ended_at ON hub.accounts
    FOR EACH ROW WHEN ((NEW.ended_at IS NULL) <> (OLD.ended_at IS NULL))
    EXECUTE FUNCTION hub.audit_account();

CREATE FUNCTION hub.audit_paused_endings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hub.audit_events (event, reason, space_id)
    VALUES ('account_endings_paused', format('until %s', NEW.until), NEW.space_id);
    RETURN NULL;
END $$;
CREATE TRIGGER paused_endings_audit AFTER INSERT OR UPDATE ON hub.paused_endings
    FOR EACH ROW EXECUTE FUNCTION hub.audit_paused_endings();

-- Tokens of the old site must never be shown to the new one. Accounts are locked before grants.
CREATE OR REPLACE FUNCTION hub.revoke_moved() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM hub.accounts WHERE space_id = NEW.id;
    UPDATE hub.grants
    SET revoked_at = clock_timestamp(), revoked_reason = 'space_moved', renewing_until = NULL,
        backlog_access_token = NULL, backlog_refresh_token = NULL, backlog_expires_at = NULL
    WHERE space_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END $$;

-- Ends grants; how many were live. An account goes with its last grant. Accounts are locked
-- before grants, as by a renewal.
CREATE OR REPLACE FUNCTION hub.revoke_grants(ids uuid[], reason text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held  uuid[];
    ended bigint;
BEGIN
    held := ARRAY(
        SELECT a.id FROM hub.accounts AS a
        WHERE (a.space_id, a.backlog_user_id) IN (
            SELECT g.space_id, g.backlog_user_id FROM hub.grants AS g WHERE g.id = ANY (ids))
        ORDER BY a.id FOR UPDATE);
    UPDATE hub.grants
    SET revoked_at = clock_timestamp(), revoked_reason = reason, renewing_until = NULL,
        backlog_access_token = NULL, backlog_refresh_token = NULL, backlog_expires_at = NULL
    WHERE id = ANY (ids) AND revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    DELETE FROM hub.accounts AS a
    WHERE a.id = ANY (held) AND NOT EXISTS (
        SELECT FROM hub.grants AS g
        WHERE g.space_id = a.space_id AND g.backlog_user_id = a.backlog_user_id
          AND g.revoked_at IS NULL);
    RETURN ended;
END $$;

CREATE VIEW admin.accounts AS
SELECT accounts.id, spaces.slug AS space, accounts.backlog_user_id,
    CASE WHEN accounts.ended_at IS NOT NULL THEN 'ended'
         WHEN accounts.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END AS state, accounts.doubt_reason, accounts.doubt_since,
    accounts.doubt_until, accounts.ended_at, accounts.ended_reason, accounts.backlog_expires_at,
    accounts.renewed_at, accounts.signed_in_at, accounts.created_at,
    (SELECT count(*) FROM hub.grants
     WHERE grants.space_id = accounts.space_id
       AND grants.backlog_user_id = accounts.backlog_user_id
       AND grants.revoked_at IS NULL) AS live_grants
FROM hub.accounts JOIN hub.spaces ON spaces.id = accounts.space_id;

CREATE VIEW admin.paused_endings AS
SELECT spaces.slug AS space, paused.since, paused.until
FROM hub.paused_endings AS paused JOIN hub.spaces ON spaces.id = paused.space_id
WHERE paused.until > clock_timestamp();

-- The state of its account comes last; null: no replica of this release has used the grant yet.
CREATE OR REPLACE VIEW admin.grants AS
SELECT grants.id, spaces.slug AS space, clients.client_id, clients.client_name,
    grants.backlog_user_id, backlog_user_name, grants.scopes::text[] AS scopes, issuer,
    revoked_at IS NULL AS live, grants.created_at, revoked_at, revoked_reason,
    grants.last_used_at,
    CASE WHEN accounts.id IS NULL THEN NULL WHEN accounts.ended_at IS NOT NULL THEN 'ended'
         WHEN accounts.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END AS account
FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id
JOIN hub.clients ON clients.id = grants.client_id
LEFT JOIN hub.accounts ON accounts.space_id = grants.space_id
    AND accounts.backlog_user_id = grants.backlog_user_id;

CREATE OR REPLACE VIEW admin.stats AS
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
    pg_database_size(current_database()) AS database_bytes,
    (SELECT count(*) FROM hub.accounts WHERE ended_at IS NULL) AS accounts,
    (SELECT count(*) FROM hub.accounts WHERE doubt_since IS NOT NULL) AS accounts_in_doubt,
    (SELECT count(*) FROM hub.accounts WHERE ended_at IS NOT NULL) AS ended_accounts;

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

-- Erases a user from a space: the account with its tokens; the grants with their tokens and
-- codes; the approvals remembered for clients that nobody else uses there; what they did. Of
-- sign-ins and of the ends of grants it stays that they were, without whose. Says how many rows
-- it was.
CREATE OR REPLACE FUNCTION admin.forget_user(
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

    DELETE FROM hub.accounts AS a WHERE a.space_id = the_space AND a.backlog_user_id = person;
    WITH gone AS (
        DELETE FROM hub.grants AS g
        WHERE g.space_id = the_space AND g.backlog_user_id = person RETURNING g.id)
    SELECT array_agg(gone.id), count(*) INTO the_grants, grants FROM gone;

    DELETE FROM hub.audit_events AS e
    WHERE e.space_id = the_space AND e.event IN ('tool_called', 'token_refreshed', 'refresh_repeated')
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

-- Asks Backlog again at the next call, and lets accounts of the space end again.
CREATE FUNCTION admin.resume_endings(space text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
BEGIN
    DELETE FROM hub.paused_endings WHERE space_id = its_id AND until > clock_timestamp();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH spared AS (
        SELECT id, space_id, backlog_user_id, doubt_until FROM hub.accounts
        WHERE space_id = its_id AND doubt_reason = 'spared' AND doubt_until > clock_timestamp()
        ORDER BY id FOR UPDATE),
    asked AS (
        UPDATE hub.accounts SET doubt_until = clock_timestamp()
        FROM spared WHERE accounts.id = spared.id)
    UPDATE hub.grants SET renewing_until = NULL
    FROM spared
    WHERE grants.space_id = spared.space_id AND grants.backlog_user_id = spared.backlog_user_id
      AND grants.renewing_until = spared.doubt_until;
    PERFORM hub.audit_admin('account_endings_resumed', space, its_id);
    RETURN true;
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT, INSERT, UPDATE, DELETE ON hub.accounts, hub.paused_endings'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.revoke_grants(uuid[], text)');
SELECT hub.grant_privileges();
