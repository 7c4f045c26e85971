-- Sign-ins that their user confirms, browsers that remember who signed in, and who operates a
-- space. It only adds: a replica of before finishes a sign-in without a confirmation, and does not
-- know the page on which one waits.

-- Set when Backlog has responded, together, if the browser last signed in to the space as another
-- user or not at all: the sign-in then waits until its user confirms or declines it. The account has
-- the tokens; there is no grant and no code before the confirmation.
ALTER TABLE hub.authorization_requests
    ADD COLUMN backlog_user_id   bigint,
    ADD COLUMN backlog_user_name text,
    -- Whether the sign-in has restored the account.
    ADD COLUMN account_restored  boolean,
    ADD COLUMN confirm_until     timestamptz,
    -- Set once, by the confirmation or the refusal.
    ADD COLUMN confirmed_at      timestamptz,
    -- The response to the client, sealed, so that a second click returns the same one.
    ADD COLUMN confirmed_answer  hub.sealed,
    ADD CONSTRAINT authorization_requests_confirmation_is_whole CHECK (
        num_nonnulls(backlog_user_id, backlog_user_name, account_restored, confirm_until)
            IN (0, 4)),
    ADD CONSTRAINT authorization_requests_confirmed_once_asked CHECK (
        confirmed_at IS NULL OR confirm_until IS NOT NULL),
    ADD CONSTRAINT authorization_requests_answered_once_confirmed CHECK (
        confirmed_answer IS NULL OR confirmed_at IS NOT NULL);

-- The user of a browser's last sign-in to the space. A replica of before leaves them as they are.
ALTER TABLE hub.browser_spaces
    ADD COLUMN backlog_user_id   bigint,
    ADD COLUMN backlog_user_name text,
    ADD CONSTRAINT browser_spaces_user_is_whole CHECK (
        num_nonnulls(backlog_user_id, backlog_user_name) IN (0, 2));
CREATE INDEX browser_spaces_user ON hub.browser_spaces (space_id, backlog_user_id);

-- Browsers and sign-ins name a user no longer than the hub knows one: until the account is deleted,
-- with the last grant or because the user is erased. A row that a confirmation has locked is left
-- to it: the account is locked after the row there.
CREATE FUNCTION hub.forget_user_of_sign_ins() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE hub.browser_spaces SET backlog_user_id = NULL, backlog_user_name = NULL
    WHERE space_id = OLD.space_id AND backlog_user_id = OLD.backlog_user_id;
    UPDATE hub.authorization_requests SET backlog_user_id = 0, backlog_user_name = ''
    WHERE id IN (
        SELECT id FROM hub.authorization_requests
        WHERE space_id = OLD.space_id AND backlog_user_id = OLD.backlog_user_id
        FOR UPDATE SKIP LOCKED);
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_forgotten_by_sign_ins AFTER DELETE ON hub.accounts
    FOR EACH ROW EXECUTE FUNCTION hub.forget_user_of_sign_ins();

-- Whom the users of a space ask, in place of the operator that the settings name.
ALTER TABLE hub.spaces
    ADD COLUMN operator_name     text CHECK (length(operator_name) BETWEEN 1 AND 100),
    ADD COLUMN operator_logo     text CHECK (length(operator_logo) <= 50000
        AND operator_logo ~ '^data:image/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$'),
    ADD COLUMN operator_contact  text CHECK (length(operator_contact) BETWEEN 1 AND 200),
    ADD COLUMN operator_help_url text CHECK (length(operator_help_url) <= 500
        AND operator_help_url ~ '^https://[^[:space:]]+$');

-- NULL keeps a value, an empty text removes it.
CREATE FUNCTION admin.set_space_operator(
    slug text, name text DEFAULT NULL, logo text DEFAULT NULL, contact text DEFAULT NULL,
    help_url text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    space uuid := hub.lock_space(slug);
    rule  text;
BEGIN
    BEGIN
        UPDATE hub.spaces SET
            operator_name = CASE WHEN set_space_operator.name IS NULL THEN operator_name
                ELSE nullif(btrim(set_space_operator.name), '') END,
            operator_logo = CASE WHEN logo IS NULL THEN operator_logo
                ELSE nullif(btrim(logo), '') END,
            operator_contact = CASE WHEN contact IS NULL THEN operator_contact
                ELSE nullif(btrim(contact), '') END,
            operator_help_url = CASE WHEN help_url IS NULL THEN operator_help_url
                ELSE nullif(btrim(help_url), '') END,
            updated_at = clock_timestamp()
        WHERE id = space;
    EXCEPTION WHEN check_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        RAISE EXCEPTION USING ERRCODE = '22023',
            MESSAGE = CASE rule
                WHEN 'spaces_operator_name_check' THEN 'the name is longer than 100 characters'
                WHEN 'spaces_operator_logo_check' THEN 'the logo is not a data URL of an image'
                WHEN 'spaces_operator_contact_check' THEN
                    'the contact is longer than 200 characters'
                ELSE 'the help URL does not begin with https://' END,
            HINT = CASE rule
                WHEN 'spaces_operator_logo_check' THEN
                    'Expected data:image/png;base64,… or jpeg, webp, svg+xml; up to 50,000 characters.'
                ELSE 'Pass a shorter or complete value; an empty one removes it.' END;
    END;
    PERFORM hub.audit_admin('space_updated', slug || ': operator', space);
END $$;

CREATE VIEW admin.space_operators AS
SELECT slug, operator_name, length(operator_logo) AS logo_characters, operator_contact,
    operator_help_url
FROM hub.spaces;

SELECT hub.grant_privileges();
