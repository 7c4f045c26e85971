-- An operator may register a client of an intranet that is answered at http://. Strangers may not:
-- their registrations do not pass here. Everything else is as before.

-- Registers a client by hand and returns its client_id. A secret comes as its argon2id hash,
-- which `backlog-mcp-hub client secret` prints beside the secret.
CREATE OR REPLACE FUNCTION admin.register_client(
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
