//! Updates of stacks to other access: after a choice, and after another publication.

use super::*;

#[tokio::test]
async fn choice_of_access_publishes_the_template_of_its_update() {
    let world = world();
    let (account, stack) = connect(&world).await;
    let view = read(&world, &account).await;
    assert_eq!(view["requested_access"], json!(["inventory"]));
    let asked = format!("PUT /v1/accounts/{}/access", account.account_id);
    let body = json!({"access": ["inventory", "backup"]});
    let chosen = world.expect(ACME, &asked, body.clone(), 200).await;
    assert_eq!(chosen["requested_access"], json!(["backup", "inventory"]));
    assert_eq!(
        chosen["template_id"], view["template_id"],
        "not updated yet"
    );
    let update = &chosen["update"];
    let url = text(update, "template_url");
    let template = published(&world, &url).await;
    assert_eq!(names(&template), ["backup", "inventory"]);
    let command = text(update, "command");
    for word in ["update-stack", &url, stack.stack_id.as_str()] {
        assert!(command.contains(word), "{command}");
    }
    let id = template.id();
    assert!(
        text(update, "console_url").contains(id.as_str()),
        "{update}"
    );
    // The same choice changes nothing, and shows the update until the stack reports the template.
    let history = format!("GET /v1/accounts/{}/history", account.account_id);
    let before = world.expect(ACME, &history, Value::Null, 200).await;
    let again = world.expect(ACME, &asked, body.clone(), 200).await;
    assert_eq!(again["update"], chosen["update"]);
    assert_eq!(read(&world, &account).await["update"], chosen["update"]);
    let after = world.expect(ACME, &history, Value::Null, 200).await;
    assert_eq!(after, before);
    deploy(&world, &account, &template).await;
    let done = world.expect(ACME, &asked, body, 200).await;
    assert_eq!(done["update"], Value::Null);
    assert_eq!(read(&world, &account).await["update"], Value::Null);
    assert_eq!(done["template_id"], json!(id));
}

#[tokio::test]
async fn failed_choice_of_access_is_shown_with_its_update_once_the_bucket_works() {
    let (world, gate) = counting_world();
    let (account, _) = connect(&world).await;
    *gate.fails.borrow_mut() = Some(Moment::Before);
    let asked = format!("PUT /v1/accounts/{}/access", account.account_id);
    let body = json!({"access": ["backup"]});
    world.expect(ACME, &asked, body.clone(), 503).await;
    *gate.fails.borrow_mut() = None;
    let chosen = world.expect(ACME, &asked, body, 200).await;
    let url = text(&chosen["update"], "template_url");
    let keys = world.api.bucket.port.keys();
    assert!(keys.iter().any(|key| url.ends_with(key.as_str())), "{url}");
}

#[tokio::test]
async fn changed_offering_is_found_by_checks_and_its_update_is_published_when_shown() {
    let world = world();
    let (account, _) = connect(&world).await;
    let names = &account.requested_access;
    let facts = onboarding(&hub()).facts;
    let first = two_profiles().template(&facts, names, &[]);
    let account = deploy(&world, &account, &first).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let check = format!("POST {path}/checks");
    let report = world.expect(ACME, &check, json!({}), 200).await;
    assert_eq!(template_check(&report)["status"], "passed", "{report}");
    assert_eq!(report["access"], json!(["inventory"]));

    let mut wider = profile(&["ec2:DescribeInstances", "ec2:DescribeVolumes"]);
    wider["managed_policies"] = json!(["arn:aws:iam::aws:policy/SecurityAudit"]);
    let file = json!({"profiles": {"inventory": wider}, "default": ["inventory"]});
    let wider = offering(&hub(), &file);
    world.api.env.store.publish(wider.clone());
    let files = world.api.bucket.keys();
    // A scheduled check, which can't publish.
    let env = &world.api.env;
    let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
    assert!(checked.expect("checked").is_some());
    assert_eq!(world.api.bucket.keys(), files);

    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    assert_eq!(check["status"], "warning", "{check}");
    let message = text(&check, "message");
    let sentences = "The access that the stack gives differs from the access that is requested now. \
                     inventory now also allows ec2:DescribeVolumes.";
    assert_eq!(message, sentences);
    let template = wider.template(&facts, names, &[]);
    let link = check["evidence"]["update_url"].to_string();
    assert!(link.contains(template.id().as_str()), "{link}");
    assert_eq!(
        recorded(&world, &json!({"template_id": template.id()})).await,
        template
    );
    assert_eq!(
        world.api.bucket.template(&template.key()),
        Some(template.text())
    );

    let account = deploy(&world, &account, &template).await;
    let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
    assert!(checked.expect("checked").is_some());
    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    assert_eq!(check["status"], "passed", "{check}");
}

