#!/bin/sh
# Installs the program from a bundle, without internet: ./install.sh FOLDER
# FOLDER gets a virtual environment; one that is there is brought to this version, and nothing else is touched.
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

[ $# = 1 ] || fail "Usage: $0 FOLDER   (such as /opt/peoplecount)"
case $1 in
    /*) folder=$1 ;;
    *) folder=$(pwd)/$1 ;;
esac
cd "$(dirname "$0")"
python=${PYTHON:-python3}

sha256sum --quiet --check SHA256SUMS || fail "The bundle is damaged: copy it anew."
made_for=$(cat MADE_FOR)
here=$("$python" -c 'import platform, sys; print(f"Python {sys.version_info[0]}.{sys.version_info[1]} on {platform.system()} {platform.machine()}")') ||
    fail "$python was not found: apt install python3 python3-venv, or name another with PYTHON."
[ "$here" = "$made_for" ] || fail "This bundle is for $made_for, and here is $here. PYTHON names another Python."
"$python" -c 'import ensurepip' 2>/dev/null ||
    fail "This Python cannot make virtual environments: install python3-venv first (apt install python3-venv)."

umask 022 # it is the service's user who runs it
"$python" -m venv "$folder"
"$folder/bin/python" -m pip --isolated --disable-pip-version-check install --quiet --no-cache-dir \
    --no-index --find-links wheels --require-hashes --requirement requirements.txt
echo "$("$folder/bin/peoplecount" --version) is in $folder."
