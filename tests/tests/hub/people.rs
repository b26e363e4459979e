//! The people of a tenant: what the operator does with `rolecall-admin users`, and what their tokens then
//! allow.

use anyhow::{Context, Result, ensure};
use rolecall_aws::host::SystemHost;
use rolecall_aws::sessions::SessionTable;
use rolecall_client::{Me, calls};
use rolecall_domain::SignedDuration;
use rolecall_domain::ports::{Clock, Sessions};
use rolecall_domain::session::{self, Session, SessionId, UserKey};
use rolecall_domain::text::Tenant;
use rolecall_domain::user::Role;
use rolecall_local::deploy::Options;
use rolecall_local::hub::Hub;
use rolecall_tests::own_hub;
use rolecall_tests::programs::admin;
use rolecall_tests::tenants::{Tokens, User, cognito, new_user, sign_in_user};
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

/// A person that `rolecall-admin` has added.
struct Added {
    email: String,
    tenant: String,
    password: String,
}

fn run(hub: &Hub, arguments: &[&str]) -> Result<String> {
    let (code, out, err) = admin(hub, arguments)?;
    ensure!(code == 0, "{arguments:?} exited with {code}: {err}");
    Ok(out)
}

fn add(hub: &Hub, role: &str) -> Result<Added> {
    let (email, tenant) = (format!("{}@people.example", unique("p")), unique("people"));
    let mut arguments = vec!["users", "add", &email, "--tenant", &tenant];
    arguments.extend(["--role", role, "--name", "Ana Silva", "--print-password"]);
    let out = run(hub, &arguments)?;
    let added = format!("Added {email} to {tenant} as {role}.\n");
    ensure!(out.starts_with(&added), "{out}");
    let password = out.trim_end().rsplit(' ').next().context("a password")?;
    Ok(Added {
        password: password.to_owned(),
        email,
        tenant,
    })
}

/// Signs in with the temporary password, and replaces it.
async fn first_sign_in(hub: &Hub, person: &Added) -> Result<(User, Value)> {
    let (pool, client) = (
        hub.file().output("UserPoolId")?,
        hub.file().output("UserPoolClientId")?,
    );
    let proof = json!({
        "UserPoolId": pool,
        "ClientId": client,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": person.email, "PASSWORD": person.password},
    });
    let challenge = cognito(hub, "AdminInitiateAuth", &proof).await?;
    assert_eq!(
        challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED",
        "{challenge}"
    );
    let password = format!("Aa1!{}", unique("password"));
    let answer = json!({
        "UserPoolId": pool,
        "ClientId": client,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": person.email, "NEW_PASSWORD": password},
    });
    let signed_in = cognito(hub, "AdminRespondToAuthChallenge", &answer).await?;
    let user = User {
        name: person.email.clone(),
        password,
    };
    Ok((user, signed_in["AuthenticationResult"].clone()))
}

async fn me(hub: &Hub, token: &str) -> Result<Me> {
    Ok(hub.caller(Some(token)).send(calls::get_me()).await?)
}

async fn refresh(hub: &Hub, tokens: &Value) -> Result<Value> {
    let request = json!({
        "ClientId": hub.file().output("UserPoolClientId")?,
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "AuthParameters": {"REFRESH_TOKEN": tokens["RefreshToken"]},
    });
    let answer = cognito(hub, "InitiateAuth", &request).await?;
    Ok(answer["AuthenticationResult"].clone())
}

fn id_token(tokens: &Value) -> Result<&str> {
    tokens["IdToken"].as_str().context("no ID token")
}

