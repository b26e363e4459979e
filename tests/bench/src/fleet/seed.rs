//! Writes a fleet into the hub's table through the product's own adapter and transactions.

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use rolecall_aws::clients::Aws;
use rolecall_aws::config::AwsEnvironment;
use rolecall_aws::host::SystemHost;
use rolecall_aws::table::Table;
use rolecall_domain::access::ProfileName;
use rolecall_domain::aws::Region;
use rolecall_domain::aws::Role;
use rolecall_domain::change::audit::{Event, Record};
use rolecall_domain::change::{Change, Occasion};
use rolecall_domain::check::{Report, Verdict};
use rolecall_domain::ids::{AccountId, GroupId, IdSeed, RegistrationId};
use rolecall_domain::link::report_by::ReportBy;
use rolecall_domain::link::template::PublishedTemplate;
use rolecall_domain::link::token::KeyId;
use rolecall_domain::messages::Language;
use rolecall_domain::ports::{Clock, Entropy, Records, ScheduleStore};
use rolecall_domain::record::account::NewAccount;
use rolecall_domain::record::group::Group;
use rolecall_domain::record::registration::{Registration, RegistrationState};
use rolecall_domain::schedule::{CheckSchedule, DueCheck, Subject};
use rolecall_domain::settings::Settings;
use rolecall_domain::text::{Actor, Color, Name, Tenant};
use rolecall_domain::transition::register::{LOGICAL_RESOURCE_ID, create_registration, register};
use rolecall_domain::{SignedDuration, Timestamp};
use serde_json::json;

use super::accounts::{Customer, Kind, TemplateFacts, onboarding};
use crate::template::{REGION, TABLE};
use crate::tls;

/// The kind of check that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// The daily check. Accounts that are refused have failed before, so that this check makes them
    /// unhealthy and there are state changes, too.
    FullCheck,
    /// The check in between, for accounts that were recently healthy.
    QuickCheck,
}

impl CheckKind {
    fn failed_before(self, kind: Kind) -> u32 {
        match (self, kind) {
            (Self::FullCheck, Kind::Refused) => 2,
            _ => 0,
        }
    }
}

/// The planner's lease on a queued check.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// One account of the fleet.
#[derive(Debug, Clone)]
pub struct Member {
    pub customer: Customer,
    pub check_kind: CheckKind,
    /// The message in the check queue.
    pub due: DueCheck,
}

impl Member {
    pub fn subject(&self) -> Subject {
        Subject::Account(self.due.account_id.clone())
    }
}

/// The hub's table behind the stub.
///
/// # Errors
/// If there is no HTTP client.
pub fn table(endpoint_url: &str) -> Result<Table> {
    let environment = environment(endpoint_url)?;
    Ok(Table::new(Aws::new(&environment)?.dynamodb(), TABLE))
}

