//! Words for what a reader should doubt: one for each warning that a record may carry.
//! Decides no warning; whoever measures does.

use super::{Kind, Term, term};

/// The table.
pub(super) const TERMS: &[Term] = &[
    term(
        Kind::Warning,
        &["clock_disagreement"],
        "Device and host clocks differ by over 5 % on long batches: one of them does not time what it should. Trust neither alone.",
    ),
    term(
        Kind::Warning,
        &["harness_overhead"],
        "Over 2 % of the time between the first and last sample was spent outside samples. The device idled meanwhile.",
    ),
    term(
        Kind::Warning,
        &["noisy"],
        "The noise of the median stayed over its target. Close other programs, fix the clocks, or allow more time.",
    ),
    term(
        Kind::Warning,
        &["not_settled"],
        "Power still drifted after the longest preheating. Improve the cooling, or expect drift in the joules.",
    ),
    term(
        Kind::Warning,
        &["time_limit"],
        "The time limit came before the noise target was met. Raise the limit if the noise matters.",
    ),
    term(
        Kind::Warning,
        &["power_capped"],
        "Samples were taken under a power cap. They are kept: a capped device is slower by its owner's choice, and the label says so.",
    ),
    term(
        Kind::Warning,
        &["throttled"],
        "The device was slowed down by heat or protection; such samples were dropped and retaken. Improve the cooling.",
    ),
    term(
        Kind::Warning,
        &["software_device"],
        "The GPU interface is drawn by the CPU: the numbers say nothing of a GPU.",
    ),
    term(
        Kind::Warning,
        &["emulated"],
        "Another CPU played the one that the program was built for. Outputs are worth checking; times and joules are the emulator's, never compared with hardware and never evidence for a claim.",
    ),
    term(Kind::Warning, &["loaded_machine"], "Other work was running when the run started. Close it and run again."),
    term(
        Kind::Warning,
        &["cache_assumed"],
        "The interface does not tell the size of the last-level cache; an assumption decides when a case is cold.",
    ),
    term(Kind::Warning, &["short_window"], "The energy windows are too short to publish. Use `--energy published`."),
    term(
        Kind::Warning,
        &["window_too_short"],
        "The meter updates or averages so slowly that the edges of such a window alone leave over 5 % of its joules. Use \
         `--energy published`, or a faster meter; `wattmark sensors characterise` measures what a meter does.",
    ),
    term(
        Kind::Warning,
        &["meters_disagree"],
        "Two meters, or a counter and the integral of its gauge, are over 3 % apart. Over 5 % the joules are invalid.",
    ),
    term(
        Kind::Warning,
        &["observer_effect"],
        "Throughput changes by over 0.5 % when the power sampler is off: reading the meter disturbs what it measures.",
    ),
    term(
        Kind::Warning,
        &["host_clock_only"],
        "The device takes no timestamps, so times include submission. Short kernels look slower than they are.",
    ),
    term(
        Kind::Warning,
        &["reduced_cold_sets"],
        "There was no memory for buffer sets over twice the cache: a cold case may be partly cached.",
    ),
];
