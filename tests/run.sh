#!/usr/bin/env bash
# Everything: lint, then the tests on PostgreSQL, then on SQLite with the browser.
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

bash tests/lint.sh || exit 1
workers=${PYTEST_WORKERS:-$(nproc)}
# Each test runs where it can tell something: what uses the database on PostgreSQL and on SQLite; pages and figures of the
# record on SQLite alone, as they ask the same services; the whole API, with whatever may be sent to it, on PostgreSQL
# alone, which is the stricter.
$bin/python -m pytest -n "$workers" --durations=15 --database postgresql -m "not browser and not cluster and not faults" \
    --ignore-glob='*/test_*_pages.py' \
    tests/base tests/journey tests/listening tests/metrics tests/insight tests/strategy tests/site || exit 1
exec $bin/python -m pytest -n "$workers" --durations=15 --database sqlite -m "not cluster and not faults" \
    --ignore=tests/site/test_api_contract.py tests
