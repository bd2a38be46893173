# One node of MariaDB, as root in a container. The arguments are those of the server.
# The environment says which node this is:
#   FIRST     yes if the node makes the database, and in Galera the cluster
#   BEFORE    in Galera the node before this one, which has to be ready first: host:port
#   SCHEMA    the statements that a new database begins with, one a line
#   FOLDER    where the database is; its own folder belongs to the server
set -u
socket=/tmp/mariadb.sock

say() { echo "$(date -u +%T.%3N) node: $*"; }

# finish renames a database that is whole: a node may be killed at any time.
finish() { mv "$FOLDER.part" "$FOLDER" && sync "$(dirname "$FOLDER")"; }

# create makes a new database with a server that nobody reaches and that ends in good
# order, so that everything is on disk whatever the server will do later.
create() {
  rm -rf "$FOLDER.part"
  mariadb-install-db --no-defaults --user=mysql --datadir="$FOLDER.part" --skip-test-db \
    --auth-root-authentication-method=normal >/dev/null || return 1
  printf '%s\n' "$SCHEMA" >/tmp/schema.sql
  mariadbd --no-defaults --user=mysql --datadir="$FOLDER.part" --socket=$socket --skip-networking \
    --init-file=/tmp/schema.sql &
  until mariadb-admin --no-defaults -uroot --socket=$socket shutdown 2>/dev/null; do
    kill -0 $! 2>/dev/null || return 1
    sleep 0.2
  done
  wait $! || return 1
  finish && say "made a new database"
}

# state is what a node of Galera says of itself.
state() {
  timeout 2 mariadb --no-defaults -h "${1%:*}" -P "${1##*:}" -uassay -passay -Nse \
    "show status like 'wsrep_local_state_comment'" 2>/dev/null | cut -f 2
}

# position is where the log of a server that was killed ends, as its service unit finds
# it out; one that does not know gets all data anew from another node.
position() {
  mariadbd "$@" --wsrep-recover 2>&1 | sed -n 's/.*Recovered position: *//p' | tail -n 1
}

home=$(dirname "$FOLDER")
mkdir -p "$home" && chown mysql "$home"
if [ ! -e "$FOLDER" ] && [ "$FIRST" = yes ]; then
  create || exit 1
fi
case " $* " in *" --wsrep-on=ON "*) ;; *) exec mariadbd "$@" ;; esac

if [ -e "$FOLDER/grastate.dat" ]; then
  at=$(position "$@")
  say "goes on from ${at:-an unknown position}"
  exec mariadbd "$@" ${at:+"--wsrep-start-position=$at"}
fi
if [ "$FIRST" = yes ]; then
  exec mariadbd "$@" --wsrep-new-cluster
fi
mkdir -p "$FOLDER" && chown mysql "$FOLDER"
until [ "$(state "$BEFORE")" = Synced ]; do sleep 0.5; done
say "joins"
exec mariadbd "$@"
