//! The hub's user pool: calls to Amazon Cognito.

use rolecall_domain::text::Tenant;
use rolecall_domain::text::person::{EmailAddress, PersonName};
use rolecall_domain::user::Role;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::AdminError;
use crate::signed::Signer;

/// The number of users in one response of ListUsers: the maximum that Cognito returns.
const PAGE: usize = 60;

/// A user in the user pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    pub user_name: String,
    pub subject: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub tenant: Option<String>,
    pub role: Option<String>,
    /// Whether the user can sign in.
    pub enabled: bool,
    /// Cognito's status, such as `CONFIRMED`, or `FORCE_CHANGE_PASSWORD` before the first sign-in.
    pub status: String,
}

/// A user to add.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub email: &'a EmailAddress,
    pub tenant: &'a Tenant,
    pub role: Role,
    pub name: Option<&'a PersonName>,
    /// If omitted, Cognito generates one and sends it to the user.
    pub temporary_password: Option<&'a str>,
}

#[derive(Debug)]
pub struct UserPool<'a> {
    pub signer: &'a Signer,
    pub pool_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    username: String,
    #[serde(default, alias = "UserAttributes")]
    attributes: Vec<Attribute>,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    user_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
    #[serde(default)]
    value: String,
}

impl From<Listed> for User {
    fn from(listed: Listed) -> Self {
        let value = |name: &str| {
            let found = listed.attributes.iter().find(|it| it.name == name);
            found.map(|it| it.value.clone())
        };
        Self {
            subject: value("sub").unwrap_or_default(),
            email: value("email"),
            name: value("name"),
            tenant: value("custom:tenant"),
            role: value("custom:role"),
            enabled: listed.enabled,
            status: listed.user_status.clone(),
            user_name: listed.username,
        }
    }
}

impl UserPool<'_> {
    /// Every user, in Cognito's order.
    pub async fn list(&self) -> Result<Vec<User>, AdminError> {
        let (mut users, mut token) = (Vec::new(), None::<String>);
        loop {
            let mut request = json!({"Limit": PAGE});
            if let Some(token) = &token {
                request["PaginationToken"] = json!(token);
            }
            let answer = self.call("ListUsers", request).await?;
            let listed = Vec::<Listed>::deserialize(&answer["Users"]);
            let listed = listed.map_err(|error| unreadable("ListUsers", &error))?;
            users.extend(listed.into_iter().map(User::from));
            match answer["PaginationToken"].as_str() {
                Some(next) if token.as_deref() != Some(next) => token = Some(next.to_owned()),
                _ => return Ok(users),
            }
        }
    }

    pub async fn find(&self, user: &str) -> Result<User, AdminError> {
        let answer = self.on_user("AdminGetUser", user, json!({})).await?;
        let found = Listed::deserialize(&answer);
        Ok(found
            .map_err(|error| unreadable("AdminGetUser", &error))?
            .into())
    }

    pub async fn add(&self, new: &NewUser<'_>) -> Result<(), AdminError> {
        let email = new.email.as_str();
        let mut attributes = vec![
            attribute("email", email),
            // The invitation goes to this address, and so do codes for a forgotten password.
            attribute("email_verified", "true"),
            attribute("custom:tenant", new.tenant.as_str()),
            attribute("custom:role", new.role.as_str()),
        ];
        attributes.extend(new.name.map(|name| attribute("name", name.as_str())));
        let mut request = json!({
            "UserAttributes": attributes,
            "DesiredDeliveryMediums": ["EMAIL"],
        });
        if let Some(password) = new.temporary_password {
            request["TemporaryPassword"] = json!(password);
            request["MessageAction"] = json!("SUPPRESS");
        }
        self.on_user("AdminCreateUser", email, request).await?;
        Ok(())
    }

    pub async fn set_role(&self, user: &str, role: Role) -> Result<(), AdminError> {
        let attributes = [attribute("custom:role", role.as_str())];
        let request = json!({"UserAttributes": attributes});
        self.on_user("AdminUpdateUserAttributes", user, request)
            .await?;
        Ok(())
    }

    pub async fn disable(&self, user: &str) -> Result<(), AdminError> {
        self.on_user("AdminDisableUser", user, json!({})).await?;
        Ok(())
    }

    pub async fn enable(&self, user: &str) -> Result<(), AdminError> {
        self.on_user("AdminEnableUser", user, json!({})).await?;
        Ok(())
    }

    /// Revokes the user's refresh tokens.
    pub async fn sign_out(&self, user: &str) -> Result<(), AdminError> {
        self.on_user("AdminUserGlobalSignOut", user, json!({}))
            .await?;
        Ok(())
    }

    async fn on_user(
        &self,
        action: &'static str,
        user: &str,
        mut request: Value,
    ) -> Result<Value, AdminError> {
        request["Username"] = json!(user);
        let user = || user.to_owned();
        self.call(action, request)
            .await
            .map_err(|error| match error {
                AdminError::Refused { code, .. } if code == "UserNotFoundException" => {
                    AdminError::UserNotFound { user: user() }
                }
                AdminError::Refused { code, .. } if code == "UsernameExistsException" => {
                    AdminError::UserExists { user: user() }
                }
                other => other,
            })
    }

    async fn call(&self, action: &'static str, mut request: Value) -> Result<Value, AdminError> {
        request["UserPoolId"] = json!(self.pool_id);
        let target = format!("AWSCognitoIdentityProviderService.{action}");
        self.signer
            .json_call(action, "cognito-idp", &target, &request)
            .await
    }
}

fn attribute(name: &str, value: &str) -> Value {
    json!({"Name": name, "Value": value})
}

fn unreadable(operation: &'static str, error: &serde_json::Error) -> AdminError {
    AdminError::Unreachable {
        operation,
        source: format!("the response is not as expected: {error}").into(),
    }
}
