#!/usr/bin/env bash
# Follows docs/install/debian.md to the letter on a Debian 12 made for it, and says how it went.
# As root, with debootstrap and systemd-container: deploy/rehearse.sh FOLDER   (FOLDER gets the system, some 600 MB)
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
root=${1:?Usage: $0 FOLDER}/root
page=$top/docs/install/debian.md

[ -d "$root" ] || debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,sudo,ca-certificates,curl \
    bookworm "$root"

# Authorities that this machine trusts, such as a company's, the new one trusts, too.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$root/etc/pip.conf"

# The repository, where ADDRESS leads; and everything between "```sh" and "```" of the page, as one script.
rm -rf "$root/srv/peoplecount"
git clone --quiet --bare "$top" "$root/srv/peoplecount"
# shellcheck disable=SC2016 # nothing of it is for this shell
{
    echo 'set -eux; export HOME=/root; cd /root'
    sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$page" | sed 's|ADDRESS|/srv/peoplecount|'
    echo 'curl --fail --silent --show-error --retry 30 --retry-connrefused http://127.0.0.1:8000/health/ready'
    echo 'cd /etc/peoplecount; word=$(head -c 18 /dev/urandom | base64)'
    echo 'echo "$word" | sudo -u peoplecount /opt/peoplecount/bin/peoplecount user add anna --role administrator --password-stdin'
    echo '/opt/peoplecount/bin/python /sign_in.py "$word"'
    echo 'systemctl start peoplecount-backup; ls -l /var/lib/peoplecount/backups; systemctl restart peoplecount'
    echo 'systemctl is-active peoplecount; systemd-analyze security peoplecount --no-pager | tail -1'
} >"$root/rehearsal.sh"
cat >"$root/sign_in.py" <<'PYTHON'
"""Signs in as a browser does, with the password on the command line, and looks at the dashboard."""

import re
import sys

import requests

browser = requests.Session()
form = browser.get("http://127.0.0.1:8000/sign-in", timeout=10).text
token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
fields = {"name": "anna", "password": sys.argv[1], "csrf_token": token}
page = browser.post("http://127.0.0.1:8000/sign-in", data=fields, timeout=30)
print("signed in:", page.status_code, page.url, "anna" in page.text)
sys.exit(not (page.ok and "anna" in page.text))
PYTHON
printf '%s\n' '[Service]' 'Type=oneshot' 'ExecStart=/bin/sh -c "sh /rehearsal.sh >/rehearsal.log 2>&1; echo $? >/rehearsal.rc"' \
    'ExecStopPost=/bin/systemctl --no-block poweroff' '[Unit]' 'After=network.target dbus.service systemd-journald.service' \
    '[Install]' 'WantedBy=multi-user.target' >"$root/etc/systemd/system/rehearsal.service"
ln -sf /etc/systemd/system/rehearsal.service "$root/etc/systemd/system/multi-user.target.wants/"
rm -f "$root/rehearsal.rc"

systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --console=passive >"$root/console.log" 2>&1 || true
cat "$root/rehearsal.log"
exit "$(cat "$root/rehearsal.rc" 2>/dev/null || echo 1)"
