//! People wait for registrations, so independent AWS calls are concurrent, and nothing is read
//! twice.

use std::collections::BTreeSet;

use crate::common::environment;
use credential_broker::Gateway;
use registration_api::Api;
use rolecall_aws::bucket::TemplateBucket;
use rolecall_aws::clients::Aws;
use rolecall_aws::customers::{Customers, Issuer};
use rolecall_aws::host::SystemHost;
use rolecall_aws::issuer_keys::OidcKeys;
use rolecall_aws::queue::SqsCheckQueue;
use rolecall_aws::reply::Replier;
use rolecall_aws::table::Table;
use rolecall_aws::token_key::TokenKeys;
use rolecall_bench::cold::jobs::{BATCH, Job, Scene};
use rolecall_bench::fleet::accounts::{TemplateFacts, onboarding};
use rolecall_bench::fleet::{seed, template_facts};
use rolecall_bench::rounds::Rounds;
use rolecall_bench::stub::Stub;
use rolecall_bench::template::{HUB_ACCOUNT, RECEIPTS, REGION, TABLE, TOPIC};
use rolecall_domain::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::link::service::Service;
use rolecall_domain::ports::{Clock, TokenKeys as _};
use rolecall_domain::settings::Settings;
use rolecall_domain::user::ClaimSettings;
use rolecall_usecases::Environment;
use rolecall_usecases::issue_credentials::Broker;
use serde_json::{Value, json};
use stack_callback::Callback;

struct Bench {
    stub: Stub,
    template: TemplateFacts,
    table: Table,
    rounds: Rounds,
    aws: Aws,
}

impl Bench {
    async fn start() -> Self {
        let template = template_facts();
        let stub = Stub::start(template.clone()).await.expect("a free port");
        let rounds = Rounds::before(&stub);
        let environment = seed::environment(&stub.url).expect("complete");
        Self {
            table: seed::table(&stub.url).expect("an HTTP client"),
            aws: Aws::over(rounds.connector(), &environment),
            template,
            stub,
            rounds,
        }
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            table: &self.table,
            template: &self.template,
            responses_url: &self.stub.url,
            recorded: None,
        }
    }

    fn env(&self) -> Environment<Table, Customers, SystemHost> {
        let table = Table::new(self.aws.dynamodb(), TABLE);
        environment(table, Customers::new(&self.aws))
    }

    /// The token keys, loaded as they are when a function gets its first event.
    async fn keys(&self) -> TokenKeys {
        let keys = TokenKeys::new(self.aws.secretsmanager(), "arn:of:a:secret");
        let (read, _) = self.rounds.of(keys.ring()).await;
        read.expect("the token keys");
        keys
    }

    /// Handles an event of a job; returns the calls of each round.
    async fn rounds_of(&self, job: Job, function: impl AsyncFn(&Value) -> Value) -> Rounded {
        self.stub.reset();
        let tasks = job.tasks(1, &self.scene()).await.expect("prepared");
        self.stub.take_tally();
        let task = tasks.first().expect("one");
        let (answer, rounds) = self.rounds.of(Box::pin(function(&task.event))).await;
        let tally = self.stub.take_tally();
        let judged = self.scene().judge(job, task, &answer, &tally).await;
        judged.expect("a correct result");
        Rounded(rounds)
    }
}

struct Rounded(Vec<Vec<String>>);

impl Rounded {
    /// Checks the maximum number of rounds; returns the operations of each round.
    fn at_most(&self, rounds: usize) -> Vec<Vec<&str>> {
        assert!(self.0.len() <= rounds, "{:#?}", self.0);
        self.once_each()
    }

    /// The operations of each round; checks that no item is read twice.
    fn once_each(&self) -> Vec<Vec<&str>> {
        let mut items = BTreeSet::new();
        for asked in self.0.iter().flatten() {
            let is_item = asked.starts_with("dynamodb GetItem");
            assert!(
                !is_item || items.insert(asked),
                "{asked} again: {:#?}",
                self.0
            );
        }
        self.0.iter().map(|asked| operations(asked)).collect()
    }
}

fn operations(asked: &[String]) -> Vec<&str> {
    asked.iter().map(|one| operation(one)).collect()
}

fn operation(asked: &str) -> &str {
    let mut words = asked.match_indices(' ').map(|(at, _)| at).skip(1);
    words.next().map_or(asked, |end| &asked[..end])
}

/// The reads of a role and its stack, the probes and the final write. The template knows the names of the
/// role's policies; listing them first would take another round.
const EVERYTHING: [&str; 9] = [
    "cloudformation DescribeStackResources",
    "cloudformation DescribeStacks",
    "iam GetRole",
    "iam GetRolePolicy",
    "iam ListAttachedRolePolicies",
    "iam ListRolePolicies",
    "sts AssumeRole",
    "sts AssumeRole",
    "dynamodb TransactWriteItems",
];

