//! Verdicts: known answers, reproducibility, what the rules demand.
