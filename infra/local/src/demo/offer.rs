//! Chapter 1: what the product may do, and the pages that two customers see.

use anyhow::{Context, Result};
use rolecall_admin::args::{HubArgs, PublishArgs};
use rolecall_admin::hub_stack::HubStack;
use rolecall_admin::publish::publish;
use rolecall_client::{NewRegistration, QuickCreateLink};
use serde_json::json;
use serde_yaml_ng::Value;

use super::stage::Stage;
use crate::paths::Tree;

pub(super) async fn publish_access(stage: &mut Stage) -> Result<()> {
    stage.chapter(
        "Publish what the product may do",
        "The operator of the hub declares access profiles and a brand in two files. Each link names some of the \
         profiles, and its customer reviews a template that contains exactly these.",
    );
    let hub = &stage.hub;
    let (account, name) = (hub.account().clone(), hub.file().stack_name.clone());
    let folder = Tree::default().root().join("infra/onboarding");
    let arguments = PublishArgs {
        hub: HubArgs {
            stack_name: name.clone(),
            region: None,
            profile: None,
        },
        access: Some(folder.join("access.example.yaml")),
        no_access: false,
        brand: Some(folder.join("brand.example.yaml")),
        workloads: None,
        dry_run: false,
        out: None,
    };
    let stack = HubStack::read(&account, &name).await?;
    stage.action(
        "operator",
        "rolecall-admin publish --access access.example.yaml --brand brand.example.yaml",
    );
    for line in publish(&account, &stack, &arguments).await? {
        stage.action("", &line);
    }
    Ok(())
}

pub(super) async fn show_pages(stage: &mut Stage) -> Result<()> {
    let group = stage.acme.create_group("Previews", "#888888").await?;
    let one = NewRegistration {
        access: Some(vec!["inventory".to_owned()]),
        ..NewRegistration::default()
    };
    let two = NewRegistration {
        access: Some(vec!["inventory".to_owned(), "volume-backup".to_owned()]),
        companion_roles: Some(json!([{
            "kind": "switch-role",
            "options": {"trusted_account_id": "333333333333"},
        }])),
        ..NewRegistration::default()
    };
    for (what, new) in [
        ("a link with one access profile", one),
        (
            "a link with two access profiles and a role for the customer's own users",
            two,
        ),
    ] {
        let registration = stage.acme.register(&group.group_id, &new).await?;
        let link = registration.link()?;
        let customer = stage.hub.customer(0)?;
        let text = customer.fetch_template(&link.template_url).await?;
        stage.action("customer", &format!("opens {what}. The console shows:"));
        show_page(stage, &link, &text)?;
        stage.must(
            text.lines().count() < 300 && !text.contains("trusted_account_id"),
            "the template has only what was asked for, without options for anything else",
        )?;
        stage.acme.revoke(&registration.registration_id).await?;
    }
    stage.acme.delete_group(&group.group_id).await?;
    Ok(())
}

/// The quick-create page, with what CloudFormation reads from the template and the link.
fn show_page(stage: &Stage, link: &QuickCreateLink, text: &str) -> Result<()> {
    let template: Value = serde_yaml_ng::from_str(text).context("the template is not YAML")?;
    let page = &template["Metadata"]["AWS::CloudFormation::Interface"];
    stage.fact("Template URL", &link.template_url);
    let description = template["Description"].as_str().unwrap_or_default();
    stage.fact("Description", description);
    stage.fact("Stack name", &link.stack_name);
    for group in page["ParameterGroups"].as_sequence().into_iter().flatten() {
        stage.fact("", group["Label"]["default"].as_str().unwrap_or_default());
        for name in group["Parameters"].as_sequence().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let label = page["ParameterLabels"][name]["default"].as_str();
            let default = template["Parameters"][name]["Default"].as_str();
            let value = link.parameters.get(name).map(String::as_str).or(default);
            let value = value.unwrap_or_default();
            let shown: String = match value.chars().count() {
                0 => "(empty)".to_owned(),
                1..=40 => value.to_owned(),
                _ => value.chars().take(37).chain("...".chars()).collect(),
            };
            stage.fact(&format!("  {}", label.unwrap_or(name)), &shown);
        }
    }
    stage.fact("Resources", &resources(&template));
    let mut is_of_profile = false;
    for line in text.lines().map(|line| line.trim().strip_prefix("# ")) {
        let line = line.unwrap_or_default();
        is_of_profile = line.starts_with("Access profile ") || is_of_profile && !line.is_empty();
        if is_of_profile {
            stage.fact("", line);
        }
    }
    Ok(())
}

fn resources(template: &Value) -> String {
    let all = template["Resources"].as_mapping().into_iter().flatten();
    let names = all.filter_map(|(name, _)| name.as_str());
    names.collect::<Vec<_>>().join(", ")
}
