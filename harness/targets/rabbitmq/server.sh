# One server of RabbitMQ, as root in a container. The environment says what it is:
#   RABBITMQ_NODENAME  its name in the cluster
#   FOLDER             where its data is
#   CONFIGURATION      the lines of its configuration
#   DEFINITIONS        what a new cluster begins with
set -eu
HOME=/var/lib/rabbitmq
mkdir -p "$FOLDER/mnesia" "$HOME"
printf '%s\n' "$CONFIGURATION" >"$FOLDER/rabbitmq.conf"
printf '%s\n' "$DEFINITIONS" >"$FOLDER/definitions.json"

# Servers that know the same secret trust each other.
rm -f "$HOME/.erlang.cookie"
printf ASSAYASSAYASSAY >"$HOME/.erlang.cookie"
chmod 400 "$HOME/.erlang.cookie"
chown -R rabbitmq "$FOLDER" "$HOME/.erlang.cookie"

# One thread that does not spin while it waits: several servers share the machine.
export HOME RABBITMQ_CONFIG_FILE="$FOLDER/rabbitmq" RABBITMQ_MNESIA_BASE="$FOLDER/mnesia" RABBITMQ_LOGS=- \
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"

# Debian's command of that name switches users by itself, and waits for a login.
program=/usr/lib/rabbitmq/bin/rabbitmq-server
[ -x "$program" ] || program=$(command -v rabbitmq-server)
exec setpriv --reuid=rabbitmq --regid=rabbitmq --clear-groups "$program"
