#!/usr/bin/env bash
# Holds the matrix and what is made from it against their schemas: GitHub's for workflows, Kubernetes' own for Jobs.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(bash ci/python-env.sh)
bin=$(dirname "$python")

python3 ci/matrix.py check
python3 ci/matrix.py render --check
python3 -m unittest --quiet ci/test_matrix.py
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows ci/github/matrix.yml
"$bin/kubernetes-validate" --strict ci/kubernetes/*.yaml
for script in ci/*.sh ci/slurm/submit ci/slurm/task .ci/run; do bash -n "$script"; done
