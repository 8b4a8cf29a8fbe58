#!/bin/sh
# Resolve pyproject.toml into hashed lock files that hold for Python 3.11 and newer on every platform.
# No line names a registry, so whoever installs uses their own. Extra arguments go to uv: --upgrade,
# --upgrade-package NAME.
set -eu
cd "$(dirname "$0")/.."
uv=${VENV:-.venv}/bin/uv
export UV_PYTHON_DOWNLOADS=never

compile() {
    target=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --output-file "$target" "$@"
    echo "lock: $target, $(grep -c '==' "$target") packages"
}

printf 'uv\n' > requirements/bootstrap.in
compile requirements/bootstrap.txt requirements/bootstrap.in "$@"
rm requirements/bootstrap.in
# dev is the widest; the narrower ones take their versions from it, so that no two disagree.
compile requirements/dev.txt --extra postgres --extra xlsx --extra dkim --extra demo --group dev pyproject.toml "$@"
compile requirements/run.txt --constraint requirements/dev.txt --extra postgres --extra xlsx --extra dkim pyproject.toml
compile requirements/demo.txt --constraint requirements/dev.txt --extra demo --group build pyproject.toml
# The one that is wider than dev: what only benchmarks use, on top of it.
compile requirements/bench.txt --constraint requirements/dev.txt --extra postgres --extra xlsx --extra dkim --extra demo --group bench pyproject.toml
