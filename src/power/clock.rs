//! The one clock of the room: nanoseconds that only go forward.
//! Must not be set, stepped or compared across machines or boots.

/// Nanoseconds of `CLOCK_MONOTONIC`, the time base of every reading and every window.
///
/// Off Unix there is no such clock to share between processes: the figure is then counted from the
/// first call in this process, and a reading taken in another process cannot be placed on it.
#[cfg(unix)]
pub fn monotonic_ns() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(t.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(t.tv_nsec).unwrap_or(0)
}

/// Nanoseconds since the first call in this process; see the Unix version for what that costs.
#[cfg(not(unix))]
pub fn monotonic_ns() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds since the Unix epoch, from the wall clock, which may be stepped.
fn realtime_ns() -> i128 {
    use std::time::{SystemTime, UNIX_EPOCH};
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(d) => i128::try_from(d.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    }
}

/// Wall clock minus monotonic clock, in nanoseconds, to place a log that carries wall time.
///
/// The tightest of several bracketed readings is kept, so that a preemption between the two clocks
/// does not shift the log. The offset holds until the wall clock is stepped or the machine sleeps.
pub fn realtime_offset_ns() -> i128 {
    let mut best = (u64::MAX, 0);
    for _ in 0..8 {
        let before = monotonic_ns();
        let wall = realtime_ns();
        let after = monotonic_ns();
        let width = after.saturating_sub(before);
        if width < best.0 {
            best = (width, wall - i128::from(before) - i128::from(width / 2));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monotonic_does_not_go_back() {
        let a = monotonic_ns();
        let b = monotonic_ns();
        assert!(b >= a);
    }

    #[test]
    fn offset_places_now_within_ten_milliseconds() {
        let wall = i128::from(monotonic_ns()) + realtime_offset_ns();
        assert!((realtime_ns() - wall).abs() < 10_000_000);
    }
}
