#!/usr/bin/env bash
# Installs ONNX Runtime for the tests, once with its own CPU kernels and once with OpenVINO, as Python wheels. They land in
# $WATTMARK_ONNX_PYPI, or target/onnxruntime, in cpu/ and openvino/: both hold a Python package of the same name.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${WATTMARK_ONNX_PYPI:-target/onnxruntime}
# Pinned: tests know which graphs these versions refuse.
wheels=(cpu onnxruntime==1.31.1 openvino onnxruntime-openvino==1.24.1)

# Written last: another pin, or an installation cut short, starts over.
wanted=${wheels[*]}
if [ "$(cat "$folder/installed" 2>/dev/null)" = "$wanted" ]; then
  echo "already installed in $folder: $wanted"
  exit 0
fi

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "error: there is no onnxruntime-openvino for $(uname -s) on $(uname -m); name a library in ORT_DYLIB_PATH" >&2
  exit 1
fi
# Debian's python3 comes without pip.
python3 -m pip --version >/dev/null 2>&1 || bash ci/apt-install.sh python3 python3-pip

rm -rf "$folder"
mkdir -p "$folder"
quietly=(--quiet --disable-pip-version-check --root-user-action=ignore)
for ((i = 0; i < ${#wheels[@]}; i += 2)); do
  into=$folder/${wheels[i]} wheel=${wheels[i + 1]}
  if ! python3 -m pip install "${quietly[@]}" --no-deps --target "$into" "$wheel"; then
    echo "error: pip could not install $wheel; its message is above" >&2
    exit 1
  fi
  if ! ls "$into"/onnxruntime/capi/libonnxruntime.so.* >/dev/null 2>&1; then
    echo "error: $wheel has no onnxruntime/capi/libonnxruntime.so; its layout changed" >&2
    exit 1
  fi
done
echo "$wanted" >"$folder/installed"
echo "installed in $folder: $wanted"
