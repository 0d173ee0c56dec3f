#!/usr/bin/env bash
# Follows docs/install/container.md with Podman, and tries what the page says: deploy/rehearse.sh calls it, as root, with a
# Debian 12 to build the image from and a mount namespace of our own. What is made goes again.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
debian=${1:?Usage: unshare --mount $0 DEBIAN}
scratch=$(mktemp --directory)
port=$(python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])')
# For crun: it knows the newer kind of cgroups, and not both at once.
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ]; then
    umount --recursive /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi

pod() {
    podman --root "$scratch/storage" --runroot "$scratch/run" --cgroup-manager cgroupfs "$@"
}

tidy_up() {
    pod rm --force --all --time 0 >/dev/null 2>&1 || true
    umount --recursive "$scratch/storage/overlay" 2>/dev/null || true
    rm -rf "$scratch"
}
trap tidy_up EXIT

# Where no systemd runs Podman's timer, no network and no cgroup can be had for a container, the rest is as the page has it.
here=(--network host --cgroups disabled --ulimit nofile=8192:8192 --ulimit nproc=4096:4096 --no-healthcheck)

docker() {
    local command=$1
    shift
    case $command in
        build) pod build --quiet --isolation chroot --format docker --pull=never --network host "$@" ;;
        run) pod run --quiet "${here[@]}" "$@" 2>/dev/null ;;
        *) pod "$command" "$@" ;;
    esac
}

say() {
    printf '%4ds  %s\n' "$SECONDS" "$*"
}

fail() {
    say "$*"
    pod logs peoplecount 2>&1 | tail -20
    exit 1
}

lives() { # lives CONTAINER: what the image has as its health check
    for _ in $(seq 90); do
        if pod exec "$1" peoplecount alive 2>/dev/null; then return; fi
        sleep 1
    done
    fail "$1 does not live"
}

# The page's own commands, one by one as they stand there: the first builds, the second runs, the third asks for the link.
# shellcheck disable=SC2016 # backquotes are the page's
page_commands() {
    sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$top/docs/install/container.md" | sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba}'
}

cd "$top"
mapfile -t commands < <(page_commands | sed "s|settings.env|$scratch/settings.env|; s|127.0.0.1:8000:8000|127.0.0.1:$port:8000|")
[ "${#commands[@]}" = 3 ] || fail "The page has other commands by now"
echo "PORT=$port" >"$scratch/settings.env"

tar --create --directory "$debian" --exclude ./proc/\* . | pod import --quiet - docker.io/library/debian:12-slim >/dev/null
eval "${commands[0]}" >/dev/null
[ "$(pod image inspect peoplecount --format '{{json .Config.Healthcheck.Test}}')" = '["CMD","peoplecount","alive"]' ] ||
    fail "The image has no health check"
say "built: $(pod image inspect peoplecount --format '{{.Size}}' | numfmt --to=si)B"

eval "${commands[1]}" >/dev/null
lives peoplecount
eval "${commands[2]}" | grep -q http || fail "There is no link for the first administrator"
[ "$(pod exec peoplecount id --user)" = 10001 ] || fail "It runs as somebody else"
if pod exec peoplecount touch /opt/peoplecount/here 2>/dev/null; then fail "Its program can be changed"; fi
if pod exec peoplecount touch /etc/here 2>/dev/null; then fail "Its root can be written to"; fi
word=$(head -c 18 /dev/urandom | base64)
echo "$word" | pod exec --interactive peoplecount peoplecount user add anna --role administrator --password-stdin >/dev/null
say "runs as nobody else's user on a root that cannot be written to, and anna is an administrator"

pod exec peoplecount peoplecount backup /var/lib/peoplecount/before.zip >/dev/null
began=$(date +%s%N)
pod stop --time 30 peoplecount >/dev/null
took=$((($(date +%s%N) - began) / 1000000))
[ "$(pod inspect peoplecount --format '{{.State.ExitCode}}')" = 0 ] || fail "It did not end in order"
[ $took -lt 5000 ] || fail "It took $took ms to end"
say "a backup was made; ended in order within $took ms"

pod rm peoplecount >/dev/null
docker build --build-arg EXTRAS="mqtt redis" --file deploy/Dockerfile --tag peoplecount . >/dev/null
eval "${commands[1]}" >/dev/null
lives peoplecount
pod exec peoplecount peoplecount user list | grep -q anna || fail "The data are gone with the image"
pod exec peoplecount python3 -c 'import paho.mqtt, redis' || fail "The extras are not in the image"
say "another image, with extras, on the same volume knows anna"

second=$(python3 -c 'import socket; one = socket.socket(); one.bind(("127.0.0.1", 0)); print(one.getsockname()[1])')
docker run --detach --name second --read-only --tmpfs /tmp --volume peoplecount:/var/lib/peoplecount --env "PORT=$second" peoplecount >/dev/null
lives second
[ "$(pod exec second peoplecount status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])')" != down ] ||
    fail "Two on one volume do not go together"
say "a second one on the same volume waits for the first"
pod rm --force second peoplecount >/dev/null

install --directory --group=0 --mode=0770 "$scratch/volume"
docker run --detach --name anybody --user 1000650000:0 --read-only --tmpfs /tmp --cap-drop ALL \
    --volume "$scratch/volume:/var/lib/peoplecount" --env "PORT=$port" peoplecount >/dev/null
lives anybody
say "any user will do where the volume is theirs to write to"
pod rm --force anybody >/dev/null

if docker run --name refused --user 4711 --read-only --tmpfs /tmp --volume new:/var/lib/peoplecount --env "PORT=$port" peoplecount \
    >/dev/null; then fail "It runs without data"; fi
pod logs refused 2>&1 | grep -q 'cannot hold the data' || fail "It does not say what is wrong with the volume"
say "and where it is not, that is said"
