//! IAM policy simulation and message decoding through the hub's role.

use super::Session;
use super::reads::{iam_as, unexpected, unread};
use aws_sdk_iam::types::{EvaluationResult, PermissionsBoundaryDecisionDetail};
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::error::ProvideErrorMetadata;
use futures_util::stream::{self, StreamExt};
use rolecall_domain::aws::RoleArn;
use rolecall_domain::check::Read;
use rolecall_domain::iam::simulation::{Decision, Simulated};

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";
const DECODE: &str = "sts:DecodeAuthorizationMessage";

/// More pages than a request for the maximum of a thousand results can fill.
const MAX_PAGES: usize = 10;
/// The number of parallel calls for actions that IAM does not accept together.
const AT_ONCE: usize = 5;

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
///
/// IAM accepts several actions in one call only if they need the same authorization information.
/// Otherwise, each action is requested separately, and actions that IAM does not accept are
/// returned as unknown.
pub(super) async fn simulate(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
    actions: &[String],
    resources: &[String],
) -> Read<Vec<Simulated>> {
    match ask(client, session, role, actions, resources).await {
        Ok(read) => read,
        Err(NotTaken) => {
            let each = actions.iter().map(async |action| {
                let one = std::slice::from_ref(action);
                match ask(client, session, role, one, resources).await {
                    Ok(read) => read,
                    Err(NotTaken) => Read::Seen(unknown(action, resources)),
                }
            });
            let each: Vec<Read<_>> = stream::iter(each).buffered(AT_ONCE).collect().await;
            let mut results = Vec::new();
            for read in each {
                match read {
                    Read::Seen(answers) => results.extend(answers),
                    other => return other,
                }
            }
            Read::Seen(results)
        }
    }
}

/// IAM rejected the actions, or their combination.
struct NotTaken;

async fn ask(
    client: &aws_sdk_iam::Client,
    session: &Session,
    role: &RoleArn,
    actions: &[String],
    resources: &[String],
) -> Result<Read<Vec<Simulated>>, NotTaken> {
    let (mut results, mut marker) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let request = client.simulate_principal_policy();
        let request = request
            .policy_source_arn(role.as_str())
            .set_action_names(Some(actions.to_vec()))
            .set_resource_arns(Some(resources.to_vec()))
            .set_marker(marker)
            .customize();
        let page = match request.config_override(iam_as(session)).send().await {
            Ok(page) => page,
            Err(error) if matches!(error.code(), Some("InvalidInput" | "ValidationError")) => {
                return Err(NotTaken);
            }
            Err(error) => return Ok(unread(&error, SIMULATE)),
        };
        for result in page.evaluation_results() {
            let Some(answers) = read(result, resources) else {
                return Ok(unexpected(SIMULATE));
            };
            results.extend(answers);
        }
        marker = page.marker().map(str::to_owned);
        if !page.is_truncated() || marker.is_none() {
            return Ok(Read::Seen(results));
        }
    }
    Ok(unexpected(SIMULATE))
}

fn unknown(action: &str, resources: &[String]) -> Vec<Simulated> {
    let answer = |resource: &String| Simulated {
        action: action.to_owned(),
        resource: resource.clone(),
        decision: Decision::Unknown,
        matched: Vec::new(),
        missing_context: Vec::new(),
        outside_boundary: false,
        outside_organization: false,
    };
    resources.iter().map(answer).collect()
}

/// The results of one action. If IAM returns resource-specific results, each resource has its own.
/// Otherwise, the result applies to all requested resources, and the returned resource name is a
/// pattern.
fn read(result: &EvaluationResult, resources: &[String]) -> Option<Vec<Simulated>> {
    let outside_organization = result
        .organizations_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_organizations());
    let specific = result.resource_specific_results();
    if specific.is_empty() {
        let decision = Decision::parse(result.eval_decision().as_str())?;
        let outside_boundary = outside(result.permissions_boundary_decision_detail());
        let answer = |resource: &String| Simulated {
            action: result.eval_action_name().to_owned(),
            resource: resource.clone(),
            decision,
            matched: sources(result.matched_statements()),
            missing_context: result.missing_context_values().to_vec(),
            outside_boundary,
            outside_organization,
        };
        return Some(resources.iter().map(answer).collect());
    }
    let each = specific.iter().map(|one| {
        Some(Simulated {
            action: result.eval_action_name().to_owned(),
            resource: one.eval_resource_name().to_owned(),
            decision: Decision::parse(one.eval_resource_decision().as_str())?,
            matched: sources(one.matched_statements()),
            missing_context: one.missing_context_values().to_vec(),
            outside_boundary: outside(one.permissions_boundary_decision_detail()),
            outside_organization,
        })
    });
    each.collect()
}

fn outside(boundary: Option<&PermissionsBoundaryDecisionDetail>) -> bool {
    boundary.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
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
            .map_or_else(|| unexpected(DECODE), Read::Seen),
        Err(error) if error.code() == Some("InvalidAuthorizationMessageException") => {
            Read::NotFound
        }
        Err(error) => unread(&error, DECODE),
    }
}
