//! Orphaned stacks are deleted with the command that the API returns for their current state.

use super::bench::TestAccount;
use anyhow::{Context, Result};
use rolecall_client::OrphanedStack;

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn command(entry: &OrphanedStack) -> Result<String> {
    let command = entry.delete_command.clone();
    command.with_context(|| format!("no command: {entry:#?}"))
}

#[tokio::test]
async fn protected_stack_is_deleted_by_the_shown_command() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let protect = format!(
        "aws cloudformation update-termination-protection --enable-termination-protection \
         --stack-name {}",
        tested.stack_id()
    );
    tested.shell(&protect).await?;
    let report = tested.report().await?;
    let check = report.check("stack_unexpected_state").context("no check")?;
    let evidence = check.evidence.clone().context("no evidence")?;
    assert_eq!(evidence["stack_protected"], serde_json::json!(["enabled"]));
    assert_eq!(report.verdict, "passed");

    // The hub knows about the protection before the stack is read again.
    let entry = tested.deregister().await?;
    assert_eq!(entry.rest["stack_protected"], true);
    let shown = command(&entry)?;
    let entry = tested
        .entry_when(&entry.orphaned_stack_id, "a check of the stack", |entry| {
            entry.evidence.iter().any(|seen| seen["protected"] == true)
        })
        .await?;
    assert_eq!(command(&entry)?, shown);
    tested.shell(&shown).await?;
    assert_eq!(tested.settled().await?, "DELETE_COMPLETE");
    Ok(())
}

#[tokio::test]
async fn remedy_matches_status_until_stack_is_gone() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let entry = tested.deregister().await?;
    assert_eq!(entry.status, "orphaned");
    tested.shell(&command(&entry)?).await?;
    assert_eq!(tested.settled().await?, "DELETE_COMPLETE");
    let id = &entry.orphaned_stack_id;
    let deleting = tested.bench.world.acme.orphaned_stack(id).await?;
    if deleting.status == "deleting" {
        assert_eq!(
            deleting.delete_command, None,
            "a stack that is being deleted needs no command"
        );
        assert!(deleting.remedy.is_some_and(|it| it.contains("deleting")));
    }
    let gone = tested
        .entry_when(id, "the proof", |entry| entry.status == "gone")
        .await?;
    assert_eq!((gone.remedy, gone.delete_command), (None, None));

    let other = TestAccount::connected().await?;
    let entry = other.deregister().await?;
    let id = &entry.orphaned_stack_id;
    let dismissed = other
        .bench
        .world
        .acme
        .dismiss(id, "kept on purpose")
        .await?;
    assert_eq!((dismissed.remedy, dismissed.delete_command), (None, None));
    Ok(())
}

#[tokio::test]
async fn failed_deletion_is_completed() -> Result<()> {
    let tested = TestAccount::with_roles(serde_json::json!([{"kind": "ec2-instance"}])).await?;
    let (role, companion) = (
        tested.role().to_owned(),
        tested.bench.role_name("ec2-instance").await?,
    );
    let roles = tested.bench.role("ec2-instance").await?;
    let profile = roles["instance_profile_arn"]
        .as_str()
        .context("no profile")?;
    let profile = profile.rsplit('/').next().context("no name")?;
    let add = format!("aws iam add-role-to-instance-profile --instance-profile-name {profile}");
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}"#;
    tested
        .shell(&format!(
            "aws iam attach-role-policy --role-name {role} --policy-arn {ADMIN} && \
             aws iam attach-role-policy --role-name {companion} --policy-arn {ADMIN} && \
             aws iam put-role-policy --role-name {companion} --policy-name=-x --policy-document '{document}' && \
             aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {companion} && \
             aws iam create-role --role-name other --assume-role-policy-document '{trust}' && \
             {add} --role-name other"
        ))
        .await?;
    let entry = tested.deregister().await?;
    let id = entry.orphaned_stack_id.clone();
    tested.shell(&command(&entry)?).await?;
    assert_eq!(tested.settled().await?, "DELETE_FAILED");
    let failed = "The following resource(s) failed to delete: \
        [Ec2InstanceInstanceProfile, Ec2InstanceRole, RolecallRole]. ";
    tested.event("DELETE_FAILED", failed).await?;

    let entry = tested.bench.world.acme.orphaned_stack(&id).await?;
    assert_eq!(
        (entry.status.as_str(), entry.reason.as_deref()),
        ("orphaned", Some("delete_failed"))
    );
    let evidence = entry
        .evidence
        .iter()
        .find(|seen| seen["status"] == "DELETE_FAILED");
    assert_eq!(evidence.context("no evidence")?["reason"], failed.trim());
    let remedy = entry.remedy.clone().context("no remedy")?;
    assert!(remedy.contains("Ec2InstanceRole, RolecallRole"), "{remedy}");
    tested.shell(&command(&entry)?).await?;
    assert_eq!(tested.settled().await?, "DELETE_COMPLETE");
    tested.event("DELETE_COMPLETE", "").await?;
    tested
        .entry_when(&id, "the proof", |entry| entry.status == "gone")
        .await?;
    Ok(())
}

