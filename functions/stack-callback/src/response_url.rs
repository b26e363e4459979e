//! Where an answer may be sent. The ResponseURL comes from outside, so it is held against the few
//! exact hosts that CloudFormation uses for the stack's own Region, by plain comparison of text:
//! what is not parsed can't be parsed in two ways.

use rolecall_domain::aws::{Region, StackId};

/// Whether the URL is CloudFormation's own for this stack, or at an origin that the operator
/// allows: usually none.
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

/// Bucket names are global, so nothing but these exact names is Amazon's for sure.
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
