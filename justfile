# The habits of this house. `just` lists them.

_list:
    @just --list --unsorted

# What a change must pass: formatting, lints, spelling, dependencies.
lint:
    cargo fmt --check
    cargo clippy --release --all-targets -- -D warnings
    typos
    cargo deny check

# Every test. WATTMARK_REQUIRE=vulkan,gl makes a missing software GPU an error rather than a skip with a reason.
test *args:
    cargo test --release {{ args }}

# Criterion over suite `quick`; arguments pass through: `just bench matmul --save-baseline before`.
bench *args:
    cargo bench -- {{ args }}

# The library's pages; a broken link is an error.
docs *args:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps {{ args }}

# All that the checks on landing do.
ci:
    .ci/run

# aarch64 Linux, cross-built and run under emulation; needs ci/install-aarch64.sh once.
aarch64:
    ci/aarch64.sh
