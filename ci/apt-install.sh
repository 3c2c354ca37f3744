#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing: `ci/apt-install.sh PACKAGE...`. What it says goes to standard
# error, so that the output of a script that calls it stays its own.
set -euo pipefail

missing=()
for package in "$@"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "already installed: $*" >&2
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "error: no apt-get here; install ${missing[*]} (names of Debian) by hand" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
