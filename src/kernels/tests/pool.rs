//! The pool: all parts run once, panics are passed on, and it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::kernels::Pool;

#[test]
fn each_part_of_each_job_runs_once_also_after_the_threads_slept() {
    for threads in [0, 1, 2, 3, 5] {
        let pool = Pool::new(threads);
        assert_eq!(pool.threads(), threads.max(1));
        let counts: Vec<AtomicUsize> = (0..pool.threads()).map(|_| AtomicUsize::new(0)).collect();
        for job in 0..200 {
            pool.run(&|part| {
                counts[part].fetch_add(1, Ordering::Relaxed);
            });
            if job % 90 == 0 {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 200));
    }
}

#[test]
fn items_are_handed_out_once() {
    let pool = Pool::new(3);
    let mut numbers = vec![0_usize; 1000];
    pool.each(numbers.chunks_mut(7).enumerate(), |(part, numbers)| {
        numbers.iter_mut().enumerate().for_each(|(at, number)| *number += 7 * part + at);
    });
    assert!(numbers.into_iter().enumerate().all(|(at, number)| at == number));
}

#[test]
fn shares_cover_everything_once() {
    let pool = Pool::new(3);
    for count in 0..20 {
        let all: Vec<usize> = (0..3).flat_map(|part| pool.share(count, part)).collect();
        assert_eq!(all, (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn a_panic_in_any_part_is_passed_on_and_the_pool_goes_on() {
    let pool = Pool::new(3);
    for bad in 0..3 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&|part| assert_ne!(part, bad, "this part fails"));
        }));
        assert!(outcome.is_err(), "the panic of part {bad} was lost");
        let count = AtomicUsize::new(0);
        pool.run(&|_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(count.into_inner(), 3);
    }
}

#[test]
fn callers_on_several_threads_take_turns() {
    let pool = Pool::new(2);
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    pool.run(&|_| {
                        count.fetch_add(1, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 400);
}