#[tokio::test]
async fn added_person_signs_in_and_has_the_role_until_it_is_changed() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    let person = add(hub, "member")?;
    let (_, tokens) = first_sign_in(hub, &person).await?;
    let known = me(hub, id_token(&tokens)?).await?;
    let named = (known.name.as_deref(), known.email.as_deref());
    assert_eq!(named, (Some("Ana Silva"), Some(&*person.email)));
    assert_eq!((&*known.role, &known.tenant), ("member", &person.tenant));

    // The history names the person.
    let caller = hub.caller(Some(id_token(&tokens)?));
    let group = caller.create_group("Group", "#112233").await?;
    let denied = caller.delete_group(&group.group_id).await;
    let denied = denied.expect_err("a member deletes nothing").to_string();
    ensure!(denied.contains("not_permitted"), "{denied}");

    let out = run(hub, &["users", "role", &person.email, "owner"])?;
    ensure!(
        out.contains("is now owner") && out.contains("60 minutes"),
        "{out}"
    );
    // A token keeps the role that it was issued with. The next one has the new role.
    assert_eq!(me(hub, id_token(&tokens)?).await?.role, "member");
    let renewed = refresh(hub, &tokens).await?;
    assert_eq!(me(hub, id_token(&renewed)?).await?.role, "owner");
    let caller = hub.caller(Some(id_token(&renewed)?));
    caller.delete_group(&group.group_id).await?;
    Ok(())
}

#[tokio::test]
async fn disabled_person_can_neither_sign_in_nor_renew_a_token() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    let person = add(hub, "viewer")?;
    let (user, tokens) = first_sign_in(hub, &person).await?;
    refresh(hub, &tokens).await?;
    run(hub, &["users", "disable", &person.email])?;
    ensure!(refresh(hub, &tokens).await.is_err(), "renewed");
    ensure!(sign_in_user(hub, &user).await.is_err(), "signed in");
    let listed = list(hub, &person.tenant)?;
    assert_eq!((&listed[0]["enabled"], listed.len()), (&json!(false), 1));
    run(hub, &["users", "enable", &person.email])?;
    ensure!(
        refresh(hub, &tokens).await.is_err(),
        "its sessions are over"
    );
    sign_in_user(hub, &user).await?;
    Ok(())
}

/// A session of the pages.
fn session(person: &Added, user: &UserKey) -> Result<Session> {
    let now = SystemHost.now();
    Ok(Session {
        key: SessionId::new(user.clone(), [7; 32]).key(),
        person: session::Person {
            tenant: Tenant::parse(&*person.tenant)?,
            subject: "subject".to_owned(),
            name: None,
            email: None,
        },
        created_at: now,
        seen_at: now,
        browser: "Chromium".to_owned(),
        version: 1,
        tokens: "sealed".to_owned(),
        tokens_expire_at: now,
        renewing_until: None,
    })
}

#[tokio::test]
async fn signed_out_person_must_sign_in_again() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    let person = add(hub, "viewer")?;
    let (user, tokens) = first_sign_in(hub, &person).await?;
    let issuer = hub.file().output("JwtIssuer")?;
    let subject = me(hub, id_token(&tokens)?).await?.subject;
    let user_key = UserKey::of(issuer, &subject);
    let aws = world.aws(world.hub_account_id())?;
    let sessions = SessionTable::new(aws.dynamodb(), hub.file().output("SessionsTableName")?);
    let session = session(&person, &user_key)?;
    let until = session.created_at + SignedDuration::from_hours(1);
    sessions.open(&session, until).await?;
    assert_eq!(sessions.of_user(&user_key).await?.len(), 1);

    let out = run(hub, &["users", "sign-out", &person.email])?;
    ensure!(out.contains("60 minutes"), "{out}");
    ensure!(refresh(hub, &tokens).await.is_err(), "renewed");
    ensure!(
        sessions.of_user(&user_key).await?.is_empty(),
        "a session is left"
    );
    let Tokens { id, .. } = sign_in_user(hub, &user).await?;
    assert_eq!(me(hub, &id).await?.role, "viewer");
    Ok(())
}

/// D31: the access token allows UpdateUserAttributes of what the client may write.
#[tokio::test]
async fn person_can_not_write_the_own_role() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    let person = add(hub, "viewer")?;
    let (_, tokens) = first_sign_in(hub, &person).await?;
    let write = async |name: &str, value: &str| {
        let request = json!({
            "AccessToken": tokens["AccessToken"],
            "UserAttributes": [{"Name": name, "Value": value}],
        });
        cognito(hub, "UpdateUserAttributes", &request).await
    };
    for (name, value) in [
        ("custom:role", "owner"),
        ("custom:tenant", "globex"),
        ("name", "Another"),
    ] {
        ensure!(write(name, value).await.is_err(), "{name} was written");
    }
    // What the client may write shows that the others were refused for their names.
    write("locale", "ja").await?;
    let known = me(hub, id_token(&refresh(hub, &tokens).await?)?).await?;
    assert_eq!((&*known.role, &known.tenant), ("viewer", &person.tenant));
    assert_eq!(known.name.as_deref(), Some("Ana Silva"));
    Ok(())
}

