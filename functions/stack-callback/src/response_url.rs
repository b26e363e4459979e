//! Decides where an answer may be sent. The ResponseURL is untrusted, so it must match one of the
//! exact hosts that CloudFormation uses for the stack's Region. The text is compared without parsing
//! it, because two parsers can disagree.

use rolecall_domain::aws::{Region, StackId};

/// Whether the URL is on CloudFormation's host for this stack, or on an origin that the operator
/// allows. By default, the operator allows none.
pub fn is_allowed(url: &str, stack_id: &StackId, extra_origins: &[String]) -> bool {
    let printable = url
        .bytes()
        .all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    let at = |origin: &str| {
        url.strip_prefix(origin)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    printable
        && (hosts(stack_id.region())
            .iter()
            .any(|host| at(&format!("https://{host}")))
            || extra_origins.iter().any(|origin| at(origin)))
}

/// Bucket names are global, so only these exact names are guaranteed to belong to Amazon.
fn hosts(region: &Region) -> Vec<String> {
    let suffix = region.partition().dns_suffix();
    let bucket = format!(
        "cloudformation-custom-resource-response-{}",
        region.as_str().replace('-', "")
    );
    let mut hosts = vec![
        format!("{bucket}.s3.{region}.{suffix}"),
        format!("{bucket}.s3-{region}.{suffix}"),
    ];
    if region.as_str() == "us-east-1" {
        hosts.push(format!("{bucket}.s3.{suffix}"));
    }
    hosts
}
