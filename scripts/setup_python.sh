#!/bin/sh
# Make .venv hold exactly what a lock file says, and jobscore itself, editable.
#
#   scripts/setup_python.sh demo    what the demo needs: requirements/demo.txt
#   scripts/setup_python.sh dev     what tests and checks need too: requirements/dev.txt
#
# PYTHON names the interpreter to use; without it the newest suitable one on the PATH is taken.
# Needs a POSIX shell and Python 3.11 or newer, nothing else. Run again, it changes only what differs.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-dev}
lock="requirements/$kind.txt"
venv=${VENV:-.venv}
[ -f "$lock" ] || { echo "setup: there is no $lock" >&2; exit 2; }

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# An interpreter counts only when it runs and is new enough: a version manager puts names on the
# PATH that start nothing.
is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Debian ships both modules in a package of their own.
has_venv() {
    "$1" -c 'import venv, ensurepip' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer that runs here."
        echo "$PYTHON"
        return
    fi
    second_best=""
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name"; then
            if has_venv "$name"; then
                echo "$name"
                return
            fi
            second_best=${second_best:-$name}
        fi
    done
    if [ -n "$second_best" ]; then
        echo "$second_best"
        return
    fi
    found=$(python3 --version 2>/dev/null || echo "no Python 3 at all")
    fail "jobscore needs Python 3.11 or newer; found $found. Install one (Debian 12+, Ubuntu 24.04+:" \
        "apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python3.12 …"
}

# Without a home to write to (some CI users have none) caches live beside the environment.
if [ -z "${HOME:-}" ] || ! [ -d "$HOME" ] || ! [ -w "$HOME" ]; then
    mkdir -p "$venv/.cache"
    HOME=$(cd "$venv/.cache" && pwd)
    export HOME
fi
# An interpreter is the owner's choice, never fetched behind their back.
UV_PYTHON_DOWNLOADS=never
# Trust what the machine trusts: some networks bring a certificate authority of their own.
UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_PYTHON_DOWNLOADS UV_SYSTEM_CERTS PIP_DISABLE_PIP_VERSION_CHECK

if ! is_new_enough "$venv/bin/python"; then
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! has_venv "$python"; then
        fail "$python ($version) cannot make virtual environments: its venv module is missing." \
            "On Debian and Ubuntu: apt-get install python$version-venv (or python3-venv), then run this again."
    fi
    say "making $venv with Python $version"
    "$python" -m venv --clear "$venv" ||
        fail "python -m venv failed (see above). On Debian and Ubuntu: apt-get install python3-venv"
fi

if ! [ -x "$venv/bin/uv" ]; then
    say "installing uv into $venv"
    "$venv/bin/python" -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
fi

VIRTUAL_ENV=$(cd "$venv" && pwd)
export VIRTUAL_ENV
say "installing $lock"
"$venv/bin/uv" pip install --quiet --require-hashes -r "$lock"
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable .
say "ready: $("$venv/bin/python" --version), $venv"
