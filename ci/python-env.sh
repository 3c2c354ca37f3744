#!/usr/bin/env bash
# Prints the path of a Python with the packages that the checks need, from PyPI; makes it under target/ if need be.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/ci-python
packages=(check-jsonschema==0.39.0 kubernetes-validate==1.37.0 duckdb==1.5.6)
wanted=${packages[*]}
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
  # Debian's python3 comes without venv and pip.
  python3 -c 'import ensurepip' 2>/dev/null || bash ci/apt-install.sh python3 python3-venv
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2
  echo "$wanted" >"$folder/installed"
fi
echo "$PWD/$folder/bin/python"
