# One node of PostgreSQL, as root in a container. The arguments are those of the
# server. The environment says who this is and what is asked of it:
#   SELF      the node's name, which is also its name for synchronous replication
#   FIRST     the name of the node that is the primary of a new cluster
#   PEERS     the other nodes, each name=host:port
#   FAILOVER  none or promote
#   PATIENCE  after how many seconds without an answer the primary has failed
#   SCHEMA    the statements that a new database begins with, one a line
#   FOLDER    where the database is
set -u
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
export PATH PGCONNECT_TIMEOUT=2 PGUSER=postgres PGDATABASE=postgres

say() { echo "$(date -u +%T.%3N) node: $*"; }
as() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }

# address NAME is a peer's host:port.
address() { for peer in $PEERS; do [ "${peer%%=*}" != "$1" ] || echo "${peer#*=}"; done; }
names() { for peer in $PEERS; do echo "${peer%%=*}"; done; }
# to NAME is how a peer is reached, as libpq takes it.
to() { a=$(address "$1"); echo "host=${a%:*} port=${a##*:} user=postgres dbname=postgres connect_timeout=2"; }

# ask NAME QUERY asks a peer, and here QUERY asks this node. Both print nothing where
# nobody answers within moments.
ask() { timeout 1 psql -XAtqd "$(to "$1")" -c "$2" 2>/dev/null </dev/null; }
here() { timeout 2 psql -XAtqh /tmp -c "$1" 2>/dev/null </dev/null; }

# A database is made in a folder beside its own, and renamed when it is whole: a node
# may be killed at any time.
finish() { mv "$FOLDER.part" "$FOLDER.new" && sync "$(dirname "$FOLDER")" && adopt; }
adopt() { rm -rf "$FOLDER" && mv "$FOLDER.new" "$FOLDER" && sync "$(dirname "$FOLDER")"; }

# create makes a new database, synced whatever the server will do later.
create() {
  rm -rf "$FOLDER.part"
  as initdb -D "$FOLDER.part" -A trust -E UTF8 --locale=C.UTF-8 >/dev/null || return 1
  # Two settings stand in the file although they are the defaults, and then a reload
  # complains of the server's arguments. What pg_rewind needs has to stand there, for it
  # starts the server without arguments.
  sed -i '/^max_connections/d; /^shared_buffers/d' "$FOLDER.part/postgresql.conf"
  printf 'wal_log_hints = on\nwal_keep_size = 256MB\n' >>"$FOLDER.part/postgresql.conf"
  printf 'host all all all trust\nhost replication all all trust\n' >>"$FOLDER.part/pg_hba.conf"
  sync "$FOLDER.part/postgresql.conf" "$FOLDER.part/pg_hba.conf" || return 1
  printf '%s\n' "$SCHEMA" | as postgres --single -D "$FOLDER.part" postgres >/dev/null || return 1
  finish && say "made a new database"
}

# copy NAME makes this node a standby with a copy of a peer's database.
copy() {
  rm -rf "$FOLDER.part"
  as pg_basebackup -d "$(to "$1")" -D "$FOLDER.part" -R -X stream -c fast || return 1
  finish && say "copied the database of $1"
}

# rejoin NAME makes this node, whose server does not run, a standby of a peer: what it
# has that the peer has not is thrown away.
rejoin() {
  if as pg_rewind -D "$FOLDER" --source-server="$(to "$1")" -R 2>&1; then
    say "goes on as a standby of $1"
  else
    copy "$1"
  fi
}

# primary [NAME] is the name of a peer that is a primary, but not the one given, if there
# is any.
primary() {
  for name in $(names); do
    [ "$name" = "${1:-}" ] || [ "$(ask "$name" 'select pg_is_in_recovery()')" != f ] || { echo "$name"; return; }
  done
}

begin() {
  as postgres -D "$FOLDER" "$@" &
  server=$!
}

# end stops the server at once and waits for it, for a while.
end() {
  as pg_ctl -D "$FOLDER" -m immediate -t 20 stop >/dev/null
  wait "$server"
}

# prepare returns when there is a database. Its folder is in one that belongs to the
# server; the disk's own folder may belong to root for good.
prepare() {
  mkdir -p "$(dirname "$FOLDER")" && chown postgres "$(dirname "$FOLDER")"
  [ ! -e "$FOLDER.new" ] || adopt
  # No other server can run in this container, whatever a lock file says that was torn.
  [ ! -s "$FOLDER/PG_VERSION" ] || { rm -f "$FOLDER/postmaster.pid"; return; }
  if [ "$SELF" = "$FIRST" ]; then
    create || exit 1
    return
  fi
  until from=$(primary) && [ -n "$from" ] && copy "$from"; do sleep 0.3; done
}

