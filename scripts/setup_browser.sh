#!/bin/sh
# Find Chromium and Japanese fonts for the browser tests and the screenshots; on Debian, as root, install
# what is missing. Prints one line for each; ends with 1 when something is missing and may not be installed.
set -eu

say() { printf 'browser: %s\n' "$*"; }

find_chromium() {
    for name in "${JOBSCORE_TEST_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Without fontconfig no program can tell; Chromium's package brings it.
has_japanese_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=ja family 2>/dev/null | head -n 1)" ]
}

missing=""
find_chromium >/dev/null || missing="chromium"
has_japanese_font || missing="$missing fonts-noto-cjk fontconfig"

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing: $missing"
    export DEBIAN_FRONTEND=noninteractive
    # The lists may be absent or old on a new machine; one update is enough.
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
    fi
    rm -f "$log"
    missing=""
    find_chromium >/dev/null || missing="chromium"
    has_japanese_font || missing="$missing fonts-noto-cjk fontconfig"
fi

if path=$(find_chromium); then say "Chromium: $path"; else say "Chromium: MISSING"; fi
if has_japanese_font; then say "Japanese font: $(fc-list :lang=ja family | sort | head -n 1)"; else say "Japanese font: MISSING"; fi
if [ -n "$missing" ]; then
    say "please install: $missing  (Debian and Ubuntu: sudo apt-get install $missing; elsewhere: any" \
        "Chromium or Chrome, named by JOBSCORE_TEST_CHROMIUM if it is not on the PATH, and any Japanese font)"
    exit 1
fi
