//! Memory the kernels pack into, kept between calls so that timed ones allocate nothing.
//! It must not be shared by two calls at once: each takes it by `&mut`.

use super::huge::HugeBuf;

/// Grows to the largest call seen, then stays. Holds nothing between calls.
#[derive(Debug)]
pub struct Workspace {
    buf: HugeBuf<f32>,
}

/// A pointer that members of a pool share; who writes where is for the kernel to say.
pub(super) struct Shared<T>(pub(super) *mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Shared<T> {}
impl<T> Shared<T> {
    /// The address; a method, so that closures capture the wrapper and not what it wraps.
    pub(super) fn get(self) -> *mut T {
        self.0
    }
}
// SAFETY: only an address; each use is an unsafe block that says why its part is its own.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

/// One region for all members and one for each, 64-byte aligned.
#[derive(Clone, Copy)]
pub(super) struct Regions {
    pub(super) common: Shared<f32>,
    own: Shared<f32>,
    stride: usize,
}

impl Regions {
    /// The region of one member.
    pub(super) fn own(&self, member: usize) -> *mut f32 {
        self.own.get().wrapping_add(member * self.stride)
    }
}

impl Workspace {
    /// Empty: the first call of each size allocates.
    pub fn new() -> Self {
        Self { buf: HugeBuf::zeroed(0) }
    }

    /// Room for `common` 32-bit words, and `own` words for each of `members`.
    pub(super) fn regions(&mut self, common: usize, own: usize, members: usize) -> Regions {
        let common = common.next_multiple_of(16);
        // Two lines more than needed, so that equal offsets of two members do not share a cache set.
        let stride = own.next_multiple_of(16) + 32;
        let want = common + stride * members;
        if self.buf.len() < want {
            self.buf = HugeBuf::zeroed(want);
        }
        let base = self.buf.as_mut_ptr();
        Regions { common: Shared(base), own: Shared(base.wrapping_add(common)), stride }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}
