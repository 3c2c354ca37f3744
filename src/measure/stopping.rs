//! When to stop sampling: a distribution-free interval of the median, cheap enough to ask between samples.
//! Published intervals come from the bootstrap over the raw samples, not from here.

/// Half the 95 % interval of the median, relative to the median; infinite below six samples, where no pair of order
/// statistics covers 95 %.
pub fn median_noise(samples: &[f64]) -> f64 {
    let n = samples.len();
    if n < 6 {
        return f64::INFINITY;
    }
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Binomial ranks by the normal approximation: n/2 -+ 1.96 sqrt(n)/2.
    let reach = 0.98 * (n as f64).sqrt();
    let low = (n as f64 / 2.0 - reach).floor().max(0.0) as usize;
    let high = ((n as f64 / 2.0 + reach).ceil() as usize).min(n - 1);
    let median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0;
    (sorted[high] - sorted[low]) / 2.0 / median
}

/// [`median_noise`] as a record has it: 1 where there are too few samples to tell.
pub fn recorded_noise(samples: &[f64]) -> f64 {
    let noise = median_noise(samples);
    if noise.is_finite() { noise } else { 1.0 }
}

/// True at sample counts where looking is worth the time: each about a quarter more than the last.
pub(super) fn worth_checking(n: usize) -> bool {
    n < 16 || n.is_multiple_of((n / 4).next_power_of_two() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_shrinks_with_samples_and_is_zero_without_spread() {
        assert_eq!(median_noise(&[1.0; 5]), f64::INFINITY);
        assert_eq!(median_noise(&[2.0; 100]), 0.0);
        let ramp = |n: usize| (0..n).map(|i| 1.0 + 0.1 * i as f64 / n as f64).collect::<Vec<_>>();
        assert!(median_noise(&ramp(1000)) < median_noise(&ramp(50)));
    }

    #[test]
    fn checks_get_rarer() {
        let checks = |to: usize| (16..to).filter(|&n| worth_checking(n)).count();
        assert!(checks(4096) < 80, "{}", checks(4096));
        assert!(checks(64) > 4);
    }
}
