//! The templates of links and updates: rendered from the request, and put into the bucket once.

use crate::Api;
use crate::problem::Problem;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::StackId;
use rolecall_domain::check::Report;
use rolecall_domain::companion::RequestedRole;
use rolecall_domain::link::links;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::messages::{AccessRule, Rule};
use rolecall_domain::ports::{Records, TemplateBucket, TokenKeys};
use rolecall_domain::record::account::Account;
use rolecall_domain::remedy::command::{Command, line};
use rolecall_domain::template::{Offering, Onboarding, Template, TooMuch};
use rolecall_domain::text::FieldError;
use rolecall_usecases::Env;
use serde_json::{Value, json};

impl<E: Env, K: TokenKeys, B: TemplateBucket> Api<E, K, B> {
    /// What the operator offers. Nothing is published on a new hub.
    pub(crate) async fn offering(&self) -> Result<Offering, Problem> {
        Ok(self.env.store().offering().await?.unwrap_or_default())
    }

    fn onboarding(&self) -> Result<&Onboarding, Problem> {
        let unset = || Problem::unexpected("the API has no onboarding settings");
        self.env.onboarding().ok_or_else(unset)
    }

    /// # Errors
    /// `invalid_request` if the choice exceeds a limit of a role.
    pub(crate) fn render(
        &self,
        offering: &Offering,
        access: &[ProfileName],
        companion_roles: &[RequestedRole],
    ) -> Result<Template, Problem> {
        let facts = &self.onboarding()?.facts;
        let template = offering.template(facts, access, companion_roles);
        template.check_limits().map_err(too_much)?;
        Ok(template)
    }

    /// Puts the template into the bucket, unless it is there.
    pub(crate) async fn publish(&self, template: &Template) -> Result<PublishedTemplate, Problem> {
        let published = template.published_at(&self.onboarding()?.bucket_url);
        let known = self.env.store().template(&published.template_id).await?;
        if known.is_none() {
            self.bucket
                .put_once(&template.key(), &template.text())
                .await?;
            // The record is written last, so that it always has its file.
            self.env.store().keep_template(template).await?;
        }
        Ok(published)
    }

    /// The template with the current offering and the current request of the account's tenant.
    pub(crate) fn current_template(
        &self,
        offering: &Offering,
        account: &Account,
    ) -> Result<Template, Problem> {
        let (access, roles) = (&account.requested_access, &account.companion_roles);
        Ok(offering.template(&self.onboarding()?.facts, access, roles))
    }

    /// How to update the account's stack to what is requested and offered now. Null if the stack has that
    /// already, or can't be updated.
    pub(crate) async fn pending_update(
        &self,
        offering: &Offering,
        account: &Account,
        report: Option<&Report>,
    ) -> Result<Value, Problem> {
        // A stack that is being deleted can't be updated.
        if !account.is_connected() {
            return Ok(Value::Null);
        }
        let current = self.current_template(offering, account)?;
        if current.id() == account.template_id {
            return Ok(Value::Null);
        }
        let deployed = self.env.store().template(&account.template_id).await?;
        if deployed.is_some_and(|deployed| deployed.makes_the_same_as(&current)) {
            return Ok(Value::Null);
        }
        let template = self.publish(&current).await?;
        let first = report.and_then(Report::before_update);
        let stack = &account.stack_id;
        Ok(json!({
            "console_url": links::update_stack(stack, &template),
            "template_url": template.url,
            "command": update_command(first, stack, &template),
        }))
    }

    /// Publishes the template to which the report's link updates the stack: a check renders it but can't
    /// publish it. Must come before every view of the report.
    pub(crate) async fn publish_update(&self, report: Option<&Report>) -> Result<(), Problem> {
        if let Some(template) = report.and_then(|report| report.update.as_deref()) {
            self.publish(template).await?;
        }
        Ok(())
    }
}

/// The choice that exceeds a limit of the role.
fn too_much(limit: TooMuch) -> Problem {
    let (field, rule) = match limit {
        TooMuch::Inline { size, most } => ("access", AccessRule::RoleTooLarge { size, most }),
        TooMuch::Managed { count, most } => ("access", AccessRule::RoleTooMany { count, most }),
    };
    Problem::fields(vec![FieldError::of(
        field,
        "too_long",
        Rule::Access { rule },
    )])
}

/// The command that updates the stack and keeps its parameters, after the command that CloudFormation
/// requires first.
fn update_command(
    first: Option<&str>,
    stack: &StackId,
    template: &PublishedTemplate,
) -> Option<String> {
    let update = Command::UpdateStack {
        stack: stack.clone(),
        template: template.clone(),
    };
    let update = line(&[update], stack.partition())?;
    Some(match first {
        Some(first) => format!("{first} && {update}"),
        None => update,
    })
}
