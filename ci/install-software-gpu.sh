#!/usr/bin/env bash
# Installs GPUs drawn by the CPU: Vulkan (lavapipe) and GL (llvmpipe), for Debian and its relatives.
set -euo pipefail

packages=(mesa-vulkan-drivers libegl1 libgl1-mesa-dri)

missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "already installed: ${packages[*]}"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "error: no apt-get here; install Mesa's Vulkan and EGL drivers (${packages[*]} on Debian) by hand" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
