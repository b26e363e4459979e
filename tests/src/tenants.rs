//! API callers in addition to the local hub's two tenants.

use anyhow::{Context, Result};
use rolecall_client::HubClient;
use rolecall_domain::user::Role;
use rolecall_local::hub::Hub;
use serde_json::{Value, json};

use crate::world::{World, unique};

/// A caller's tokens.
#[derive(Clone)]
pub struct Tokens {
    pub id: String,
    pub access: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl World {
    /// A new tenant for one test, and its name.
    pub async fn new_tenant(&self) -> Result<(HubClient, String)> {
        let name = unique("tenant");
        let tokens = sign_in(&self.hub, Some(&name)).await?;
        Ok((self.hub.caller(Some(&tokens.id)), name))
    }

    /// A new user of a tenant with a role, or without one.
    pub async fn colleague(&self, tenant: &str, role: Option<Role>) -> Result<HubClient> {
        let user = new_user(&self.hub, Some(tenant), role).await?;
        let tokens = sign_in_user(&self.hub, &user).await?;
        Ok(self.hub.caller(Some(&tokens.id)))
    }
}

/// A user of the hub's user pool.
pub struct User {
    pub name: String,
    pub password: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Creates a user with a tenant and a role, or without them.
pub async fn new_user(hub: &Hub, tenant: Option<&str>, role: Option<Role>) -> Result<User> {
    let pool = hub.file().output("UserPoolId")?;
    let user = format!("{}@tests.example", unique("user"));
    let password = format!("Aa1!{}", unique("password"));
    let mut attributes = vec![json!({"Name": "email", "Value": user})];
    attributes.extend(tenant.map(|name| json!({"Name": "custom:tenant", "Value": name})));
    attributes.extend(role.map(|role| json!({"Name": "custom:role", "Value": role})));
    let new_user = json!({
        "UserPoolId": pool,
        "Username": user,
        "MessageAction": "SUPPRESS",
        "UserAttributes": attributes,
    });
    cognito(hub, "AdminCreateUser", &new_user).await?;
    let new_password = json!({
        "UserPoolId": pool,
        "Username": user,
        "Password": password,
        "Permanent": true,
    });
    cognito(hub, "AdminSetUserPassword", &new_password).await?;
    Ok(User {
        name: user,
        password,
    })
}

/// Signs in a new owner of a tenant, or a user without a tenant.
pub async fn sign_in(hub: &Hub, tenant: Option<&str>) -> Result<Tokens> {
    let user = new_user(hub, tenant, Some(Role::Owner)).await?;
    sign_in_user(hub, &user).await
}

/// Signs in a user.
pub async fn sign_in_user(hub: &Hub, user: &User) -> Result<Tokens> {
    let pool = hub.file().output("UserPoolId")?;
    let client = hub.file().output("UserPoolClientId")?;
    let proof = json!({
        "UserPoolId": pool,
        "ClientId": client,
        "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": user.name, "PASSWORD": user.password},
    });
    let answer = cognito(hub, "AdminInitiateAuth", &proof).await?;
    let token = |name: &str| {
        let token = answer["AuthenticationResult"][name].as_str();
        token.map(str::to_owned).context("no token")
    };
    Ok(Tokens {
        id: token("IdToken")?,
        access: token("AccessToken")?,
    })
}

/// Calls Amazon Cognito as the hub's account.
pub async fn cognito(hub: &Hub, action: &str, body: &Value) -> Result<Value> {
    let target = format!("AWSCognitoIdentityProviderService.{action}");
    let signer = hub.account().signer();
    Ok(signer.json("cognito-idp", &target, body).await?)
}
