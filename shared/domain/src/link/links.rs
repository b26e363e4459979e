//! Links for people to open. Every component is a parsed type or percent-encoded (RFC 3986), so no
//! value can alter the structure of a URL.

use super::template::PublishedTemplate;
use crate::aws::{Region, StackId};

/// Percent-encodes everything except RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn console(region: &Region) -> String {
    let host = region.console_host();
    format!("https://{host}/cloudformation/home?region={region}#/stacks")
}

/// CloudFormation's quick-create page with the stack's name and parameters filled in.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stacks-quick-create-links.html>
pub fn quick_create(
    region: &Region,
    template: &PublishedTemplate,
    stack_name: &str,
    parameters: &[(&str, String)],
) -> String {
    let mut url = format!(
        "{}/create/review?templateURL={}&stackName={}",
        console(region),
        encode(&template.url),
        encode(stack_name)
    );
    for (name, value) in parameters {
        url.push_str(&format!("&param_{name}={}", encode(value)));
    }
    url
}

/// The page that updates a stack to another template.
pub fn update_stack(stack: &StackId, template: &PublishedTemplate) -> String {
    format!(
        "{}/update/template?stackId={}&templateURL={}",
        console(stack.region()),
        encode(stack.as_str()),
        encode(&template.url)
    )
}

/// The stack's page in the console.
pub fn stack_page(stack: &StackId) -> String {
    format!(
        "{}/stackinfo?stackId={}",
        console(stack.region()),
        encode(stack.as_str())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::template::{TemplateId, TemplateVersion};

    fn template() -> PublishedTemplate {
        PublishedTemplate {
            version: TemplateVersion::parse("1.0.0").expect("valid"),
            template_id: TemplateId::of("a template"),
            url: "https://bucket.s3.amazonaws.com/onboarding/1.0.0-abc/role.yaml".into(),
        }
    }

    #[test]
    fn quick_create_link_encodes_its_parameters() {
        let region = Region::parse("eu-central-1").expect("valid");
        let link = quick_create(
            &region,
            &template(),
            "rolecall-1",
            &[("ExternalId", "a&b=c d".to_owned())],
        );
        assert_eq!(
            link,
            "https://eu-central-1.console.aws.amazon.com/cloudformation/home?region=eu-central-1\
             #/stacks/create/review?templateURL=https%3A%2F%2Fbucket.s3.amazonaws.com%2Fonboarding\
             %2F1.0.0-abc%2Frole.yaml&stackName=rolecall-1&param_ExternalId=a%26b%3Dc%20d"
        );
    }

    #[test]
    fn console_host_depends_on_partition() {
        for (region, host) in [
            ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
            (
                "us-gov-west-1",
                "us-gov-west-1.console.amazonaws-us-gov.com",
            ),
            ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
        ] {
            let region = Region::parse(region).expect("valid");
            assert!(console(&region).contains(host));
        }
    }
}
