-- The page on which users see and end their connections. It only adds.
--
-- 1. Sign-ins to the page, which never lead to a grant, and the sessions that follow.
-- 2. Where a connection was last used from, if the operator keeps networks.
-- 3. What its user does there: each function reads the user from a live session.
-- 4. Export, erasure and revocation of a user know the sessions.

-- 1. A sign-in at Backlog that opens the page. The hub tells its `state` from that of an
-- authorization request by its form, so neither can finish as the other.
CREATE TABLE hub.account_sign_ins (
    state_hash   hub.digest PRIMARY KEY,
    space_id     uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    -- The issuer at which it began, and the browser.
    issuer       text NOT NULL,
    browser_hash hub.digest NOT NULL,
    -- The Backlog site that the browser was sent to, and the redirect URI.
    site         text NOT NULL,
    redirect_uri text NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- Set once, by the callback that may continue.
    finished_at  timestamptz
);
CREATE INDEX account_sign_ins_expiry ON hub.account_sign_ins (expires_at);
CREATE INDEX account_sign_ins_space ON hub.account_sign_ins (space_id);

CREATE TABLE hub.account_sessions (
    session_hash      hub.digest PRIMARY KEY,
    space_id          uuid NOT NULL REFERENCES hub.spaces ON DELETE CASCADE,
    backlog_user_id   bigint NOT NULL,
    backlog_user_name text NOT NULL,
    browser_hash      hub.digest NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at        timestamptz NOT NULL
);
CREATE INDEX account_sessions_expiry ON hub.account_sessions (expires_at);
CREATE INDEX account_sessions_user ON hub.account_sessions (space_id, backlog_user_id);
CREATE INDEX account_sessions_browser ON hub.account_sessions (browser_hash, space_id);

-- Writes with the owner's right, because the service has none.
CREATE FUNCTION hub.audit_account_session() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hub.audit_events (event, space_id, backlog_user_id)
    VALUES ('account_signed_in', NEW.space_id, NEW.backlog_user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER account_sessions_audit AFTER INSERT ON hub.account_sessions
    FOR EACH ROW EXECUTE FUNCTION hub.audit_account_session();

-- The users of the old site are other people at the new one.
CREATE FUNCTION hub.end_moved_sessions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM hub.account_sessions WHERE space_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER spaces_moved_sessions AFTER UPDATE OF base_url ON hub.spaces
    FOR EACH ROW WHEN (NEW.base_url <> OLD.base_url)
    EXECUTE FUNCTION hub.end_moved_sessions();

-- 2. A /24 or a /48, never an address. Null: not kept.
ALTER TABLE hub.grants ADD COLUMN last_used_from inet;
ALTER TABLE hub.grants ADD CONSTRAINT grants_last_used_from_is_coarse CHECK (
    masklen(last_used_from) <= CASE family(last_used_from) WHEN 4 THEN 24 ELSE 48 END) NOT VALID;

-- 3. Ends one connection of the session's user, or all of them; how many there were. The lock comes
-- first, as in an erasure: no event names a user who has been forgotten.
CREATE FUNCTION hub.end_connections(session bytea, only_grant uuid) RETURNS bigint
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
    ended := hub.revoke_grants(ARRAY(
        SELECT id FROM hub.grants
        WHERE space_id = its.space_id AND backlog_user_id = its.backlog_user_id
          AND revoked_at IS NULL AND (only_grant IS NULL OR id = only_grant)), 'by_user');
    -- The end of each grant is an event of its own.
    IF only_grant IS NULL THEN
        INSERT INTO hub.audit_events (event, reason, space_id, backlog_user_id)
        VALUES ('connections_ended', format('%s grants', ended), its.space_id,
                its.backlog_user_id);
    END IF;
    RETURN ended;
END $$;

-- Forgets what the session's browser remembers of its space: approvals, and who signed in.
CREATE FUNCTION hub.forget_approvals(session bytea) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its       hub.account_sessions;
    forgotten bigint;
BEGIN
    PERFORM hub.lock_audit_to_write();
    SELECT * INTO its FROM hub.account_sessions
    WHERE session_hash = session AND expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    DELETE FROM hub.consents WHERE browser_hash = its.browser_hash AND space_id = its.space_id;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    DELETE FROM hub.browser_spaces
    WHERE browser_hash = its.browser_hash AND space_id = its.space_id;
    INSERT INTO hub.audit_events (event, reason, space_id, backlog_user_id)
    VALUES ('approvals_forgotten', format('%s approvals', forgotten), its.space_id,
            its.backlog_user_id);
    RETURN forgotten;
END $$;

-- 4. The functions of before stay as the part that knows accounts, grants and events. They keep
-- their names, by which they refer to their own arguments.
ALTER FUNCTION admin.export_user(text, bigint) SET SCHEMA hub;
ALTER FUNCTION admin.forget_user(text, bigint) SET SCHEMA hub;
DO $$
BEGIN
    IF to_regrole('hub_admin') IS NOT NULL THEN
        REVOKE EXECUTE ON FUNCTION hub.export_user(text, bigint), hub.forget_user(text, bigint)
            FROM hub_admin;
    END IF;
END $$;

-- Everything that is stored of a user in a space, except secrets, oldest first.
CREATE FUNCTION admin.export_user(space text, backlog_user_id bigint)
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
    ORDER BY 2;
END $$;

-- Erases a user from a space, and says how many rows it was. The account page forgets with it.
CREATE FUNCTION admin.forget_user(
    space text, backlog_user_id bigint,
    OUT grants bigint, OUT consents bigint, OUT events bigint, OUT anonymised bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    the_space uuid := hub.space_named(forget_user.space);
BEGIN
    SELECT done.grants, done.consents, done.events, done.anonymised
    INTO forget_user.grants, forget_user.consents, forget_user.events, forget_user.anonymised
    FROM hub.forget_user(forget_user.space, forget_user.backlog_user_id) AS done;
    DELETE FROM hub.account_sessions AS s
    WHERE s.space_id = the_space AND s.backlog_user_id = forget_user.backlog_user_id;
    UPDATE hub.browser_spaces AS b SET backlog_user_id = NULL, backlog_user_name = NULL
    WHERE b.space_id = the_space AND b.backlog_user_id = forget_user.backlog_user_id;
END $$;

-- All live grants of a user in a space, and the sessions; how many grants there were.
CREATE OR REPLACE FUNCTION admin.revoke_user(space text, backlog_user_id bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    its_id uuid := hub.lock_space(space);
BEGIN
    DELETE FROM hub.account_sessions AS s
    WHERE s.space_id = its_id AND s.backlog_user_id = revoke_user.backlog_user_id;
    RETURN hub.revoke_grants(ARRAY(
        SELECT id FROM hub.grants
        WHERE space_id = its_id AND grants.backlog_user_id = revoke_user.backlog_user_id),
        'by_operator');
END $$;

INSERT INTO hub.privileges VALUES
    ('hub_service', 'SELECT, INSERT, UPDATE (finished_at), DELETE ON hub.account_sign_ins'),
    ('hub_service', 'SELECT, INSERT, UPDATE (expires_at), DELETE ON hub.account_sessions'),
    ('hub_service', 'EXECUTE ON FUNCTION hub.end_connections(bytea, uuid),
        hub.forget_approvals(bytea)');
SELECT hub.grant_privileges();
