//! Parses quick-create links like the CloudFormation console.

use std::collections::BTreeMap;

/// The reason why a text is not a quick-create link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a quick-create link: {0}")]
pub struct InvalidLink(String);

/// The parts of a quick-create link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickCreateLink {
    pub region: String,
    pub template_url: String,
    pub stack_name: String,
    pub parameters: BTreeMap<String, String>,
}

impl QuickCreateLink {
    /// Parses `https://.../cloudformation/home?region=R#/stacks/create/review?templateURL=...`.
    ///
    /// # Errors
    /// If a part is missing, or the URL is a different page.
    pub fn parse(url: &str) -> Result<Self, InvalidLink> {
        let missing = |what: &str| InvalidLink(format!("missing {what}"));
        let (page, fragment) = url.split_once('#').ok_or_else(|| missing("fragment"))?;
        let (address, page_query) = page.split_once('?').ok_or_else(|| missing("region"))?;
        if !address.starts_with("https://") || !address.ends_with("/cloudformation/home") {
            return Err(InvalidLink(format!("unexpected page {address}")));
        }
        let (route, query) = fragment
            .split_once('?')
            .ok_or_else(|| missing("parameters"))?;
        if route != "/stacks/create/review" {
            return Err(InvalidLink(format!("unexpected page {route}")));
        }
        let mut values = pairs(query);
        let mut take = |name: &str| values.remove(name).ok_or_else(|| missing(name));
        let template_url = take("templateURL")?;
        let stack_name = take("stackName")?;
        let region = pairs(page_query)
            .remove("region")
            .ok_or_else(|| missing("region"))?;
        let parameters = values
            .into_iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("param_")?.to_owned(), value)))
            .collect();
        Ok(Self {
            region,
            template_url,
            stack_name,
            parameters,
        })
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1\
        #/stacks/create/review?templateURL=https%3A%2F%2Fb.s3.amazonaws.com%2Frole.yaml\
        &stackName=rolecall-1&param_RegistrationToken=reg_1.a-b_c&param_ExternalId=x%2By";

    #[test]
    fn quick_create_link_parses() {
        let link = QuickCreateLink::parse(LINK).expect("valid");
        assert_eq!(link.region, "eu-west-1");
        assert_eq!(link.template_url, "https://b.s3.amazonaws.com/role.yaml");
        assert_eq!(link.stack_name, "rolecall-1");
        assert_eq!(link.parameters["RegistrationToken"], "reg_1.a-b_c");
        assert_eq!(link.parameters["ExternalId"], "x+y");
    }

    #[test]
    fn other_links_are_rejected() {
        for wrong in [
            "",
            "https://example.com/",
            "https://evil.example/?region=x#/stacks/create/review?templateURL=a&stackName=b",
            &LINK.replace("create/review", "update/template"),
            &LINK.replace("templateURL", "template"),
        ] {
            assert!(QuickCreateLink::parse(wrong).is_err(), "{wrong}");
        }
    }
}
