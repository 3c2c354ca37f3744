#!/usr/bin/env bash
# Runs the DuckDB recipes of results/recipes.sql on the committed records.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(bash ci/python-env.sh)
"$python" ci/recipes.py
