//! Chapters 1 to 3: a link, a stack that calls back, and one whose output is pasted.

use anyhow::{Context, Result};

use super::stage::Stage;
use rolecall_client::{Account, Group, NewRegistration, Registration, Report};

use crate::logs::now_ms;

/// A Region in which this hub has no topic.
pub(super) const UNSERVED_REGION: &str = "eu-west-1";

/// What the first chapter leaves behind.
pub(super) struct Beginning {
    pub(super) group: Group,
    pub(super) registration: Registration,
    /// Nobody will use this one in time.
    pub(super) left_lying: Registration,
}

pub(super) async fn a_group_and_a_link(stage: &mut Stage) -> Result<Beginning> {
    stage.chapter(
        "A group and a link",
        "Acme wants to connect its AWS accounts. It makes a group and asks for a link. Each link \
         is one registration: single-use, expiring, with an external ID that the hub made up.",
    );
    let group = stage.acme.create_group("Production", "#2f6fed").await?;
    stage.says("acme", "makes the group Production, #2f6fed");
    stage.fact("group", &group.group_id);
    let wish = NewRegistration::named("Shop");
    let registration = stage.acme.register(&group.group_id, &wish).await?;
    stage.says("acme", "asks for a link to connect an account called Shop");
    stage.fact("registration", &registration.registration_id);
    stage.fact("expires", &registration.expires_at);
    let link = registration.link()?;
    stage.says(
        "hub",
        "gives a quick-create link to the CloudFormation console:",
    );
    stage.show_link(&link);
    let given = [&registration.external_id, &registration.stack_name];
    let carried = [&link.parameters["ExternalId"], &link.stack_name];
    stage.must(
        given == carried,
        "the link carries this registration's external ID and stack name",
    )?;
    let wish = NewRegistration {
        region: Some(UNSERVED_REGION.to_owned()),
        ..NewRegistration::named("Forgotten")
    };
    let left_lying = stage.acme.register(&group.group_id, &wish).await?;
    let both = [&registration, &left_lying].map(|r| r.external_id.clone());
    stage.must(
        both[0] != both[1],
        "a second registration gets another external ID",
    )?;
    let token = |r: &Registration| -> Result<String> {
        let link = r.link()?;
        link.parameters
            .get("RegistrationToken")
            .cloned()
            .context("no token")
    };
    let tokens = [token(&registration)?, token(&left_lying)?];
    stage.must(tokens[0] != tokens[1], "and another token")?;
    Ok(Beginning {
        group,
        registration,
        left_lying,
    })
}

/// The account is connected by its stack's own call.
pub(super) async fn a_stack_calls_back(stage: &mut Stage, begun: &Beginning) -> Result<Account> {
    let customer = stage.hub.customer(0)?;
    stage.chapter(
        "The stack calls back",
        "Somebody at the customer opens the link, ticks the box and presses Create. The stack's \
         custom resource reaches the hub's topic; the hub believes nothing before it has tried.",
    );
    let since = now_ms();
    stage.says(
        "customer",
        &format!("creates the stack in AWS account {}", customer.account_id()),
    );
    let stack_id = customer.create(&begun.registration.link()?).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.ran_and_logged("stack-callback", since).await?;
    let id = &begun.registration.registration_id;
    let registration = stage.acme.registration(id).await?;
    let account_id = registration
        .account_id
        .clone()
        .context("no account was recorded")?;
    let account = stage.acme.account(&account_id).await?;
    let report = account
        .last_report
        .clone()
        .context("the account has no report")?;
    the_probes_held(stage, &report)?;
    stage.says("customer", "sees in the console:");
    stage.show_stack(&customer, &stack).await?;
    stage.must(stack.is_complete(), "the stack completes")?;
    stage.says("hub", "recorded it in one transaction:");
    show_account(stage, &account);
    stage.must(
        registration.status == "completed",
        "the registration is completed",
    )?;
    stage.must(account.status == "active", "the account is active")?;
    let right_place =
        account.aws_account_id == customer.account_id() && account.stack_id == stack_id;
    stage.must(right_place, "it is this AWS account and this stack")?;
    let event = stage
        .bus
        .wait_for("Account Registered", &account_id)
        .await?;
    stage.must(
        event.source == "rolecall",
        "the bus carries `Account Registered`",
    )?;
    Ok(account)
}

