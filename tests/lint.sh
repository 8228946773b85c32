#!/usr/bin/env bash
# Format, lint, types and import contracts.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
$bin/ruff check --quiet .
$bin/mypy
$bin/lint-imports --no-cache
