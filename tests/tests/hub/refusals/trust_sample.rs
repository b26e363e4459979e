//! Compares the trust-policy reader with the emulator's IAM, for policies from
//! shared/domain/tests/oracle.json: AssumeRole must succeed exactly if the reader says so.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_domain::iam::condition::Truth;
use rolecall_domain::iam::trust::{Caller, TrustPolicy};
use rolecall_tests::roles::{AssumeResult, assume};
use rolecall_tests::world::{World, unique};
use serde_json::Value;

/// The emulator allows its root users to call AssumeRole.
const STRANGER: &str = "999999999999";

/// Whether a policy contains only principals, external IDs and denials. The emulator does not
/// evaluate the caller's address, the time, MFA or the kind of principal.
fn is_comparable(policy: &str) -> bool {
    let own = [
        "SourceIp",
        "CurrentTime",
        "MultiFactor",
        "Federated",
        "Service",
    ];
    // Cases that AWS does not specify, and forms that the emulator does not support.
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
async fn trust_policy_reader_agrees_with_the_emulator() -> Result<()> {
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
                if said != Truth::from(tried == AssumeResult::Granted) {
                    disagreed.push(format!(
                        "{} {account} {external_id:?}: {said:?}",
                        judged["name"]
                    ));
                }
            }
        }
    }
    assert!(asked > 400, "only {asked} cases");
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
