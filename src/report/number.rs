//! Numbers for people: SI prefixes and significant digits.
//! Machines get numbers unrounded; the CSV and JSON writers do not come here.

const PREFIXES: [&str; 21] =
    ["q", "r", "y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"];
/// Index of the empty prefix.
const UNITY: i32 = 10;

/// `1.234 ms`, `56.7 GFLOP/s`: a value with an SI prefix. With an empty unit the prefix stands alone, as in `56.7 G`.
pub fn si(value: f64, digits: usize, unit: &str) -> String {
    let Some((rounded, exponent)) = significant(value, digits) else {
        return join(&not_finite(value), unit);
    };
    let Some(prefix) = usize::try_from(exponent.div_euclid(3) + UNITY).ok().and_then(|i| PREFIXES.get(i)) else {
        return join(&format!("{value:.*e}", digits.saturating_sub(1)), unit);
    };
    let left = exponent.rem_euclid(3);
    let decimals = (digits as i32 - 1 - left).max(0) as usize;
    let mantissa = rounded / 10f64.powi(exponent) * 10f64.powi(left);
    join(&format!("{mantissa:.decimals$}"), &format!("{prefix}{unit}"))
}

/// `123.4`, `0.00512`: a value without a prefix; beyond a million or under a ten-thousandth in scientific notation.
pub fn decimal(value: f64, digits: usize) -> String {
    let Some((rounded, exponent)) = significant(value, digits) else {
        return not_finite(value);
    };
    if !(-4..6).contains(&exponent) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    format!("{rounded:.decimals$}")
}

/// `1.17`, `325000`, `1.008e21`: up to six digits, none that say nothing.
pub fn plain(value: f64) -> String {
    let Some((rounded, exponent)) = significant(value, 6) else {
        return not_finite(value);
    };
    if rounded == 0.0 || (-4..9).contains(&exponent) { format!("{rounded}") } else { format!("{rounded:e}") }
}

/// `82.1 %` of a fraction.
pub fn percent(fraction: f64, digits: usize) -> String {
    format!("{} %", decimal(fraction * 100.0, digits))
}

/// `±0.51 %` of a relative half-width; two digits are all that an uncertainty deserves.
pub fn plus_minus(relative: f64) -> String {
    if relative.is_finite() { format!("±{}", percent(relative, 2)) } else { "±?".to_owned() }
}

/// `1.234 ms`.
pub fn seconds(value: f64) -> String {
    si(value, 4, "s")
}

/// `16.0 MiB`: memory sizes are binary, as devices have them; bandwidths are not.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let step = (value.max(1).ilog2() / 10) as usize;
    if step == 0 {
        return format!("{value} B");
    }
    format!("{} {}", decimal(value as f64 / 1024f64.powi(step as i32), 4), UNITS[step])
}

/// The value rounded to so many digits, and its decimal exponent after rounding: 999.96 to four digits has exponent 3.
fn significant(value: f64, digits: usize) -> Option<(f64, i32)> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    let exponent = text.split_once('e')?.1.parse().ok()?;
    Some((text.parse().ok()?, exponent))
}

fn not_finite(value: f64) -> String {
    let text = if value.is_nan() {
        "?"
    } else if value > 0.0 {
        "∞"
    } else {
        "-∞"
    };
    text.to_owned()
}

fn join(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prefixes_and_digits() {
        assert_eq!(si(0.0012341, 4, "s"), "1.234 ms");
        assert_eq!(si(999.96, 4, "s"), "1.000 ks");
        assert_eq!(si(5.67e13, 3, "FLOP/s"), "56.7 TFLOP/s");
        assert_eq!(si(5.67e13, 3, ""), "56.7 T");
        assert_eq!(si(812.0, 3, ""), "812");
        assert_eq!(si(0.0, 3, "J"), "0.00 J");
        assert_eq!(si(-2.5e-7, 2, "J"), "-250 nJ");
        assert_eq!(si(1e300, 3, "J"), "1.00e300 J");
        assert_eq!(si(f64::INFINITY, 3, "s"), "∞ s");
        assert_eq!(decimal(123.44, 4), "123.4");
        assert_eq!(decimal(0.0051, 2), "0.0051");
        assert_eq!(decimal(4812.0, 3), "4810");
        assert_eq!(decimal(1e9, 3), "1.00e9");
        assert_eq!(plain(1.17), "1.17");
        assert_eq!(plain(325_000.0), "325000");
        assert_eq!(plain(1.008e21), "1.008e21");
        assert_eq!(plain(1.0 / 3.0), "0.333333");
        assert_eq!(plain(0.0), "0");
        assert_eq!(percent(0.8214, 3), "82.1 %");
        assert_eq!(plus_minus(0.0051), "±0.51 %");
        assert_eq!(plus_minus(f64::INFINITY), "±?");
        assert_eq!(bytes(33_554_432), "32.00 MiB");
        assert_eq!(bytes(1000), "1000 B");
        assert_eq!(bytes(u64::MAX), "16.00 EiB");
    }

    proptest! {
        #[test]
        fn any_number_has_a_text(value: f64, digits in 0usize..8) {
            prop_assert!(!si(value, digits, "s").is_empty());
            prop_assert!(!decimal(value, digits).is_empty());
        }

        #[test]
        fn the_text_is_the_number(value in 1e-28f64..1e28) {
            let text = si(value, 4, "s");
            let (number, unit) = text.split_once(' ').unwrap();
            let prefix = PREFIXES.iter().position(|p| format!("{p}s") == unit).unwrap() as i32 - UNITY;
            let back = number.parse::<f64>().unwrap() * 10f64.powi(3 * prefix);
            prop_assert!((back / value - 1.0).abs() < 6e-4, "{} -> {}", value, text);
        }
    }
}
