#!/usr/bin/env bash
# Looks at the site of the committed results in a real browser: ci/check-site.mjs says what must hold. With a folder as
# argument it also leaves screenshots there. WATTMARK names a binary; without it one is built.
set -euo pipefail
cd "$(dirname "$0")/.."

bash ci/install-browser.sh

tools=target/ci-browser
packages=(playwright-core@1.65.1 axe-core@4.14.1 @biomejs/biome@2.6.8)
wanted=${packages[*]}
if [ "$(cat "$tools/installed" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$tools"
  mkdir -p "$tools"
  npm install --prefix "$tools" --no-fund --no-audit --no-save --loglevel=error "${packages[@]}"
  echo "$wanted" >"$tools/installed"
fi

"$tools/node_modules/.bin/biome" lint --error-on-warnings src/site/assets ci/*.mjs tests/site/evaluate.js

site=target/site
if [ -n "${WATTMARK:-}" ]; then
  "$WATTMARK" report results/ -o "$site/" --draws "${WATTMARK_DRAWS:-20000}"
else
  cargo run --locked --release --quiet -- report results/ -o "$site/" --draws "${WATTMARK_DRAWS:-20000}"
fi
node ci/check-site.mjs "$tools" "$site" "${1:-}"
