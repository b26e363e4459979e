//! Stacks that nobody needs: each is deleted by what the API says, in the state in which it says it.

use super::bench::Patient;
use anyhow::{Context, Result};
use rolecall_client::OrphanedStack;

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn command(entry: &OrphanedStack) -> Result<String> {
    let command = entry.delete_command.clone();
    command.with_context(|| format!("no command: {entry:#?}"))
}

#[tokio::test]
async fn a_protected_stack_is_deleted_by_the_command_that_is_shown() -> Result<()> {
    let patient = Patient::connected().await?;
    let protect = format!(
        "aws cloudformation update-termination-protection --enable-termination-protection \
         --stack-name {}",
        patient.stack_id()
    );
    patient.shell(&protect).await?;
    let report = patient.report().await?;
    let check = report.check("stack_unexpected_state").context("no check")?;
    let evidence = check.evidence.clone().context("no evidence")?;
    assert_eq!(evidence["stack_protected"], serde_json::json!(["enabled"]));
    assert_eq!(report.verdict, "passed");

    // It is known before the stack is read again.
    let entry = patient.deregister().await?;
    assert_eq!(entry.rest["stack_protected"], true);
    let shown = command(&entry)?;
    let entry = patient
        .entry_when(&entry.orphaned_stack_id, "the stack was read", |entry| {
            entry.evidence.iter().any(|seen| seen["protected"] == true)
        })
        .await?;
    assert_eq!(command(&entry)?, shown);
    patient.shell(&shown).await?;
    assert_eq!(patient.settled().await?, "DELETE_COMPLETE");
    Ok(())
}

#[tokio::test]
async fn state_and_hint_agree_until_a_stack_is_gone() -> Result<()> {
    let patient = Patient::connected().await?;
    let entry = patient.deregister().await?;
    assert_eq!(entry.status, "orphaned");
    patient.shell(&command(&entry)?).await?;
    assert_eq!(patient.settled().await?, "DELETE_COMPLETE");
    let id = &entry.orphaned_stack_id;
    let deleting = patient.bench.world.acme.orphaned_stack(id).await?;
    if deleting.status == "deleting" {
        assert_eq!(deleting.delete_command, None, "it is being deleted");
        assert!(deleting.remedy.is_some_and(|it| it.contains("deleting")));
    }
    let gone = patient
        .entry_when(id, "the proof", |entry| entry.status == "gone")
        .await?;
    assert_eq!((gone.remedy, gone.delete_command), (None, None));

    let other = Patient::connected().await?;
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
async fn a_deletion_that_failed_is_finished() -> Result<()> {
    let patient = Patient::with_roles(serde_json::json!([{"kind": "ec2-instance"}])).await?;
    let (role, companion) = (
        patient.role().to_owned(),
        patient.bench.role_name("ec2-instance").await?,
    );
    let roles = patient.bench.role("ec2-instance").await?;
    let profile = roles["instance_profile_arn"]
        .as_str()
        .context("no profile")?;
    let profile = profile.rsplit('/').next().context("no name")?;
    let add = format!("aws iam add-role-to-instance-profile --instance-profile-name {profile}");
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}"#;
    patient
        .shell(&format!(
            "aws iam attach-role-policy --role-name {role} --policy-arn {ADMIN} && \
             aws iam attach-role-policy --role-name {companion} --policy-arn {ADMIN} && \
             aws iam put-role-policy --role-name {companion} --policy-name=-x --policy-document '{document}' && \
             aws iam remove-role-from-instance-profile --instance-profile-name {profile} --role-name {companion} && \
             aws iam create-role --role-name other --assume-role-policy-document '{trust}' && \
             {add} --role-name other"
        ))
        .await?;
    let entry = patient.deregister().await?;
    let id = entry.orphaned_stack_id.clone();
    patient.shell(&command(&entry)?).await?;
    assert_eq!(patient.settled().await?, "DELETE_FAILED");
    let failed = "The following resource(s) failed to delete: \
        [Ec2InstanceInstanceProfile, Ec2InstanceRole, RolecallRole]. ";
    patient.event("DELETE_FAILED", failed).await?;

    let entry = patient.bench.world.acme.orphaned_stack(&id).await?;
    assert_eq!(
        (entry.status.as_str(), entry.reason.as_deref()),
        ("orphaned", Some("delete_failed"))
    );
    let told = entry
        .evidence
        .iter()
        .find(|seen| seen["status"] == "DELETE_FAILED");
    assert_eq!(told.context("no evidence")?["reason"], failed.trim());
    let remedy = entry.remedy.clone().context("no remedy")?;
    assert!(remedy.contains("Ec2InstanceRole, RolecallRole"), "{remedy}");
    patient.shell(&command(&entry)?).await?;
    assert_eq!(patient.settled().await?, "DELETE_COMPLETE");
    patient.event("DELETE_COMPLETE", "").await?;
    patient
        .entry_when(&id, "the proof", |entry| entry.status == "gone")
        .await?;
    Ok(())
}

