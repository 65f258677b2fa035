#!/bin/sh
# Hands a new or renewed certificate on; nobody's call is touched. For certbot, which calls it now and at each renewal:
#   certbot certonly --webroot -w /var/www/html -d talk.example.org --deploy-hook '/opt/parley/deploy/tls/renewed.sh /etc/parley/tls nginx'
# Usage: renewed.sh FOLDER nginx|compose; certbot says by RENEWED_LINEAGE where the new files are, and so may you.
set -eu

folder=${1:?which folder holds fullchain.pem and privkey.pem}
how=${2:?nginx (a service of this host) or compose}
from=${RENEWED_LINEAGE:?the folder of the renewed certificate}

# Each takes the place of the old one in one step: who reads meanwhile reads a whole one.
# Its group may read it, which is that of the folder: TURN is a member. certbot's own key is for root alone.
group=$(stat -c %g "$folder")
for name in fullchain.pem privkey.pem; do
  install -m 640 -g "$group" "$from/$name" "$folder/.$name.new"
  mv "$folder/.$name.new" "$folder/$name"
done

case $how in
  nginx)
    systemctl reload nginx
    # It may be on a host of its own, or not have been started yet.
    if systemctl is-active --quiet parley-turn; then systemctl kill --signal USR2 parley-turn; fi
    ;;
  compose)
    docker compose --project-name parley kill --signal HUP nginx
    docker compose --project-name parley kill --signal USR2 coturn
    ;;
  *)
    echo "renewed.sh: $how is neither nginx nor compose" >&2
    exit 64
    ;;
esac
