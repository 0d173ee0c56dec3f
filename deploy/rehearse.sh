#!/usr/bin/env bash
# Follows a page to the letter on a Debian 12 made for it, and says how it went. As root, with debootstrap and
# systemd-container; FOLDER gets the system, some 600 MB:
#
#   deploy/rehearse.sh FOLDER           docs/install/debian.md, from nothing to a service under systemd, and what the page
#                                       says of its unit (some minutes)
#   deploy/rehearse.sh FOLDER container docs/install/container.md; with podman, buildah and crun besides (some minutes)
#   deploy/rehearse.sh FOLDER readme    README.md's two commands, by somebody without rights (as long as all tests take)
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
what=${2:-debian}
root=${1:?Usage: $0 FOLDER [readme|container]}/$what
page=$top/docs/install/debian.md
there=ca-certificates
if [ "$what" = debian ]; then there=$there,systemd,systemd-sysv,dbus,sudo,curl,openssl; fi

[ -d "$root" ] || debootstrap --variant=minbase --include="$there" bookworm "$root"

# Authorities that this machine trusts, such as a company's, the new one trusts, too.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$root/etc/pip.conf"
if [ "$what" = container ]; then
    exec unshare --mount "$top/deploy/rehearse_container.sh" "$root"
fi
# What an installer writes, and debootstrap does not.
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"

# The repository, where ADDRESS leads.
rm -rf "$root/srv/peoplecount"
git clone --quiet --bare "$top" "$root/srv/peoplecount"

inside() {
    systemd-nspawn --quiet --register=no --keep-unit --directory="$root" --as-pid2 --console=pipe "$@"
}

# shellcheck disable=SC2016 # backquotes are the page's, the rest is for the shell inside
follow_readme() {
    local packages
    packages=$(sed -n 's/.*`apt install \([^`]*\)`.*/\1/p' "$top/README.md" | head -1)
    inside sh -euxc "apt-get update --quiet; apt-get install --yes --quiet --no-install-recommends $packages
        id anna || useradd --create-home anna; chown --recursive anna: /srv/peoplecount"
    inside --user=anna --chdir=/home/anna sh -euxc '
        rm -rf peoplecount; git clone --quiet /srv/peoplecount peoplecount; cd peoplecount
        ./run.sh demo >demo.log 2>&1 & demo=$!
        page="from urllib.request import urlopen; print(urlopen(\"http://127.0.0.1:8000/\").status)"
        until python3 -c "$page" 2>/dev/null; do kill -0 $demo; sleep 1; done
        kill $demo; wait $demo || test $? = 143; cat demo.log
        ./run.sh test'
}

if [ "$what" = readme ]; then
    follow_readme
    exit
fi

# Everything between "```sh" and "```" of the page, as one script.
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
    echo '/rehearse_unit.sh /https.conf'
} >"$root/rehearsal.sh"
cp "$top/deploy/rehearse_unit.sh" "$root/"
# shellcheck disable=SC2016 # backquotes are the page's
sed -n '/^ *```ini$/,/^ *```$/{/```/!s/^ *//p}' "$page" >"$root/https.conf"
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
