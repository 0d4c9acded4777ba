//! What a check of the books finds, and what a start does about what it cannot mend.

use super::*;
use crate::ids::ReservationId;
use crate::store::codec::Table;
use crate::store::tables::MetaRow;

#[tokio::test]
async fn a_check_finds_what_was_altered() {
    let bench = Bench::new(Defaults::default()).await;
    let tenant = bench.tenant;
    for _ in 0..3 {
        bench.granted(10).await.settle_alone(used(10), Outcome::Whole).await.unwrap();
    }
    bench.verified();
    let alter = async |change: fn(&mut Tx<'_>, TenantId) -> Result<()>| {
        bench.store.write(move |tx| change(tx, tenant)).await.unwrap();
        bench.ledger.verify().unwrap()
    };
    let report = alter(|tx, tenant| Ok(tx.delete(&ENTRIES, &(tenant, 2)).map(drop)?)).await;
    assert!(report.told.iter().any(|problem| problem.what == "entries 2 to 2 are missing"), "{report:?}");
    let scope = bench.scope(Subject::Tenant);
    let mut row = bench.account(&scope);
    row.total.spent = MicroUsd(1);
    let put = bench.store.write::<_, Error, _>(move |tx| Ok(tx.put(&ACCOUNTS, &scope, &row)?));
    put.await.unwrap();
    let report = bench.ledger.verify().unwrap();
    assert!(report.told.iter().any(|problem| problem.what.contains("tenant in total 0 says")), "{report:?}");
}

#[tokio::test]
async fn a_reservation_that_cannot_be_released_stops_no_start_and_holds_up_no_other() {
    /// The reservations, as somebody else would write them.
    const GARBLED: Table<(TenantId, ReservationId), MetaRow> = Table::new("ledger_reservations_v1");
    let mut bench = Bench::new(Defaults::default()).await;
    for micro in [300, 400] {
        std::mem::forget(bench.granted(micro).await);
    }
    let (tenant, garbled, alone) = (bench.tenant, ReservationId([0; 16]), ReservationId([0xff; 16]));
    let row = bench.store.read(|view| view.scan(&RESERVATIONS, Span::all(), 1)).unwrap().remove(0).1;
    // One that no program can read, and one that holds what no balance has: first and last of all.
    let put = bench.store.write::<_, StoreError, _>(move |tx| {
        tx.put(&GARBLED, &(tenant, garbled), &MetaRow::Number(7))?;
        let row = ReservationRow { bound: MicroUsd(1_000_000), ..row.clone() };
        tx.put(&RESERVATIONS, &(tenant, alone), &row)
    });
    put.await.unwrap();
    for _ in 0..2 {
        bench.reboot().await;
        assert_eq!(bench.account(&bench.scope(Subject::Tenant)).total.reserved, MicroUsd::ZERO);
        let metrics = bench.ledger.core.on.metrics.render().unwrap();
        assert!(metrics.contains("\nledger_stuck_reservations 2\n"), "{metrics}");
        let report = bench.ledger.verify().unwrap();
        let told: Vec<&str> = report.told.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(report.problems, 3, "{told:?}");
        assert!(told[0].starts_with(&format!("{garbled} cannot be read (")), "{told:?}");
        assert_eq!(told[1], format!("{alone} holds 1000000, and its entries say 0"));
        assert_eq!(told[2], format!("{alone} is of a process that ended, and could not be released"));
    }
    // Each of the others alone, as all together failed, and not again at the second start.
    assert_eq!(bench.audited("ledger_recover"), 2);
    // The sweep goes on around them, and money is held and charged as before.
    bench.clock.advance_ms(crate::limits::RESERVATION_MAX_MS + 1);
    background::expire(&bench.ledger.core.on).await.unwrap();
    bench.granted(10).await.settle_alone(used(10), Outcome::Whole).await.unwrap();
    assert_eq!(bench.account(&bench.scope(Subject::Tenant)).total.spent, MicroUsd(10));
}
