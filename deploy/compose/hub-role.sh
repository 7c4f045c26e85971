#!/bin/sh
# Run once by the postgres image, when its volume is new: the hub's database and its roles. The owner
# of the tables migrates; the service and the operator log in as members of hub_service and
# hub_admin (docs/admin.md). None is a superuser; the superuser then has no password, so nobody
# logs in as it from another container.
#
# Run again, it changes the passwords and adds what is missing:
#   docker compose exec postgres sh /docker-entrypoint-initdb.d/hub-role.sh
set -eu

run() {
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" "$@"
}

run --dbname=postgres --set=owner="$POSTGRES_PASSWORD" --set=superuser="$POSTGRES_USER" \
    --set=service="$POSTGRES_SERVICE_PASSWORD" --set=operator="$POSTGRES_OPERATOR_PASSWORD" <<'SQL'
SELECT format('CREATE ROLE %I %s', name, options)
FROM (VALUES ('hub', 'LOGIN'), ('hub_service', 'NOLOGIN'), ('hub_admin', 'NOLOGIN'),
             ('hub_app', 'LOGIN IN ROLE hub_service'),
             ('hub_operator', 'LOGIN IN ROLE hub_admin')) AS roles (name, options)
WHERE to_regrole(name) IS NULL \gexec
SELECT 'CREATE DATABASE hub OWNER hub'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'hub') \gexec
ALTER ROLE hub PASSWORD :'owner';
ALTER ROLE hub_app PASSWORD :'service';
ALTER ROLE hub_operator PASSWORD :'operator';
REVOKE CONNECT ON DATABASE hub FROM PUBLIC;
GRANT CONNECT ON DATABASE hub TO hub_service, hub_admin;
ALTER ROLE :"superuser" PASSWORD NULL;
SQL

# A schema that is older than the roles grants them their privileges here; a new one does so in its
# migrations.
run --dbname=hub <<'SQL'
SELECT 'SET ROLE hub; SELECT hub.grant_privileges()'
WHERE to_regproc('hub.grant_privileges') IS NOT NULL \gexec
SQL
