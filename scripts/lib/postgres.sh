# Sourced by the scripts: a throwaway PostgreSQL cluster.
#
# It lives in its own temporary directory and port, so it touches no PostgreSQL
# that is already on the machine. Nothing in it survives stop_postgres.

postgres_directory=
# Whether what is committed survives a power cut; tests do without it.
postgres_durable=false
# Its memory for rows and indexes; empty for PostgreSQL's default of 128 MB.
postgres_shared_buffers=

# Prints the directory with initdb, postgres, pg_ctl and psql: the newest found.
postgres_binaries() {
    local directory candidates
    candidates=$(
        # shellcheck disable=SC2012 # version directories have plain names
        ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
            /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV || true
        pg_config --bindir 2>/dev/null || true
        if have initdb; then dirname "$(command -v initdb)"; fi
    )
    while read -r directory; do
        if [[ -x $directory/initdb && -x $directory/postgres && -x $directory/pg_ctl && -x $directory/psql ]]; then
            printf '%s\n' "$directory"
            return
        fi
    done <<<"$candidates"
    return 1
}

# Runs a command as someone PostgreSQL accepts: it refuses to run as root.
as_postgres_user() {
    if [[ $(id -u) != 0 ]]; then
        "$@"
    elif id postgres >/dev/null 2>&1; then
        runuser -u postgres -- "$@"
    else
        runuser -u nobody -- "$@"
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts the cluster and sets postgres_url; the database in it is empty.
start_postgres() {
    local binaries port attempt speed
    speed='-c fsync=off -c synchronous_commit=off -c full_page_writes=off'
    if $postgres_durable; then speed=''; fi
    if [[ $postgres_shared_buffers ]]; then speed+=" -c shared_buffers=$postgres_shared_buffers"; fi
    binaries=$(postgres_binaries) || die 'No PostgreSQL server programs (initdb, postgres) were found.'
    # Not under TMPDIR, which the other user may be unable to enter.
    postgres_directory=$(mktemp -d /tmp/hub-postgres.XXXXXX)
    if [[ $(id -u) == 0 ]]; then
        chown "$(as_postgres_user id -u)" "$postgres_directory"
    fi
    (
        cd "$postgres_directory"
        as_postgres_user "$binaries/initdb" --pgdata=data --username=postgres --auth=trust \
            --encoding=UTF8 --no-locale --no-sync >initdb.log 2>&1 || die "$(cat initdb.log)"
    )
    # Another process may take the port between the look and the start.
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        if (
            cd "$postgres_directory"
            as_postgres_user "$binaries/pg_ctl" --pgdata=data --log=data/server.log --wait --timeout=60 start \
                --options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$postgres_directory \
                    -c max_connections=300 $speed" >/dev/null
        ); then
            postgres_url=postgres://postgres@127.0.0.1:$port/postgres
            return
        fi
        printf 'PostgreSQL did not start on port %s (attempt %d of 5).\n' "$port" "$attempt" >&2
    done
    die "$(tail -n 20 "$postgres_directory/data/server.log")"
}

# Stops the cluster, if one is running, and removes it.
stop_postgres() {
    local binaries
    if [[ -z $postgres_directory ]]; then
        return
    fi
    if binaries=$(postgres_binaries) && [[ -f $postgres_directory/data/postmaster.pid ]]; then
        (
            cd "$postgres_directory"
            as_postgres_user "$binaries/pg_ctl" --pgdata=data --mode=immediate --wait stop >/dev/null || true
        )
    fi
    rm -rf "$postgres_directory"
    postgres_directory=
}

# Stops the cluster however the script ends.
stop_postgres_at_exit() {
    trap stop_postgres EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
