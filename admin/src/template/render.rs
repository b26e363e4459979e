//! Fills the marked blocks of `infra/onboarding/role.yaml`. A pure function from text to text.

use anyhow::{Context, Result, bail, ensure};
use rolecall_domain::aws::{Partition, Region};
use rolecall_domain::companion::spec::RoleKind;
use rolecall_domain::link::template::TemplateVersion;

use super::{companions, sha256_hex};

/// `Fn::Or` accepts two to ten conditions.
const MOST_IN_AN_OR: usize = 10;
/// IAM's limit for all inline policies of a role, in characters.
const INLINE_POLICIES_AT_MOST: usize = 10_240;
/// Characters reserved for the policy SelfInspection with every companion role, a boundary and ten
/// managed policies. A test measures the policy on a real stack.
pub const SELF_INSPECTION_AT_MOST: usize = 4_608;
const OPERATOR_POLICY_AT_MOST: usize = INLINE_POLICIES_AT_MOST - SELF_INSPECTION_AT_MOST;
const BEGIN: &str = "# >>> rendered: ";
const END: &str = "# <<< rendered";

/// The values of a hub that go into its customers' template.
#[derive(Debug, Clone)]
pub struct HubFacts {
    pub account_id: String,
    /// Also the partition of all customers, because credentials don't work across partitions.
    pub partition: Partition,
    /// The home Region and every additional Region with a topic.
    pub served_regions: Vec<String>,
    pub trusted_principals: Vec<String>,
    /// The text of an `Fn::Sub`.
    pub service_token: String,
    /// An IAM policy document with the permissions of the operator's product.
    pub operator_policy: Option<serde_json::Value>,
}

/// A template that is ready for a customer.
#[derive(Debug, Clone)]
pub struct Rendered {
    pub version: TemplateVersion,
    pub sha256: String,
    pub text: String,
}

impl Rendered {
    /// Different content has a different key, so a template that a customer reviewed never changes.
    pub fn key(&self) -> String {
        format!(
            "onboarding/{}-{}/role.yaml",
            self.version,
            &self.sha256[..12]
        )
    }
}

/// Renders the template. A missing, unknown, duplicate or unterminated block is an error.
pub fn render(template: &str, facts: &HubFacts) -> Result<Rendered> {
    let version = template_version(template)?;
    let mut missing = vec![
        ("hub", hub_block(facts)?),
        ("served-regions", served_block(facts)?),
        ("trusted-principals", principals_block(facts)?),
        ("service-token", service_token_block(&facts.service_token)?),
        (
            "preflight-token",
            service_token_block(&facts.service_token)?,
        ),
        ("operator-policy", operator_block(facts)?),
    ];
    let kinds: Vec<&RoleKind> = RoleKind::companions().collect();
    missing.extend(companions::blocks(
        &kinds,
        facts.partition,
        &facts.account_id,
    )?);
    let mut text = String::with_capacity(template.len() + 1024);
    let mut open: Option<&str> = None;
    for line in template.lines() {
        let trimmed = line.trim_start();
        if let Some(name) = trimmed.strip_prefix(BEGIN) {
            ensure!(open.is_none(), "block `{name}` begins inside another one");
            let place = missing.iter().position(|(known, _)| *known == name);
            let (_, lines) = missing
                .remove(place.with_context(|| format!("block `{name}` is unknown or duplicate"))?);
            let indent = &line[..line.len() - trimmed.len()];
            push_line(&mut text, line);
            for rendered in lines {
                let rendered = format!("{indent}{rendered}");
                push_line(&mut text, rendered.trim_end());
            }
            open = Some(name);
        } else if trimmed == END {
            ensure!(
                open.take().is_some(),
                "`{END}` without the start of a block"
            );
            push_line(&mut text, line);
        } else if open.is_none() {
            push_line(&mut text, line);
        }
    }
    if let Some(name) = open {
        bail!("block `{name}` has no end");
    }
    if let Some((name, _)) = missing.first() {
        bail!("the template has no block `{name}`");
    }
    Ok(Rendered {
        version,
        sha256: sha256_hex(text.as_bytes()),
        text,
    })
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Parses the only line `      Version: "1.2.3"` (Mappings, Template, This) as the hub does.
fn template_version(template: &str) -> Result<TemplateVersion> {
    let versions: Vec<&str> = template
        .lines()
        .filter_map(|line| line.strip_prefix("      Version: \"")?.strip_suffix('"'))
        .collect();
    match versions.as_slice() {
        [version] => TemplateVersion::parse(*version)
            .with_context(|| format!("the template's version `{version}` is invalid")),
        others => bail!("the template has {} versions, not one", others.len()),
    }
}

fn hub_block(facts: &HubFacts) -> Result<Vec<String>> {
    let id = &facts.account_id;
    let valid = id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit());
    ensure!(valid, "`{id}` is not an AWS account id");
    Ok(vec![
        "Hub:".to_owned(),
        "  Account:".to_owned(),
        format!("    Id: \"{id}\""),
    ])
}

