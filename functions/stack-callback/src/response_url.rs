//! Where an answer may be sent. The ResponseURL comes from outside, so it is held against the few
//! exact hosts that CloudFormation uses for the stack's own Region, by plain comparison of text:
//! what is not parsed can't be parsed in two ways.

use rolecall_domain::aws::{Region, StackId};

/// Whether the URL is CloudFormation's own for this stack, or at an origin that the operator
/// allows (none on AWS; the local hub's emulator).
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(region: &str) -> StackId {
        let region = Region::parse(region).expect("valid");
        let partition = region.partition().as_str();
        StackId::parse(format!(
            "arn:{partition}:cloudformation:{region}:222222222222:stack/rolecall-1/abc"
        ))
        .expect("valid")
    }

    const BUCKET: &str = "cloudformation-custom-resource-response-";

    #[test]
    fn amazons_own_hosts_are_allowed_for_the_stacks_region() {
        for (region, host) in [
            ("us-east-1", "useast1.s3.amazonaws.com"),
            ("us-east-1", "useast1.s3.us-east-1.amazonaws.com"),
            ("us-east-1", "useast1.s3-us-east-1.amazonaws.com"),
            ("eu-central-1", "eucentral1.s3.eu-central-1.amazonaws.com"),
            ("eu-central-1", "eucentral1.s3-eu-central-1.amazonaws.com"),
            ("cn-north-1", "cnnorth1.s3.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", "usgovwest1.s3-us-gov-west-1.amazonaws.com"),
        ] {
            let url = format!("https://{BUCKET}{host}/arn%3Aaws?X-Amz-Signature=x");
            assert!(is_allowed(&url, &stack(region), &[]), "{url}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        let good = format!("{BUCKET}useast1.s3.amazonaws.com");
        for url in [
            format!("http://{good}/x"),
            format!("HTTPS://{good}/x"),
            format!("https://{good}"),
            format!("https://{good}:443/x"),
            format!("https://{good}:8443/x"),
            format!("https://user@{good}/x"),
            format!("https://{good}@evil.example/x"),
            format!("https://{good}.evil.example/x"),
            format!("https://evil.example/{good}/x"),
            format!("https://evil.example#{good}/"),
            format!("https://evil.example?{good}/"),
            format!("https://{good}\\@evil.example/x"),
            format!("https://{good}%2eevil.example/x"),
            format!("https://{good}./x"),
            format!("https:///{good}/x"),
            format!("https://{BUCKET}evil.s3.amazonaws.com/x"),
            format!("https://{BUCKET}euwest1.s3.eu-west-1.amazonaws.com/x"),
            format!("https://x{good}/x"),
            format!("https://{good}/\r\nHost: evil"),
            "https://169.254.169.254/latest/meta-data".into(),
            "https://127.0.0.1/x".into(),
            "https://[::1]/x".into(),
            "https://2130706433/x".into(),
            "file:///etc/passwd".into(),
            "ftp://x/".into(),
            String::new(),
        ] {
            assert!(!is_allowed(&url, &stack("us-east-1"), &[]), "{url}");
        }
    }

    #[test]
    fn an_operators_origin_is_exact_too() {
        let origins = ["http://localhost:4566".to_owned()];
        assert!(is_allowed(
            "http://localhost:4566/x",
            &stack("us-east-1"),
            &origins
        ));
        for url in [
            "http://localhost:45667/x",
            "http://localhost/x",
            "http://localhost:4566@evil/x",
        ] {
            assert!(!is_allowed(url, &stack("us-east-1"), &origins), "{url}");
        }
    }
}
