//! Receipts of issued credentials. Their table can be written only on a condition on the other one.

use super::assert_refused;
use super::world::{World, first};
use futures_util::future::join_all;
use rolecall_domain::access::ProfileName;
use rolecall_domain::credentials::{BrokerProof, ProofResult, Receipt, SessionName};
use rolecall_domain::ids::{AccountId, GroupId};
use rolecall_domain::ports::{CommitError, Slice, Store};
use rolecall_domain::record::account::Account;
use rolecall_domain::schedule::pace::{Limited, Pace};
use rolecall_domain::text::month::Month;
use rolecall_domain::text::service::ServiceName;
use rolecall_domain::{SignedDuration, Timestamp};

async fn given_account(store: &impl Store, world: &World) -> Account {
    let account = world.account(&GroupId::new(world.seed()));
    world.given(store, &world.creation(&account)).await;
    account
}

fn service() -> ServiceName {
    ServiceName::parse("inventory-reader").expect("valid")
}

/// A receipt for a session of so many minutes.
fn receipt(world: &World, account: &Account, minutes: i64) -> Receipt {
    let (service, profile) = (service(), ProfileName::parse("inventory").expect("valid"));
    let seed = world.seed();
    let name = SessionName::new(&service, None);
    // In whole seconds, as STS has it.
    let end = (seed.at + SignedDuration::from_mins(minutes)).as_second();
    let end = Timestamp::from_second(end).expect("in range");
    Receipt::new(seed, account, (&service, &profile), &name, end)
}

async fn all(store: &impl Store, account: &Account) -> Vec<Receipt> {
    let page = store.receipts(&account.account_id, &first(100)).await;
    page.expect("read").items
}

pub(crate) async fn account_is_found_by_its_id_alone(store: &impl Store, world: &World) {
    let account = given_account(store, world).await;
    let found = store.account_by_id(&account.account_id).await;
    assert_eq!(found.expect("read"), Some(account));
    let unknown = AccountId::new(world.seed());
    assert_eq!(store.account_by_id(&unknown).await.expect("read"), None);
}

pub(crate) async fn issue_is_recorded_while_the_account_is_unchanged(
    store: &impl Store,
    world: &World,
) {
    let account = given_account(store, world).await;
    let receipt = receipt(world, &account, 60);
    let recorded = store.record_issue(&receipt, &account).await;
    recorded.expect("recorded");
    assert_eq!(all(store, &account).await, [receipt]);
    // The account itself did not change.
    let found = store.account_by_id(&account.account_id).await;
    assert_eq!(found.expect("read"), Some(account));
}

pub(crate) async fn issue_for_a_changed_or_unknown_account_records_nothing(
    store: &impl Store,
    world: &World,
) {
    let account = given_account(store, world).await;
    let changed = account.turned_unhealthy().expect("it was active");
    world.given(store, &world.step(&account, &changed)).await;
    let late = receipt(world, &account, 60);
    assert_refused!(
        store.record_issue(&late, &account).await,
        CommitError::Stale
    );
    assert!(all(store, &account).await.is_empty());
    let until = store.sessions_until(&account.account_id, world.now()).await;
    assert_eq!(until.expect("read"), None);
    let month = late.month();
    let issued = store.credentials_issued(&world.tenant, &month).await;
    assert_eq!(issued.expect("read"), 0);
    let unknown = world.account(&GroupId::new(world.seed()));
    let of_unknown = receipt(world, &unknown, 60);
    assert_refused!(
        store.record_issue(&of_unknown, &unknown).await,
        CommitError::Stale
    );
}

pub(crate) async fn receipts_are_listed_newest_first(store: &impl Store, world: &World) {
    let account = given_account(store, world).await;
    let other = given_account(store, world).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let receipt = receipt(world, &account, 15);
        store
            .record_issue(&receipt, &account)
            .await
            .expect("recorded");
        made.insert(0, receipt);
    }
    let foreign = receipt(world, &other, 15);
    store
        .record_issue(&foreign, &other)
        .await
        .expect("recorded");
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let slice = Slice::first(2).after(after);
        let page = store
            .receipts(&account.account_id, &slice)
            .await
            .expect("read");
        assert!(page.items.len() <= 2);
        seen.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, made);
}

