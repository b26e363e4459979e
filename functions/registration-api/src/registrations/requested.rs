//! Parses and validates the request for a new registration, before any record is read.

use crate::fields::Fields;
use crate::problem::Problem;
use rolecall_domain::access::MAX_PROFILES;
use rolecall_domain::aws::{AwsAccountId, Region};
use rolecall_domain::brand::{Brand, Origin, ReturnUrl};
use rolecall_domain::check::Hub;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{RequestedRole, read_all};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::service::Service;
use rolecall_domain::messages::{Alternatives, BrandRule, Language, Rule};
use rolecall_domain::text::{FieldError, Name};
use serde_json::{Map, Value};

/// The requested settings of a new registration.
pub(super) struct Requested {
    pub(super) account_name: Option<Name>,
    pub(super) region: Region,
    pub(super) report_by: ReportBy,
    /// The brand's default language if there is none.
    pub(super) locale: Option<Language>,
    pub(super) return_url: Option<ReturnUrl>,
    pub(super) aws_account_id: Option<AwsAccountId>,
    pub(super) allow_duplicate: bool,
    /// The names of access profiles; `None` for the default.
    pub(super) access: Option<Vec<String>>,
    pub(super) companion_roles: Vec<RequestedRole>,
}

impl Requested {
    pub(super) fn read(
        body: Map<String, Value>,
        service: &Service,
        hub: &Hub,
    ) -> Result<Self, Problem> {
        let mut fields = Fields::new(body);
        let aws_account_id = fields.optional("aws_account_id", AwsAccountId::parse);
        if let Some(error) = own_account(aws_account_id.as_ref(), hub) {
            fields.refuse("aws_account_id", "invalid", error);
        }
        let region = fields.optional("region", Ok::<String, FieldError>);
        let region = match region.map(|code| service.region(&code)) {
            None => service.home.clone(),
            Some(Ok(region)) => region,
            Some(Err(error)) => {
                fields.refuse("region", "invalid", error);
                service.home.clone()
            }
        };
        let report_by = fields.optional("report_by", |text| ReportBy::parse(&text));
        if report_by == Some(ReportBy::Callback) && !service.serves(&region) {
            fields.refuse("report_by", "invalid", no_callback(&region, service));
        }
        let locale = fields.optional("locale", |tag| read_locale(&tag));
        let return_url = fields.optional("return_url", ReturnUrl::parse);
        let asked = Asked {
            partition: service.partition(),
            aws_account_id: aws_account_id.as_ref(),
            hub: Some(&hub.account),
        };
        let access = fields.read("access", read_access);
        let companion_roles = fields.read("companion_roles", |list| read_all(list, &asked));
        let requested = Self {
            account_name: fields.optional("account_name", Name::parse),
            locale,
            return_url,
            report_by: report_by.unwrap_or_else(|| service.report_by(&region)),
            region,
            aws_account_id,
            allow_duplicate: fields.flag("allow_duplicate"),
            access,
            companion_roles: companion_roles.unwrap_or_default(),
        };
        fields.finish()?;
        Ok(requested)
    }

    /// # Errors
    /// `invalid_request` if the operator does not allow the origin of `return_url`.
    pub(super) fn check_return_url(&self, brand: &Brand) -> Result<(), Problem> {
        let Some(url) = &self.return_url else {
            return Ok(());
        };
        if brand.allows_return_url(url.as_str()) {
            return Ok(());
        }
        let origin = Origin::of_url(url.as_str()).map(|origin| origin.to_string());
        let rule = BrandRule::ReturnNotAllowed {
            origin: origin.unwrap_or_default(),
        };
        Err(Problem::field(
            "return_url",
            "not_allowed",
            Rule::Brand { rule },
        ))
    }
}

/// A list of names, which are compared with the published profiles later.
pub(crate) fn read_access(list: &Value) -> Result<Vec<String>, Vec<FieldError>> {
    let wrong = |rule| vec![FieldError::of("access", "invalid", rule)];
    let items = list
        .as_array()
        .ok_or_else(|| wrong(Rule::MustBeArrayOfStrings))?;
    if items.len() > MAX_PROFILES {
        let (least, most) = (0, MAX_PROFILES);
        return Err(wrong(Rule::EntryCount { least, most }));
    }
    let name = |item: &Value| item.as_str().map(str::to_owned);
    let names: Option<Vec<String>> = items.iter().map(name).collect();
    names.ok_or_else(|| wrong(Rule::MustBeArrayOfStrings))
}

fn read_locale(tag: &str) -> Result<Language, FieldError> {
    let values = Alternatives::of(Language::ALL.map(Language::tag));
    Language::parse(tag).ok_or(FieldError::new("invalid", Rule::MustBeOneOf { values }))
}

/// Rejects the hub's own account, which would fail later: the hub does not verify roles in it.
fn own_account(asked: Option<&AwsAccountId>, hub: &Hub) -> Option<Rule> {
    let own = asked.filter(|id| **id == hub.account && !hub.allow_own_account)?;
    let account = own.to_string();
    Some(Rule::HubsOwnAccount { account })
}

