//! A: Memory for numbers that vector instructions read: zeroed, aligned to a cache line, in large pages where the system
//! has them, and not touched before it is used. Holds plain numbers only and never grows.

#![expect(unsafe_code, reason = "alignment and lazy zeroing are not to be had from a vector")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes of a cache line, and of the longest vector.
const LINE_BYTES: usize = 64;

/// Numbers for which any bits are a value, all zeros among them.
///
/// # Safety
/// That must be so, and the type must not need dropping.
pub(super) unsafe trait Plain: Copy {}
// SAFETY: numbers.
unsafe impl Plain for u8 {}
// SAFETY: numbers.
unsafe impl Plain for u16 {}
// SAFETY: numbers.
unsafe impl Plain for f32 {}

/// A slice of numbers, aligned to a cache line.
pub(super) struct Buffer<T: Plain> {
    at: NonNull<T>,
    len: usize,
}

// SAFETY: it owns its numbers, as a boxed slice does.
unsafe impl<T: Plain + Send> Send for Buffer<T> {}
// SAFETY: as above; a shared buffer is only read.
unsafe impl<T: Plain + Sync> Sync for Buffer<T> {}

impl<T: Plain> Buffer<T> {
    /// So many zeros.
    pub fn zeroed(len: usize) -> Self {
        if len == 0 {
            return Self { at: NonNull::dangling(), len };
        }
        let layout = Self::layout(len);
        // SAFETY: the layout is not empty, as `len` is not and `Plain` types have a size.
        let at = unsafe { alloc_zeroed(layout) };
        let Some(at) = NonNull::new(at.cast::<T>()) else { handle_alloc_error(layout) };
        Self { at, len }
    }

    fn layout(len: usize) -> Layout {
        let bytes = len.saturating_mul(size_of::<T>()).min(isize::MAX as usize - LINE_BYTES);
        // SAFETY: the alignment is a power of two, and the size is below `isize::MAX` when rounded up to it.
        unsafe { Layout::from_size_align_unchecked(bytes, LINE_BYTES) }
    }
}

impl<T: Plain> Drop for Buffer<T> {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: it was allocated with this layout, and nobody has it any longer.
            unsafe { dealloc(self.at.as_ptr().cast(), Self::layout(self.len)) }
        }
    }
}

impl<T: Plain> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` numbers stand there, zeroed at first, or `len` is 0.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl<T: Plain> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and it is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.at.as_ptr(), self.len) }
    }
}
