-- Which tools a space offers by name, and the scopes for deleting and administering.
--
-- 1. The only tools that a space offers, and those that it does not offer.
-- 2. The levels of a grant: the scopes backlog:delete and backlog:admin, which add to writing.

-- Every tool of the service, one a line, in alphabetical order.
CREATE FUNCTION hub.known_tools() RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY[
        'add_category',
        'add_custom_field',
        'add_custom_field_item',
        'add_document',
        'add_document_tags',
        'add_issue',
        'add_issue_comment',
        'add_issue_comment_notifications',
        'add_issue_shared_files',
        'add_issue_type',
        'add_project',
        'add_project_administrator',
        'add_project_team',
        'add_project_user',
        'add_pull_request',
        'add_pull_request_comment',
        'add_related_issue',
        'add_star',
        'add_status',
        'add_version_milestone',
        'add_watching',
        'add_webhook',
        'add_wiki',
        'add_wiki_attachments',
        'add_wiki_shared_files',
        'change_issues',
        'comment',
        'count_documents',
        'count_issue_comments',
        'count_issues',
        'count_notifications',
        'count_pull_request_comments',
        'create_issues',
        'create_upload_link',
        'delete_category',
        'delete_custom_field',
        'delete_custom_field_item',
        'delete_issue',
        'delete_issue_attachment',
        'delete_issue_comment',
        'delete_issue_type',
        'delete_pull_request_attachment',
        'delete_status',
        'delete_version',
        'delete_watching',
        'delete_webhook',
        'delete_wiki',
        'delete_wiki_attachment',
        'edit_page',
        'fetch',
        'find_issues',
        'find_tools',
        'get_activity',
        'get_categories',
        'get_custom_fields',
        'get_document',
        'get_document_attachment',
        'get_document_comments',
        'get_document_tree',
        'get_documents',
        'get_git_repositories',
        'get_git_repository',
        'get_icon',
        'get_issue',
        'get_issue_attachment',
        'get_issue_attachments',
        'get_issue_comment',
        'get_issue_comment_notifications',
        'get_issue_comments',
        'get_issue_participants',
        'get_issue_shared_files',
        'get_issue_types',
        'get_issues',
        'get_licence',
        'get_myself',
        'get_notifications',
        'get_priorities',
        'get_project',
        'get_project_activities',
        'get_project_administrators',
        'get_project_disk_usage',
        'get_project_list',
        'get_project_teams',
        'get_project_users',
        'get_pull_request',
        'get_pull_request_attachment',
        'get_pull_request_attachments',
        'get_pull_request_comments',
        'get_pull_requests',
        'get_pull_requests_count',
        'get_rate_limit',
        'get_recently_viewed_issues',
        'get_recently_viewed_projects',
        'get_recently_viewed_wikis',
        'get_related_issues',
        'get_resolutions',
        'get_shared_file',
        'get_shared_files',
        'get_space',
        'get_space_activities',
        'get_space_disk_usage',
        'get_space_notification',
        'get_statuses',
        'get_teams',
        'get_upload',
        'get_user',
        'get_user_recent_updates',
        'get_user_stars',
        'get_user_stars_count',
        'get_users',
        'get_version_milestone_list',
        'get_watching_list_count',
        'get_watching_list_items',
        'get_webhooks',
        'get_wiki',
        'get_wiki_attachment',
        'get_wiki_attachments',
        'get_wiki_history',
        'get_wiki_pages',
        'get_wiki_shared_files',
        'get_wiki_tags',
        'get_wikis_count',
        'inbox',
        'list_organizations',
        'mark_notification_as_read',
        'mark_watching_as_read',
        'project_info',
        'pull_requests',
        'remove_document_tags',
        'remove_issue_shared_file',
        'remove_project_administrator',
        'remove_project_team',
        'remove_project_user',
        'remove_related_issue',
        'remove_star',
        'remove_wiki_shared_file',
        'reorder_statuses',
        'report',
        'reset_unread_notification_count',
        'run_tool',
        'search',
        'update_category',
        'update_custom_field',
        'update_custom_field_item',
        'update_issue',
        'update_issue_comment',
        'update_issue_type',
        'update_project',
        'update_pull_request',
        'update_pull_request_comment',
        'update_space_notification',
        'update_status',
        'update_version_milestone',
        'update_watching',
        'update_webhook',
        'update_wiki',
        'upload_attachment'
    ]
