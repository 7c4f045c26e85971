#!/bin/sh
# Run once by the postgres image, when its volume is new: the hub's database and its role, which
# owns that and is no superuser. The superuser then has no password, so nobody logs in as it
# from another container.
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=password="$POSTGRES_PASSWORD" --set=superuser="$POSTGRES_USER" <<'SQL'
CREATE ROLE hub LOGIN PASSWORD :'password';
CREATE DATABASE hub OWNER hub;
ALTER ROLE :"superuser" PASSWORD NULL;
SQL
