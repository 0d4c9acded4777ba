//! Tests of the gate with tasks that wait, go away and hold streams, on tokio's paused clock.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use super::*;

const ACME: TenantId = TenantId([1; 16]);
const OTHER: TenantId = TenantId([2; 16]);

fn gate(per_tenant: u64, total: u64, queue_per_tenant: u64, wait_ms: u64) -> Admission {
    Admission::new(&Streams { per_tenant, total, queue_per_tenant, wait_ms, weights: Vec::new() })
}

/// Looks at the future once, as a runtime would.
fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test]
async fn beyond_the_queue_the_answer_is_at_once_and_says_when_to_come_back() {
    let gate = gate(1, 4, 0, 60_000);
    let held = gate.enter(ACME, 1, Duration::MAX).await.unwrap();
    let refused = gate.enter(ACME, 1, Duration::MAX).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), (Code::Overloaded, Some(5)));
    assert!(gate.enter(OTHER, 1, Duration::MAX).await.is_ok());
    drop(held);
    assert!(gate.enter(ACME, 1, Duration::MAX).await.is_ok());
    assert_eq!(gate.crowd(), Crowd { open: 0, queued: 0, refused: 1 });
}

#[tokio::test]
async fn who_waits_is_let_in_when_one_goes_and_gives_up_in_time() {
    let gate = gate(1, 1, 8, 50);
    let held = gate.enter(ACME, 1, Duration::MAX).await.unwrap();
    let refused = gate.enter(ACME, 1, Duration::MAX).await.unwrap_err();
    assert_eq!(refused.code(), Code::Overloaded);
    assert_eq!(gate.crowd(), Crowd { open: 1, queued: 0, refused: 1 });
    // No longer than the request has time, whatever the settings allow.
    let patient = self::gate(1, 1, 8, 3_600_000);
    let _held = patient.enter(ACME, 1, Duration::MAX).await.unwrap();
    let refused = patient.enter(ACME, 1, Duration::from_millis(5)).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), (Code::Overloaded, Some(5)));
    let waiter = tokio::spawn({
        let gate = gate.clone();
        async move { gate.enter(OTHER, 1, Duration::MAX).await.map(drop).is_ok() }
    });
    while gate.crowd().queued == 0 {
        tokio::task::yield_now().await;
    }
    drop(held);
    assert!(waiter.await.unwrap());
    assert_eq!(gate.crowd().open, 0);
}

#[tokio::test]
async fn a_waiter_that_goes_leaves_the_queue_and_what_came_to_it_passes_on() {
    let gate = gate(4, 1, 8, 60_000);
    let held = gate.enter(ACME, 1, Duration::MAX).await.unwrap();
    let mut first = Box::pin(gate.enter(ACME, 1, Duration::MAX));
    let mut second = Box::pin(gate.enter(OTHER, 1, Duration::MAX));
    let mut third = Box::pin(gate.enter(OTHER, 1, Duration::MAX));
    for waiter in [&mut first, &mut second, &mut third] {
        assert!(is_pending(waiter.as_mut()));
    }
    assert_eq!(gate.crowd().queued, 3);
    drop(third);
    assert_eq!(gate.crowd().queued, 2);
    // The stream comes to one of the two, who goes without having looked.
    drop(held);
    assert_eq!(gate.crowd(), Crowd { open: 1, queued: 1, refused: 0 });
    drop(second);
    let permit = first.await.unwrap();
    assert_eq!(gate.crowd(), Crowd { open: 1, queued: 0, refused: 0 });
    drop(permit);
    assert_eq!(gate.crowd(), Crowd::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_permit_is_lost_among_many_who_come_and_go() {
    let gate = gate(3, 5, 40, 2);
    let most = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..400_u64)
        .map(|n| {
            let (gate, most) = (gate.clone(), Arc::clone(&most));
            tokio::spawn(async move {
                let tenant = TenantId([u8::try_from(n % 7).unwrap(); 16]);
                // A third give up after a moment, wherever they are then.
                let patience = Duration::from_micros(if n % 3 == 0 { n * 13 % 2_000 } else { 1_000_000 });
                let stay = async {
                    let _permit = gate.enter(tenant, 1, Duration::MAX).await;
                    most.fetch_max(gate.crowd().open, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_micros(n * 7 % 900)).await;
                };
                drop(tokio::time::timeout(patience, stay).await);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let crowd = gate.crowd();
    assert_eq!((crowd.open, crowd.queued), (0, 0));
    assert!(most.load(Ordering::Relaxed) <= 5);
    for tenant in 0..5 {
        assert!(gate.enter(TenantId([tenant; 16]), 1, Duration::MAX).await.is_ok());
    }
}
