#!/usr/bin/env bash
# Runs the DuckDB recipes of results/recipes.sql on the committed records, and on a Parquet file made of them. What makes it
# shares the dependencies of `cargo test --release`; the package itself, which a feature builds anew, is not optimised.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p target
parquet=(--locked --quiet --release --features parquet --config "profile.release.package.wattmark.opt-level=0")
# target/release/wattmark must not stay the unoptimised one.
trap 'cargo build --locked --quiet --release --bin wattmark' EXIT
cargo test "${parquet[@]}" --lib -- export::parquet
cargo run "${parquet[@]}" -- export --as parquet results/2*/ -o target/results.parquet

python=$(bash ci/python-env.sh)
"$python" ci/recipes.py
