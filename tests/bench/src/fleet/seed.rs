//! Brings a fleet into the hub's table as the product itself does: through its own adapter, by the
//! transactions of a registration.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::Timestamp;
use rolecall_domain::account::Role;
use rolecall_domain::audit::{Event, Record};
use rolecall_domain::aws::Region;
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check_schedule::{Checkup, Subject};
use rolecall_domain::group::Group;
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, RegistrationId};
use rolecall_domain::ports::{Checkups, Clock, Entropy, Records};
use rolecall_domain::registering::{
    Candidate, LOGICAL_RESOURCE_ID, create_registration, register,
};
use rolecall_domain::registration::{Registration, RegistrationState};
use rolecall_domain::settings::Settings;
use rolecall_domain::template::{PublishedTemplate, TemplatePermissions};
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::token::KeyId;
use rolecall_domain::verification::{Report, Verdict};

use super::accounts::{Customer, Kind, TemplateFacts};
use crate::template::{REGION, TABLE};

/// Failed checks that lie behind an account that is refused now: the next one makes it unhealthy,
/// so that the fleet has changes of state, too.
const FAILED_BEFORE: u32 = 2;

/// One account of the fleet, as a message of the queue names it.
#[derive(Debug, Clone)]
pub struct Member {
    pub customer: Customer,
    pub tenant: Tenant,
    pub account_id: AccountId,
}

impl Member {
    pub fn subject(&self) -> Subject {
        Subject::Account(self.account_id.clone())
    }
}

/// The hub's table behind the stub.
///
/// # Errors
/// When there is no HTTP client.
pub fn table(endpoint_url: &str) -> Result<Table> {
    let environment = AwsEnvironment::read(&|name: &str| match name {
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("AKIASTUB".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("stub".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint_url.to_owned()),
        _ => None,
    })?;
    Ok(Table::new(Aws::new(&environment)?.dynamodb(), TABLE))
}

/// Connects so many customers to a tenant of their own.
///
/// # Errors
/// When the table refuses something.
pub async fn fleet(table: &Table, size: usize, template: &TemplateFacts) -> Result<Vec<Member>> {
    let tenant = Tenant::parse(format!("fleet-of-{size}"))?;
    let published = publish(table, template).await?;
    let now = SystemHost.now();
    let occasion = Occasion::new(now, Actor::Hub, "seeded");
    let group = Group {
        group_id: GroupId::new(id_seed(now)),
        tenant: tenant.clone(),
        version: 1,
        name: Name::parse("Fleet")?,
        color: Color::parse("#336699")?,
        created_at: now,
        closing_until: None,
    };
    let record = Record::Group(group.clone());
    let change = Change::new().create(record, Event::GroupCreated, &occasion);
    table.commit(&change).await?;
    let mut members = Vec::with_capacity(size);
    for customer in (0..size).map(Customer) {
        let member = connect(table, customer, &group, &published, &occasion);
        let member = member.await.with_context(|| format!("account {}", customer.0))?;
        members.push(member);
    }
    Ok(members)
}

/// As `make publish-template` records it.
async fn publish(table: &Table, template: &TemplateFacts) -> Result<PublishedTemplate> {
    let published = PublishedTemplate {
        version: template.version.clone(),
        url: "https://example.com/onboarding/1.0.0-000000000000/role.yaml".to_owned(),
    };
    let permissions = TemplatePermissions {
        version: template.version.clone(),
        self_inspection: template.self_inspection.clone(),
        operator_policies: vec![String::new()],
    };
    let versioned = format!("TEMPLATE#{}", template.version);
    let items = [
        (serde_dynamo::to_item(&published)?, "TEMPLATE".to_owned()),
        (serde_dynamo::to_item(&permissions)?, versioned),
    ];
    for (item, sk) in items {
        let put = table.client.put_item().table_name(&table.name);
        put.set_item(Some(item))
            .item("pk", AttributeValue::S("HUB".to_owned()))
            .item("sk", AttributeValue::S(sk))
            .send()
            .await?;
    }
    Ok(published)
}

fn id_seed(at: Timestamp) -> IdSeed {
    let mut random = [0; 10];
    SystemHost.fill(&mut random);
    IdSeed { at, random }
}

async fn connect(
    table: &Table,
    customer: Customer,
    group: &Group,
    template: &PublishedTemplate,
    occasion: &Occasion,
) -> Result<Member> {
    let (now, settings) = (occasion.now, Settings::default());
    let names = customer.on_record()?;
    let registration = Registration {
        registration_id: RegistrationId::new(id_seed(now)),
        tenant: group.tenant.clone(),
        version: 1,
        group_id: group.group_id.clone(),
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse(REGION)?,
        external_id: names.external_id,
        token_key_id: KeyId("k1".to_owned()),
        allow_duplicate: false,
        template: template.clone(),
        created_at: now,
        expires_at: now + settings.registration_ttl,
        refused_stacks: 0,
        refused_attempts: 0,
        last_report: None,
    };
    let change = create_registration(registration.clone(), None, occasion);
    table.commit(&change).await?;
    let candidate = Candidate {
        account_id: AccountId::new(id_seed(now)),
        role: Role {
            arn: names.role_arn,
            unique_id: names.role_unique_id,
        },
        stack_id: names.stack_id,
        logical_resource_id: Some(LOGICAL_RESOURCE_ID.to_owned()),
        template_version: template.version.clone(),
        name: None,
    };
    let report = Report::new(now, Vec::new());
    let (account, change) = register(&registration, candidate, report, occasion, &settings);
    table.commit(&change).await?;
    let member = Member {
        customer,
        tenant: account.tenant,
        account_id: account.account_id,
    };
    make_due(table, &member, now).await?;
    Ok(member)
}

/// Due now, with what lies behind it.
async fn make_due(table: &Table, member: &Member, now: Timestamp) -> Result<()> {
    let checkup = table.checkup(&member.tenant, &member.subject()).await?;
    let checkup = checkup.context("registering schedules a check")?;
    let failed_before = match member.customer.kind() {
        Kind::Refused => FAILED_BEFORE,
        _ => 0,
    };
    let due = Checkup {
        streak: failed_before,
        ..checkup.due_at(now)
    };
    Ok(table.put_checkup(&due).await?)
}

/// What a member's last check came to, as the product reads it; none where no check was made since
/// it was seeded.
///
/// # Errors
/// When the table can't be read.
pub async fn verdict(table: &Table, member: &Member) -> Result<Option<Verdict>> {
    let checkup = table.checkup(&member.tenant, &member.subject()).await?;
    let report = checkup.and_then(|checkup| checkup.report);
    // The registration's own report names no check.
    let checked = report.filter(|report| !report.checks.is_empty());
    Ok(checked.map(|report| report.verdict))
}
