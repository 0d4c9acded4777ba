//! P: Which vector instructions a computation uses: the best that this processor has, or fewer on demand. A task is written
//! once over [`Lanes`] and compiled for every level; this file picks the copy.

#![expect(unsafe_code, reason = "a copy compiled for instructions beyond the baseline may run only where they exist")]

use super::lanes::{Lanes, Portable};

#[cfg(target_arch = "x86_64")]
use super::lanes::{Avx2, Avx512};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Set {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A set of vector instructions that this processor has; there is none of a set that it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(Set);

impl Level {
    /// No more than the baseline of the target.
    pub const PORTABLE: Self = Self(Set::Portable);

    /// Those of this processor, the plainest first.
    pub fn available() -> Vec<Self> {
        let mut levels = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            let has_avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni");
            if has_avx2 {
                levels.push(Self(Set::Avx2));
            }
            if has_avx2 && has_avx512 {
                levels.push(Self(Set::Avx512));
            }
        }
        levels
    }

    /// The best of this processor.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::PORTABLE)
    }

    /// The one with this name, if this processor has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::available().into_iter().find(|level| level.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }

    /// Runs a task with these instructions.
    pub(super) fn run<T: Task>(self, task: T) -> T::Out {
        match self.0 {
            // SAFETY: `Portable` needs nothing beyond the baseline.
            Set::Portable => unsafe { task.run::<Portable>() },
            // SAFETY: a `Level` of this set is only made where all of its features were detected.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { with_avx2(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { with_avx512(task) },
        }
    }
}

/// A computation written over [`Lanes`].
pub(super) trait Task {
    /// What it yields.
    type Out;

    /// Does it. Implementations are `#[inline(always)]`, so that their instructions are chosen by the caller's features.
    ///
    /// # Safety
    /// The processor has the instructions of `L`.
    unsafe fn run<L: Lanes>(self) -> Self::Out;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn with_avx2<T: Task>(task: T) -> T::Out {
    // SAFETY: this function's features are those of `Avx2`.
    unsafe { task.run::<Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn with_avx512<T: Task>(task: T) -> T::Out {
    // SAFETY: this function's features are those of `Avx512`.
    unsafe { task.run::<Avx512>() }
}