/// The environment of the hub's own programs, with the stub as AWS.
///
/// # Errors
/// If the stub's root certificate can't be read.
pub fn environment(endpoint_url: &str) -> Result<AwsEnvironment> {
    Ok(AwsEnvironment::read(&|name: &str| match name {
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("AKIASTUB".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("stub".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint_url.to_owned()),
        // The stub's root, in case it uses TLS.
        "AWS_CA_BUNDLE" => Some(tls::ca().to_string_lossy().into_owned()),
        _ => None,
    })?)
}

/// Connects customers to a new tenant, all with a due check.
///
/// # Errors
/// If the table rejects a write.
pub async fn fleet(
    table: &Table,
    customers: &[Customer],
    check_kind: CheckKind,
    template: &TemplateFacts,
) -> Result<Vec<Member>> {
    let tenant = Tenant::parse(format!("fleet-of-{}", customers.len()))?;
    let now = SystemHost.now();
    let occasion = Occasion::new(now, Actor::Hub, "seeded");
    let home = Home::make(table, &tenant, template, &occasion).await?;
    let mut members = Vec::with_capacity(customers.len());
    for customer in customers {
        let connected = connect(table, *customer, &home, &occasion).await;
        let account_id = connected.with_context(|| format!("account {}", customer.0))?;
        let mut member = Member {
            customer: *customer,
            check_kind,
            due: DueCheck {
                tenant: tenant.clone(),
                account_id,
                leased_until: Some(now + LEASE),
            },
        };
        hand_over(table, &mut member).await?;
        members.push(member);
    }
    Ok(members)
}

/// Connects customers to a tenant. Their accounts have just been verified.
///
/// # Errors
/// If the table rejects a write.
pub async fn connected(
    table: &Table,
    tenant: &str,
    customers: &[Customer],
    template: &TemplateFacts,
) -> Result<Vec<AccountId>> {
    let (_, accounts) = group(table, tenant, customers, template).await?;
    Ok(accounts)
}

/// The same, with the group that the accounts belong to.
///
/// # Errors
/// If the table rejects a write.
pub async fn group(
    table: &Table,
    tenant: &str,
    customers: &[Customer],
    template: &TemplateFacts,
) -> Result<(Group, Vec<AccountId>)> {
    let tenant = Tenant::parse(tenant)?;
    let occasion = Occasion::new(SystemHost.now(), Actor::Hub, "seeded");
    let home = Home::make(table, &tenant, template, &occasion).await?;
    let mut accounts = Vec::with_capacity(customers.len());
    for customer in customers {
        accounts.push(connect(table, *customer, &home, &occasion).await?);
    }
    Ok((home.group, accounts))
}

/// Registrations of customers that are not connected yet.
///
/// # Errors
/// If the table rejects a write.
pub async fn registrations(
    table: &Table,
    customers: &[Customer],
    template: &TemplateFacts,
) -> Result<Vec<Registration>> {
    let occasion = Occasion::new(SystemHost.now(), Actor::Hub, "seeded");
    let mut registrations = Vec::with_capacity(customers.len());
    for (number, customers) in customers.chunks(OF_ONE_TENANT).enumerate() {
        let tenant = Tenant::parse(format!("newcomers-{number}"))?;
        let home = Home::make(table, &tenant, template, &occasion).await?;
        for customer in customers {
            registrations.push(register_interest(table, *customer, &home, &occasion).await?);
        }
    }
    Ok(registrations)
}

/// A tenant's burst limit for pasted stack info.
const OF_ONE_TENANT: usize = 20;

/// What a registration needs: a template and a group.
#[derive(Debug)]
pub struct Home {
    pub group: Group,
    template: PublishedTemplate,
    access: Vec<ProfileName>,
}

impl Home {
    /// # Errors
    /// If the table rejects a write.
    pub async fn make(
        table: &Table,
        tenant: &Tenant,
        template: &TemplateFacts,
        occasion: &Occasion,
    ) -> Result<Self> {
        let group = Group {
            group_id: GroupId::new(id_seed(occasion.now)),
            tenant: tenant.clone(),
            version: 1,
            name: Name::parse("Fleet")?,
            color: Color::parse("#336699")?,
            created_at: occasion.now,
            closing_until: None,
        };
        let access = template.template.access();
        let template = publish(table, template).await?;
        let record = Record::Group(group.clone());
        let change = Change::new().create(record, Event::GroupCreated, occasion);
        table.commit(&change).await?;
        Ok(Self {
            group,
            template,
            access,
        })
    }
}

/// Records a template as registration-api does, and in the form that the peers read: its version, and
/// its permissions by version.
async fn publish(table: &Table, facts: &TemplateFacts) -> Result<PublishedTemplate> {
    let template = &facts.template;
    let published = template.published_at(&onboarding().bucket_url);
    table.keep_template(template).await?;
    let version = template.version.to_string();
    let permissions = json!({
        "version": version,
        "self_inspection": facts.self_inspection,
        "operator_policies": [""],
    });
    let versioned = format!("TEMPLATE#{version}");
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

async fn register_interest(
    table: &Table,
    customer: Customer,
    home: &Home,
    occasion: &Occasion,
) -> Result<Registration> {
    let Home {
        group,
        template,
        access,
    } = home;
    let now = occasion.now;
    let registration = Registration {
        registration_id: RegistrationId::new(id_seed(now)),
        tenant: group.tenant.clone(),
        version: 1,
        group_id: group.group_id.clone(),
        state: RegistrationState::Pending,
        account_name: None,
        aws_account_id: None,
        region: Region::parse(REGION)?,
        report_by: ReportBy::Callback,
        locale: Language::English,
        return_url: None,
        external_id: customer.on_record()?.external_id,
        token_key_id: KeyId::parse("k1").expect("a key"),
        allow_duplicate: false,
        access: access.clone(),
        companion_roles: Vec::new(),
        template: template.clone(),
        created_at: now,
        expires_at: now + Settings::default().registration_ttl,
        refused_stacks: 0,
        refused_attempts: 0,
        last_attempt: None,
        started: Vec::new(),
        pasted: Vec::new(),
    };
    let change = create_registration(registration.clone(), None, occasion);
    table.commit(&change).await?;
    Ok(registration)
}

async fn connect(
    table: &Table,
    customer: Customer,
    home: &Home,
    occasion: &Occasion,
) -> Result<AccountId> {
    let (now, names) = (occasion.now, customer.on_record()?);
    let registration = register_interest(table, customer, home, occasion).await?;
    let candidate = NewAccount {
        account_id: AccountId::new(id_seed(now)),
        role: Role {
            arn: names.role_arn,
            unique_id: names.role_unique_id,
        },
        stack_id: names.stack_id,
        logical_resource_id: Some(LOGICAL_RESOURCE_ID.to_owned()),
        template_version: home.template.version.clone(),
        template_id: home.template.template_id.clone(),
        deployed_roles: Vec::new(),
        name: None,
    };
    let report = Report::new(now, Vec::new());
    let (registered, change) = register(
        &registration,
        candidate,
        report,
        occasion,
        &Settings::default(),
    );
    table.commit(&change).await?;
    Ok(registered.account.account_id)
}

/// Sets the schedule to the state in which the planner leaves a queued check.
async fn hand_over(table: &Table, member: &mut Member) -> Result<()> {
    let before = table
        .check_schedule(&member.due.tenant, &member.subject())
        .await?;
    let before = before.context("registering schedules a check")?;
    let due = member.due.leased_until.context("a leased check")?;
    let after = match member.check_kind {
        CheckKind::FullCheck => before.due_at(due),
        CheckKind::QuickCheck => CheckSchedule {
            next_check_at: Some(due),
            ..before.clone()
        },
    };
    let after = CheckSchedule {
        streak: member.check_kind.failed_before(member.customer.kind()),
        ..after
    };
    ensure!(
        table.reschedule(&before, &after).await?,
        "the schedule was changed"
    );
    Ok(())
}

/// The verdict of a member's last check, read through the product's adapter; none if there was no
/// check since seeding. A full check must also have stored a report with the same verdict.
///
/// # Errors
/// If the table can't be read or is inconsistent.
pub async fn verdict(table: &Table, member: &Member) -> Result<Option<Verdict>> {
    let (tenant, subject) = (&member.due.tenant, member.subject());
    let schedule = table.check_schedule(tenant, &subject).await?;
    let schedule = schedule.context("nothing is scheduled")?;
    if schedule.next_check_at == member.due.leased_until {
        return Ok(None);
    }
    let verdict = if schedule.inconclusive > 0 {
        Verdict::Inconclusive
    } else if schedule.streak > member.check_kind.failed_before(member.customer.kind()) {
        Verdict::Failed
    } else {
        Verdict::Passed
    };
    // Quick checks store a report only if they find a change.
    if member.check_kind == CheckKind::FullCheck || verdict == Verdict::Failed {
        let report = table.report(tenant, &subject).await?.context("no report")?;
        // The report from the registration contains no checks.
        ensure!(!report.checks.is_empty(), "no report was stored");
        ensure!(
            report.verdict == verdict,
            "the report's verdict is {:?}",
            report.verdict
        );
    }
    Ok(Some(verdict))
}
