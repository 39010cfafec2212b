#!/bin/sh
# Runs once, in a new PostgreSQL: the owner of the tables, and who works with them.

set -eu
owner=$(cat /run/secrets/owner_password)
app=$(cat /run/secrets/app_password)
psql --set ON_ERROR_STOP=1 --set owner="$owner" --set app="$app" --username postgres <<'SQL'
CREATE ROLE aceso_owner LOGIN PASSWORD :'owner';
CREATE ROLE aceso_app LOGIN PASSWORD :'app';
CREATE DATABASE aceso OWNER aceso_owner;
REVOKE ALL ON DATABASE aceso FROM PUBLIC;
GRANT CONNECT ON DATABASE aceso TO aceso_app;
SQL