#[tokio::test]
async fn callback_takes_four_rounds_and_one_for_the_response() {
    let bench = Bench::start().await;
    let callback = Callback {
        env: bench.env(),
        keys: bench.keys().await,
        reply: Replier::new(bench.aws.connector()),
        response_origins: vec![bench.stub.url.clone()],
    };
    let function = async |event: &Value| {
        let deadline = SystemHost.now() + SignedDuration::from_secs(60);
        callback.handle(event, deadline).await.expect("answered");
        json!(null)
    };
    let rounded = bench.rounds_of(Job::Registration, function).await;
    let operations = rounded.at_most(4 + 1);
    // First the registration and the counter of its token's deliveries; then the claim and the note for the
    // connect page, concurrently with the first AssumeRole.
    assert_eq!(operations[0], ["dynamodb GetItem", "dynamodb UpdateItem"]);
    assert_eq!(
        operations[1],
        [
            "dynamodb GetItem",
            "dynamodb PutItem",
            "dynamodb UpdateItem",
            "sts AssumeRole"
        ]
    );
    assert_eq!(operations[2..4].concat(), EVERYTHING);
    assert_eq!(operations[4], ["PUT"]);
}

#[tokio::test]
async fn paste_takes_five_rounds() {
    let bench = Bench::start().await;
    let api = Api {
        env: Environment {
            onboarding: Some(onboarding()),
            ..bench.env()
        },
        keys: bench.keys().await,
        bucket: TemplateBucket::new(&bench.aws, "example"),
        claims: ClaimSettings::default(),
        sign_in: registration_api::sign_in::SignIn::default(),
        service: Service::new(Region::parse(REGION).expect("a Region"), []),
        topic_name: TOPIC.to_owned(),
        onboarding_bucket: "example".to_owned(),
        api_url: "https://hub.example".to_owned(),
        console_url: Some("https://hub.example".to_owned()),
    };
    let function = async |event: &Value| json!(api.handle(event).await);
    let rounded = bench.rounds_of(Job::Paste, function).await;
    let operations = rounded.at_most(5);
    // No call to the customer's account before the rate limits are checked: for the tenant, then
    // for the registration, because a tenant could name any number of registrations.
    let reads_and_limit = [
        "dynamodb GetItem",
        "dynamodb GetItem",
        "dynamodb UpdateItem",
    ];
    assert_eq!(operations[0], reads_and_limit);
    assert_eq!(operations[1], ["dynamodb UpdateItem"]);
    assert_eq!(
        operations[2],
        ["dynamodb GetItem", "dynamodb PutItem", "sts AssumeRole"]
    );
    assert_eq!(operations[3..5].concat(), EVERYTHING);
}

#[tokio::test]
async fn issue_takes_six_rounds() {
    let bench = Bench::start().await;
    let gateway = Gateway {
        broker: Broker {
            store: Table::new(bench.aws.dynamodb(), TABLE).with_receipts(RECEIPTS),
            customers: Issuer::new(&bench.aws),
            queue: SqsCheckQueue::new(bench.aws.sqs(), "https://queue.example"),
            host: SystemHost,
            settings: Settings::default(),
        },
        keys: OidcKeys::new(bench.aws.connector()),
        hub_account: AwsAccountId::parse(HUB_ACCOUNT).expect("twelve digits"),
        api_url: "https://hub.example".to_owned(),
    };
    let function = async |event: &Value| json!(gateway.handle(event).await);
    let rounded = bench.rounds_of(Job::Issue, function).await;
    // The account's tenant, the account, what decides, the limit, the session, and its receipt.
    let operations = rounded.at_most(6);
    let read = "dynamodb GetItem";
    assert_eq!(operations[..2], [[read], [read]]);
    assert_eq!(operations[2], [read; 4]);
    assert_eq!(operations[3], ["dynamodb UpdateItem"]);
    assert_eq!(operations[4], ["sts AssumeRole"]);
    assert_eq!(operations[5], ["dynamodb TransactWriteItems"]);
}

#[tokio::test]
async fn batch_of_checks_reads_shared_items_once() {
    let bench = Bench::start().await;
    let env = bench.env();
    let function = async |event: &Value| {
        let deadline = SystemHost.now() + SignedDuration::from_secs(60);
        json!(
            account_health::handle(&env, event, deadline)
                .await
                .expect("a batch")
        )
    };
    // The last round counts the tenant's usage, once for the batch.
    bench
        .rounds_of(Job::Verification, function)
        .await
        .at_most(7);
    let operations = bench.rounds_of(Job::Batch, function).await;
    let operations = operations.once_each().concat();
    let count = |name| operations.iter().filter(|one| **one == name).count();
    // Each check's account and schedule, and once the offering and the template.
    assert_eq!(count("dynamodb GetItem"), 2 * BATCH + 2);
    assert_eq!(count("sts AssumeRole"), 3 * BATCH);
}
