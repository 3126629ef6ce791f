#!/bin/bash
# First start makes the cluster, its superuser and its database; every start serves on TCP.
set -euo pipefail
: "${POSTGRES_PASSWORD:?must be set}" "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
data=/var/lib/postgresql/18/docker

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$data"
    chown -R postgres: /var/lib/postgresql
    chmod 700 "$data"
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi

if [ ! -s "$data/PG_VERSION" ]; then
    initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 > /dev/null
    echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
    if [ "$POSTGRES_DB" != postgres ]; then
        echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -D "$data" postgres > /dev/null
    fi
fi

[ "$1" != postgres ] || set -- "$@" -D "$data" -k /tmp -c listen_addresses='*'
exec "$@"
