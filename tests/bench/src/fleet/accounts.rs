//! Simulated customers. All data about a customer is derived from its number.

use std::time::Duration;

use rolecall_domain::access::AccessFile;
use rolecall_domain::aws::{AwsAccountId, ExternalId, Region, RoleArn, RoleUniqueId, StackId};
use rolecall_domain::check::Verdict;
use rolecall_domain::template::policies::{Arns, Boundary, Inspected, self_inspection};
use rolecall_domain::template::{HubFacts, Offering, Onboarding, Template, room_for_access};
use rolecall_domain::text::FieldError;
use serde_json::{Value, json};

use crate::template::{HUB_ACCOUNT, REGION, TOPIC};

/// A customer's condition. Of a hundred accounts, two have each of the three problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Healthy,
    /// IAM and CloudFormation, which limit by account, throttle its first requests.
    Throttled,
    /// AssumeRole is refused.
    Refused,
    /// Its trust policy allows any principal, without an external ID.
    TooBroad,
}

/// The number of requests to a service that are throttled for an account: fewer than any SDK's
/// retries.
pub const THROTTLED_REQUESTS: u32 = 2;

/// One customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Customer(pub usize);

/// The first AWS account ID; each customer has its own.
const FIRST_ACCOUNT: usize = 200_000_000_000;

impl Customer {
    pub fn kind(self) -> Kind {
        match self.0 % 100 {
            7 | 57 => Kind::Throttled,
            23 | 73 => Kind::Refused,
            41 | 91 => Kind::TooBroad,
            _ => Kind::Healthy,
        }
    }

    /// The first healthy customers.
    pub fn healthy(count: usize) -> Vec<Self> {
        let all = (0..).map(Self);
        all.filter(|one| one.kind() == Kind::Healthy)
            .take(count)
            .collect()
    }

    /// The expected verdict of a check.
    pub fn expected(self) -> Verdict {
        match self.kind() {
            Kind::Healthy | Kind::Throttled => Verdict::Passed,
            Kind::Refused | Kind::TooBroad => Verdict::Failed,
        }
    }

    pub fn aws_account(self) -> String {
        (FIRST_ACCOUNT + self.0).to_string()
    }

    pub fn role_name(self) -> String {
        format!("rolecall-{:012x}-RolecallRole-{:012}", self.0, self.0)
    }

    pub fn role_arn(self) -> String {
        let (account, name) = (self.aws_account(), self.role_name());
        format!("arn:aws:iam::{account}:role/rolecall/{name}")
    }

    pub fn role_unique_id(self) -> String {
        format!("AROA{:017}", self.0)
    }

    pub fn stack_name(self) -> String {
        format!("rolecall-{:012x}", self.0)
    }

    pub fn stack_id(self) -> String {
        let (account, name) = (self.aws_account(), self.stack_name());
        let unique = format!("00000000-0000-4000-8000-{:012}", self.0);
        format!("arn:aws:cloudformation:{REGION}:{account}:stack/{name}/{unique}")
    }

    /// Forty hex digits without a visible pattern.
    pub fn external_id(self) -> String {
        let number = self.0 as u128 + 1;
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        format!("{spread:032x}{:08x}", self.0)
    }

    /// The access key of the role's sessions, which identifies the customer to the stub.
    pub fn access_key(self) -> String {
        format!("ASIA{:016}", self.0)
    }

    pub fn by_access_key(key: &str) -> Option<Self> {
        key.strip_prefix("ASIA")?.parse().ok().map(Self)
    }

    pub fn by_role_arn(arn: &str) -> Option<Self> {
        let number = arn.rsplit('-').next()?.parse().ok().map(Self)?;
        (number.role_arn() == arn).then_some(number)
    }

