//! The roles that a stack makes beside the hub's own: each as the domain intends it, read through
//! IAM as the customer sees it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use rolecall_domain::aws::{AwsAccountId, Partition, StackId};
use rolecall_domain::companion::intended::Intended;
use rolecall_domain::companion::options::Asked;
use rolecall_domain::companion::{CompanionRole, Kind, MadeRole, parameters, read_all};
use rolecall_domain::policy::percent_decode;
use rolecall_local::customer::Customer;
use rolecall_local::link::QuickCreateLink;
use rolecall_local::stacks::StackState;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

/// A customer, and a link from which it makes one stack after another.
struct Maker {
    world: World,
    customer: Customer,
    registration_id: String,
    link: QuickCreateLink,
}

impl Maker {
    async fn new() -> Result<Self> {
        let world = World::find().await?;
        let begun = world.register(&world.group().await?).await?;
        Ok(Self {
            customer: world.stranger(),
            link: begun.link()?,
            registration_id: begun.registration_id,
            world,
        })
    }

    fn parameters(&self, roles: &[CompanionRole]) -> BTreeMap<String, String> {
        let mut all = self.link.parameters.clone();
        let of_roles = parameters(roles, Partition::Aws);
        all.extend(of_roles.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    async fn create(&self, roles: &[CompanionRole]) -> Result<StackState> {
        let link = QuickCreateLink {
            stack_name: unique("rolecall-companions"),
            parameters: self.parameters(roles),
            ..self.link.clone()
        };
        let stack_id = self.customer.create_unserved(&link).await?;
        self.customer.settled(&stack_id).await
    }

    async fn update(&self, stack: &StackState, roles: &[CompanionRole]) -> Result<StackState> {
        let (url, parameters) = (&self.link.template_url, self.parameters(roles));
        let updated = self
            .customer
            .update_unserved(&stack.stack_id, url, &parameters);
        updated.await
    }

    /// Every role that was asked for is as it is intended, and there is no other.
    async fn check(&self, stack: &StackState, roles: &[CompanionRole]) -> Result<()> {
        assert!(stack.is_complete(), "{}: {roles:?}", stack.status);
        for kind in Kind::companions() {
            match roles.iter().find(|role| role.kind == kind) {
                Some(role) => self.check_role(stack, role).await?,
                None => {
                    for output in [kind.role_output(), kind.profile_output()] {
                        assert!(!stack.outputs.contains_key(&output), "{output}: {roles:?}");
                    }
                }
            }
        }
        let client = self.world.aws(self.customer.account_id())?.cloudformation();
        let request = client.describe_stack_resources();
        let answer = request.stack_name(&stack.stack_id).send().await?;
        let present = answer.stack_resources().iter().filter(|it| {
            let status = it.resource_status().map_or("", |status| status.as_str());
            status != "DELETE_COMPLETE"
        });
        let of_type = |kind: &str| {
            let found = present
                .clone()
                .filter(|it| it.resource_type() == Some(kind));
            found.count()
        };
        let profiles = roles.iter().filter(|role| role.kind.instance_profile);
        assert_eq!(of_type("AWS::IAM::Role"), 1 + roles.len());
        assert_eq!(of_type("AWS::IAM::InstanceProfile"), profiles.count());
        Ok(())
    }

    async fn check_role(&self, stack: &StackState, role: &CompanionRole) -> Result<()> {
        let kind = role.kind;
        let account = AwsAccountId::parse(self.customer.account_id())?;
        let intended = Intended::with(kind, &role.options, Partition::Aws, &account);
        let arn = stack.output(&kind.role_output())?;
        let profile = stack.outputs.get(&kind.profile_output());
        let parameter = stack
            .parameters
            .get(kind.logical_id)
            .context("no parameter")?;
        let stack_id = StackId::parse(stack.stack_id.as_str())?;
        let told = profile.map(String::as_str);
        let made = MadeRole::read(&stack_id, kind, parameter, arn, told);
        let made = made.context("the stack tells something else")?;
        assert_eq!(made.options.as_ref(), Some(&role.options), "{parameter}");

        let trust = self.world.trust_policy(account.as_str(), arn).await?;
        assert_eq!(trust, intended.trust_policy(), "{parameter}");
        assert_eq!(self.attached(arn).await?, intended.managed, "{parameter}");
        assert_eq!(self.inline(arn).await?, intended.inline, "{parameter}");
        let seen = self
            .iam()?
            .get_role()
            .role_name(name_of(arn))
            .send()
            .await?;
        let seen = seen.role().context("no role")?;
        let session = intended.session_seconds.map_or(Ok(3600), i32::try_from)?;
        assert_eq!(seen.max_session_duration(), Some(session), "{parameter}");
        let path = role.options.text("path");
        let path = if path.is_empty() { "/rolecall/" } else { path };
        assert_eq!(seen.path(), path);
        let tag = |key: &str| {
            let found = seen.tags().iter().find(|tag| tag.key() == key);
            found.map(|tag| tag.value().to_owned())
        };
        assert_eq!(tag("rolecall:companion-role").as_deref(), Some(kind.name));
        let hub = self.world.hub_account_id();
        assert_eq!(tag("rolecall:hub-account").as_deref(), Some(hub));
        assert_eq!(profile.is_some(), intended.instance_profile);
        self.check_profile(arn, profile).await
    }

    async fn check_profile(&self, role: &str, profile: Option<&String>) -> Result<()> {
        let request = self.iam()?.list_instance_profiles_for_role();
        let answer = request.role_name(name_of(role)).send().await?;
        let around = answer.instance_profiles().iter().map(|it| it.arn());
        let expected: Vec<&str> = profile.map(String::as_str).into_iter().collect();
        assert_eq!(around.collect::<Vec<_>>(), expected);
        let Some(profile) = profile else {
            return Ok(());
        };
        assert!(profile.contains(":instance-profile/rolecall/"), "{profile}");
        let request = self.iam()?.get_instance_profile();
        let answer = request
            .instance_profile_name(name_of(profile))
            .send()
            .await?;
        let seen = answer.instance_profile().context("no instance profile")?;
        let roles: Vec<&str> = seen.roles().iter().map(|role| role.arn()).collect();
        assert_eq!(roles, [role]);
        Ok(())
    }

    fn iam(&self) -> Result<aws_sdk_iam::Client> {
        Ok(self.world.aws(self.customer.account_id())?.iam())
    }

    async fn attached(&self, role: &str) -> Result<BTreeSet<String>> {
        let request = self.iam()?.list_attached_role_policies();
        let answer = request.role_name(name_of(role)).send().await?;
        let policies = answer.attached_policies().iter();
        let arns = policies.filter_map(|policy| policy.policy_arn());
        Ok(arns.map(str::to_owned).collect())
    }

    async fn inline(&self, role: &str) -> Result<BTreeMap<String, Value>> {
        let name = name_of(role);
        let request = self.iam()?.list_role_policies();
        let answer = request.role_name(name).send().await?;
        let mut documents = BTreeMap::new();
        for policy in answer.policy_names() {
            let request = self.iam()?.get_role_policy().role_name(name);
            let answer = request.policy_name(policy).send().await?;
            let text = percent_decode(answer.policy_document());
            documents.insert(policy.clone(), serde_json::from_str(&text)?);
        }
        Ok(documents)
    }

    async fn create_and_check(&self, wanted: Value) -> Result<StackState> {
        let roles = roles(&wanted);
        let stack = self.create(&roles).await?;
        self.check(&stack, &roles).await?;
        Ok(stack)
    }

    async fn update_and_check(&self, stack: &StackState, wanted: Value) -> Result<StackState> {
        let roles = roles(&wanted);
        let stack = self.update(stack, &roles).await?;
        self.check(&stack, &roles).await?;
        Ok(stack)
    }
}

/// As a request asks for them.
#[track_caller]
fn roles(wanted: &Value) -> Vec<CompanionRole> {
    let asked = Asked {
        partition: Partition::Aws,
        aws_account_id: None,
    };
    read_all(wanted, &asked).unwrap_or_else(|wrong| panic!("{wanted}: {wrong:?}"))
}

fn switch_role(require_mfa: bool) -> Value {
    let options = json!({
        "trusted_account_id": "333333333333",
        "policies": ["ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"],
        "require_mfa": require_mfa,
        "max_session_seconds": 7200,
        "path": "/rolecall/team-1/people/",
    });
    json!({"kind": "switch-role", "options": options})
}

fn ec2_instance(trust_ssm: bool) -> Value {
    let policies = ["AmazonEC2ReadOnlyAccess", "AmazonSSMManagedInstanceCore"];
    let options = json!({"policies": policies, "trust_ssm": trust_ssm});
    json!({"kind": "ec2-instance", "options": options})
}

/// All options of the kind: two flags, and two lists of any length that may be.
fn ssm_hybrid(which: u8) -> Value {
    let has = |bit: u8| which & (1 << bit) != 0;
    let list = |bit: u8, values: &[&str]| if has(bit) { json!(values) } else { json!([]) };
    let options = json!({
        "directory_service": has(0),
        "cloudwatch_agent": has(1),
        "s3_buckets": list(2, &["own.bucket", "own-output"]),
        "patch_baseline_regions": list(3, &["eu-west-1"]),
    });
    json!({"kind": "ssm-hybrid", "options": options})
}

#[tokio::test]
async fn every_choice_about_a_hybrid_machines_role_comes_out_as_intended() -> Result<()> {
    let maker = Maker::new().await?;
    for which in 0..16 {
        maker.create_and_check(json!([ssm_hybrid(which)])).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_choices_about_the_other_kinds_come_out_as_intended() -> Result<()> {
    let maker = Maker::new().await?;
    for on in [false, true] {
        maker.create_and_check(json!([ec2_instance(on)])).await?;
        maker.create_and_check(json!([switch_role(on)])).await?;
    }
    let least = json!({"trusted_account_id": "333333333333"});
    let defaults = json!([
        {"kind": "switch-role", "options": least},
        {"kind": "ec2-instance"},
        {"kind": "ssm-hybrid"},
    ]);
    maker.create_and_check(defaults).await?;
    let all = json!([switch_role(true), ec2_instance(true), ssm_hybrid(15)]);
    maker.create_and_check(all).await?;
    maker.create_and_check(json!([])).await?;
    Ok(())
}

#[tokio::test]
async fn lists_of_any_length_become_a_resource_for_each_value() -> Result<()> {
    let maker = Maker::new().await?;
    let buckets = ["b-1", "b-2", "b-3", "b-4", "b-5"];
    let regions = [
        "us-east-1",
        "eu-west-1",
        "ap-northeast-1",
        "sa-east-1",
        "us-west-2",
    ];
    for most in [1, 5] {
        let options = json!({
            "s3_buckets": &buckets[..most],
            "patch_baseline_regions": &regions[..most],
        });
        let wanted = json!([{"kind": "ssm-hybrid", "options": options}]);
        maker.create_and_check(wanted).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_update_adds_changes_and_removes_roles() -> Result<()> {
    let maker = Maker::new().await?;
    let stack = maker.create_and_check(json!([])).await?;
    let steps = [
        json!([switch_role(true), ec2_instance(false)]),
        json!([switch_role(false), ec2_instance(true), ssm_hybrid(6)]),
        json!([ec2_instance(false), ssm_hybrid(9)]),
        json!([{"kind": "ec2-instance", "options": {"policies": ["AmazonS3ReadOnlyAccess"]}}]),
        json!([]),
    ];
    let mut instances = BTreeSet::new();
    for step in steps {
        let stack = maker.update_and_check(&stack, step).await?;
        instances.extend(stack.outputs.get("Ec2InstanceRoleArn").cloned());
    }
    assert_eq!(instances.len(), 1, "a change keeps the role: {instances:?}");
    Ok(())
}

/// What the hub's role may do is written twice, in the template and in self-inspection.json.
#[tokio::test]
async fn the_hubs_role_has_what_reading_these_roles_takes_and_no_more() -> Result<()> {
    let maker = Maker::new().await?;
    let all = json!([switch_role(true), ec2_instance(true), ssm_hybrid(15)]);
    let stack = maker.create_and_check(all).await?;
    let line = stack.output("RolecallStackInfo")?;
    let complete = maker
        .world
        .acme
        .complete(&maker.registration_id, line, None);
    let account = complete.await?;
    let report = account.last_report.context("no report")?;
    for code in ["permissions_missing", "permissions_extra"] {
        let check = report.check(code).context("no check")?;
        assert_eq!(check.status, "passed", "{code}: {}", check.message);
    }
    Ok(())
}
