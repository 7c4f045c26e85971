-- The projects of a space that tools may touch, by key; null for all of them.

CREATE DOMAIN hub.project_key AS text
    CHECK (VALUE IS NOT NULL AND VALUE ~ '^[A-Z0-9_]{1,64}$');

ALTER TABLE hub.spaces ADD COLUMN allowed_projects hub.project_key[];