/// CloudFormation's event for a custom resource whose topic no longer exists. The emulator can't
/// reproduce this, so the command is checked but not run.
#[tokio::test]
async fn custom_resource_is_retained_when_deletion_failed() -> Result<()> {
    let tested = TestAccount::connected().await?;
    let entry = tested.deregister().await?;
    let failed = "The following resource(s) failed to delete: [Registration]. ";
    let id = &entry.orphaned_stack_id;
    // The real stack is fine, so a scheduled check in between can replace the state from the event.
    let mut command = String::new();
    for _ in 0..10 {
        tested.event("DELETE_FAILED", failed).await?;
        let entry = tested.bench.world.acme.orphaned_stack(id).await?;
        command = super::deletions::command(&entry)?;
        if command.contains("--retain-resources") {
            break;
        }
    }
    assert!(
        command.ends_with(" --retain-resources Registration"),
        "{command}"
    );
    assert!(!command.contains("aws iam"), "{command}");
    Ok(())
}

/// A role outlives its stack if its template retains it, if the deletion retains it, or if the
/// deletion is forced.
#[tokio::test]
async fn retained_role_is_deleted_however_it_was_retained() -> Result<()> {
    for way in [
        "template",
        "--retain-resources RolecallRole",
        "--deletion-mode FORCE_DELETE_STACK",
    ] {
        let tested = TestAccount::connected().await?;
        let (role, stack) = (tested.role().to_owned(), tested.stack_id().to_owned());
        let entry = tested.deregister().await?;
        let delete = format!("aws cloudformation delete-stack --stack-name {stack}");
        let wait = format!("aws cloudformation wait stack-update-complete --stack-name {stack}");
        if way == "template" {
            let update = format!(
                "aws cloudformation get-template --stack-name {stack} --query TemplateBody \
                   --output text | sed 's/^  RolecallRole:/&\\n    DeletionPolicy: Retain/' > retained.yaml
                 parameters=$(aws cloudformation describe-stacks --stack-name {stack} \
                   --query 'Stacks[0].Parameters[].ParameterKey' --output text | tr '\\t' '\\n' | \
                   sed 's/.*/ParameterKey=&,UsePreviousValue=true/')
                 aws cloudformation update-stack --stack-name {stack} --capabilities CAPABILITY_IAM \
                   --template-body file://retained.yaml --parameters $parameters
                 {wait}"
            );
            tested
                .shell(&format!("cd $(mktemp -d)\n{update}\n{delete}"))
                .await?;
        } else {
            let attach =
                format!("aws iam attach-role-policy --role-name {role} --policy-arn {ADMIN}");
            tested.shell(&format!("{attach} && {delete}")).await?;
            assert_eq!(tested.settled().await?, "DELETE_FAILED");
            tested.shell(&format!("{delete} {way}")).await?;
        }
        assert_eq!(tested.settled().await?, "DELETE_COMPLETE", "{way}");
        tested.event("DELETE_COMPLETE", "").await?;
        let id = entry.orphaned_stack_id.as_str();
        let entry = tested
            .entry_when(id, "the reason role_retained", |entry| {
                entry.reason.as_deref() == Some("role_retained")
            })
            .await?;
        // The command removes everything that the role has now, including later additions.
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
        let more = format!(
            "aws iam put-role-policy --role-name {role} --policy-name=-more --policy-document '{document}' && \
             aws iam create-instance-profile --instance-profile-name of-{role} && \
             aws iam add-role-to-instance-profile --instance-profile-name of-{role} --role-name {role}"
        );
        tested.shell(&more).await?;
        tested.shell(&command(&entry)?).await?;
        let (found, _) = tested
            .bench
            .try_shell(&format!("aws iam get-role --role-name {role}"))
            .await?;
        assert!(!found, "{way}: the role still exists");
        tested
            .entry_when(id, "the proof", |entry| entry.status == "gone")
            .await?;
    }
    Ok(())
}
