#!/usr/bin/env bash
# Runs the DuckDB recipes of results/recipes.sql on the committed records, and on a Parquet file made of them. The feature
# that makes it is built without devices and unoptimised: that takes a minute, the whole binary again would take ten.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p target
parquet=(--locked --quiet --no-default-features --features parquet)
cargo test "${parquet[@]}" --lib -- export::parquet
cargo run "${parquet[@]}" -- export --as parquet results/2*/ -o target/results.parquet

python=$(bash ci/python-env.sh)
"$python" ci/recipes.py
