//! Chapters 2 to 5: a link, a stack that calls back, a stack whose output is pasted, and the list of accounts.

use anyhow::{Context, Result};

use super::stage::Stage;
use rolecall_client::{Account, Group, NewRegistration, Registration, Report};

use crate::logs::now_ms;

/// A Region in which this hub has no topic.
pub(super) const UNSERVED_REGION: &str = "eu-west-1";

/// The records that the first chapter creates.
pub(super) struct Beginning {
    pub(super) group: Group,
    pub(super) registration: Registration,
    /// This one expires before it is used.
    pub(super) unused: Registration,
}

pub(super) async fn create_link(stage: &mut Stage) -> Result<Beginning> {
    stage.chapter(
        "Create a group and a link",
        "Acme connects its customers' AWS accounts. It creates a group and requests a link. Each link \
         belongs to one registration: it works once, expires, and contains an external ID that the hub \
         generated.",
    );
    let group = stage.acme.create_group("Production", "#2f6fed").await?;
    stage.action(
        "acme",
        "creates the group Production with the color #2f6fed",
    );
    stage.fact("group", &group.group_id);
    let new = NewRegistration::named("Shop");
    let registration = stage.acme.register(&group.group_id, &new).await?;
    stage.action(
        "acme",
        "requests a link to connect an account with the name Shop",
    );
    stage.fact("registration", &registration.registration_id);
    stage.fact("expires", &registration.expires_at);
    let link = registration.link()?;
    stage.action(
        "hub",
        "returns a quick-create link to the CloudFormation console:",
    );
    stage.show_link(&link);
    let page = registration
        .connect_url
        .as_deref()
        .context("no connect page")?;
    stage.action(
        "hub",
        "returns a page for the customer. It needs no sign-in, explains the link, and shows the progress:",
    );
    stage.fact("connect page", page);
    let given = [&registration.external_id, &registration.stack_name];
    let carried = [&link.parameters["ExternalId"], &link.stack_name];
    stage.must(
        given == carried,
        "the link contains this registration's external ID and stack name",
    )?;
    let new = NewRegistration {
        region: Some(UNSERVED_REGION.to_owned()),
        ..NewRegistration::named("Forgotten")
    };
    let unused = stage.acme.register(&group.group_id, &new).await?;
    let both = [&registration, &unused].map(|r| r.external_id.clone());
    stage.must(
        both[0] != both[1],
        "a second registration has a different external ID",
    )?;
    let token = |r: &Registration| -> Result<String> {
        let link = r.link()?;
        link.parameters
            .get("RegistrationToken")
            .cloned()
            .context("no token")
    };
    let tokens = [token(&registration)?, token(&unused)?];
    stage.must(
        tokens[0] != tokens[1],
        "a second registration has a different token",
    )?;
    Ok(Beginning {
        group,
        registration,
        unused,
    })
}

/// Connects an account by the callback of its stack.
pub(super) async fn connect_by_callback(stage: &mut Stage, begun: &Beginning) -> Result<Account> {
    let customer = stage.hub.customer(0)?;
    stage.chapter(
        "Connect an account by callback",
        "The customer opens the link, acknowledges that the stack creates IAM resources, and creates \
         the stack. The stack's custom resource calls the hub, which verifies the role before it \
         answers.",
    );
    let since = now_ms();
    stage.action(
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
    assert_verified(stage, &report)?;
    stage.action("customer", "sees the result in the stack's events:");
    stage.show_stack(&customer, &stack).await?;
    stage.must(stack.is_complete(), "the stack is complete")?;
    stage.action("hub", "records the account in one transaction:");
    show_account(stage, &account);
    stage.must(
        registration.status == "completed",
        "the registration is completed",
    )?;
    stage.must(account.status == "active", "the account is active")?;
    let right_place =
        account.aws_account_id == customer.account_id() && account.stack_id == stack_id;
    stage.must(
        right_place,
        "the record has this AWS account and this stack",
    )?;
    let event = stage
        .bus
        .wait_for("Account Registered", &account_id)
        .await?;
    stage.must(
        event.source == "rolecall",
        "the event bus delivers `Account Registered`",
    )?;
    Ok(account)
}

/// Asserts that only the hub with the correct external ID can assume the role.
fn assert_verified(stage: &mut Stage, report: &Report) -> Result<()> {
    stage.show_probes(report);
    stage.show_report(report);
    let passed = |code: &str| {
        report
            .check(code)
            .is_some_and(|check| check.status == "passed")
    };
    stage.must(
        passed("role_unassumable"),
        "the hub can assume the role with the external ID",
    )?;
    stage.must(
        passed("external_id_not_enforced"),
        "AWS refuses the hub without an external ID and with a wrong one",
    )?;
    stage.must(report.verdict == "passed", "the verification passes")
}

/// Connects an account by pasting its stack's output, if no callback is possible.
pub(super) async fn connect_by_paste(stage: &mut Stage, begun: &Beginning) -> Result<Pasted> {
    let customer = stage.hub.customer(1)?;
    stage.chapter(
        "Connect an account by pasting an output",
        "In a Region that the hub does not serve, the template omits the callback. Acme pastes an \
         output of the stack instead. The hub runs the same checks.",
    );
    let new = NewRegistration {
        region: Some(UNSERVED_REGION.to_owned()),
        ..NewRegistration::default()
    };
    let registration = stage.acme.register(&begun.group.group_id, &new).await?;
    let link = registration.link()?;
    stage.must(
        link.region == UNSERVED_REGION,
        "the link opens the requested Region",
    )?;
    stage.action(
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
    stage.action("acme", "pastes the output and names the account Data lake");
    stage.ran("registration-api", since).await?;
    stage.action("hub", "runs the same checks and records the account:");
    show_account(stage, &account);
    stage.must(account.status == "active", "the account is active")?;
    let named = account.name == "Data lake";
    stage.must(named, "the account has the given name")?;
    let again = stage
        .acme
        .complete(id, &stack_info, Some("Data lake"))
        .await?;
    let same = again.account_id == account.account_id;
    stage.must(same, "pasting the output again returns the same account")?;
    Ok(Pasted {
        account,
        stack_info,
    })
}

/// The result of the paste.
pub(super) struct Pasted {
    pub(super) account: Account,
    pub(super) stack_info: String,
}

/// Lists the accounts, and checks one on demand.
pub(super) async fn list_accounts(
    stage: &mut Stage,
    begun: &Beginning,
    both: [&Account; 2],
) -> Result<()> {
    stage.chapter(
        "List the accounts",
        "Each account's record contains its stack, with a link to it in the AWS console.",
    );
    let members = stage.acme.accounts(&begun.group.group_id).await?.items;
    for member in &members {
        let name = &member.name;
        stage.action(
            "hub",
            &format!(
                "lists {name}: AWS account {}, {}",
                member.aws_account_id, member.status
            ),
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
        "each account has a console link to its stack",
    )?;
    let report = stage.acme.check(&both[0].account_id).await?;
    stage.action("acme", "requests a check of Shop");
    stage.must(report.verdict == "passed", "Shop passes every check")?;
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
    format!("{start}…  ({} characters, not a secret)", text.len())
}