fn list(hub: &Hub, tenant: &str) -> Result<Vec<Value>> {
    let out = run(hub, &["users", "list", "--tenant", tenant, "--json"])?;
    Ok(serde_json::from_str(&out)?)
}

#[tokio::test]
async fn people_are_listed_by_tenant() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    let (one, other) = (add(hub, "owner")?, add(hub, "viewer")?);
    let listed = list(hub, &one.tenant)?;
    let fields = ["user_name", "tenant", "role", "name", "status"].map(|name| &listed[0][name]);
    let expected = [
        &*one.email,
        &one.tenant,
        "owner",
        "Ana Silva",
        "FORCE_CHANGE_PASSWORD",
    ];
    assert_eq!(fields.map(|it| it.as_str().unwrap_or_default()), expected);
    assert_eq!(listed.len(), 1);
    let all = run(hub, &["users", "list"])?;
    for line in [&one.email, &other.email, &"STATUS\n".to_owned()] {
        ensure!(all.contains(line), "{all}");
    }
    // An invitation shows no password.
    let invited = format!("{}@people.example", unique("p"));
    let out = run(hub, &["users", "add", &invited, "--tenant", &one.tenant])?;
    ensure!(
        out.contains("as viewer") && !out.contains("assword:"),
        "{out}"
    );
    Ok(())
}

#[tokio::test]
async fn unknown_and_existing_users_are_named() -> Result<()> {
    let world = World::find().await?;
    let hub = &world.hub;
    for command in [
        &["role", "no-one@x.example", "owner"][..],
        &["disable", "no-one@x.example"],
        &["enable", "no-one@x.example"],
        &["sign-out", "no-one@x.example"],
    ] {
        let (code, out, err) = admin(hub, &[&["users"], command].concat())?;
        assert_eq!((code, &*out), (4, ""), "{command:?}");
        ensure!(
            err.starts_with("error: user_not_found: No user no-one@x.example."),
            "{err}"
        );
    }
    let person = add(hub, "viewer")?;
    let again = ["users", "add", &person.email, "--tenant", "another"];
    let (code, _, err) = admin(hub, &again)?;
    assert_eq!(code, 5);
    ensure!(err.starts_with("error: user_exists: "), "{err}");
    assert_eq!(list(hub, &person.tenant)?.len(), 1);
    Ok(())
}

/// The gateway turns a list into text, so the hub reads it from the token itself.
#[tokio::test]
async fn role_can_come_from_the_groups_of_the_user_pool() -> Result<()> {
    let parameters = [("RoleClaim", "cognito:groups"), ("DefaultRole", "member")];
    let options = Options {
        parameters: parameters
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        ..Options::default()
    };
    own_hub::run(&options, async |hub| {
        let pool = hub.file().output("UserPoolId")?.to_owned();
        for group in ["owner", "viewer", "All staff"] {
            let group = json!({"UserPoolId": pool, "GroupName": group});
            cognito(&hub, "CreateGroup", &group).await?;
        }
        for (groups, role) in [
            (&["All staff", "owner"][..], "owner"),
            (&["viewer"], "viewer"),
            (&["All staff"], "viewer"),
            (&[], "member"),
        ] {
            // The attribute is no role here.
            let user = new_user(&hub, Some("acme"), Some(Role::Owner)).await?;
            for group in groups {
                let joined = json!({
                    "UserPoolId": pool, "Username": user.name, "GroupName": group,
                });
                cognito(&hub, "AdminAddUserToGroup", &joined).await?;
            }
            let tokens = sign_in_user(&hub, &user).await?;
            assert_eq!(me(&hub, &tokens.id).await?.role, role, "{groups:?}");
        }
        Ok(())
    })
    .await
}
