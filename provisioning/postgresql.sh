#!/bin/bash
# Prepare the data directory of the local database server on its first start: only the programs' own user may connect.
set -euo pipefail
data=$1
bin=/usr/lib/postgresql/18/bin

[[ -f $data/PG_VERSION ]] && exit 0
new=$data.new
rm -rf "$new"
"$bin/initdb" --pgdata "$new" --encoding UTF8 --locale C.UTF-8 --auth-local peer --auth-host reject --data-checksums --no-instructions
cat >>"$new/postgresql.conf" <<'SETTINGS'
listen_addresses = ''
unix_socket_directories = '/run/postgresql'
password_encryption = 'scram-sha-256'
# What callers and agents type must not end up in a log.
log_statement = 'none'
log_parameter_max_length_on_error = 0
log_timezone = 'UTC'
timezone = 'UTC'
SETTINGS
"$bin/postgres" --single -D "$new" postgres >/dev/null <<'ROLE'
CREATE ROLE hcc LOGIN
CREATE DATABASE hcc OWNER hcc
ROLE
mv "$new" "$data"
