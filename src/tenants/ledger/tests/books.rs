//! What a check of the books finds.

use super::*;

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