/// A custom resource whose topic is gone, as CloudFormation tells of it. The emulator can't play it:
/// the command is read, and not run.
#[tokio::test]
async fn what_can_not_be_emptied_is_left_out_of_a_deletion_that_failed() -> Result<()> {
    let patient = Patient::connected().await?;
    let entry = patient.deregister().await?;
    let failed = "The following resource(s) failed to delete: [Registration]. ";
    let id = &entry.orphaned_stack_id;
    // The stack itself is well, and a scheduled check that sees this replaces what was played.
    let mut command = String::new();
    for _ in 0..10 {
        patient.event("DELETE_FAILED", failed).await?;
        let entry = patient.bench.world.acme.orphaned_stack(id).await?;
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

/// A stack can leave its role behind by its template, by a deletion that leaves it out, and by one
/// that is forced.
#[tokio::test]
async fn a_role_that_outlived_its_stack_is_deleted_in_every_way_that_it_can() -> Result<()> {
    for way in [
        "template",
        "--retain-resources RolecallRole",
        "--deletion-mode FORCE_DELETE_STACK",
    ] {
        let patient = Patient::connected().await?;
        let (role, stack) = (patient.role().to_owned(), patient.stack_id().to_owned());
        let entry = patient.deregister().await?;
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
            patient
                .shell(&format!("cd $(mktemp -d)\n{update}\n{delete}"))
                .await?;
        } else {
            let attach =
                format!("aws iam attach-role-policy --role-name {role} --policy-arn {ADMIN}");
            patient.shell(&format!("{attach} && {delete}")).await?;
            assert_eq!(patient.settled().await?, "DELETE_FAILED");
            patient.shell(&format!("{delete} {way}")).await?;
        }
        assert_eq!(patient.settled().await?, "DELETE_COMPLETE", "{way}");
        patient.event("DELETE_COMPLETE", "").await?;
        let id = entry.orphaned_stack_id.as_str();
        let entry = patient
            .entry_when(id, "the role is found", |entry| {
                entry.reason.as_deref() == Some("role_retained")
            })
            .await?;
        // What the role has now is taken from it, whoever gave it.
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;
        let more = format!(
            "aws iam put-role-policy --role-name {role} --policy-name=-more --policy-document '{document}' && \
             aws iam create-instance-profile --instance-profile-name of-{role} && \
             aws iam add-role-to-instance-profile --instance-profile-name of-{role} --role-name {role}"
        );
        patient.shell(&more).await?;
        patient.shell(&command(&entry)?).await?;
        let (found, _) = patient
            .bench
            .try_shell(&format!("aws iam get-role --role-name {role}"))
            .await?;
        assert!(!found, "{way}: the role is there");
        patient
            .entry_when(id, "the proof", |entry| entry.status == "gone")
            .await?;
    }
    Ok(())
}