fn no_callback(region: &Region, service: &Service) -> Rule {
    Rule::NoCallback {
        region: region.to_string(),
        served: service.listed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn region(code: &str) -> Region {
        Region::parse(code).expect("a Region")
    }

    /// A hub in us-east-1 with a topic in eu-west-1.
    fn read(body: Value, own_account: bool) -> Result<Requested, Value> {
        let service = Service::new(region("us-east-1"), [region("eu-west-1")]);
        let hub = Hub {
            account: AwsAccountId::parse("111111111111").expect("valid"),
            region: region("us-east-1"),
            allow_own_account: own_account,
            trusted_principals: Vec::new(),
        };
        let Value::Object(body) = body else {
            panic!("a body is an object");
        };
        Requested::read(body, &service, &hub).map_err(|problem| {
            let response = problem
                .into_response("r", "https://hub")
                .in_language(Language::English);
            assert_eq!(response.status_code, 422);
            let problem: Value = serde_json::from_str(&response.body).expect("JSON");
            problem["errors"].clone()
        })
    }

    #[test]
    fn region_of_another_partition_is_rejected_with_the_served_regions() {
        for good in ["us-east-1", "eu-west-1", "ap-northeast-1", "mx-central-1"] {
            let requested = read(json!({"region": good}), false).expect(good);
            assert_eq!(requested.region, region(good));
        }
        let requested = read(json!({}), false).expect("the hub's Region");
        assert_eq!(requested.region, region("us-east-1"));
        for (bad, why) in [
            (
                "xx-nowhere-9",
                "\"xx-nowhere-9\" is not the code of an AWS Region.",
            ),
            (
                "us-east-9",
                "\"us-east-9\" is not the code of an AWS Region.",
            ),
            ("", "\"\" is not the code of an AWS Region."),
            (
                "eusc-de-east-1",
                "eusc-de-east-1 is in the partition aws-eusc.",
            ),
            ("cn-north-1", "cn-north-1 is in the partition aws-cn."),
            (
                "us-gov-west-1",
                "us-gov-west-1 is in the partition aws-us-gov.",
            ),
        ] {
            let errors = read(json!({"region": bad}), false).err().expect(bad);
            let serves = "This hub works in the partition aws; stacks can call it back from us-east-1 and eu-west-1.";
            let expected = json!([{"field": "region", "code": "invalid", "message": format!("{why} {serves}")}]);
            assert_eq!(errors, expected);
        }
    }

    #[test]
    fn report_by_defaults_to_what_the_region_supports() {
        let by = |body: Value| read(body, false).map(|requested| requested.report_by);
        for (body, expected) in [
            (json!({}), ReportBy::Callback),
            (json!({"region": "eu-west-1"}), ReportBy::Callback),
            (json!({"region": "ap-northeast-1"}), ReportBy::Paste),
            (json!({"report_by": "paste"}), ReportBy::Paste),
            (
                json!({"report_by": null, "region": "eu-west-1"}),
                ReportBy::Callback,
            ),
            (
                json!({"report_by": "callback", "region": "eu-west-1"}),
                ReportBy::Callback,
            ),
            (
                json!({"report_by": "paste", "region": "ap-northeast-1"}),
                ReportBy::Paste,
            ),
        ] {
            assert_eq!(by(body.clone()), Ok(expected), "{body}");
        }
        let errors = by(json!({"report_by": "callback", "region": "ap-northeast-1"}));
        let errors = errors.expect_err("no topic there");
        assert_eq!(errors[0]["field"], "report_by");
        let message = errors[0]["message"].as_str().unwrap_or_default();
        for words in ["ap-northeast-1", "us-east-1 and eu-west-1", "paste"] {
            assert!(message.contains(words), "{message}");
        }
        for bad in [json!("mail"), json!(""), json!(1), json!(true)] {
            let errors = by(json!({"report_by": bad})).expect_err("neither of the two");
            assert_eq!(errors[0]["field"], "report_by", "{errors}");
        }
    }

    #[test]
    fn locale_must_be_a_supported_language() {
        for (body, expected) in [
            (json!({}), None),
            (json!({"locale": null}), None),
            (json!({"locale": "en"}), Some(Language::English)),
            (json!({"locale": "ja"}), Some(Language::Japanese)),
        ] {
            let read = read(body.clone(), false).map(|requested| requested.locale);
            assert_eq!(read, Ok(expected), "{body}");
        }
        for bad in [
            json!("de"),
            json!("JA"),
            json!("ja-JP"),
            json!(""),
            json!(1),
        ] {
            let errors = read(json!({"locale": bad}), false).err().expect("refused");
            assert_eq!(errors[0]["field"], "locale");
            assert_eq!(errors[0]["code"], "invalid");
        }
    }

    #[test]
    fn hubs_own_account_is_rejected_unless_the_operator_allows_it() {
        let own = json!({"aws_account_id": "111111111111"});
        let errors = read(own.clone(), false).err().expect("refused");
        assert_eq!(errors[0]["field"], "aws_account_id");
        let message = errors[0]["message"].as_str().unwrap_or_default();
        assert!(
            message.contains("111111111111 is this hub's own AWS account"),
            "{message}"
        );
        assert!(read(own, true).is_ok(), "the operator allows it");
        assert!(read(json!({"aws_account_id": "222222222222"}), false).is_ok());
    }
}
