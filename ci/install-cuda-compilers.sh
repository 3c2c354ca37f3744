#!/usr/bin/env bash
# Installs what compiles and disassembles CUDA without a GPU: a C++ compiler through apt-get, NVIDIA's run-time compiler
# and disassembler as Python wheels. The wheels land in $WATTMARK_CUDA_PYPI, or target/cuda-compilers.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${WATTMARK_CUDA_PYPI:-target/cuda-compilers}
# The compiler is pinned: tests count its instructions. Disassemblers read the output of every earlier compiler.
wheels=('nvidia-cuda-nvrtc==13.0.88' 'nvidia-cuda-nvdisasm==13.*,>=13.2')

# g++ without libc6-dev compiles nothing that includes a header.
if ! echo '#include <atomic>' | g++ -std=c++20 -x c++ -fsyntax-only - 2>/dev/null; then
  bash ci/apt-install.sh g++ libc6-dev
fi

# Written last: another pin, or an installation cut short, starts over.
wanted=$(printf '%s\n' "${wheels[@]}")
if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then
  echo "already installed in $folder: ${wheels[*]}"
  exit 0
fi

if [ "$(uname -s)" != Linux ]; then
  echo "error: there are no CUDA compilers for $(uname -s); set WATTMARK_CUDA_PYPI to a folder that has them" >&2
  exit 1
fi
# Debian's python3 comes without pip.
python3 -m pip --version >/dev/null 2>&1 || bash ci/apt-install.sh python3 python3-pip

mkdir -p "$folder"
rm -f "$folder/installed"
quietly=(--quiet --disable-pip-version-check --root-user-action=ignore)
if ! python3 -m pip install "${quietly[@]}" --no-deps --upgrade --target "$folder" "${wheels[@]}"; then
  echo "error: pip could not install ${wheels[*]}; its message is above" >&2
  exit 1
fi
for file in lib/libnvrtc.so.13 bin/nvdisasm; do
  if [ ! -f "$folder/nvidia/cu13/$file" ]; then
    echo "error: the wheels have no nvidia/cu13/$file; their layout changed, or pip chose other versions" >&2
    exit 1
  fi
done
chmod +x "$folder/nvidia/cu13/bin/"*
echo "$wanted" >"$folder/installed"
echo "installed in $folder: ${wheels[*]}"
