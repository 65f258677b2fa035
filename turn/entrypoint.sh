#!/bin/sh
# Starts coturn with the settings of the environment (README.md lists them). A setting that is wrong, or a secret that
# others can guess, ends it with one line that names the setting and an example.
set -eu

fail() {
  printf 'turn: %s\n' "$1" >&2
  exit 64
}

# whole NAME VALUE MIN MAX
whole() {
  case $2 in '' | *[!0-9]* | ???????*) fail "$1 must be a whole number, for example $1=$3" ;; esac
  if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then fail "$1 must be $3 to $4, for example $1=$3"; fi
}

secret_example='for example TURN_SECRET=$(openssl rand -hex 32)'
check_secret() {
  [ -n "$1" ] || fail "TURN_SECRET must be set, to the same secret as signaling's; $secret_example"
  case $1 in
    *[!A-Za-z0-9._~+/=-]*) fail "TURN_SECRET may have letters, digits and - . _ ~ + / = only; $secret_example" ;;
  esac
  [ "${#1}" -ge 16 ] || fail "TURN_SECRET is too short: at least 16 characters; $secret_example"
  [ "$(printf %s "$1" | fold -w1 | sort -u | wc -l)" -ge 8 ] || fail "TURN_SECRET can be guessed; $secret_example"
  case $(printf %s "$1" | tr '[:upper:]' '[:lower:]') in
    *change?me* | *changeme* | *your*secret* | *placeholder* | *password* | *example* | *0123456789abcdef* | \
      parley-development* | north | logen | *turn-secret* | *coturn*)
      fail "TURN_SECRET is one that is written in documentation; $secret_example" ;;
  esac
  if printf %s "$1" | grep -q '^\(.\{1,16\}\)\1\1*$'; then fail "TURN_SECRET can be guessed; $secret_example"; fi
}

# addresses NAME VALUE: what looks like IP addresses, with , / - between them
addresses() {
  case $2 in
    *[!0-9a-fA-F.:,/-]* | '' | [,/-]* | *[,/-])
      fail "$1 must be IP addresses, for example $1=$3" ;;
  esac
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
TURN_SECRET=${TURN_SECRET:-}
TURN_REALM=${TURN_REALM:-parley}
TURN_EXTERNAL_IP=${TURN_EXTERNAL_IP:-}
TURN_LISTEN_IP=${TURN_LISTEN_IP:-}
TURN_PORT=${TURN_PORT:-3478}
TURN_TLS_PORT=${TURN_TLS_PORT:-5349}
TURN_MIN_PORT=${TURN_MIN_PORT:-49152}
TURN_MAX_PORT=${TURN_MAX_PORT:-65535}
TURN_CERT=${TURN_CERT:-}
TURN_KEY=${TURN_KEY:-}
TURN_USER_QUOTA=${TURN_USER_QUOTA:-100}
TURN_TOTAL_QUOTA=${TURN_TOTAL_QUOTA:-5000}
TURN_ALLOWED_PEERS=${TURN_ALLOWED_PEERS:-}
TURN_TEST_LOOPBACK=${TURN_TEST_LOOPBACK:-}

check_secret "$TURN_SECRET"
case $TURN_REALM in *[!A-Za-z0-9.-]*) fail 'TURN_REALM must be a name, for example TURN_REALM=turn.example.org' ;; esac
whole TURN_PORT "$TURN_PORT" 1 65535
whole TURN_TLS_PORT "$TURN_TLS_PORT" 1 65535
whole TURN_MIN_PORT "$TURN_MIN_PORT" 1024 65535
whole TURN_MAX_PORT "$TURN_MAX_PORT" 1024 65535
whole TURN_USER_QUOTA "$TURN_USER_QUOTA" 1 65535
whole TURN_TOTAL_QUOTA "$TURN_TOTAL_QUOTA" 1 65535
[ "$TURN_MIN_PORT" -le "$TURN_MAX_PORT" ] ||
  fail "TURN_MIN_PORT must not be above TURN_MAX_PORT, for example TURN_MIN_PORT=49152 TURN_MAX_PORT=65535"
[ "$TURN_PORT" != "$TURN_TLS_PORT" ] ||
  fail 'TURN_PORT and TURN_TLS_PORT must differ, for example TURN_PORT=3478 TURN_TLS_PORT=5349'
