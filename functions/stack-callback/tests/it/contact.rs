//! The reasons of refusals end with the operator's product and contact, as the link's template names them.

use crate::world::{World, hub, reason, role, stack};
use rolecall_domain::brand::{AsciiName, Contact};
use rolecall_domain::ports::Records;
use rolecall_domain::record::registration::Registration;
use rolecall_domain::template::Template;
use rolecall_testing::{FakeCustomers, onboarding, template};
use serde_json::{Value, json};

const QUESTIONS: &str = ". Questions: Example Cloud, support@example.com";

/// A registration whose link was made with a brand, and the template of the link.
async fn branded(world: &World<FakeCustomers>) -> (Registration, String) {
    let template = Template {
        product: AsciiName::parse("Example Cloud").expect("a name"),
        contact: Some(Contact::parse("support@example.com").expect("a contact")),
        ..template(&hub(), &json!([]))
    };
    let kept = world.callback.env.store.keep_template(&template).await;
    kept.expect("kept");
    let published = template.published_at(&onboarding(&hub()).bucket_url);
    world.register_another(|it| it.template = published).await
}

/// A request with another external ID, which is refused.
fn wrong(request: Value, token: &str) -> Value {
    let mut request = request;
    request["ResourceProperties"]["RegistrationToken"] = json!(token);
    request["ResourceProperties"]["ExternalId"] = json!("mine");
    request
}

#[tokio::test]
async fn refusals_end_with_the_contact_of_the_links_template() {
    let world = World::new().await;
    let (registration, token) = branded(&world).await;
    let end = format!(" Reference: {}{QUESTIONS}", registration.registration_id);
    for request in [
        world.preflight("Create", "first"),
        world.request("Create", "second"),
    ] {
        let request = wrong(request, &token);
        let answer = world.ask(&request).await;
        assert_eq!(answer["Status"], "FAILED", "{answer}");
        assert!(reason(&answer).ends_with(&end), "{answer}");
        assert_eq!(world.ask(&request).await, answer, "another answer");
    }
    // An invalid token proves no registration, so nothing is read for it.
    let forged = wrong(world.request("Create", "third"), &format!("{token}0"));
    let answer = world.ask(&forged).await;
    assert!(!reason(&answer).contains("Questions"), "{answer}");
}

#[tokio::test]
async fn refused_updates_end_with_the_contact_of_the_links_template() {
    let world = World::new().await;
    let (registration, token) = branded(&world).await;
    world.make_role_of("B", 'B', &registration, &stack());
    let mut create = world.request("Create", "create");
    create["ResourceProperties"]["RegistrationToken"] = json!(token);
    create["ResourceProperties"]["ExternalId"] = json!(registration.external_id);
    create["ResourceProperties"]["RoleArn"] = json!(role("B"));
    create["ResourceProperties"]["TemplateId"] = json!(registration.template.template_id);
    let made = world.ask(&create).await;
    assert_eq!(made["Status"], "SUCCESS", "{made}");
    let mut update = wrong(world.request("Update", "update"), &token);
    update["PhysicalResourceId"] = made["PhysicalResourceId"].clone();
    let answer = world.ask(&update).await;
    assert!(reason(&answer).ends_with(QUESTIONS), "{answer}");
}
