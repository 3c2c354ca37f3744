#!/usr/bin/env bash
# Installs what builds for aarch64 Linux and runs the result on another CPU: a compiler with the arm64 standard library,
# a linker, the C library, and QEMU's user mode. For Debian and its relatives.
set -euo pipefail
cd "$(dirname "$0")"

if command -v dpkg >/dev/null && ! dpkg --print-foreign-architectures | grep -qx arm64; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  "${as_root[@]}" dpkg --add-architecture arm64
fi
# rustup needs a network of its own to add a target; Debian's rustc-web is recent enough and comes with arm64.
bash apt-install.sh rustc-web libstd-rust-web-dev:arm64 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