$$;

-- The known tool with the name that is most like this one, by the pairs of letters they share; null
-- if no name has half of them.
CREATE FUNCTION hub.nearest_tool(name text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT known FROM unnest(hub.known_tools()) AS known
    CROSS JOIN LATERAL (
        SELECT count(*)::float8 * 2 / (length(nearest_tool.name) + length(known) - 2) AS share
        FROM (
            SELECT substr(lower(nearest_tool.name), at, 2)
            FROM generate_series(1, length(nearest_tool.name) - 1) AS at
            INTERSECT SELECT substr(known, at, 2) FROM generate_series(1, length(known) - 1) AS at
        ) AS pairs) AS likeness
    WHERE share >= 0.5 ORDER BY share DESC, known LIMIT 1
$$;

ALTER TABLE hub.spaces
    -- Null is no limit.
    ADD COLUMN tools         text[],
    ADD COLUMN exclude_tools text[] NOT NULL DEFAULT '{}';

-- Rejects names that no tool has, whoever writes them. '{all}' is no limit.
CREATE FUNCTION hub.check_tools() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unknown text;
BEGIN
    NEW.tools := nullif(NEW.tools, '{all}');
    NEW.exclude_tools := coalesce(NEW.exclude_tools, '{}');
    IF cardinality(NEW.tools) = 0 THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the list of tools is empty',
            HINT = 'Name at least one tool; ''{all}'' lifts the limit.';
    END IF;
    SELECT name INTO unknown FROM unnest(NEW.tools || NEW.exclude_tools) AS name
    WHERE name IS NULL OR name <> ALL (hub.known_tools()) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('unknown tool %L', unknown),
            HINT = coalesce('The nearest is ' || hub.nearest_tool(unknown) || '. ', '')
                || 'Names are those of docs/tools.md and docs/work-tools.md, without a prefix.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER spaces_tools BEFORE INSERT OR UPDATE OF tools, exclude_tools ON hub.spaces
    FOR EACH ROW EXECUTE FUNCTION hub.check_tools();

-- Null keeps what is there. '{all}' lifts the limit of `tools`, and '{}' that of `exclude_tools`.
CREATE FUNCTION admin.limit_tools(
    slug text, tools text[] DEFAULT NULL, exclude_tools text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space   uuid;
    changed text := array_to_string(ARRAY[
        CASE WHEN tools IS NOT NULL THEN 'tools' END,
        CASE WHEN exclude_tools IS NOT NULL THEN 'exclude_tools' END], ', ');
BEGIN
    IF changed = '' THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'nothing to change',
            HINT = 'Name what changes, such as exclude_tools => ''{delete_issue}''.';
    END IF;
    space := hub.lock_space(limit_tools.slug);
    UPDATE hub.spaces SET
        tools = CASE WHEN limit_tools.tools IS NULL THEN spaces.tools ELSE limit_tools.tools END,
        exclude_tools = coalesce(limit_tools.exclude_tools, spaces.exclude_tools),
        updated_at = clock_timestamp()
    WHERE id = space;
    PERFORM hub.audit_admin('space_updated', limit_tools.slug || ': ' || changed, space);
END $$;

CREATE OR REPLACE VIEW admin.spaces AS
SELECT spaces.id, slug, name, base_url, oauth_client_id,
    CASE WHEN given.problem IS NOT NULL THEN 'refused' WHEN given.space_id IS NOT NULL THEN 'waiting'
         WHEN oauth_client_secret IS NULL THEN 'missing' ELSE 'sealed' END AS secret,
    given.problem AS secret_problem, hostnames, is_default, from_environment, read_only, toolsets,
    allowed_projects::text[] AS allowed_projects, disabled_at IS NULL AS enabled, disabled_at, live.grants AS live_grants, live.people,
    created_at, updated_at, redirect_uri, listed, tools, exclude_tools
FROM hub.spaces LEFT JOIN hub.given_secrets AS given ON given.space_id = spaces.id
CROSS JOIN LATERAL (
    SELECT count(*) AS grants, count(DISTINCT backlog_user_id) AS people
    FROM hub.grants WHERE grants.space_id = spaces.id AND revoked_at IS NULL) AS live;

-- 2. Requests and approvals name the new scopes like the others. Clients, grants and access tokens
-- have them in columns of their own until the next release: replicas of the previous one drop scopes
-- that they do not know, and write the rest back.
ALTER DOMAIN hub.scopes DROP CONSTRAINT scopes_check;
-- What is stored met the narrower rule, so it is not read for this.
ALTER DOMAIN hub.scopes ADD CONSTRAINT scopes_check CHECK (
    cardinality(VALUE) > 0
    AND VALUE <@ ARRAY['backlog:read', 'backlog:write', 'backlog:delete', 'backlog:admin'])
    NOT VALID;

-- Null for clients that a replica of the previous release registers, and for those that exist: none
-- could name a level, and their users decide.
ALTER TABLE hub.clients ADD COLUMN levels text[];
ALTER TABLE hub.clients ADD CONSTRAINT clients_levels_are_known
    CHECK (levels <@ ARRAY['backlog:delete', 'backlog:admin']) NOT VALID;
-- Null for the grants that exist: they may do what they could until they end. A grant that a replica
-- of the previous release makes from now on has none, because its user has chosen none.
ALTER TABLE hub.grants ADD COLUMN levels text[];
ALTER TABLE hub.grants
    ALTER COLUMN levels SET DEFAULT '{}',
    ADD CONSTRAINT grants_levels_are_known
        CHECK (levels <@ ARRAY['backlog:delete', 'backlog:admin']) NOT VALID;
-- Null for those of the grant.
ALTER TABLE hub.access_tokens ADD COLUMN levels text[];
ALTER TABLE hub.access_tokens ADD CONSTRAINT access_tokens_levels_are_known
    CHECK (levels <@ ARRAY['backlog:delete', 'backlog:admin']) NOT VALID;

-- A change of the levels is audited like that of the other scopes.
DROP TRIGGER grants_audit_changed ON hub.grants;
CREATE TRIGGER grants_audit_changed
    AFTER UPDATE OF space_id, client_id, backlog_user_id, scopes, levels, issuer, resource
    ON hub.grants
    FOR EACH ROW WHEN (
        (OLD.space_id, OLD.client_id, OLD.backlog_user_id, OLD.scopes, OLD.levels, OLD.issuer,
         OLD.resource)
        IS DISTINCT FROM
        (NEW.space_id, NEW.client_id, NEW.backlog_user_id, NEW.scopes, NEW.levels, NEW.issuer,
         NEW.resource))
    EXECUTE FUNCTION hub.audit_change('grant_changed', 'issuer',
        '{backlog_access_token,backlog_refresh_token,backlog_expires_at,generation,
          renewing_until,last_used_at,created_at,revoked_at,revoked_reason}',
        '{backlog_user_id,backlog_user_name}');

-- All scopes of a row: null stands for all levels, and levels are of no use without writing.
CREATE FUNCTION hub.with_levels(scopes text[], levels text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT scopes || CASE
        WHEN 'backlog:write' <> ALL (scopes) THEN '{}'
        ELSE coalesce(levels, '{backlog:delete,backlog:admin}') END
$$;
INSERT INTO hub.privileges VALUES ('hub_admin', 'EXECUTE ON FUNCTION hub.with_levels(text[], text[])');

CREATE OR REPLACE VIEW admin.clients AS
SELECT client_id, client_name AS name, origin, spaces.slug AS space, redirect_uris,
    token_endpoint_auth_method, hub.with_levels(scopes, levels) AS scopes,
    (SELECT count(*) FROM hub.grants
     WHERE grants.client_id = clients.id AND revoked_at IS NULL) AS live_grants,
    clients.created_at, clients.last_used_at
FROM hub.clients LEFT JOIN hub.spaces ON spaces.id = clients.space_id;

-- `scopes` are all that a grant has. One that predates the levels has them by what writing included
-- then.
CREATE OR REPLACE VIEW admin.grants AS
SELECT grants.id, spaces.slug AS space, clients.client_id, clients.client_name,
    grants.backlog_user_id, backlog_user_name, hub.with_levels(grants.scopes, grants.levels) AS scopes,
    issuer, revoked_at IS NULL AS live, grants.created_at, revoked_at, revoked_reason,
    grants.last_used_at,
    CASE WHEN accounts.id IS NULL THEN NULL WHEN accounts.ended_at IS NOT NULL THEN 'ended'
         WHEN accounts.doubt_since IS NOT NULL THEN 'in_doubt' ELSE 'live' END AS account,
    grants.levels IS NULL AS predates_levels
FROM hub.grants JOIN hub.spaces ON spaces.id = grants.space_id
JOIN hub.clients ON clients.id = grants.client_id
LEFT JOIN hub.accounts ON accounts.space_id = grants.space_id
    AND accounts.backlog_user_id = grants.backlog_user_id;

-- Registers a client by hand and returns its client_id. A secret comes as its argon2id hash,
-- which `backlog-mcp-hub client secret` prints beside the secret.
CREATE OR REPLACE FUNCTION admin.register_client(
    name text, redirect_uris text[], space text DEFAULT NULL,
    token_endpoint_auth_method text DEFAULT 'none', client_secret_hash text DEFAULT NULL,
    jwks jsonb DEFAULT NULL, jwks_uri text DEFAULT NULL,
    scopes text[] DEFAULT '{backlog:read,backlog:write,backlog:delete,backlog:admin}') RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    key      uuid := hub.uuid_v7();
    of_space uuid := CASE WHEN space IS NOT NULL THEN hub.lock_space(space) END;
    method   text := token_endpoint_auth_method;
    added    text[] := '{backlog:delete,backlog:admin}';
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
            OR uri ~* '^https?:' AND uri !~* '^https?://[^/?:]'
            OR uri ~* '^(about|blob|data|file|ftp|javascript|mailto|vbscript|wss?):'
        THEN
            RAISE EXCEPTION USING ERRCODE = '22023',
                MESSAGE = format('the redirect URI %L is not allowed', uri),
                HINT = 'https, http on loopback or in an intranet, or the scheme of an application; '
                'no fragment, no user name.';
        END IF;
        IF uri ~* '^http:' AND uri !~* '^http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?([/?]|$)' THEN
            RAISE NOTICE USING
                MESSAGE = format('the redirect URI %L is not encrypted', uri),
                HINT = 'Who listens on the way reads the authorization code. Use https if the client can.';
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
    IF coalesce(cardinality(scopes), 0) = 0 OR NOT scopes <@ (ARRAY['backlog:read', 'backlog:write'] || added) THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'the scopes are not all known',
            HINT = 'backlog:read and backlog:write; with the latter also backlog:delete and backlog:admin';
    END IF;
    IF scopes && added AND 'backlog:write' <> ALL (scopes) THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = 'backlog:delete and backlog:admin add to backlog:write, which is not among the scopes',
            HINT = 'scopes => ''{backlog:read,backlog:write,backlog:delete}''';
    END IF;
    INSERT INTO hub.clients
        (id, client_id, space_id, origin, client_name, redirect_uris, application_type,
         token_endpoint_auth_method, client_secret_hash, jwks, jwks_uri, scopes,
         levels, metadata_digest)
    VALUES (key, key::text, of_space, 'operator', btrim(name), redirect_uris,
        CASE WHEN array_to_string(redirect_uris, ' ') ~* '(^| )(?!https:)' THEN 'native' ELSE 'web' END,
        method, client_secret_hash, jwks::text, jwks_uri,
        ARRAY(SELECT one FROM unnest(scopes) AS one WHERE one <> ALL (added)),
        ARRAY(SELECT one FROM unnest(scopes) AS one WHERE one = ANY (added)),
        sha256(convert_to(key::text, 'UTF8')));
    PERFORM hub.audit_admin('client_registered', btrim(name), of_space, key);
    RETURN key::text;
END $$;

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

SELECT hub.grant_privileges();
