//! The stub behaves like AWS for the product: a fleet is seeded through the product's own adapter
//! and checked by its own code.

use crate::common::environment;
use rolecall_aws::clients::Aws;
use rolecall_aws::customers::Customers;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_bench::fleet::accounts::{Customer, Kind};
use rolecall_bench::fleet::seed::{self, CheckKind, Member};
use rolecall_bench::fleet::template_facts;
use rolecall_bench::stub::{Service, Stub, Tally};
use rolecall_domain::SignedDuration;
use rolecall_domain::check::Verdict;
use rolecall_domain::operator::changes::{self, Filter, Part, SHARDS};
use rolecall_domain::ports::{Directory, Records};
use rolecall_domain::record::account::AccountState;
use rolecall_usecases::{Env, Environment};
use serde_json::json;

struct Bench {
    stub: Stub,
    table: Table,
    health: Environment<Table, Customers, SystemHost>,
    members: Vec<Member>,
}

impl Bench {
    async fn start(size: usize, check_kind: CheckKind) -> Self {
        let template = template_facts();
        let stub = Stub::start(template.clone()).await.expect("a free port");
        let table = seed::table(&stub.url).expect("an HTTP client");
        let customers: Vec<Customer> = (0..size).map(Customer).collect();
        let seeded = Box::pin(seed::fleet(&table, &customers, check_kind, &template)).await;
        let members = seeded.expect("the product's own transactions");
        stub.take_tally();
        Self {
            health: health(&stub.url, table.clone()),
            stub,
            table,
            members,
        }
    }

    async fn check(&self, member: &Member) -> Tally {
        let body = json!(member.due).to_string();
        let event = json!({"Records": [{"messageId": "1", "body": body}]});
        let deadline = self.health.now() + SignedDuration::from_secs(60);
        let answer = Box::pin(account_health::handle(&self.health, &event, deadline)).await;
        let answer = answer.expect("a batch response");
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        self.stub.take_tally()
    }

    fn one(&self, kind: Kind) -> &Member {
        let mut members = self.members.iter();
        members
            .find(|it| it.customer.kind() == kind)
            .expect("a member of this kind")
    }
}

fn health(url: &str, table: Table) -> Environment<Table, Customers, SystemHost> {
    let aws = seed::environment(url).expect("complete");
    let aws = Aws::new(&aws).expect("an HTTP client");
    environment(table, Customers::fleet(&aws))
}

#[tokio::test]
async fn healthy_customer_passes_with_the_calls_of_a_full_check() {
    let bench = Bench::start(1, CheckKind::FullCheck).await;
    let member = bench.one(Kind::Healthy);
    assert_eq!(
        seed::verdict(&bench.table, member).await.expect("read"),
        None
    );
    let tally = bench.check(member).await;
    assert_eq!(
        seed::verdict(&bench.table, member).await.expect("read"),
        Some(Verdict::Passed)
    );
    assert_eq!(tally.of(Service::Sts), 3, "{tally:?}");
    assert_eq!(tally.of(Service::CloudFormation), 2, "{tally:?}");
    assert!(tally.of(Service::Iam) >= 4, "{tally:?}");
    // The schedule is updated: at least one write, and two index writes.
    assert!(
        tally.units.write >= 3.0 && tally.units.index_write == 2.0,
        "{tally:?}"
    );
    assert!(tally.units.read >= 2.0, "{tally:?}");
}

#[tokio::test]
async fn every_kind_of_problem_gets_its_verdict() {
    let bench = Bench::start(100, CheckKind::FullCheck).await;
    for kind in [Kind::Throttled, Kind::Refused, Kind::TooBroad] {
        let member = bench.one(kind);
        let tally = bench.check(member).await;
        let verdict = seed::verdict(&bench.table, member).await.expect("read");
        assert_eq!(verdict, Some(member.customer.expected()), "{kind:?}");
        assert_eq!(tally.throttled > 0, kind == Kind::Throttled, "{tally:?}");
    }
    let refused = bench.one(Kind::Refused);
    let account = bench
        .table
        .account(&refused.due.tenant, &refused.due.account_id)
        .await;
    let account = account.expect("read").expect("an account");
    assert_eq!(
        *account.state(),
        AccountState::Unhealthy,
        "the status is changed in a transaction"
    );
}

#[tokio::test]
async fn sts_limit_of_the_hub_account_is_throttling() {
    let bench = Bench::start(1, CheckKind::FullCheck).await;
    bench.stub.limit_sts(Some(1));
    let tally = bench.check(bench.one(Kind::Healthy)).await;
    assert!(tally.throttled > 0, "{tally:?}");
}

#[tokio::test]
async fn quick_check_calls_only_sts_and_writes_only_the_schedule_and_the_count() {
    let bench = Bench::start(1, CheckKind::QuickCheck).await;
    let member = bench.one(Kind::Healthy);
    let tally = bench.check(member).await;
    let verdict = seed::verdict(&bench.table, member).await.expect("read");
    assert_eq!(verdict, Some(Verdict::Passed));
    assert_eq!(tally.of(Service::Sts), 2, "{tally:?}");
    assert_eq!(
        tally.of(Service::Iam) + tally.of(Service::CloudFormation),
        0,
        "{tally:?}"
    );
    // One unit is for the tenant's usage, once for the batch.
    assert_eq!(
        (tally.units.write, tally.units.index_write),
        (4.0, 2.0),
        "{tally:?}"
    );
}

#[tokio::test]
async fn pages_of_the_index_of_changes_have_every_account_once() {
    let bench = Bench::start(30, CheckKind::FullCheck).await;
    let mut expected: Vec<_> = bench
        .members
        .iter()
        .map(|it| it.due.account_id.as_str())
        .collect();
    expected.sort_unstable();
    for (statuses, found) in [
        (vec![], 30),
        (vec!["active"], 30),
        (vec!["deregistered"], 0),
    ] {
        let filter = Filter {
            tenant: None,
            statuses,
        };
        let mut ids = Vec::new();
        for shard in 0..SHARDS {
            let mut after = None;
            loop {
                let part = Part {
                    since: None,
                    after,
                    limit: 2,
                    evaluated: 2,
                };
                let page = bench
                    .table
                    .changed(changes::Kind::Account, shard, &filter, &part);
                let page = page.await.expect("read");
                assert!(page.items.len() <= 2, "{page:?}");
                ids.extend(page.items.into_iter().map(|it| it.record_id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        ids.sort_unstable();
        assert_eq!(ids, expected[..found], "{filter:?}");
    }
}

#[tokio::test]
async fn stub_works_with_tls() {
    let template = template_facts();
    let stub = Stub::start(template.clone()).await.expect("a free port");
    let stub = stub.with_tls().await.expect("a certificate");
    assert!(stub.url.starts_with("https://"), "{}", stub.url);
    let table = seed::table(&stub.url).expect("an HTTP client");
    let customers = [Customer(0), Customer(1)];
    let made = Box::pin(seed::registrations(&table, &customers, &template)).await;
    let made = made.expect("the product's own transactions");
    let found = table.registration_by_id(&made[1].registration_id).await;
    assert_eq!(found.expect("read"), Some(made[1].clone()));
    let tally = stub.take_tally();
    assert!(
        tally.connections >= 1 && tally.of(Service::DynamoDb) >= 4,
        "{tally:?}"
    );
}
