#!/usr/bin/env bash
# Installs cargo-deny and typos from crates.io into Cargo's bin folder, where they are not there yet.
# Pinned, so that a new release does not turn an old commit red. Unoptimised: they run for seconds and build for minutes.
set -euo pipefail

cargo_deny=0.20.2
typos_cli=1.52.0

install_if_absent() {
  local program=$1 crate=$2 version=$3
  if command -v "$program" >/dev/null; then
    echo "already installed: $("$program" --version)"
    return
  fi
  # A target folder of its own: the repository's holds the package's artefacts only.
  env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --quiet --debug "$crate" --version "$version"
}

install_if_absent cargo-deny cargo-deny "$cargo_deny"
install_if_absent typos typos-cli "$typos_cli"
