//! What is remembered of charts, against what store and key ring say.

use super::*;
use crate::astro;
use crate::auth::{Credential, Role};
use crate::config::MasterKey;
use crate::ids::SessionId;
use crate::store::tables::STORE_TABLES;

fn birth(date: &str) -> BirthInput {
    BirthInput {
        calendar: astro::Calendar::Gregorian,
        zone_source: astro::ZoneSource::UserProvided,
        date: date.into(),
        time: Some("10:30".into()),
        certainty: Certainty::Exact,
        zone: "Europe/Paris".into(),
        latitude_deg: 48.86,
        longitude_deg: 2.35,
        place_label: None,
        house_system: astro::HouseSystem::Placidus,
        utc_offset_s: None,
    }
}

#[tokio::test]
async fn what_is_remembered_is_shown_only_while_row_and_key_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let ambient = Ambient::system();
    let vault =
        Arc::new(Vault::open(&dir.path().join("keys.redb"), &MasterKey::new([7; 32]), ambient.clone()).unwrap());
    let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
    let charts = Charts::new(store, Arc::clone(&vault), Auditor::new([1; 32], ambient.clone()), ambient.clone());
    let caller = Caller {
        tenant: TenantId([1; 16]),
        user: UserId([2; 16]),
        role: Role::User,
        credential: Credential::Session(SessionId([3; 16])),
    };
    vault.create_user_key(caller.tenant, caller.user).await.unwrap();
    let (request, options) = (RequestContext::default(), ChartOptions::default());
    let ruleset = options.builtin_ruleset().unwrap();
    let mut ids = Vec::new();
    for date in ["1990-06-15", "1991-06-15"] {
        let made = charts.compute(None, &birth(date), &options, ruleset).unwrap();
        charts.keep(&caller, &request, &made, |_: &mut Tx<'_>| Ok(())).await.unwrap();
        let (opened, again) = (charts.get(&caller, made.id).unwrap(), charts.get(&caller, made.id).unwrap());
        assert!(Arc::ptr_eq(&opened, &again), "the second time, from memory");
        assert_eq!(opened.chart, made.chart);
        ids.push(made.id);
    }
    let stranger = Caller { user: UserId([9; 16]), ..caller };
    assert_eq!(charts.get(&stranger, ids[0]).unwrap_err().code(), Code::ChartNotFound);
    charts.delete(&caller, &request, ids[0]).await.unwrap();
    assert_eq!(charts.get(&caller, ids[0]).unwrap_err().code(), Code::ChartNotFound);
    assert!(charts.opened.get(&(caller.tenant, caller.user, ids[0])).is_none(), "nor is it held in memory");
    // What erases a person destroys the key; the row may stand a while longer.
    vault.destroy_user_key(caller.tenant, caller.user).await.unwrap();
    assert_eq!(charts.get(&caller, ids[1]).unwrap_err().code(), Code::UserNotFound);
    assert!(charts.opened.get(&(caller.tenant, caller.user, ids[1])).is_none());
}
