#!/usr/bin/env bash
# Prints the path of a Python with the packages that the checks need, from PyPI; makes it under target/ if need be.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/ci-python
packages=(check-jsonschema==0.39.0 kubernetes-validate==1.37.0 duckdb==1.5.6)
wanted=${packages[*]}
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
  # Debian's python3 comes without venv and pip.
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends python3 python3-venv >&2
  fi
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2
  echo "$wanted" >"$folder/installed"
fi
echo "$PWD/$folder/bin/python"
