#!/usr/bin/env bash
# Installs what looks at the site: Chromium through apt-get, and node with npm unless they are there.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ ${#missing[@]} -eq 0 ] || bash apt-install.sh "${missing[@]}"