/// The role opens for the hub with the right external ID, and for nobody otherwise.
fn the_probes_held(stage: &mut Stage, report: &Report) -> Result<()> {
    stage.show_probes(report);
    stage.show_report(report);
    let passed = |code: &str| {
        report
            .check(code)
            .is_some_and(|check| check.status == "passed")
    };
    stage.must(
        passed("role_unassumable"),
        "the hub assumes the role with the external ID",
    )?;
    stage.must(
        passed("external_id_not_enforced"),
        "without it and with a wrong one, AWS refuses even the hub",
    )?;
    stage.must(report.verdict == "passed", "the verdict: passed")
}

/// The same by hand, where no callback is possible.
pub(super) async fn a_line_is_pasted(stage: &mut Stage, begun: &Beginning) -> Result<Pasted> {
    let customer = stage.hub.customer(1)?;
    stage.chapter(
        "A line is pasted",
        "In a Region that the hub does not serve, the template leaves the callback out. The \
         customer copies one line from the stack's outputs instead; the checks are the same.",
    );
    let wish = NewRegistration {
        region: Some(UNSERVED_REGION.to_owned()),
        ..NewRegistration::default()
    };
    let registration = stage.acme.register(&begun.group.group_id, &wish).await?;
    let link = registration.link()?;
    stage.must(
        link.region == UNSERVED_REGION,
        "the link leads to the Region that was asked for",
    )?;
    stage.says(
        "customer",
        &format!(
            "creates the stack in AWS account {}, {}",
            customer.account_id(),
            link.region
        ),
    );
    let stack_id = customer.create(&link).await?;
    let stack = customer.settled(&stack_id).await?;
    stage.show_stack(&customer, &stack).await?;
    let stack_info = stack.output("RolecallStackInfo")?.to_owned();
    stage.fact("RolecallStackInfo", &shortened(&stack_info));
    let id = &registration.registration_id;
    let since = now_ms();
    let account = stage
        .acme
        .complete(id, &stack_info, Some("Data lake"))
        .await?;
    stage.says("acme", "pastes the line and calls the account Data lake");
    stage.ran("registration-api", since).await?;
    stage.says("hub", "verified it in the same way, and recorded:");
    show_account(stage, &account);
    stage.must(account.status == "active", "the account is active")?;
    let named = account.name == "Data lake";
    stage.must(named, "it has the name that was typed")?;
    let again = stage
        .acme
        .complete(id, &stack_info, Some("Data lake"))
        .await?;
    let same = again.account_id == account.account_id;
    stage.must(same, "pasting it twice gives the same account")?;
    Ok(Pasted {
        account,
        stack_info,
    })
}

/// What the paste left behind.
pub(super) struct Pasted {
    pub(super) account: Account,
    pub(super) stack_info: String,
}

/// Chapter 4: what the page shows.
pub(super) async fn the_members(
    stage: &mut Stage,
    begun: &Beginning,
    both: [&Account; 2],
) -> Result<()> {
    stage.chapter(
        "The group's members",
        "Each account knows its stack, so that nobody has to search for it later.",
    );
    let members = stage.acme.accounts(&begun.group.group_id).await?.items;
    for member in &members {
        let name = &member.name;
        stage.says(
            "hub",
            &format!("{name}: {}, {}", member.aws_account_id, member.status),
        );
        stage.fact(
            "stack",
            &format!("{} in {}", member.stack_name, member.region),
        );
        stage.fact("console", &member.console_url);
    }
    let listed = |account: &Account| members.iter().any(|m| m.account_id == account.account_id);
    stage.must(both.into_iter().all(listed), "both accounts are listed")?;
    let linked = |m: &Account| m.console_url.contains(&format!("region={}", m.region));
    stage.must(
        members.iter().all(linked),
        "each has its stack's console link",
    )?;
    let report = stage.acme.check(&both[0].account_id).await?;
    stage.says("acme", "asks to check Shop again, now");
    stage.must(report.verdict == "passed", "it still passes every check")?;
    Ok(())
}

pub(super) fn show_account(stage: &Stage, account: &Account) {
    stage.fact("account", &account.account_id);
    stage.fact("AWS account", &account.aws_account_id);
    stage.fact(
        "stack",
        &format!("{} in {}", account.stack_name, account.region),
    );
    stage.fact("status", &account.status);
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(48).collect();
    format!("{start}…  ({} characters, no secret)", text.len())
}
