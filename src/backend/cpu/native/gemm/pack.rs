//! Packing A into panels: groups along K, with rows of A side by side as lanes.
//! It must not touch B, which is multiplied from where it lies.

use super::super::isa::{Dots, Job};
use super::super::simd::{MAX_LANES, Simd};
use super::element::Element;

/// Blocks of LANES groups between asking for memory and using it.
const AHEAD: usize = 3;

/// Packs `rows` rows of A, `groups` groups of each from `a` on, into one panel of V vectors a group.
pub(super) struct Pack<E: Element> {
    /// The first element: the panel's first row, the block's first column.
    pub(super) a: *const E,
    /// Elements between two rows of A.
    pub(super) k: usize,
    /// Rows of A in this panel, at most `vectors * LANES`; lanes beyond become zero.
    pub(super) rows: usize,
    /// Vectors of lanes a group.
    pub(super) vectors: usize,
    /// Elements of each row in this block; the last group is filled up with zeros.
    pub(super) elements: usize,
    /// Room for groups x vectors x LANES words.
    pub(super) panel: *mut f32,
}

impl<E: Element> Job for Pack<E> {
    type Out = ();
    const DOTS: Dots = E::DOTS;

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let groups = self.elements.div_ceil(E::group::<S>());
        let width = S::LANES * E::group::<S>();
        // SAFETY: the maker's promise: rows x elements of A to read, groups x vectors to write.
        unsafe {
            for v in 0..self.vectors {
                let rows = self.rows.saturating_sub(v * S::LANES).min(S::LANES);
                for g in (0..groups).step_by(S::LANES) {
                    let done = g * E::group::<S>();
                    let left = self.elements - done;
                    let to = self.panel.add((g * self.vectors + v) * S::LANES);
                    let mut block = [S::splat(0.0); MAX_LANES];
                    for (i, lane) in block.iter_mut().enumerate().take(rows) {
                        let p = self.a.add((v * S::LANES + i) * self.k + done);
                        // Sixteen rows are more streams than prefetchers follow; the panel is in other cores' caches.
                        S::prefetch(p.wrapping_add(AHEAD * width).cast());
                        S::prefetch_write(to.wrapping_add((AHEAD * S::LANES + i) * self.vectors * S::LANES).cast());
                        *lane = if left >= width { E::a_groups::<S>(p) } else { E::a_groups_n::<S>(p, left) };
                    }
                    S::transpose(&mut block);
                    for (i, &lane) in block.iter().enumerate().take(S::LANES.min(groups - g)) {
                        S::store(to.add(i * self.vectors * S::LANES), lane);
                    }
                }
            }
        }
    }
}
