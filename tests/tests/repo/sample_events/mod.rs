//! Runs the samples under `events/` as one scenario through the functions and an in-memory
//! hub.

mod samples;
mod stage;

use console::routes::{Page, Target};
use rolecall_domain::aws::StackId;
use rolecall_domain::change::audit::Event;
use rolecall_domain::check::StackStatus;
use serde_json::Value;
use stack_callback::request::RequestType;
use stack_cleanup::Summary;

use crate::sample_events::stage::{STACK, Story, time};

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn records_updated(records_updated: usize) -> Summary {
    Summary {
        records_updated,
        ..Summary::default()
    }
}

fn stacks_checked(stacks_checked: usize) -> Summary {
    Summary {
        stacks_checked,
        ..Summary::default()
    }
}

#[tokio::test]
async fn every_sample_is_handled_by_its_function() {
    let mut story = Story::begin();
    story.group_and_registration().await;
    let passed = story
        .callback(RequestType::Create, "preflight-create")
        .await;
    assert_eq!(passed["Status"], "SUCCESS", "{passed}");
    let created = story.callback(RequestType::Create, "create").await;
    assert_eq!(created["Status"], "SUCCESS", "{created}");
    let account = text(&created["Data"]["AccountId"]).to_owned();
    story
        .samples
        .fill_in("acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5d", &account);
    let stack = StackId::parse(STACK).expect("valid");
    let complete = StackStatus::CreateComplete;
    story
        .env()
        .customers
        .change_stack(&stack, |stack| stack.status = complete);

    assert_eq!(story.paste().await["account_id"], account.as_str());
    let page = story.api("get-connect-page", 200).await;
    assert_eq!(page["state"], "connected");
    let members = story.api("get-accounts", 200).await;
    assert_eq!(members["items"].as_array().map(Vec::len), Some(1));
    // A service of the operator gets the same.
    let on_behalf = story.api("get-accounts-on-behalf", 200).await;
    assert_eq!(on_behalf["items"], members["items"]);
    assert_eq!(story.api("patch-account", 200).await["name"], "Web shop");
    assert_eq!(story.api("post-check", 200).await["verdict"], "passed");
    let sts_before = story.env().customers.calls_to_sts();
    story.health("check-batch").await;
    assert!(
        story.env().customers.calls_to_sts() > sts_before,
        "the account was not checked"
    );
    let published = story.publisher("stream-batch").await;
    let events: Vec<_> = published.iter().map(|entry| entry.event).collect();
    assert_eq!(
        events,
        [Event::RegistrationCompleted, Event::AccountRegistered]
    );
    assert_eq!(published[1].record_id, account);
    // The stack of the story gives no access profile.
    let refused = story.broker("post-credentials", 403).await;
    assert_eq!(refused["code"], "access_not_granted", "{refused}");
    let updated = story.callback(RequestType::Update, "update").await;
    assert_eq!(updated["Status"], "SUCCESS", "{updated}");

    story.env().host.set(time("2025-09-02T09:00:00Z"));
    let gone = story.api("delete-account", 200).await;
    let entry = text(&gone["orphaned_stack"]["orphaned_stack_id"]).to_owned();
    story
        .samples
        .fill_in("stk_0198a0b1c2d37e4f8a9b0c1d2e3f4a5e", &entry);
    story
        .cleanup("account-deregistered", stacks_checked(1))
        .await;
    let orphans = story.api("get-orphaned-stacks", 200).await;
    assert_eq!(orphans["items"][0]["orphaned_stack_id"], entry.as_str());

    story.env().host.set(time("2025-09-02T09:30:00Z"));
    story
        .cleanup("stack-delete-in-progress", Summary::default())
        .await;
    story
        .cleanup("stack-delete-failed", Summary::default())
        .await;
    let deleted = story.callback(RequestType::Delete, "delete").await;
    assert_eq!(deleted["Status"], "SUCCESS", "{deleted}");
    story.env().customers.delete_stack(&stack);
    story
        .cleanup("stack-delete-complete", Summary::default())
        .await;
    story
        .cleanup("organizations-account-closed", records_updated(1))
        .await;
    story
        .cleanup("organizations-account-departed", records_updated(1))
        .await;
    story.env().host.set(time("2025-09-02T10:00:00Z"));
    story.cleanup("schedule", stacks_checked(1)).await;
    let dismissed = story.api("post-dismiss", 200).await;
    let evidence = dismissed["evidence"].as_array().expect("a list");
    let kinds: Vec<_> = evidence.iter().map(|seen| text(&seen["kind"])).collect();
    for kind in [
        "deregistered",
        "stack_status",
        "stack_event",
        "delete_callback",
        "role_unassumable",
        "account_closed",
        "dismissed_by",
    ] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }

    // Later evidence is stored, but a dismissal is final.
    let last = story
        .callback(RequestType::Delete, "preflight-delete")
        .await;
    assert_eq!(last["Status"], "SUCCESS", "{last}");
    for (name, page) in [
        ("get-groups", Page::Groups),
        ("post-group", Page::CreateGroup),
        ("get-connect", Page::CustomerConnect),
    ] {
        let event = story.samples.take(&format!("console/{name}"));
        let request = console::http::Request::read(&event).expect("readable");
        let found = console::routes::find(&request.method, &request.path);
        assert!(
            matches!(found, Target::Route(route, _) if route.page == page),
            "{name}"
        );
    }
    let unread: Vec<_> = story.samples.left.keys().collect();
    assert!(unread.is_empty(), "unused samples: {unread:?}");
}
