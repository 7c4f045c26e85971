-- The projects that a user allows on the consent page, or that the endpoint of one project leaves.
--
-- Replicas of the previous release know no such restriction, so nothing that has one may be served by
-- them:
--
-- 1. The resource of a restricted grant ends with a slash. No endpoint does, so the previous release
--    rejects the grant's access tokens (401), and still refreshes them.
-- 2. It cannot finish a restricted sign-in: it would copy the resource without the projects, which
--    grants_restricted_are_marked rejects.
-- 3. It cannot approve a page that asked for projects, because it ignores the choice
--    (authorization_requests_projects_are_decided). The user tries again.
--
-- A later release drops the slash, asks_projects and both constraints.

ALTER TABLE hub.grants
    -- Null for no restriction.
    ADD COLUMN projects hub.project_key[],
    ADD CONSTRAINT grants_projects_are_some CHECK (cardinality(projects) > 0) NOT VALID,
    ADD CONSTRAINT grants_restricted_are_marked
        CHECK ((projects IS NOT NULL) = (resource LIKE '%/')) NOT VALID;

ALTER TABLE hub.authorization_requests
    -- Whether the page asked for projects, and they are not decided.
    ADD COLUMN asks_projects    boolean NOT NULL DEFAULT false,
    ADD COLUMN granted_projects hub.project_key[],
    ADD CONSTRAINT authorization_requests_projects_are_some CHECK (
        cardinality(granted_projects) > 0) NOT VALID,
    ADD CONSTRAINT authorization_requests_projects_are_decided CHECK (
        approved_at IS NULL OR NOT asks_projects) NOT VALID;

-- A change of the projects is audited like that of the scopes.
DROP TRIGGER grants_audit_changed ON hub.grants;
CREATE TRIGGER grants_audit_changed
    AFTER UPDATE OF space_id, client_id, backlog_user_id, scopes, levels, projects, issuer, resource,
        redirect_uri
    ON hub.grants
    FOR EACH ROW WHEN (
        (OLD.space_id, OLD.client_id, OLD.backlog_user_id, OLD.scopes, OLD.levels, OLD.projects,
         OLD.issuer, OLD.resource, OLD.redirect_uri)
        IS DISTINCT FROM
        (NEW.space_id, NEW.client_id, NEW.backlog_user_id, NEW.scopes, NEW.levels, NEW.projects,
         NEW.issuer, NEW.resource, NEW.redirect_uri))
    EXECUTE FUNCTION hub.audit_change('grant_changed', 'issuer',
        '{backlog_access_token,backlog_refresh_token,backlog_expires_at,generation,
          renewing_until,last_used_at,created_at,revoked_at,revoked_reason}',
        '{backlog_user_id,backlog_user_name}');

CREATE OR REPLACE VIEW admin.grants AS
SELECT grants.id, spaces.slug AS space, clients.client_id, clients.client_name,
    grants.backlog_user_id, backlog_user_name, hub.with_levels(grants.scopes, grants.levels) AS scopes,
    issuer, revoked_at IS NULL AS live, grants.created_at, revoked_at, revoked_reason,
    grants.last_used_at,
    CASE WHEN accounts.id IS NULL THEN NULL WHEN accounts.ended_at IS NOT NULL THEN 'ended'
         WHEN accounts.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END AS account,
    grants.levels IS NULL AS predates_levels, grants.projects::text[] AS projects
FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id
JOIN hub.clients ON clients.id = grants.client_id
LEFT JOIN hub.accounts ON accounts.space_id = grants.space_id
    AND accounts.backlog_user_id = grants.backlog_user_id;

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
               'projects', to_jsonb(g.projects::text[]), 'issuer', g.issuer,
               'resource', rtrim(g.resource, '/'), 'redirect_uri', g.redirect_uri,
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
