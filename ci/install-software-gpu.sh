#!/usr/bin/env bash
# Installs GPUs drawn by the CPU: Vulkan (lavapipe) and GL (llvmpipe), for Debian and its relatives.
set -euo pipefail
cd "$(dirname "$0")"

bash apt-install.sh mesa-vulkan-drivers libegl1 libgl1-mesa-dri