# What follows is the failover: each node looks after itself, about once a second, as it
# is done by the managers that people put beside PostgreSQL.

# received is the query for how much of the log a standby has. One that receives still
# has more than anybody: then the primary lives, and is only out of this node's reach.
received="select case when exists (select from pg_stat_wal_receiver where status = 'streaming') then 9e18
  else coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0' end::bigint where pg_is_in_recovery()"

# best succeeds if nobody whom this standby can ask has more of the log. A standby that
# can ask nobody must be the only one there is.
best() {
  mine=$(here "$received")
  [ -n "$mine" ] && [ "$mine" -lt 9000000000000000000 ] || return 1
  asked=0 standbys=0
  for name in $(names); do
    [ "$name" != "$follows" ] || continue
    standbys=$((standbys + 1))
    theirs=$(ask "$name" "$received")
    [ -n "$theirs" ] || continue
    asked=$((asked + 1))
    [ "$theirs" -le "$mine" ] || return 1
    [ "$theirs" -lt "$mine" ] || expr "$SELF" \< "$name" >/dev/null || return 1
  done
  [ $standbys -eq 0 ] || [ $asked -gt 0 ]
}

# promote makes this node a primary. pg_rewind finds the new timeline only after a
# checkpoint.
promote() {
  say "promotes itself: nothing was heard of $follows"
  here "select pg_promote(false)" >/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(here 'select pg_is_in_recovery()')" != f ] || { here checkpoint; return; }
    sleep 0.3
  done
}

# follow NAME lets a standby receive from another primary.
follow() {
  say "follows $1"
  here "alter system set primary_conninfo = '$(to "$1")'" && here "select pg_reload_conf()" >/dev/null
  follows=$1 heard=$(date +%s)
}

# start_over NAME makes this node a standby of a peer, with the arguments that follow.
start_over() {
  follows=$1 heard=$(date +%s) deaf=0
  shift
  end
  until rejoin "$follows"; do sleep 1; done
  begin "$@"
}

# A standby that does not receive although there is a primary has what that has not.
attend_standby() {
  if [ "$(ask "$follows" 'select pg_is_in_recovery()')" = f ]; then
    heard=$(date +%s)
    if [ -n "$(here "select 1 from pg_stat_wal_receiver where status = 'streaming'")" ]; then deaf=0; return; fi
    deaf=$((deaf + 1))
    [ $deaf -lt 10 ] || { say "receives nothing"; start_over "$follows" "$@"; }
    return
  fi
  deaf=0
  other=$(primary "$follows")
  if [ -n "$other" ]; then follow "$other"; return; fi
  if [ $(($(date +%s) - heard)) -ge "$PATIENCE" ] && best; then promote; fi
}

# timeline is the query for it; a promotion begins a new one, and the newer wins.
timeline="select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int where not pg_is_in_recovery()"

attend_primary() {
  follows=''
  mine=$(here "$timeline")
  [ -n "$mine" ] || return
  for name in $(names); do
    theirs=$(ask "$name" "$timeline")
    [ -n "$theirs" ] || continue
    if [ "$theirs" -gt "$mine" ]; then
      say "gives way to $name"
      start_over "$name" "$@"
      return
    fi
  done
}

# followed is the peer that the database says it receives from.
followed() {
  from=$(here "show primary_conninfo" | tr -d "'" | sed -n 's/.*host=\([^ ]*\) .*port=\([^ ]*\).*/\1:\2/p')
  for peer in $PEERS; do [ "${peer#*=}" != "$from" ] || echo "${peer%%=*}"; done
}

attend() {
  follows='' heard=$(date +%s) deaf=0
  while sleep 0.5; do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
    case $(here "select pg_is_in_recovery()") in
      f) attend_primary "$@" ;;
      t) [ -n "$follows" ] || follows=$(followed)
         attend_standby "$@" ;;
    esac
  done
}

prepare
if [ "$FAILOVER" = none ] || [ -z "$PEERS" ]; then
  exec setpriv --reuid=postgres --regid=postgres --clear-groups -- postgres -D "$FOLDER" "$@"
fi
# One that was the primary when it ended is not any more, if another is.
if [ ! -e "$FOLDER/standby.signal" ]; then
  other=$(primary)
  [ -z "$other" ] || rejoin "$other"
fi
begin "$@"
attend "$@"
