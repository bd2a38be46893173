# One node of Redis in a container. The environment says what is asked of it:
#   DATA      the folder for all files
#   CONFIG    the server's configuration
#   SENTINEL  the sentinel's configuration; empty for none
#   CREATE    how many replicas a master of a new cluster has, and the addresses of all
#             its nodes; empty for those that leave it to another one
set -eu

# first FILE writes what comes in to a file that is not there yet: server and sentinel
# rewrite theirs. It is on the disk before anything depends on it.
first() {
  [ ! -s "$1" ] || return 0
  cat >"$1.part"
  sync "$1.part"
  mv "$1.part" "$1"
  sync "$DATA"
}

# create makes a cluster once all nodes are there, unless this one has met others before.
create() {
  replicas=$1
  shift
  while sleep 0.2; do
    case $(redis-cli -p "${1##*:}" cluster info 2>&1) in
      *cluster_known_nodes:1[!0-9]*) meet "$@" || true ;;
      *cluster_known_nodes:*) return ;;
    esac
  done
}

# meet ADDRESS... has servers meet, who know each other by numbers only.
meet() {
  for address; do
    number=$(getent ahostsv4 "${address%:*}" | head -n 1 | cut -d ' ' -f 1)
    shift
    set -- "$@" "$number:${address##*:}"
  done
  redis-cli --cluster create "$@" --cluster-replicas "$replicas" --cluster-yes
}

printf '%s\n' "$CONFIG" | first "$DATA/redis.conf"
if [ -n "$SENTINEL" ]; then
  printf '%s\n' "$SENTINEL" | first "$DATA/sentinel.conf"
  # It ends at once where the name of another node stands for nobody yet.
  while :; do redis-sentinel "$DATA/sentinel.conf" || sleep 0.2; done &
fi
# The words are to be split.
[ -z "$CREATE" ] || create $CREATE &
exec redis-server "$DATA/redis.conf"