fn served_block(facts: &HubFacts) -> Result<Vec<String>> {
    let (regions, partition) = (&facts.served_regions, facts.partition);
    ensure!(!regions.is_empty(), "no Region is served");
    for region in regions {
        let known = Region::parse(region.as_str());
        let ours = known.is_ok_and(|known| known.partition() == partition);
        let partition = partition.as_str();
        ensure!(
            ours,
            "`{region}` is not an AWS Region of the partition {partition}; correct ServedRegions"
        );
    }
    let equals: Vec<String> = regions
        .iter()
        .map(|region| format!("!Equals [!Ref AWS::Region, {region}]"))
        .collect();
    if equals.len() <= MOST_IN_AN_OR {
        return Ok(any_of("Served", &equals));
    }
    let mut lines = Vec::new();
    let mut chunks = Vec::new();
    for (index, chunk) in equals.chunks(MOST_IN_AN_OR).enumerate() {
        let name = format!("Served{}", index + 1);
        lines.extend(any_of(&name, chunk));
        chunks.push(format!("!Condition {name}"));
    }
    ensure!(
        chunks.len() <= MOST_IN_AN_OR,
        "more than 100 served Regions"
    );
    lines.extend(any_of("Served", &chunks));
    Ok(lines)
}

fn any_of(name: &str, conditions: &[String]) -> Vec<String> {
    match conditions {
        [only] => vec![format!("{name}: {only}")],
        several => std::iter::once(format!("{name}: !Or"))
            .chain(several.iter().map(|condition| format!("  - {condition}")))
            .collect(),
    }
}

fn principals_block(facts: &HubFacts) -> Result<Vec<String>> {
    ensure!(
        !facts.trusted_principals.is_empty(),
        "no principal is trusted"
    );
    facts
        .trusted_principals
        .iter()
        .map(|pattern| Ok(format!("- {}", quoted(pattern)?)))
        .collect()
}

fn service_token_block(token: &str) -> Result<Vec<String>> {
    ensure!(token.starts_with("arn:"), "the service token is not an ARN");
    Ok(vec![format!("ServiceToken: !Sub {}", quoted(token)?)])
}

fn operator_block(facts: &HubFacts) -> Result<Vec<String>> {
    let Some(policy) = &facts.operator_policy else {
        return Ok(vec!["Policies: []".to_owned()]);
    };
    ensure!(
        policy.get("Statement").is_some(),
        "the operator's policy has no Statement"
    );
    let text = serde_json::to_string(policy)?;
    let size = inline_size(&text);
    ensure!(
        size <= OPERATOR_POLICY_AT_MOST,
        "the operator's policy has {size} characters without whitespace, but the limit is \
         {OPERATOR_POLICY_AT_MOST}: IAM allows {INLINE_POLICIES_AT_MOST} for all inline policies of a \
         role, and the role's own policy may need {SELF_INSPECTION_AT_MOST}. Combine statements, use \
         wildcards in actions, or remove Sids"
    );
    // JSON is valid YAML, so the document is inserted unchanged.
    Ok(vec![
        "Policies:".to_owned(),
        "  - PolicyName: OperatorPolicy".to_owned(),
        format!("    {DOCUMENT}{text}"),
    ])
}

const DOCUMENT: &str = "PolicyDocument: ";

/// The operator's policy in a rendered template.
///
/// # Errors
/// If the template has no block for it, or the block can't be parsed.
pub fn operator_policy_of(rendered: &str) -> Result<Option<serde_json::Value>> {
    let mut lines = rendered.lines().map(str::trim);
    let begin = format!("{BEGIN}operator-policy");
    ensure!(
        lines.any(|line| line == begin),
        "the template has no block `operator-policy`"
    );
    let block: Vec<&str> = lines.take_while(|line| *line != END).collect();
    match block[..] {
        ["Policies: []"] => Ok(None),
        ["Policies:", "- PolicyName: OperatorPolicy", document] => {
            let text = document.strip_prefix(DOCUMENT);
            let text = text.context("the block `operator-policy` has no document")?;
            Ok(Some(serde_json::from_str(text)?))
        }
        _ => bail!("the block `operator-policy` is not as it was rendered"),
    }
}

/// The size of a policy as IAM counts it: without whitespace.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn inline_size(policy: &str) -> usize {
    policy.chars().filter(|c| !c.is_whitespace()).count()
}

fn quoted(text: &str) -> Result<String> {
    let bad = |c: char| c == '"' || c == '\\' || c.is_control();
    ensure!(
        !text.is_empty() && !text.contains(bad),
        "`{text}` can't be quoted"
    );
    Ok(format!("\"{text}\""))
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
