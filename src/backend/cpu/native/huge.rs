//! Memory on 2 MiB pages: worth 1.1x to 1.9x on DRAM reads, so ceilings and kernels both use it.
//! It must not decide what is stored: a zeroed slice is all it gives.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use bytemuck::Pod;

/// The page size asked for, and the alignment of every buffer, in bytes.
pub const HUGE_PAGE: usize = 2 << 20;

/// A zeroed slice of `T`, 2 MiB-aligned, on huge pages where the system grants them.
pub struct HugeBuf<T: Pod> {
    ptr: NonNull<T>,
    len: usize,
    layout: Layout,
    advised: bool,
}

// SAFETY: a `HugeBuf` owns its memory alone, as `Vec` does, and `T: Pod` is plain data.
unsafe impl<T: Pod + Send> Send for HugeBuf<T> {}
// SAFETY: as above; shared access only reads.
unsafe impl<T: Pod + Sync> Sync for HugeBuf<T> {}

impl<T: Pod> HugeBuf<T> {
    /// `len` zeros.
    ///
    /// # Panics
    /// When the size overflows or the system is out of memory, as `Vec` does.
    pub fn zeroed(len: usize) -> Self {
        let bytes = len.checked_mul(size_of::<T>()).expect("the buffer's size overflows");
        let bytes = bytes.max(1).checked_next_multiple_of(HUGE_PAGE).expect("the buffer's size overflows");
        let layout =
            Layout::from_size_align(bytes, HUGE_PAGE.max(align_of::<T>())).expect("the buffer's size overflows");
        // SAFETY: `layout` has a size of at least one page.
        let Some(raw) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        let advised = advise(raw, bytes);
        // The advice comes before the first touch: pages already there would stay small.
        // SAFETY: `raw` is valid for `bytes` bytes of writes.
        unsafe { raw.as_ptr().write_bytes(0, bytes) };
        Self { ptr: raw.cast(), len, layout, advised }
    }

    /// A copy of `data`.
    pub fn from_slice(data: &[T]) -> Self {
        let mut buf = Self::zeroed(data.len());
        buf.copy_from_slice(data);
        buf
    }

    /// Whether the system took the request for huge pages; a record should say so.
    pub fn advised(&self) -> bool {
        self.advised
    }
}

impl<T: Pod> Drop for HugeBuf<T> {
    fn drop(&mut self) {
        // SAFETY: allocated in `zeroed` with this very layout.
        unsafe { dealloc(self.ptr.as_ptr().cast(), self.layout) };
    }
}

impl<T: Pod> Deref for HugeBuf<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` elements of plain data, initialised in `zeroed`.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl<T: Pod> DerefMut for HugeBuf<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow the only one.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

impl<T: Pod> std::fmt::Debug for HugeBuf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HugeBuf").field("len", &self.len).field("advised", &self.advised).finish_non_exhaustive()
    }
}

#[cfg(target_os = "linux")]
fn advise(raw: NonNull<u8>, bytes: usize) -> bool {
    use rustix::mm::{Advice, madvise};
    // SAFETY: the range is our own fresh allocation; this advice does not change its contents.
    unsafe { madvise(raw.as_ptr().cast(), bytes, Advice::LinuxHugepage) }.is_ok()
}

#[cfg(not(target_os = "linux"))]
fn advise(_raw: NonNull<u8>, _bytes: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeroed_and_aligned_at_any_length() {
        for len in [0, 1, 1000, HUGE_PAGE / 4 + 1] {
            let mut buf = HugeBuf::<f32>::zeroed(len);
            assert_eq!(buf.len(), len);
            assert_eq!(buf.as_ptr() as usize % HUGE_PAGE, 0);
            assert!(buf.iter().all(|&x| x == 0.0));
            buf.fill(1.0);
        }
        assert_eq!(&*HugeBuf::from_slice(&[1u8, 2, 3]), &[1, 2, 3]);
    }
}
