//! The trust-policy reader beside the emulator's IAM, over the policies that the simulator of IAM
//! has judged (shared/domain/tests/oracle.json): what the reader says, AssumeRole does.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_domain::iam::condition::Truth;
use rolecall_domain::iam::trust::{Caller, TrustPolicy};
use rolecall_tests::roles::{Tried, assume};
use rolecall_tests::world::{World, unique};
use serde_json::Value;

/// The emulator's root users, who are in nobody's way of calling AssumeRole there.
const STRANGER: &str = "999999999999";

/// Policies about nothing but principals, external IDs and denials. Who calls, from where and when
/// is the emulator's own affair.
fn is_comparable(policy: &str) -> bool {
    let own = [
        "SourceIp",
        "CurrentTime",
        "MultiFactor",
        "Federated",
        "Service",
    ];
    // What AWS leaves open, and forms that the emulator does not read.
    let open = [
        "ForAnyValue:",
        "ForAllValues:",
        "\"arn:*\"",
        "\"*\"}}",
        "PrincipalAccount",
    ];
    own.iter().chain(&open).all(|word| !policy.contains(word))
}

#[tokio::test]
async fn the_emulator_lets_in_whom_the_reader_says_it_does() -> Result<()> {
    let world = World::find().await?;
    let corpus: Value =
        serde_json::from_str(include_str!("../../../../shared/domain/tests/oracle.json"))?;
    let customer = world.customer();
    let iam = world.aws(customer.account_id())?.iam();
    let name = unique("trust-sample");
    let sample = corpus["policies"].as_array().context("no policies")?;
    let mut sample = sample
        .iter()
        .filter(|one| is_comparable(&one["policy"].to_string()));
    let first = sample.next().context("an empty sample")?;
    let role = iam.create_role().role_name(&name);
    let role = role.assume_role_policy_document(first["policy"].to_string());
    let role = role.send().await?.role.context("no role")?;

    let (mut asked, mut disagreed) = (0, Vec::new());
    for judged in sample.take(120) {
        let text = judged["policy"].to_string();
        let policy = TrustPolicy::parse(&text)?;
        let update = iam.update_assume_role_policy().role_name(&name);
        update.policy_document(&text).send().await?;
        for account in [world.hub_account_id(), STRANGER] {
            let who = world.aws(account)?;
            for external_id in [Some("abc"), None, Some("zzz")] {
                let tried = assume(&who, role.arn(), external_id).await;
                let said = reader_says(&policy, account, external_id);
                asked += 1;
                if said != Truth::from(tried == Tried::Granted) {
                    disagreed.push(format!(
                        "{} {account} {external_id:?}: {said:?}",
                        judged["name"]
                    ));
                }
            }
        }
    }
    assert!(asked > 400, "only {asked} were asked");
    assert_eq!(disagreed, [""; 0], "of {asked}");
    Ok(())
}

fn reader_says(policy: &TrustPolicy, account: &str, external_id: Option<&str>) -> Truth {
    let arn = format!("arn:aws:iam::{account}:root");
    let mut context = BTreeMap::from([
        ("aws:principalarn".to_owned(), arn.clone()),
        ("aws:principalaccount".to_owned(), account.to_owned()),
    ]);
    if let Some(id) = external_id {
        context.insert("sts:externalid".to_owned(), id.to_owned());
    }
    policy.lets_in(&Caller {
        arn: &arn,
        session_arn: None,
        context: &context,
    })
}
