//! A connected account whose stack or role has changed.

use super::bench::TestAccount;
use anyhow::{Context, Result, ensure};
use rolecall_aws::table::Table;
use rolecall_domain::link::template::{TemplateId, TemplateVersion};
use rolecall_domain::ports::Records;
use rolecall_domain::template::Template;
use rolecall_tests::accounts::Connected;
use rolecall_tests::world::World;

/// Connects the AWS account with a new registration.
async fn connect_again(tested: &TestAccount) -> Result<Connected> {
    let world = &tested.bench.world;
    let group = world.group().await?;
    let registration = world.register(&group).await?;
    let customer = &tested.bench.connected.customer;
    world.connect_by(customer, group, &registration).await
}

#[tokio::test]
async fn account_with_deleted_stack_is_reconnected() -> Result<()> {
    let tested = TestAccount::connected().await?;
    // The hub reads the stack through the role, so the role must outlive the stack.
    let role = tested.role().to_owned();
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let trust = format!(
        "aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument > trust.json"
    );
    tested
        .shell(&format!(
            "cd $(mktemp -d) && {trust} && aws cloudformation delete-stack --stack-name {stack} && \
             aws cloudformation wait stack-delete-complete --stack-name {stack} && \
             aws iam create-role --role-name {role} --path /rolecall/ \
               --assume-role-policy-document file://trust.json && \
             aws iam put-role-policy --role-name {role} --policy-name SelfInspection \
               --policy-document '{document}'",
            stack = tested.stack_id()
        ))
        .await?;
    // Has no effect if a check proved the deletion while the role was missing.
    tested.deregister().await?;
    let again = connect_again(&tested).await?;
    assert_eq!(again.account.status, "active");
    Ok(())
}

#[tokio::test]
async fn recreated_role_is_replaced() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let role = tested.role().to_owned();
    let make_again = format!(
        "cd $(mktemp -d)
         aws iam get-role --role-name {role} --query Role.AssumeRolePolicyDocument > trust.json
         aws iam get-role-policy --role-name {role} --policy-name SelfInspection \
           --query PolicyDocument > policy.json
         aws iam delete-role-policy --role-name {role} --policy-name SelfInspection
         aws iam delete-role --role-name {role}
         aws iam create-role --role-name {role} --path /rolecall/ \
           --assume-role-policy-document file://trust.json
         aws iam put-role-policy --role-name {role} --policy-name SelfInspection \
           --policy-document file://policy.json"
    );
    tested.shell(&make_again).await?;
    let check = tested.finding("role_recreated").await?;
    let remedy = check.remedy.context("no remedy")?;
    assert!(remedy.contains("eregister the account"), "{remedy}");
    tested.deregister().await?;
    tested.shell(&check.command.context("no command")?).await?;
    assert_eq!(tested.settled().await?, "DELETE_COMPLETE");
    let again = connect_again(&tested).await?;
    assert_eq!(again.account.status, "active");
    Ok(())
}

/// The stack has no callback that would reject the update.
#[tokio::test]
async fn changed_external_id_is_restored() -> Result<()> {
    let tested = TestAccount::pasted().await?;
    let connected = &tested.bench.connected;
    let role = tested.role().to_owned();
    let url = connected.registration.template_url.as_str();
    let mut parameters = connected.stack.parameters.clone();
    parameters.insert("ExternalId".to_owned(), "another-one".to_owned());
    let update = connected
        .customer
        .update_unserved(tested.stack_id(), url, &parameters);
    ensure!(update.await?.is_complete(), "the update failed");
    let check = tested.finding("role_unassumable").await?;
    let remedy = check.remedy.context("no remedy")?;
    assert!(
        remedy.contains("set it to the external ID of this account"),
        "{remedy}"
    );
    // Restoring the trust policy alone is not enough; the check reports the parameter.
    let right = connected.registration.external_id.as_str();
    let trust = tested
        .bench
        .world
        .trust_policy(connected.customer.account_id(), &role)
        .await?;
    let trust = trust.to_string().replace("another-one", right);
    let set =
        format!("aws iam update-assume-role-policy --role-name {role} --policy-document '{trust}'");
    tested.shell(&set).await?;
    let check = tested.finding("external_id_mismatch").await?;
    let remedy = check.remedy.context("no remedy")?;
    assert!(remedy.contains("ExternalId parameter"), "{remedy}");
    let account = tested.bench.world.acme.account(tested.account_id()).await?;
    let external_id = account.rest["external_id"]
        .as_str()
        .context("no external ID")?;
    parameters.insert("ExternalId".to_owned(), external_id.to_owned());
    let update = connected
        .customer
        .update_unserved(tested.stack_id(), url, &parameters);
    ensure!(update.await?.is_complete(), "the update failed");
    tested.assert_passed("external_id_mismatch").await
}

/// A template of an earlier version is recorded, as it was when its link was made.
#[tokio::test]
async fn outdated_stack_is_updated() -> Result<()> {
    let world = World::find().await?;
    let (customer, group) = (world.customer(), world.group().await?);
    let registration = world.register(&group).await?;
    let link = registration.link()?;
    let file = world.hub.file();
    let aws = world.aws(world.hub_account_id())?;
    let table = Table::new(aws.dynamodb(), &file.table_name);
    let id = TemplateId::parse(registration.template_id.as_str())?;
    let current = table.template(&id).await?.context("no record")?;
    let earlier = Template {
        version: TemplateVersion::new(1, 1, 0),
        ..current.clone()
    };
    ensure!(
        earlier.version != current.version,
        "there is no earlier version"
    );
    table.keep_template(&earlier).await?;
    let stack_id = customer.create_from(&link, &earlier.text()).await?;
    ensure!(
        customer.settled(&stack_id).await?.is_complete(),
        "the stack failed"
    );
    let registration = world
        .acme
        .registration(&registration.registration_id)
        .await?;
    let account_id = registration.account_id.clone().context("no account")?;
    let bench = crate::companions::bench::Bench {
        connected: Connected {
            customer: customer.clone(),
            group,
            stack: customer.describe(&stack_id).await?,
            account: world.acme.account(&account_id).await?,
            registration,
        },
        world,
    };
    let tested = TestAccount { bench };
    let check = tested.finding("template_outdated").await?;
    assert_eq!(check.status, "warning", "{check:#?}");
    let command = check.command.clone().context("no command")?;
    tested.bench.run_update(&command).await?;
    assert_eq!(tested.settled().await?, "UPDATE_COMPLETE");
    tested.assert_passed("template_outdated").await
}
