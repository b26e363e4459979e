//! Concurrent publications: none is lost.

use futures_util::future::join_all;
use rolecall_aws::table::{Publication, PublicationError, Table};
use rolecall_domain::Timestamp;
use rolecall_domain::link::template::{PublishedTemplate, TemplateVersion};
use rolecall_domain::ports::Records;
use rolecall_tests::twin::Hub;

const SELF_INSPECTION: &str = r#"{"Statement":[]}"#;

fn version(text: &str) -> TemplateVersion {
    TemplateVersion::parse(text).expect("a version")
}

async fn publish(table: &Table, policy: &str) -> Result<(), PublicationError> {
    let publication = Publication {
        version: &version("1.2.3"),
        self_inspection: SELF_INSPECTION,
        operator_policy: policy,
        drop_oldest: false,
    };
    table.record_publication(&publication).await
}

#[tokio::test]
async fn concurrent_publications_of_one_version_are_all_recorded() {
    let table = Hub::find().twin().await;
    let policies: Vec<String> = (0..6).map(|number| format!("policy {number}")).collect();
    let published = join_all(policies.iter().map(|policy| publish(&table, policy))).await;
    for outcome in published {
        outcome.expect("published");
    }
    // Publishing a policy again makes it the newest, without a duplicate.
    publish(&table, "policy 3").await.expect("published");
    let kept = table.template_permissions(&version("1.2.3")).await;
    let kept = kept.expect("readable").expect("recorded");
    assert_eq!(kept.self_inspection, SELF_INSPECTION);
    assert_eq!(kept.operator_policies[0], "policy 3");
    let mut all = kept.operator_policies;
    all.sort();
    assert_eq!(all, policies);
}

#[tokio::test]
async fn version_has_one_self_inspection_and_at_most_twenty_operator_policies() {
    let table = Hub::find().twin().await;
    for number in 0..20 {
        let policy = format!("policy {number}");
        publish(&table, &policy).await.expect("published");
    }
    let more = publish(&table, "one more").await;
    assert!(
        matches!(more, Err(PublicationError::TooMany(_))),
        "{more:?}"
    );
    // The newest 20 are kept if the operator asks for it.
    let replacing = Publication {
        version: &version("1.2.3"),
        self_inspection: SELF_INSPECTION,
        operator_policy: "one more",
        drop_oldest: true,
    };
    table.record_publication(&replacing).await.expect("room");
    let kept = table.template_permissions(&version("1.2.3")).await;
    let kept = kept.expect("readable").expect("recorded");
    let numbers = (1..20).rev().map(|number| format!("policy {number}"));
    let newest: Vec<String> = ["one more".to_owned()].into_iter().chain(numbers).collect();
    assert_eq!(kept.operator_policies, newest);
    let other = Publication {
        version: &version("1.2.3"),
        self_inspection: "{}",
        operator_policy: "policy 3",
        drop_oldest: true,
    };
    let other = table.record_publication(&other).await;
    let refused = matches!(other, Err(PublicationError::OtherSelfInspection(_)));
    assert!(refused, "{other:?}");
}

#[tokio::test]
async fn publishing_needs_the_current_template_as_predecessor() {
    let table = Hub::find().twin().await;
    let template = |number: u8| PublishedTemplate {
        version: version("1.2.3"),
        url: format!("https://bucket.example/{number}/role.yaml"),
    };
    let point = async |number: u8, former: Option<&str>| {
        let now = Timestamp::UNIX_EPOCH;
        table
            .point_at_template(&template(number), "sha", now, former)
            .await
    };
    let current = async || {
        let found = table.published_template().await.expect("readable");
        let url = table.template_url().await.expect("readable");
        assert_eq!(url, found.as_ref().map(|it| it.url.clone()));
        found
    };
    assert_eq!(current().await, None);
    // Two operators start at the same time; one of them is first.
    point(1, None).await.expect("the first");
    let late = point(2, None).await;
    assert!(matches!(late, Err(PublicationError::Overtaken)), "{late:?}");
    assert_eq!(current().await, Some(template(1)));
    // The other operator publishes again, and then repeats the same call.
    let former = template(1).url;
    point(2, Some(&former))
        .await
        .expect("it replaces the first");
    point(2, Some(&former)).await.expect("the same again");
    assert_eq!(current().await, Some(template(2)));
}
