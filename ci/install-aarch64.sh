#!/usr/bin/env bash
# Installs what builds for aarch64 Linux and runs the result on another CPU: a compiler with the arm64 standard library,
# a linker, the C library, and QEMU's user mode. For Debian and its relatives.
set -euo pipefail

# rustup needs a network of its own to add a target; Debian's rustc-web is recent enough and comes with arm64.
packages=(rustc-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "already installed: ${packages[*]}"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "error: no apt-get here; install a Rust standard library for aarch64-unknown-linux-gnu, a cross linker and QEMU's" \
    "user mode (${packages[*]} on Debian) by hand" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
dpkg --print-foreign-architectures | grep -qx arm64 || "${as_root[@]}" dpkg --add-architecture arm64
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
