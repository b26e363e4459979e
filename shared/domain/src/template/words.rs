//! The texts of a template for customers and reviewers.

use super::{ROLE, Template};
use crate::access::Profile;
use crate::messages::{Language, Message};

/// The longest list of profile titles in a description. CloudFormation's descriptions have at most
/// 1,024 bytes, and IAM's at most 1,000 characters.
const LONGEST_LIST: usize = 600;

/// The titles of the profiles, or their number if that would be too long.
fn titles(template: &Template) -> String {
    let titles = template.profiles.iter().map(|one| match one.dangerous {
        true => format!(
            "{} (DANGEROUS: it can take over this AWS account)",
            one.title.en
        ),
        false => one.title.en.clone(),
    });
    let titles = titles.collect::<Vec<_>>().join("; ");
    match template.profiles.len() {
        0 => "none; the role can only read itself and its stack".to_owned(),
        count if titles.len() > LONGEST_LIST => format!("{count} access profiles"),
        _ => titles,
    }
}

pub(super) fn description(template: &Template) -> String {
    let (product, titles) = (&template.product, titles(template));
    format!(
        "Connects this AWS account to {product}. Access: {titles}. To take the access back, delete this stack."
    )
}

pub(super) fn role_description(template: &Template) -> String {
    let (product, titles) = (&template.product, titles(template));
    format!(
        "Gives {product} access to this AWS account. Access: {titles}. To take it back, delete the \
         CloudFormation stack that created this role."
    )
}

/// The comment above the policies of a profile.
pub(super) fn profile_comment(profile: &Profile) -> String {
    let (title, explain) = (&profile.title.en, &profile.explain.en);
    let mut lines = vec![format!(
        "Access profile {}: {title}. {explain}",
        profile.name
    )];
    lines.extend(
        profile
            .not
            .as_ref()
            .map(|not| format!("Not included: {}", not.en)),
    );
    if profile.dangerous {
        lines.push(
            "DANGEROUS: with this profile, the role can take over this AWS account.".to_owned(),
        );
    }
    lines.join("\n")
}

pub(super) fn about(template: &Template) -> String {
    let (name, contact) = (&template.product, &template.contact);
    let hub = &template.hub.account_id;
    let mut lines = vec![
        "For reviewers. The stack creates:".to_owned(),
        format!(
            "- {ROLE}: only the hub of {name}, in AWS account {hub}, can assume it, and only with the external \
             ID below. Access: {}.",
            titles(template)
        ),
    ];
    for role in &template.companion_roles {
        let purpose = role.kind.purpose.text(Language::English);
        lines.push(format!("- {}: {purpose}", role.kind.role_resource()));
    }
    lines.push(
        "- SelfInspection: a policy with which the hub's role reads itself and this stack, so that the hub can \
         check them."
            .to_owned(),
    );
    lines.push(
        "- Preflight and Registration: messages to the hub's SNS topic with the role's ARN and the external ID."
            .to_owned(),
    );
    lines.push("To take the access back, delete the stack.".to_owned());
    lines.extend(
        contact
            .as_ref()
            .map(|contact| format!("Questions: {contact}")),
    );
    lines.join("\n")
}