for port in "$TURN_PORT" "$TURN_TLS_PORT"; do
  if [ "$port" -ge "$TURN_MIN_PORT" ] && [ "$port" -le "$TURN_MAX_PORT" ]; then
    fail "port $port must lie outside of TURN_MIN_PORT to TURN_MAX_PORT, for example TURN_MIN_PORT=49152"
  fi
done

# What depends on the settings.
more=
add() {
  more="$more
$1"
}

if [ -n "$TURN_LISTEN_IP" ]; then
  addresses TURN_LISTEN_IP "$TURN_LISTEN_IP" 198.51.100.7
  for ip in $(printf %s "$TURN_LISTEN_IP" | tr , ' '); do add "listening-ip=$ip"; done
fi
if [ -n "$TURN_EXTERNAL_IP" ]; then
  addresses TURN_EXTERNAL_IP "$TURN_EXTERNAL_IP" 198.51.100.7/10.0.0.5
  for pair in $(printf %s "$TURN_EXTERNAL_IP" | tr , ' '); do
    add "external-ip=$pair"
    case $pair in
      */*)
        # People who are both relayed here meet at the private side of this address.
        add "relay-ip=${pair#*/}"
        add "allowed-peer-ip=${pair#*/}"
        ;;
    esac
  done
fi
if [ -n "$TURN_ALLOWED_PEERS" ]; then
  addresses TURN_ALLOWED_PEERS "$TURN_ALLOWED_PEERS" 10.0.0.5,10.1.0.0-10.1.0.255
  for peers in $(printf %s "$TURN_ALLOWED_PEERS" | tr , ' '); do add "allowed-peer-ip=$peers"; done
fi
case $TURN_TEST_LOOPBACK in
  '') add 'denied-peer-ip=127.0.0.0-127.255.255.255
denied-peer-ip=::1' ;;
  yes) add 'allow-loopback-peers
allowed-peer-ip=127.0.0.0-127.255.255.255' ;;
  *) fail 'TURN_TEST_LOOPBACK is for tests on one machine only: TURN_TEST_LOOPBACK=yes, or leave it out' ;;
esac
if [ -n "$TURN_CERT$TURN_KEY" ]; then
  for name in TURN_CERT TURN_KEY; do
    eval "file=\$$name"
    [ -n "$file" ] || fail "$name must be set too, for example $name=/etc/turn/${name#TURN_}.pem"
    [ -r "$file" ] || fail "$name cannot be read: $file; for example $name=/etc/turn/${name#TURN_}.pem"
  done
  add "cert=$TURN_CERT
pkey=$TURN_KEY"
else
  printf 'turn: no TURN_CERT and TURN_KEY, so no TLS: people behind the strictest firewalls stay outside\n' >&2
  add no-tls
fi

program=${TURNSERVER_PATH:-$(command -v turnserver || true)}
[ -n "$program" ] || fail 'coturn is missing; for example apt-get install coturn, or TURNSERVER_PATH=/usr/bin/turnserver'

# The configuration has the secret in it, which a command line would show to everyone: it is in a file that has no name
# any more before anything is written there, and that is gone from the disk with the last who has it open, however coturn ends.
# coturn needs a database and a file for its process id too; nothing of Parley is in either.
umask 077
folder=${TMPDIR:-/tmp}
if ! [ -d "$folder" ] || ! [ -w "$folder" ]; then fail "TMPDIR must be a folder that can be written to, for example TMPDIR=/tmp"; fi
file=$(mktemp "$folder/parley-turn.XXXXXX")
exec 3<>"$file"
rm "$file"
add 'userdb=:memory:
pidfile=/dev/null'
fill=
for name in TURN_SECRET TURN_REALM TURN_PORT TURN_TLS_PORT TURN_MIN_PORT TURN_MAX_PORT TURN_USER_QUOTA TURN_TOTAL_QUOTA; do
  eval "value=\$$name"
  # Nothing that sed would take for something else has passed the checks above.
  fill="$fill
s|\${$name}|$value|"
done
{
  sed -f /dev/stdin "$here/turnserver.conf.template" <<SCRIPT
$fill
SCRIPT
  printf '%s\n' "$more"
} >&3

# coturn reads it twice, each time from its beginning.
exec "$program" -c /dev/fd/3
