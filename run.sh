#!/usr/bin/env bash
# The project's chores. A thin cover over `python -m venv`, `pip install -r`, `python -m peoplecount …` and `pytest`.
# Runs on bash 3.2 (macOS), from any folder.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"

list_chores() {
    cat <<'CHORES'
Usage: ./run.sh CHORE [options]

  demo    Try it without cameras: virtual ones with invented people, at http://127.0.0.1:8000.
  serve   Run the service on the settings in .env (--reload: start again whenever the source changes).
  test    Run the tests; options go to pytest.
  check   Look at style, types, import contracts and generated documents.
  words   Bring the catalogues in translations/ up to date (--check; --new LANGUAGE begins one).
  fuzz    Feed spoiled inputs to every parser, and spoiled requests to every address (--inputs N, --requests N, --seed S).
  sbom    Write down what the service is made of, as CycloneDX (--output FILE; --licences lists those).
  bench   Measure; without a name, list what can be measured.
  pictures  Take a picture of every page into docs/pictures (needs Chromium).
  replay  Play whole data sets of real door counts, with outages cut in; options go to pytest.
  bundle  Make an archive in dist/ that installs without internet, for this system and Python (--extra redis …).
  release Give what is there a version: ./run.sh release 1.2.0 (docs/contributing.md says what comes before and after).
  lock    Write requirements*.lock: what the package, its extras and its making need as pinned, with hashes.
  chaos   Let everything go wrong, as a seed says, and compare the numbers (--minutes N --seed S; --help lists the rest).
CHORES
}

fail() {
    echo "$*" >&2
    exit 1
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Prints the first Python that is new enough; PYTHON names another.
find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if is_recent "$name"; then
            echo "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found (on Debian and Ubuntu: apt install python3 python3-venv)."
}

venv_python() {
    if [ -d .venv/Scripts ]; then echo .venv/Scripts/python.exe; else echo .venv/bin/python; fi
}

make_venv() {
    if is_recent "$(venv_python)"; then return; fi
    local base
    base=$(find_python)
    "$base" -c 'import ensurepip' 2>/dev/null ||
        fail "This Python cannot make virtual environments: install python3-venv first (apt install python3-venv)."
    echo "Making the virtual environment .venv …"
    "$base" -m venv --clear .venv
}

# install FILE: what FILE asks for, unless that has been done.
install() {
    make_venv
    PY=$(venv_python)
    local stamp=".venv/installed-$1" wanted
    wanted=$(cat requirements*.txt | cksum) # they name each other
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    echo "Installing $1; this takes a minute the first time …"
    "$PY" -m pip install --disable-pip-version-check --requirement "$1"
    echo "$wanted" >"$stamp"
}

run_tests() {
    if [ $# -eq 0 ]; then set -- --numprocesses=auto --dist=loadfile --no-loadscope-reorder; fi
    exec "$PY" -m pytest "$@"
}

# Every check is run, whatever the others say. What mypy says, which takes as long as the rest, comes last.
run_checks() {
    local failed=0
    types=$(mktemp)
    trap 'rm -f "$types"' EXIT
    "$PY" -m mypy >"$types" 2>&1 &
    "$PY" -m ruff check . || failed=1
    "$PY" -m ruff format --check . || failed=1
    "$PY" -m bandit --quiet --configfile pyproject.toml --recursive peoplecount gunicorn.conf.py wsgi.py || failed=1
    "$PY" -c 'from importlinter.cli import lint_imports_command as run; run()' || failed=1
    "$PY" -m peoplecount.settings.document --check || failed=1
    "$PY" -m peoplecount.web.extraction --check || failed=1
    "$PY" -m peoplecount.web.api.connector --check || failed=1
    "$PY" deploy/release.py --check || failed=1
    "$PY" -m tests.sbom --licences >/dev/null || failed=1
    if command -v shellcheck >/dev/null; then
        shellcheck run.sh .ci/run deploy/*.sh || failed=1
    fi
    wait $! || failed=1
    cat "$types"
    exit "$failed"
}

list_benches() {
    local file found=0
    for file in bench/*.py; do
        if [ -f "$file" ]; then
            found=1
            printf '  %-8s %s\n' "$(basename "$file" .py)" "$(sed -n '1s/^"""\([^"]*\).*/\1/p' "$file")"
        fi
    done
    if [ "$found" = 0 ]; then echo "There is nothing to measure yet."; fi
}

run_bench() {
    if [ $# -eq 0 ]; then
        echo "Usage: ./run.sh bench NAME [options]"
        list_benches
        exit 0
    fi
    local name=$1
    shift
    [ -f "bench/$name.py" ] || fail "There is no bench $name. ./run.sh bench lists them."
    install requirements-dev.txt
    exec "$PY" -m "bench.$name" "$@"
}

chore=${1:-}
if [ $# -gt 0 ]; then shift; fi
case $chore in
    demo | serve)
        install requirements.txt
        exec "$PY" -m peoplecount "$chore" "$@"
        ;;
    test)
        install requirements-dev.txt
        run_tests "$@"
        ;;
    check)
        install requirements-dev.txt
        run_checks
        ;;
    words)
        install requirements-dev.txt
        exec "$PY" -m peoplecount.web.extraction "$@"
        ;;
    fuzz)
        install requirements-dev.txt
        exec "$PY" -m tests.fuzz "$@"
        ;;
    sbom)
        install requirements-dev.txt
        exec "$PY" -m tests.sbom "$@"
        ;;
    bench) run_bench "$@" ;;
    pictures)
        install requirements-dev.txt
        exec "$PY" -m tests.pictures "$@"
        ;;
    replay)
        install requirements-dev.txt
        REPLAY=whole exec "$PY" -m pytest tests/e2e/test_replayed_years.py "$@"
        ;;
    bundle)
        install requirements.txt
        exec "$PY" deploy/bundle.py "$@"
        ;;
    release)
        install requirements-dev.txt
        "$PY" deploy/release.py "$@"
        "$PY" -m peoplecount.web.api.connector # these two say the version, too
        exec "$PY" -m tests.support.api_examples
        ;;
    lock)
        install requirements-dev.txt
        exec "$PY" deploy/lock.py
        ;;
    chaos)
        install requirements-dev.txt
        exec "$PY" -m tests.chaos "$@"
        ;;
    "" | help | -h | --help) list_chores ;;
    *)
        list_chores >&2
        fail "There is no chore $chore."
        ;;
esac
