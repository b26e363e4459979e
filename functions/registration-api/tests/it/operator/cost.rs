//! The number of reads for a page of a list over all tenants, which does not depend on the number of records.

use crate::world::{ACME, SERVICE, World, signed, tenant};
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::ids::{AccountId, IdSeed};
use rolecall_domain::ports::{Records, StoreError};
use rolecall_domain::record::account::Account;
use rolecall_domain::text::Actor;
use rolecall_testing::{FakeCustomers, Gate, InTurn, MemoryStore, Moment, Trouble};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The number of calls to the store by name.
#[derive(Debug, Clone, Default)]
struct Counter(Rc<RefCell<BTreeMap<&'static str, usize>>>);

impl Gate for Counter {
    async fn table(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        if moment == Moment::Before {
            *self.0.borrow_mut().entry(call).or_default() += 1;
        }
        Ok(())
    }

    async fn customers(&self, _: &'static str, _: Moment) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A store with so many accounts of ten tenants.
async fn fleet(like: &Account, accounts: u32) -> MemoryStore {
    let store = MemoryStore::new();
    for number in 0..accounts {
        let at = like.registered_at + rolecall_domain::SignedDuration::from_millis(number.into());
        let mut random = [0; 10];
        random[6..].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        let mut account = like.clone();
        account.account_id = AccountId::new(IdSeed { at, random });
        account.tenant = tenant(&format!("tenant-{}", number % 10));
        let occasion = Occasion::new(at, Actor::Hub, "test");
        let record = Record::Account(account);
        let change = Change::new().create(record, Event::AccountRegistered, &occasion);
        store.commit(&change).await.expect("committed");
    }
    store
}

/// The items of a page, and the calls that it makes.
async fn page(store: MemoryStore, query: &str) -> (usize, BTreeMap<&'static str, usize>) {
    let gate = Counter::default();
    let store = InTurn {
        port: Rc::new(store),
        gate: gate.clone(),
    };
    let world = World::over(store, FakeCustomers::new());
    let asked = format!("GET /operator/v1/accounts?{query}");
    let response = world
        .api
        .handle(&signed(SERVICE, &asked, &Value::Null))
        .await;
    assert_eq!(response.status_code, 200, "{}", response.body);
    let page: Value = serde_json::from_str(&response.body).expect("JSON");
    let calls = gate.0.borrow().clone();
    (page["items"].as_array().map_or(0, Vec::len), calls)
}

#[tokio::test]
async fn page_reads_the_same_whatever_the_size_of_the_fleet() {
    let world = World::new();
    let (like, _) = world.connect(ACME).await;
    let page_of =
        async |accounts: u32, query: &str| page(fleet(&like, accounts).await, query).await;
    let (items, small) = page_of(2_000, "limit=100").await;
    assert_eq!(items, 100);
    let expected = BTreeMap::from([
        ("account", 100),
        ("changed", 1),
        ("check_schedule", 100),
        ("report", 100),
    ]);
    assert_eq!(small, expected);
    let (items, large) = page_of(20_000, "limit=100").await;
    assert_eq!((items, large), (100, expected));
    // A filter that no account passes ends the page after a bounded number of reads.
    for query in [
        "limit=100&status=unhealthy",
        "limit=100&finding=role_unassumable",
    ] {
        let (items, calls) = page_of(20_000, query).await;
        assert_eq!(items, 0);
        assert!(calls["changed"] <= 20, "{query}: {calls:?}");
        assert!(
            calls.get("account").is_none_or(|reads| *reads <= 300),
            "{query}: {calls:?}"
        );
    }
}
