//! The access of new registrations, and of choices that are rejected.

use super::*;

#[tokio::test]
async fn registration_gets_the_profiles_that_it_names_or_the_default() {
    let world = world();
    let group = world.group(ACME).await;
    for (body, access) in [
        (json!({}), json!(["inventory"])),
        (json!({"access": null}), json!(["inventory"])),
        (json!({"access": ["backup"]}), json!(["backup"])),
        (
            json!({"access": ["inventory", "backup", "inventory"]}),
            json!(["backup", "inventory"]),
        ),
        (json!({"access": []}), json!([])),
    ] {
        let registration = world.registration(ACME, &group, body.clone()).await;
        assert_eq!(registration["access"], access, "{body}");
        let template = published(&world, &text(&registration, "template_url")).await;
        assert_eq!(json!(names(&template)), access, "{body}");
        assert_eq!(registration["template_id"], json!(template.id()));
        assert_eq!(registration["template_version"], json!(template.version));
        let link = text(&registration, "quick_create_url");
        assert!(link.contains(&template.id().to_string()), "{link}");
        let id = text(&registration, "registration_id");
        let read = format!("GET /v1/registrations/{id}");
        let read = world.expect(ACME, &read, Value::Null, 200).await;
        assert_eq!(read, registration);
    }
}

#[tokio::test]
async fn choices_are_what_the_operator_published_and_where_stacks_report() {
    let world = world();
    let asked = "GET /v1/choices";
    let choices = world.expect(ACME, asked, Value::Null, 200).await;
    assert_eq!(choices["home_region"], "us-east-1");
    let regions = choices["regions"].as_array().expect("Regions");
    for region in regions {
        let own = region["region"] == "us-east-1";
        let report_by = if own { "callback" } else { "paste" };
        assert_eq!(region["report_by"], report_by, "{region}");
    }
    assert!(regions.iter().any(|it| it["region"] == "ap-northeast-1"));
    let access = choices["access"].as_array().expect("profiles");
    let names = access
        .iter()
        .map(|it| (text(it, "name"), it["default"] == true));
    let expected = [("backup".to_owned(), false), ("inventory".to_owned(), true)];
    assert_eq!(Vec::from_iter(names), expected);
    let kinds = choices["companion_roles"].as_array().expect("kinds");
    let kinds = kinds.iter().map(|it| text(it, "kind"));
    assert_eq!(
        Vec::from_iter(kinds),
        ["switch-role", "ec2-instance", "ssm-hybrid"]
    );
    let japanese = world.ask_in("ja", ACME, asked, &Value::Null).await;
    assert!(
        japanese.body.contains("サービスロール"),
        "{}",
        japanese.body
    );
    // A hub that has published nothing still serves its Regions.
    let choices = World::new().expect(ACME, asked, Value::Null, 200).await;
    assert_eq!(choices["access"], json!([]));
}

#[tokio::test]
async fn hub_without_an_offering_gives_no_access() {
    let world = World::new();
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    assert_eq!(registration["access"], json!([]));
    let template = published(&world, &text(&registration, "template_url")).await;
    assert_eq!(
        template,
        Offering::default().template(&onboarding(&hub()).facts, &[], &[])
    );
    let asked = format!("POST /v1/groups/{group}/registrations");
    let body = json!({"access": ["inventory"]});
    let problem = world.expect(ACME, &asked, body, 422).await;
    assert_eq!(first_error(&problem), pair("access[0]", "unknown_profile"));
}

#[tokio::test]
async fn unknown_profile_is_rejected_at_its_place_and_nothing_is_published() {
    let world = world();
    let (account, _) = connect(&world).await;
    let files = world.api.bucket.keys();
    let registrations = format!("POST /v1/groups/{}/registrations", account.group_id);
    let choice = format!("PUT /v1/accounts/{}/access", account.account_id);
    for asked in [&registrations, &choice] {
        for (access, expected) in [
            (
                json!(["inventory", "no-such"]),
                pair("access[1]", "unknown_profile"),
            ),
            (json!(["Inventory"]), pair("access[0]", "unknown_profile")),
            (json!("inventory"), pair("access", "invalid")),
            (json!([1]), pair("access", "invalid")),
            (json!(vec!["inventory"; 21]), pair("access", "invalid")),
        ] {
            let body = json!({"access": access});
            let problem = world.expect(ACME, asked, body.clone(), 422).await;
            assert_eq!(first_error(&problem), expected, "{asked} {body}");
        }
    }
    let problem = world.expect(ACME, &choice, json!({}), 422).await;
    assert_eq!(first_error(&problem), pair("access", "required"));
    let body = json!({"access": ["no-such"]});
    let problem = world.expect(ACME, &registrations, body, 422).await;
    let message = text(&problem["errors"][0], "message");
    for word in ["no-such", "backup", "inventory"] {
        assert!(message.contains(word), "{message}");
    }
    assert_eq!(world.api.bucket.keys(), files);
}

