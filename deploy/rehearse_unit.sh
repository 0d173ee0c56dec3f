#!/bin/sh
# What docs/install/debian.md says of the unit, tried as root where the service runs: on a system that deploy/rehearse.sh
# has made, because it changes settings. HTTPS.CONF is the page's drop-in for port 443.
set -eux
https=${1:?Usage: $0 HTTPS.CONF}
settings=/etc/peoplecount/.env
drop_in=/etc/systemd/system/peoplecount.service.d/here.conf
mkdir -p "${drop_in%/*}"
own_settings=$(mktemp)
trap 'rm -f "$own_settings"' EXIT

shows() {
    systemctl show --property "$1" --value peoplecount
}

answers() {
    curl --fail --silent --show-error --insecure --retry 60 --retry-delay 1 --retry-all-errors "$1/health/ready"
}

# begin_anew LINE...: on the settings of the page, and these.
begin_anew() {
    cat "$own_settings" >"$settings"
    printf '%s\n' "$@" >>"$settings"
    systemctl daemon-reload
    systemctl restart peoplecount
}

cat "$settings" >"$own_settings"
answers http://127.0.0.1:8000

: "Whatever ends it, it is started again."
before=$(shows MainPID)
kill -KILL "$before"
for _ in $(seq 60); do
    if [ "$(shows MainPID)" != "$before" ] && [ "$(shows ActiveState)" = active ]; then break; fi
    sleep 1
done
answers http://127.0.0.1:8000
[ "$(shows NRestarts)" = 1 ]

: "Settings are read again by a reload."
before=$(shows MainPID)
echo LOG_FORMAT=json >>"$settings"
systemctl reload peoplecount
for _ in $(seq 60); do
    if journalctl --unit peoplecount --no-pager | grep -q '"level": "INFO"'; then break; fi
    sleep 1
done
journalctl --unit peoplecount --no-pager | grep -m 1 '"level": "INFO"'
answers http://127.0.0.1:8000
[ "$(shows MainPID)" = "$before" ]

: "Where one is wrong, the reload fails, and the service goes on."
echo POLL_INTERVAL=never >>"$settings"
if systemctl reload peoplecount; then exit 1; fi
journalctl --unit peoplecount --no-pager | grep POLL_INTERVAL
answers http://127.0.0.1:8000
[ "$(shows MainPID)" = "$before" ]

: "At a start with such a one it is not started again, and the journal says which."
if begin_anew POLL_INTERVAL=never; then exit 1; fi
[ "$(shows ActiveState) $(shows ExecMainStatus)" = "failed 2" ]
journalctl --unit peoplecount --no-pager | grep 'POLL_INTERVAL'

: "Data elsewhere."
install --directory --owner=peoplecount --group=peoplecount --mode=0700 /srv/counts
printf '[Service]\nReadWritePaths=/srv/counts\n' >"$drop_in"
begin_anew DATA_DIR=/srv/counts
answers http://127.0.0.1:8000
test -s /srv/counts/events.sqlite

: "HTTPS of its own at port 443."
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=counts.example -addext subjectAltName=DNS:counts.example \
    -keyout /etc/peoplecount/key.pem -out /etc/peoplecount/cert.pem
chown peoplecount: /etc/peoplecount/key.pem
chmod 0600 /etc/peoplecount/key.pem
cat "$https" >"$drop_in"
begin_anew HOST=0.0.0.0 PORT=443 PUBLIC_URL=https://counts.example \
    TLS_CERT=/etc/peoplecount/cert.pem TLS_KEY=/etc/peoplecount/key.pem
answers https://127.0.0.1

rm "$drop_in"
begin_anew ""
answers http://127.0.0.1:8000
