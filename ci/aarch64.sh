#!/usr/bin/env bash
# Builds for aarch64 Linux, then verifies every kernel and measures cases of the quick suite under QEMU's user mode, on
# CPUs with and without each of the instructions that kernels are written for; with WATTMARK_AARCH64=1 the whole suite and
# all tests. Needs ci/install-aarch64.sh. What it times is the emulator, and its records say so. `ci/aarch64.sh COMMAND...`
# runs one command among aarch64 programs instead, as in
# `ci/aarch64.sh cargo test --profile emulated --no-default-features NAME`.
set -euo pipefail
cd "$(dirname "$0")/.."

triple=aarch64-unknown-linux-gnu
# Debian's compiler has the arm64 standard library. Its artefacts would not mix with those of rustup's: a folder of their own.
export RUSTC=${WATTMARK_AARCH64_RUSTC:-/usr/bin/rustc}
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_BUILD_TARGET=$triple
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target/aarch64}
# The CPU that QEMU shows. No library prefix: arm64's own C library came with the standard library, and the cross one's
# loader with that C library hangs in the first thread.
unset QEMU_LD_PREFIX
export QEMU_CPU=${QEMU_CPU:-max}
# No GPU, no CUDA and no host library is there for an aarch64 program.
unset WATTMARK_REQUIRE

binary=$CARGO_TARGET_DIR/$triple/emulated/wattmark
whole=${WATTMARK_AARCH64:-}
# Of the stripped binary, optimised no better than for these tests.
most_mib=24

# Tests start the binary, and the binary its workers: the kernel must know who runs aarch64 programs. A namespace of our
# own tells it so for this run alone, where the kernel has such (Linux 6.7 and later); else the system must know already.
emulated() {
  local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  if [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    "$@"
    return
  fi
  local qemu
  qemu=$(command -v qemu-aarch64) || { echo "error: no qemu-aarch64 here: ci/install-aarch64.sh" >&2; return 1; }
  # shellcheck disable=SC2016
  unshare --user --map-root-user --mount bash -euo pipefail -c '
    line=$1; shift
    if ! mount -t binfmt_misc none /proc/sys/fs/binfmt_misc || ! echo "$line" >/proc/sys/fs/binfmt_misc/register; then
      echo "error: this kernel lets nobody but root say who runs aarch64 programs: install qemu-user-binfmt" >&2
      exit 1
    fi
    exec "$@"' emulated ":qemu-aarch64:M::$magic:$mask:$qemu:" "$@"
}

# No GPU is there for an emulated program, and with what finds them the library takes too long to build: what only these
# features have is built for x86-64 alone.
features=(--locked --profile emulated --no-default-features)

# One call for everything: two cores then build the library and its tests side by side.
build() {
  if [ -n "$whole" ]; then
    cargo test "${features[@]}" --lib --bins --tests --no-run
  else
    cargo build "${features[@]}" --bins
  fi
}

size() {
  local stripped=$CARGO_TARGET_DIR/wattmark-stripped bytes
  aarch64-linux-gnu-strip -o "$stripped" "$binary"
  bytes=$(stat -c %s "$stripped")
  echo "stripped: $((bytes >> 20)) MiB of at most $most_mib"
  [ "$bytes" -le $((most_mib << 20)) ] || { echo "error: the stripped binary has grown beyond its bound" >&2; return 1; }
}

tests() { WATTMARK_EXPECT_ISA=neon+dotprod+i8mm+bf16 emulated cargo test "${features[@]}" --lib --bins --tests; }

# Of suite verify, on any CPU: tf32, fp8 and arithmetic in f16.
unsupported_cases=3

# The CPU's own kernels, also where instructions are missing: what is then detected must be exactly what is left.
kernels_on() {
  local cpu=$1 isa=$2 records=$CARGO_TARGET_DIR/verify-$1.jsonl
  export QEMU_CPU=$cpu
  if [ -n "$whole" ] && [ "$cpu" != max ]; then
    WATTMARK_EXPECT_ISA=$isa emulated cargo test "${features[@]}" --lib backend::cpu
  fi
  rm -f "$records"
  emulated "$binary" verify --device cpu --format jsonl -o "$records"
  local all detected passed unsupported
  all=$(wc -l <"$records")
  detected=$(grep -cF "\"device_key\":\"cpu/$isa/" "$records" || true)
  passed=$(grep -c '"passed":true' "$records" || true)
  unsupported=$(grep -c '"status":"unsupported"' "$records" || true)
  echo "$cpu: of $all cases $passed passed and $unsupported are unsupported; $detected ran with $isa"
  [ "$all" -eq "$detected" ] && [ "$unsupported" -eq "$unsupported_cases" ] && [ $((passed + unsupported)) -eq "$all" ]
}

# Suite quick; of what takes the emulator minutes, drawing tens of millions of inputs and finding its peak, only as the
# whole.
quick() {
  local records=$CARGO_TARGET_DIR/quick.jsonl cases=() all sound
  [ -n "$whole" ] || cases=(--case "ceiling/launch/*,matmul/gemm/*,matmul/gemv/i8/*,matmul/gemv/w4a16g32/*,attention/*")
  rm -f "$records"
  emulated "$binary" run --suite quick "${cases[@]}" --device cpu --energy off --watchdog 900 -o "$records"
  all=$(wc -l <"$records")
  sound=$(grep '"status":"ok"' "$records" | grep -c '"emulated":"' || true)
  echo "$sound of $all records are sound and say that they are emulated"
  [ "$all" -gt 0 ] && [ "$all" -eq "$sound" ]
}

# Step after step; each timed.
steps() {
  local step started
  for step in "$@"; do
    printf '\n-- aarch64: %s\n' "$step"
    started=$SECONDS
    # shellcheck disable=SC2086
    $step
    echo "-- aarch64: $step took $((SECONDS - started)) s"
  done
}

if [ $# -gt 0 ]; then
  emulated "$@"
  exit
fi
steps build size
# The emulator leaves one core idle where one thread works: two rows of steps side by side. Locks are taken in TMPDIR; each
# row has its own, so that neither waits for the other.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/one" "$scratch/other"
TMPDIR=$scratch/one steps "kernels_on cortex-a72 neon" "kernels_on neoverse-n1 neon+dotprod" >"$scratch/said" 2>&1 &
one=$!
TMPDIR=$scratch/other steps "kernels_on max neon+dotprod+i8mm+bf16" quick ${whole:+tests} &
other=$!
failed=
wait "$other" || failed=1
wait "$one" || failed=1
cat "$scratch/said"
[ -z "$failed" ]