pub(crate) async fn sessions_end_with_the_longest_that_is_valid(store: &impl Store, world: &World) {
    let account = given_account(store, world).await;
    let id = &account.account_id;
    let until = async |now| store.sessions_until(id, now).await.expect("read");
    assert_eq!(until(world.now()).await, None);
    let long = receipt(world, &account, 60);
    store.record_issue(&long, &account).await.expect("recorded");
    let short = receipt(world, &account, 15);
    store
        .record_issue(&short, &account)
        .await
        .expect("recorded");
    assert_eq!(until(world.now()).await, Some(long.expires_at));
    world.advance(SignedDuration::from_mins(59));
    assert_eq!(until(world.now()).await, Some(long.expires_at));
    world.advance(SignedDuration::from_mins(2));
    assert_eq!(until(world.now()).await, None);
    world.advance(SignedDuration::from_hours(24));
    assert_eq!(until(world.now()).await, None);
}

pub(crate) async fn issues_are_counted_by_tenant_and_month(store: &impl Store, world: &World) {
    let other = world.other_tenant();
    let counts = async |month: &Month, world: &World| {
        let issued = store.credentials_issued(&world.tenant, month).await;
        issued.expect("read")
    };
    let month = Month::of(world.now());
    assert_eq!(counts(&month, world).await, 0);
    let accounts = [
        given_account(store, world).await,
        given_account(store, world).await,
    ];
    let issues = accounts.iter().cycle().take(6).map(async |account| {
        let receipt = receipt(world, account, 15);
        store.record_issue(&receipt, account).await
    });
    // Concurrent transactions on one counter can conflict; each then leaves nothing.
    let recorded = join_all(issues).await;
    let recorded = recorded.iter().filter(|result| result.is_ok()).count();
    assert!(recorded > 0);
    let foreign = given_account(store, &other).await;
    let of_foreign = receipt(&other, &foreign, 15);
    store
        .record_issue(&of_foreign, &foreign)
        .await
        .expect("recorded");
    let issued = u64::try_from(recorded).expect("few");
    assert_eq!(counts(&month, world).await, issued);
    assert_eq!(counts(&month, &other).await, 1);
    let earlier = Month::parse("2001-01").expect("valid");
    assert_eq!(counts(&earlier, world).await, 0);
}

pub(crate) async fn last_own_proof_reads_back(store: &impl Store, world: &World) {
    use rolecall_domain::check::CheckCode;
    let account = given_account(store, world).await;
    let id = &account.account_id;
    assert_eq!(store.broker_proof(id).await.expect("read"), None);
    for result in [
        ProofResult::Failed(CheckCode::RoleUnassumable),
        ProofResult::Passed,
    ] {
        let role = account.role.clone();
        let at = world.now();
        let proof = BrokerProof { role, at, result };
        store.keep_broker_proof(id, &proof).await.expect("kept");
        assert_eq!(store.broker_proof(id).await.expect("read"), Some(proof));
    }
}

pub(crate) async fn issues_of_each_service_have_their_own_limit(store: &impl Store, world: &World) {
    let id = AccountId::new(world.seed());
    let other = ServiceName::parse("other").expect("valid");
    let pace = Pace::once_in(SignedDuration::from_secs(10));
    let ask = async |what: &Limited| {
        let asked = store
            .admit_issue(&world.tenant, what, pace, world.now())
            .await;
        asked.expect("asked").is_none()
    };
    let issue = Limited::Issue(id.clone(), service());
    assert!(ask(&issue).await);
    assert!(!ask(&issue).await);
    assert!(ask(&Limited::IssueRefusal(id.clone(), service())).await);
    assert!(ask(&Limited::Issue(id, other)).await);
}