/// In a Region without a callback, only the stack itself shows its update.
#[tokio::test]
async fn check_records_an_update_that_was_not_reported() {
    let world = world();
    let (account, _) = connect(&world).await;
    let facts = onboarding(&hub()).facts;
    let current = two_profiles().template(&facts, &account.requested_access, &[]);
    let former = Template {
        version: TemplateVersion::new(1, 9, 9),
        ..current.clone()
    };
    let store = &world.api.env.store;
    store.keep_template(&former).await.expect("kept");
    deploy(&world, &account, &former).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let checks = format!("POST {path}/checks");
    let report = world.expect(ACME, &checks, json!({}), 200).await;
    let check = template_check(&report);
    assert_eq!(check["status"], "warning", "{check}");
    assert!(text(&check, "message").contains("1.9.9"), "{check}");

    let customers = &world.api.env.customers;
    customers.change_stack(&account.stack_id, |stack| {
        stack.status = StackStatus::UpdateComplete;
        stack.template_id = Some(current.id());
    });
    world.wait(60_000);
    let report = world.expect(ACME, &checks, json!({}), 200).await;
    let check = template_check(&report);
    assert_eq!(check["status"], "passed", "{check}");
    let view = read(&world, &account).await;
    assert_eq!(view["template_id"], json!(current.id()));
    assert_eq!(view["template_version"], json!(current.version));
    let asked = format!("PUT {path}/access");
    let body = json!({"access": ["inventory"]});
    let chosen = world.expect(ACME, &asked, body, 200).await;
    assert_eq!(chosen["update"], Value::Null);
}

/// The report's link, its command and its words belong together, until the next check.
#[tokio::test]
async fn link_of_the_last_report_works_after_the_offering_changed_again() {
    for asked in [
        "GET /v1/accounts/{}",
        "DELETE /v1/accounts/{}",
        "PATCH /v1/accounts/{}",
    ] {
        let world = world();
        let (account, _) = connect(&world).await;
        let facts = onboarding(&hub()).facts;
        let offer = |actions: &[&str]| {
            let file = json!({"profiles": {"inventory": profile(actions)}, "default": []});
            let offering = offering(&hub(), &file);
            world.api.env.store.publish(offering.clone());
            offering.template(&facts, &account.requested_access, &[])
        };
        let then = offer(&["ec2:DescribeVolumes"]);
        let env = &world.api.env;
        let checked = check_account(env, account.clone(), Trigger::Scheduled).await;
        assert!(checked.expect("checked").is_some());
        offer(&["ec2:DescribeImages"]);
        let asked = asked.replace("{}", account.account_id.as_str());
        let view = world.expect(ACME, &asked, json!({}), 200).await;
        let account = view.get("account").unwrap_or(&view);
        let report = &account["last_report"];
        assert_eq!(report.get("update"), None, "{report}");
        let check = template_check(report).to_string();
        assert!(check.contains(then.id().as_str()), "{check}");
        let file = world.api.bucket.template(&then.key());
        assert_eq!(file, Some(then.text()), "{asked}");
    }
}

/// Profiles that the operator removed are taken from the stack with its next update.
#[tokio::test]
async fn removed_profile_is_named_and_is_not_in_the_update() {
    let world = world();
    let (account, _) = connect(&world).await;
    let file = json!({"profiles": {"backup": profile(&["ec2:CreateSnapshot"])}, "default": []});
    world.api.env.store.publish(offering(&hub(), &file));
    let asked = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.ask(ACME, &asked, &json!({})).await;
    let view = read(&world, &account).await;
    let check = template_check(&view["last_report"]);
    let message = text(&check, "message");
    assert!(message.ends_with("inventory was removed."), "{message}");
    let asked = format!("PUT /v1/accounts/{}/companion-roles", account.account_id);
    let body = json!({"companion_roles": []});
    let chosen = world.expect(ACME, &asked, body, 200).await;
    let template = published(&world, &text(&chosen["update"], "template_url")).await;
    assert_eq!(names(&template), [""; 0]);
}
