//! Work that threads share, whose results come back one by one and in order.
//! Knows nothing of the work.

use std::{collections::BTreeMap, num::NonZero, sync::mpsc};

/// As many threads as the machine has, `most` at the most, each with a state of its own from `start`, ask `next` for one
/// numbered result after the other until there is none; `take` gets them in the order of their numbers, which count from 0
/// without a gap. A thread that is ahead waits, so that few results are held.
///
/// # Errors
/// The first of `take`, with which all threads end.
pub(crate) fn in_order<S, T: Send, E>(
    most: usize,
    start: impl Fn() -> S + Sync,
    next: impl Fn(&mut S) -> Option<(usize, T)> + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let workers = threads().min(most.max(1));
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(workers);
        for _ in 0..workers {
            let (send, start, next) = (send.clone(), &start, &next);
            scope.spawn(move || {
                let mut state = start();
                while let Some(result) = next(&mut state) {
                    if send.send(result).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let (mut early, mut turn) = (BTreeMap::new(), 0);
        for (number, result) in receive {
            early.insert(number, result);
            while let Some(result) = early.remove(&turn) {
                take(result)?;
                turn += 1;
            }
        }
        Ok(())
    })
}

/// Threads that the machine runs at once.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_an_error_ends_all() {
        let made = AtomicUsize::new(0);
        let next = |_: &mut ()| {
            let at = made.fetch_add(1, Ordering::Relaxed);
            (at < 1000).then_some((at, at))
        };
        let mut taken = Vec::new();
        let take = |at| {
            taken.push(at);
            if at == 700 { Err(at) } else { Ok(()) }
        };
        assert_eq!(in_order(8, || (), next, take), Err(700));
        assert_eq!(taken, (0..=700).collect::<Vec<_>>());
    }
}
