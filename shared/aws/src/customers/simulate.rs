//! What IAM's policy simulator says of a role, and STS of a refusal, both through the hub's role.

use super::Session;
use super::reads::{iam_as, odd, unread};
use aws_sdk_iam::types::EvaluationResult;
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::error::ProvideErrorMetadata;
use rolecall_domain::aws::RoleArn;
use rolecall_domain::companion::simulation::{Decision, Simulated};
use rolecall_domain::verification::Read;

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";
const DECODE: &str = "sts:DecodeAuthorizationMessage";

/// So many answers come on a page at most, and a caller asks for a thousand at most.
const MOST_PAGES: usize = 10;

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
pub(super) async fn simulate(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
    actions: &[String],
    resources: &[String],
) -> Read<Vec<Simulated>> {
    let (mut results, mut marker) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let request = client.simulate_principal_policy();
        let request = request
            .policy_source_arn(role.as_str())
            .set_action_names(Some(actions.to_vec()))
            .set_resource_arns(Some(resources.to_vec()))
            .set_marker(marker)
            .customize();
        let page = match request.config_override(iam_as(session)).send().await {
            Ok(page) => page,
            Err(error) => return unread(&error, SIMULATE),
        };
        for result in page.evaluation_results() {
            let Some(answers) = read(result) else {
                return odd(SIMULATE);
            };
            results.extend(answers);
        }
        marker = page.marker().map(str::to_owned);
        if !page.is_truncated() || marker.is_none() {
            return Read::Seen(results);
        }
    }
    odd(SIMULATE)
}

/// One action's answer: for each resource, where IAM tells them apart.
fn read(result: &EvaluationResult) -> Option<Vec<Simulated>> {
    let outside_boundary = result
        .permissions_boundary_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_permissions_boundary());
    let outside_organization = result
        .organizations_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_organizations());
    let whole = Simulated {
        action: result.eval_action_name().to_owned(),
        resource: result.eval_resource_name().unwrap_or("*").to_owned(),
        decision: Decision::parse(result.eval_decision().as_str())?,
        matched: sources(result.matched_statements()),
        missing_context: result.missing_context_values().to_vec(),
        outside_boundary,
        outside_organization,
    };
    let each = result.resource_specific_results().iter().map(|one| {
        Some(Simulated {
            resource: one.eval_resource_name().to_owned(),
            decision: Decision::parse(one.eval_resource_decision().as_str())?,
            matched: sources(one.matched_statements()),
            missing_context: one.missing_context_values().to_vec(),
            ..whole.clone()
        })
    });
    let each: Vec<Simulated> = each.collect::<Option<_>>()?;
    Some(if each.is_empty() { vec![whole] } else { each })
}

fn sources(statements: &[aws_sdk_iam::types::Statement]) -> Vec<String> {
    let names = statements.iter().filter_map(|one| one.source_policy_id());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
pub(super) async fn decode_message(
    client: &aws_sdk_sts::Client,
    session: &Session,
    message: &str,
) -> Read<String> {
    let config = aws_sdk_sts::config::Builder::new()
        .credentials_provider(session.credentials.clone())
        .identity_cache(IdentityCache::no_cache());
    let request = client.decode_authorization_message();
    let request = request.encoded_message(message).customize();
    match request.config_override(config).send().await {
        Ok(answer) => answer
            .decoded_message
            .map_or_else(|| odd(DECODE), Read::Seen),
        Err(error) if error.code() == Some("InvalidAuthorizationMessageException") => {
            Read::NotFound
        }
        Err(error) => unread(&error, DECODE),
    }
}
