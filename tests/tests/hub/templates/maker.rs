//! Creates stacks with companion roles, and compares them with the domain's expected roles, read
//! through IAM with the customer's credentials.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use rolecall_admin::hub_stack::HubStack;
use rolecall_client::QuickCreateLink;
use rolecall_domain::aws::{AwsAccountId, Partition, StackId};
use rolecall_domain::companion::expected::ExpectedRole;
use rolecall_domain::companion::spec::PATH;
use rolecall_domain::companion::value::Asked;
use rolecall_domain::companion::{DeployedRole, Kind, RequestedRole, read_all};
use rolecall_domain::iam::percent_decode;
use rolecall_domain::template::{HubFacts, Offering, Template};
use rolecall_local::aws::root_user;
use rolecall_local::customer::{Customer, unserved};
use rolecall_local::stacks::StackState;
use rolecall_tests::roles::name_of;
use rolecall_tests::world::{World, unique};
use serde_json::Value;

/// A customer, and a link for creating several stacks.
pub struct Maker {
    pub world: World,
    customer: Customer,
    pub registration_id: String,
    link: QuickCreateLink,
    facts: HubFacts,
}

impl Maker {
    pub async fn new() -> Result<Self> {
        let world = World::find().await?;
        let begun = world.register(&world.group().await?).await?;
        let file = world.hub.file();
        let hub = root_user(&file.hub_account_id, &file.region, &file.endpoint_url);
        Ok(Self {
            facts: HubStack::read(&hub, &file.stack_name).await?.facts()?,
            customer: world.customer(),
            link: begun.link()?,
            registration_id: begun.registration_id,
            world,
        })
    }

    /// The text of the template with these roles, as in a Region that the hub does not serve.
    fn template(&self, roles: &[RequestedRole]) -> Result<String> {
        let template = Offering::default().template(&self.facts, &[], roles);
        unserved(&template.text())
    }

    async fn create(&self, roles: &[RequestedRole]) -> Result<StackState> {
        let link = QuickCreateLink {
            stack_name: unique("rolecall-companions"),
            ..self.link.clone()
        };
        let template = self.template(roles)?;
        let stack_id = self.customer.create_from(&link, &template).await?;
        self.customer.settled(&stack_id).await
    }

    async fn update(&self, stack: &StackState, roles: &[RequestedRole]) -> Result<StackState> {
        let (template, parameters) = (self.template(roles)?, &self.link.parameters);
        let updated = self
            .customer
            .update_from(&stack.stack_id, &template, parameters);
        updated.await
    }

    /// Checks that the stack has exactly the requested roles, as expected.
    async fn check(&self, stack: &StackState, roles: &[RequestedRole]) -> Result<()> {
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

    async fn check_role(&self, stack: &StackState, role: &RequestedRole) -> Result<()> {
        let kind = role.kind;
        let account = AwsAccountId::parse(self.customer.account_id())?;
        let intended = ExpectedRole::with(kind, &role.options, Partition::Aws, &account);
        let arn = stack.output(&kind.role_output())?;
        let profile = stack.outputs.get(&kind.profile_output());
        let stack_id = StackId::parse(stack.stack_id.as_str())?;
        let profile_output = profile.map(String::as_str);
        let made = DeployedRole::read(&stack_id, kind, arn, profile_output);
        made.context("the stack's outputs are inconsistent")?;

        let trust = self.world.trust_policy(account.as_str(), arn).await?;
        assert_eq!(trust, intended.trust_policy(), "{role:?}");
        assert_eq!(self.attached(arn).await?, intended.managed, "{role:?}");
        assert_eq!(self.inline(arn).await?, intended.inline, "{role:?}");
        let seen = self
            .iam()?
            .get_role()
            .role_name(name_of(arn))
            .send()
            .await?;
        let seen = seen.role().context("no role")?;
        let session = intended.session_seconds.map_or(Ok(3600), i32::try_from)?;
        assert_eq!(seen.max_session_duration(), Some(session), "{role:?}");
        let path = role.options.text("path");
        let path = if path.is_empty() { PATH } else { path };
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
        assert!(
            profile.contains(":instance-profile/companion/"),
            "{profile}"
        );
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

    /// Sets a parameter, as the customer can.
    pub fn fill_in(&mut self, parameter: &str, value: String) {
        self.link.parameters.insert(parameter.to_owned(), value);
    }

    /// The template with these roles.
    pub fn whole_template(&self, wanted: &Value) -> Template {
        Offering::default().template(&self.facts, &[], &roles(wanted))
    }

    async fn hubs_role(&self, stack: &StackState) -> Result<String> {
        let request = self.world.aws(self.customer.account_id())?.cloudformation();
        let request = request.describe_stack_resource();
        let request = request.stack_name(&stack.stack_id);
        let answer = request.logical_resource_id("RolecallRole").send().await?;
        let role = answer.stack_resource_detail().context("no role")?;
        let name = role.physical_resource_id().context("no role")?;
        Ok(name.to_owned())
    }

    /// The inline policies of the stack's hub role.
    pub async fn inline_of_the_hubs_role(
        &self,
        stack: &StackState,
    ) -> Result<BTreeMap<String, Value>> {
        self.inline(&self.hubs_role(stack).await?).await
    }

    /// An IAM client with the credentials of the stack's hub role.
    pub async fn iam_of_the_hubs_role(&self, stack: &StackState) -> Result<aws_sdk_iam::Client> {
        let name = self.hubs_role(stack).await?;
        let seen = self
            .iam()?
            .get_role()
            .role_name(name_of(&name))
            .send()
            .await?;
        let arn = seen.role().context("no role")?.arn().to_owned();
        let request = self.world.verifier().await?.sts().assume_role();
        let request = request.role_arn(arn).role_session_name("tests");
        let request = request.external_id(&self.link.parameters["ExternalId"]);
        let answer = request.send().await?;
        let session = answer.credentials().context("no credentials")?;
        let (key, secret) = (session.access_key_id(), session.secret_access_key());
        let session = Some(session.session_token());
        Ok(self.world.aws_with(key, secret, session)?.iam())
    }

    pub async fn create_and_check(&self, wanted: Value) -> Result<StackState> {
        let roles = roles(&wanted);
        let stack = self.create(&roles).await?;
        self.check(&stack, &roles).await?;
        Ok(stack)
    }

    pub async fn update_and_check(&self, stack: &StackState, wanted: Value) -> Result<StackState> {
        let roles = roles(&wanted);
        let stack = self.update(stack, &roles).await?;
        self.check(&stack, &roles).await?;
        Ok(stack)
    }
}

/// Parses roles as they appear in a request.
#[track_caller]
fn roles(wanted: &Value) -> Vec<RequestedRole> {
    let asked = Asked {
        partition: Partition::Aws,
        aws_account_id: None,
        hub: None,
    };
    read_all(wanted, &asked).unwrap_or_else(|wrong| panic!("{wanted}: {wrong:?}"))
}
