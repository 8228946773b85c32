#!/usr/bin/env bash
# Everything: lint beside the tests on PostgreSQL, then the tests on SQLite with the browser.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin

chromium() {
    command -v chromium >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
    echo "Setting up: chromium"
    apt-get -o DPkg::Lock::Timeout=600 -qq update >/dev/null && apt-get -o DPkg::Lock::Timeout=600 -qq install -y chromium fonts-dejavu-core >/dev/null 2>&1
}
chromium || true

# What tests write is small and of no use afterwards: it stays in memory where there is room.
if [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] 2>/dev/null; then
    memory=$(mktemp -d /dev/shm/headwater-XXXXXX) && chmod 711 "$memory" && export TMPDIR=$memory
fi
# Types are checked on one core: meanwhile the tests use the other.
said=$(mktemp)
bash tests/lint.sh >"$said" 2>&1 &
lint=$!
trap '[ -z "$lint" ] || kill $lint 2>/dev/null; rm -rf "$said" ${memory:+"$memory"}' EXIT
# What a worker takes over from another is half of what that one has left, so that neighbours keep sharing their set-up.
run="$bin/python -m pytest -n ${PYTEST_WORKERS:-$(nproc)} --dist worksteal --durations=15"
# Each test runs where it can tell something: docs/develop/decisions/0011-two-databases.md.
$run --database postgresql -m "not browser and not cluster and not faults" \
    --ignore-glob='*/test_*_pages.py' --ignore-glob='*/test_*_page.py' \
    tests/base tests/journey tests/listening tests/metrics tests/insight tests/strategy tests/site
passed=$?
wait $lint || passed=1
lint=
cat "$said"
[ $passed = 0 ] || exit 1
$run --database sqlite -m "not cluster and not faults" --ignore=tests/site/test_api_contract.py tests
