//! Handing out a run of work units to the members of a pool: long pieces first, short ones at the end.
//! It must not know what a unit is.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Units `0..total`, taken in order. A piece is half a member's fair share of what is left, so early pieces are long
/// (neighbours in memory stay with one member) and the last are single units (nobody is waited for long).
/// Aligned so that the counter shares no line with what its neighbours on the stack are read for.
#[repr(align(128))]
pub(super) struct Shares {
    next: AtomicUsize,
    total: usize,
    members: usize,
}

impl Shares {
    pub(super) fn new(total: usize, members: usize) -> Self {
        Self { next: AtomicUsize::new(0), total, members }
    }

    /// The next single unit.
    pub(super) fn take_one(&self) -> Option<usize> {
        let unit = self.next.fetch_add(1, Ordering::Relaxed);
        (unit < self.total).then_some(unit)
    }

    /// The next piece, cut where a multiple of `row` lies inside it; nothing when all is taken.
    pub(super) fn take(&self, row: usize) -> Option<Range<usize>> {
        let piece = |start: usize| {
            let fair = (self.total - start).div_ceil(2 * self.members);
            start + fair.min(row - start % row)
        };
        let taken = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |start| (start < self.total).then(|| piece(start)));
        taken.ok().map(|start| start..piece(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_all_units_once_within_rows_and_end_short() {
        for (total, members, row) in [(1, 1, 1), (43, 2, 43), (86 * 3, 2, 86), (7, 16, 3), (1000, 3, 1000)] {
            let shares = Shares::new(total, members);
            let mut end = 0;
            let mut last = 0;
            while let Some(piece) = shares.take(row) {
                assert_eq!(piece.start, end);
                assert_eq!(piece.start / row, (piece.end - 1) / row);
                (end, last) = (piece.end, piece.len());
            }
            assert_eq!((end, last), (total, 1));
        }
    }
}
