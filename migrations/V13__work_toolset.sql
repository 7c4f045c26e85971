-- The toolset `work`, and `classic`, another name of the default toolsets.

CREATE OR REPLACE FUNCTION hub.known_toolsets() RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY['space', 'project', 'issue', 'wiki', 'git', 'document', 'notifications',
        'files', 'activity', 'settings', 'members', 'webhooks', 'administration', 'work']
$$;

-- The column is null, which is no limit, for null and for '{all}'. The service reads 'default',
-- 'classic' and 'everything'.
CREATE OR REPLACE FUNCTION hub.checked_toolsets(toolsets text[]) RETURNS text[]
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF toolsets IS NULL OR toolsets = '{all}' THEN
        RETURN NULL;
    END IF;
    IF cardinality(toolsets) = 0
        OR NOT toolsets <@ (hub.known_toolsets() || ARRAY['default', 'classic', 'everything'])
    THEN
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = format('the toolsets %s are not all known', toolsets),
            HINT = format(
                'Name at least one of default, classic, everything, %s; ''{all}'' lifts the limit.',
                array_to_string(hub.known_toolsets(), ', '));
    END IF;
    RETURN toolsets;
END $$;
