//! Tests `rolecall_aws::customers` with the emulator, which enforces IAM, and with failing
//! endpoints.

mod through_the_role;
mod unwell;

use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::customers::Customers;
use rolecall_domain::aws::{ExternalId, RoleArn};
use rolecall_domain::check::AssumeOutcome;
use rolecall_domain::ports::{AssumeRole, Assumed};
use serde_json::{Value, json};

const CUSTOMER: &str = "222222222222";
const ANOTHER: &str = "333333333333";

/// The local hub of this test run.
struct Hub {
    endpoint_url: String,
    region: String,
    account: String,
}

impl Hub {
    fn find() -> Self {
        let path = std::env::var("ROLECALL_HUB").expect("no hub to test against: run `make test`");
        let text = std::fs::read_to_string(path).expect("ROLECALL_HUB must name a readable file");
        let file: Value = serde_json::from_str(&text).expect("ROLECALL_HUB must name a JSON file");
        let field = |name: &str| file[name].as_str().expect(name).to_owned();
        Self {
            endpoint_url: field("endpoint_url"),
            region: field("region"),
            account: field("hub_account_id"),
        }
    }

    /// The emulator accepts an account ID as its root user's access key.
    fn acting_as(&self, account: &str) -> Aws {
        clients(&self.endpoint_url, &self.region, account)
    }

    fn customers(&self) -> Customers {
        Customers::new(&self.acting_as(&self.account))
    }
}

fn clients(endpoint_url: &str, region: &str, account: &str) -> Aws {
    let variables = [
        ("AWS_REGION", region),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", endpoint_url),
    ];
    let environment = AwsEnvironment::read(&|wanted: &str| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| (*value).to_owned())
    });
    Aws::new(&environment.expect("complete")).expect("an HTTP client")
}

fn external_id() -> ExternalId {
    ExternalId::from_random([0x5a; 20])
}

/// A trust policy for an account, with an external ID condition if an external ID is given.
fn trust(account: &str, external_id: Option<&ExternalId>) -> Value {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
        "Action": "sts:AssumeRole",
    });
    if let Some(id) = external_id {
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Creates a role; returns its ARN and unique ID.
async fn make_role(owner: &Aws, name: &str, trust: &Value) -> (RoleArn, String) {
    let request = owner.iam().create_role().path("/rolecall/").role_name(name);
    let request = request.assume_role_policy_document(trust.to_string());
    let answer = request.send().await.expect("a new role");
    let role = answer.role().expect("a role in the response");
    let arn = RoleArn::parse(role.arn()).expect("a role's ARN");
    (arn, role.role_id().to_owned())
}

#[tokio::test]
async fn role_can_be_assumed_only_with_correct_external_id() {
    let hub = Hub::find();
    let customer = hub.acting_as(CUSTOMER);
    let trusted = trust(&hub.account, Some(&external_id()));
    let (role, unique_id) = make_role(&customer, "customers-right", &trusted).await;
    let customers = hub.customers();

    match customers.assume(&role, &external_id()).await {
        Assumed::Granted { granted, .. } => {
            assert_eq!(granted.account.as_str(), CUSTOMER);
            assert_eq!(granted.role_unique_id.as_str(), unique_id);
        }
        Assumed::Not(outcome) => panic!("not granted: {outcome:?}"),
    }
    match customers.assume(&role, &external_id().wrong()).await {
        Assumed::Not(outcome) => assert_eq!(outcome, AssumeOutcome::Refused),
        Assumed::Granted { .. } => panic!("granted with a wrong external ID"),
    }
    let without = customers.try_assume(&role, None).await;
    assert_eq!(without, AssumeOutcome::Refused);
    let wrong = customers
        .try_assume(&role, Some(&external_id().wrong()))
        .await;
    assert_eq!(wrong, AssumeOutcome::Refused);
}

#[tokio::test]
async fn foreign_and_missing_roles_are_refused_alike() {
    let hub = Hub::find();
    let customers = hub.customers();
    let trusted = trust(CUSTOMER, Some(&external_id()));
    let (foreign, _) = make_role(&hub.acting_as(ANOTHER), "customers-foreign", &trusted).await;
    let absent = RoleArn::parse(format!(
        "arn:aws:iam::{CUSTOMER}:role/rolecall/customers-absent"
    ));
    for role in [foreign, absent.expect("valid")] {
        match customers.assume(&role, &external_id()).await {
            Assumed::Not(outcome) => assert_eq!(outcome, AssumeOutcome::Refused, "{role}"),
            Assumed::Granted { .. } => panic!("{role} was granted"),
        }
    }
}

#[tokio::test]
async fn role_without_external_id_condition_is_found() {
    let hub = Hub::find();
    let customer = hub.acting_as(CUSTOMER);
    let trusted = trust(&hub.account, None);
    let (role, _) = make_role(&customer, "customers-unguarded", &trusted).await;
    let customers = hub.customers();
    for external_id in [None, Some(external_id().wrong())] {
        match customers.try_assume(&role, external_id.as_ref()).await {
            AssumeOutcome::Granted(granted) => assert_eq!(granted.account.as_str(), CUSTOMER),
            other => panic!("not granted: {other:?}"),
        }
    }
}