    /// The trust policy that the onboarding template creates.
    pub fn trust_policy(self) -> Value {
        let condition = json!({
            "StringEquals": {"sts:ExternalId": self.external_id()},
            "ArnLike": {"aws:PrincipalArn": trusted_principals()},
        });
        let mut statement = json!({
            "Sid": "HubRolesWithTheExternalId",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{HUB_ACCOUNT}:root")},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        });
        if self.kind() == Kind::TooBroad {
            statement["Principal"] = json!({"AWS": "*"});
            statement["Condition"] = json!({});
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    /// The template's self-inspection policy with this stack's names.
    pub fn self_inspection(self, template: &str) -> String {
        let name_only = self.role_arn().replace("role/rolecall/", "role/");
        template
            .replace("${StackId}", &self.stack_id())
            .replace("${RoleArnWithoutPath}", &name_only)
            .replace("${RoleArn}", &self.role_arn())
    }

    /// The customer's names, parsed as the hub stores them.
    ///
    /// # Errors
    /// If a name is not valid.
    pub fn on_record(self) -> Result<OnRecord, FieldError> {
        Ok(OnRecord {
            aws_account: AwsAccountId::parse(self.aws_account())?,
            role_arn: RoleArn::parse(self.role_arn())?,
            role_unique_id: RoleUniqueId::parse(self.role_unique_id())?,
            stack_id: StackId::parse(self.stack_id())?,
            external_id: ExternalId::parse(self.external_id())?,
        })
    }
}

/// A customer's names, parsed.
#[derive(Debug, Clone)]
pub struct OnRecord {
    pub aws_account: AwsAccountId,
    pub role_arn: RoleArn,
    pub role_unique_id: RoleUniqueId,
    pub stack_id: StackId,
    pub external_id: ExternalId,
}

/// The latency of AWS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// STS, IAM and CloudFormation.
    pub aws: Duration,
    pub dynamodb: Duration,
}

/// The template of all stacks in a fleet.
#[derive(Debug, Clone)]
pub struct TemplateFacts {
    pub template: Template,
    /// Its self-inspection policy, with placeholders for the names of a stack.
    pub self_inspection: String,
}

/// The hub's roles that customers' roles trust.
pub fn trusted_principals() -> Vec<String> {
    let path = |path| format!("arn:aws:iam::{HUB_ACCOUNT}:role/rolecall-hub/{path}/*");
    ["verifier", "broker"].map(path).to_vec()
}

/// What the hub puts into templates, and their bucket.
///
/// # Panics
/// Never; all values are constants.
pub fn onboarding() -> Onboarding {
    let region = Region::parse(REGION).expect("a Region");
    let topic = format!("{HUB_ACCOUNT}:{TOPIC}");
    Onboarding {
        facts: HubFacts {
            account_id: AwsAccountId::parse(HUB_ACCOUNT).expect("twelve digits"),
            partition: region.partition(),
            served_regions: vec![region],
            trusted_principals: trusted_principals(),
            service_token: format!("arn:${{AWS::Partition}}:sns:${{AWS::Region}}:{topic}"),
        },
        bucket_url: "https://example.s3.us-east-1.amazonaws.com".to_owned(),
    }
}

/// The template of a hub whose operator published nothing.
pub fn template_facts() -> TemplateFacts {
    facts(Offering::default().template(&onboarding().facts, &[], &[]))
}

/// The access profile of [`template_with_access`].
pub const PROFILE: &str = "inventory";

/// The template of a hub that offers one access profile, with a managed and an inline policy.
///
/// # Errors
/// If the access file is not valid.
pub fn template_with_access() -> Result<TemplateFacts, Vec<FieldError>> {
    let hub = onboarding().facts;
    let words = |en: &str| json!({"en": en, "ja": "\u{8aac}\u{660e}"});
    let file = json!({"profiles": {PROFILE: {
        "title": words("Read your inventory"),
        "explain": words("Lists resources and their settings."),
        "managed_policies": ["arn:aws:iam::aws:policy/SecurityAudit"],
        "policy": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["ec2:Describe*", "rds:Describe*", "s3:GetBucket*", "s3:ListAllMyBuckets"],
            "Resource": "*",
        }]},
    }}});
    let offering = Offering {
        access: AccessFile::read(&file, hub.partition, room_for_access(&hub))?,
        ..Offering::default()
    };
    let names: Vec<_> = offering.access.profiles.keys().cloned().collect();
    Ok(facts(offering.template(&hub, &names, &[])))
}

fn facts(template: Template) -> TemplateFacts {
    let document = self_inspection(&Inspected {
        partition: template.partition(),
        stack: json!("${StackId}"),
        role: Arns([json!("${RoleArn}"), json!("${RoleArnWithoutPath}")]),
        boundary: Boundary::None,
        companions: Vec::new(),
    });
    TemplateFacts {
        template,
        self_inspection: document.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customer_is_found_by_access_key_and_role_arn() {
        for customer in [0, 7, 12_345, 999_999].map(Customer) {
            assert_eq!(
                Customer::by_access_key(&customer.access_key()),
                Some(customer)
            );
            assert_eq!(Customer::by_role_arn(&customer.role_arn()), Some(customer));
            assert!(customer.on_record().is_ok());
        }
        assert_eq!(Customer::by_role_arn("arn:aws:iam::1:role/other-3"), None);
    }

    #[test]
    fn six_of_a_hundred_customers_have_problems() {
        let kinds = (0..100).map(|number| Customer(number).kind());
        assert_eq!(kinds.filter(|kind| *kind != Kind::Healthy).count(), 6);
    }
}