/// An operator's file leaves room for the default options of all companion roles. A customer's own
/// policies, which the role must be able to read, may need more.
#[tokio::test]
async fn choice_that_exceeds_a_role_is_rejected() {
    let world = World::new();
    let room = room_for_access(&onboarding(&hub()).facts);
    let number = (room - 600) / "\"s3:Action000\",".len();
    let actions: Vec<String> = (0..number).map(|it| format!("s3:Action{it:03}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    // Each profile fits into a session.
    let parts = actions.chunks(120).enumerate();
    let profiles = parts.map(|(part, actions)| (format!("wide-p{part}"), profile(actions)));
    let profiles: serde_json::Map<String, Value> = profiles.collect();
    let names: Vec<&String> = profiles.keys().collect();
    let file = json!({"default": names, "profiles": profiles});
    world.api.env.store.publish(offering(&hub(), &file));
    let policies = |count: usize| {
        let path = "p".repeat(200);
        let arn = |it| format!("arn:aws:iam::222222222222:policy/{path}/Policy{it}");
        let policies: Vec<String> = (0..count).map(arn).collect();
        let options = json!({"trusted_account_id": "333333333333", "policies": policies});
        json!([{"kind": "switch-role", "options": options}])
    };
    let group = world.group(ACME).await;
    let asked = format!("POST /v1/groups/{group}/registrations");
    let body = json!({"companion_roles": policies(10)});
    let problem = world.expect(ACME, &asked, body.clone(), 422).await;
    assert_eq!(first_error(&problem), pair("access", "too_long"));
    assert_eq!(world.api.bucket.keys(), [""; 0]);
    for body in [
        json!({"access": [], "companion_roles": policies(10)}),
        json!({"companion_roles": policies(1)}),
    ] {
        world.expect(ACME, &asked, body, 201).await;
    }

    let (account, _) = connect(&world).await;
    let path = format!("/v1/accounts/{}", account.account_id);
    let asked = format!("PUT {path}/companion-roles");
    let problem = world.expect(ACME, &asked, body, 422).await;
    assert_eq!(first_error(&problem), pair("access", "too_long"));
    let read = world
        .expect(ACME, &format!("GET {path}"), Value::Null, 200)
        .await;
    assert_eq!(read["companion_roles"], json!([]));
}

#[tokio::test]
async fn same_template_is_put_once() {
    let (world, gate) = counting_world();
    let (group, other) = (world.group(ACME).await, world.group(GLOBEX).await);
    let first = world.registration(ACME, &group, json!({})).await;
    let body = json!({"access": ["inventory"], "account_name": "Second"});
    let second = world.registration(ACME, &group, body).await;
    let of_another_tenant = world.registration(GLOBEX, &other, json!({})).await;
    assert_eq!(gate.puts.get(), 1);
    for view in [&second, &of_another_tenant] {
        assert_eq!(view["template_url"], first["template_url"]);
    }
    let body = json!({"access": ["backup"]});
    let third = world.registration(ACME, &group, body).await;
    assert_eq!(gate.puts.get(), 2);
    assert_ne!(third["template_url"], first["template_url"]);
}

#[tokio::test]
async fn registration_without_a_bucket_fails_and_records_nothing() {
    for moment in [Moment::Before, Moment::After] {
        let (world, gate) = counting_world();
        let group = world.group(ACME).await;
        let before = world.api.env.store.trail().len();
        *gate.fails.borrow_mut() = Some(moment);
        let asked = format!("POST /v1/groups/{group}/registrations");
        let problem = world.expect(ACME, &asked, json!({}), 503).await;
        assert_eq!(problem["code"], "deadline_exceeded", "{problem}");
        let list = format!("GET /v1/groups/{group}/registrations");
        let list = world.expect(ACME, &list, Value::Null, 200).await;
        assert_eq!(list["items"], json!([]));
        let store = &world.api.env.store;
        assert_eq!(store.trail().len(), before);
        let names = &two_profiles().access.default;
        let template = two_profiles().template(&onboarding(&hub()).facts, names, &[]);
        assert_eq!(store.template(&template.id()).await.expect("read"), None);

        *gate.fails.borrow_mut() = None;
        let registration = world.registration(ACME, &group, json!({})).await;
        let recorded = recorded(&world, &registration).await;
        assert_eq!(recorded, template);
        let file = world.api.bucket.port.template(&template.key());
        assert_eq!(file, Some(template.text()));
    }
}
