//! A function's configuration from environment variables: typed, read once, and rejected if
//! incomplete. Variables are read through a lookup function, so that tests don't change the process
//! environment.

use crate::tls::{Roots, usable_roots};
use aws_credential_types::Credentials;
use jiff::SignedDuration;
use rolecall_domain::aws::{AwsAccountId, Partition, Region};
use rolecall_domain::check::Hub;
use rolecall_domain::link::service::Service;
use rolecall_domain::session::Limits;
use rolecall_domain::settings::Settings;
use rolecall_domain::template::{HubFacts, Onboarding};
use rolecall_domain::text::FieldError;
use rolecall_domain::user::{ClaimSettings, Role};
use rolecall_domain::workload::{Audience, IssuerUrl};

/// A source of variables: `|name| std::env::var(name).ok()` in a function.
pub trait Lookup: Fn(&str) -> Option<String> {}
impl<T: Fn(&str) -> Option<String>> Lookup for T {}

/// An invalid variable. The error names it but never contains its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    #[error("the environment variable {name} is invalid: {rule}")]
    Malformed { name: &'static str, rule: String },
}

/// Why a bundle of root certificates can't be used.
#[derive(Debug, thiserror::Error)]
enum RootsError {
    #[error("could not read the AWS_CA_BUNDLE file")]
    Unreadable(#[from] std::io::Error),
    #[error("the AWS_CA_BUNDLE file contains no usable certificate")]
    Empty,
}

fn bundle(path: &str) -> Result<Vec<u8>, RootsError> {
    usable_roots(&std::fs::read(path)?).ok_or(RootsError::Empty)
}

/// The process environment, as a [`Lookup`].
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Variables that Lambda sets, and two that all AWS programs support.
#[derive(Debug, Clone)]
pub struct AwsEnvironment {
    pub region: Region,
    /// Its `Debug` implementation shows no secret.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL`, which replaces all AWS endpoints. Empty means unset, because a template
    /// parameter can't be absent.
    pub endpoint_url: Option<String>,
    pub roots: Roots,
}

impl AwsEnvironment {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        let credentials = Credentials::new(
            required(get, "AWS_ACCESS_KEY_ID")?,
            required(get, "AWS_SECRET_ACCESS_KEY")?,
            optional(get, "AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let roots = optional(get, "AWS_CA_BUNDLE").map_or(Roots::default(), |path| {
            // The template can't check whether the file exists. A hub that does not start can't
            // answer its customers' stacks, so the default roots are used instead.
            let replace = |error: RootsError| {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "CaBundle is not used: trusting the default roots");
                Roots::default()
            };
            bundle(&path).map_or_else(replace, Roots::Pem)
        });
        Ok(Self {
            region: parsed(get, "AWS_REGION", Region::parse)?,
            credentials,
            endpoint_url: optional_origin(get, "AWS_ENDPOINT_URL")?,
            roots,
        })
    }
}

/// The configuration of `registration-api`.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    pub service: Service,
    pub table_name: String,
    pub receipts_table_name: String,
    pub token_key_secret_arn: String,
    pub hub: Hub,
    pub settings: Settings,
    pub topic_name: String,
    pub onboarding_bucket: String,
    pub onboarding: Onboarding,
    /// Without a trailing slash.
    pub api_url: String,
    /// The URL of the pages, without a trailing slash; `None` if the hub has none.
    pub console_url: Option<String>,
    /// The claims of a caller's token that contain the tenant and the role.
    pub claims: ClaimSettings,
    /// The issuer of the callers' tokens.
    pub issuer: String,
    /// The URL of the issuer's metadata.
    pub openid_configuration: String,
    pub audiences: Vec<String>,
    /// The client of the command line, if it has one.
    pub cli_client_id: Option<String>,
}

impl ApiConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        let (hub, service) = (hub(get)?, service(get)?);
        let issuer = required(get, "JWT_ISSUER")?;
        let below = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let audiences = required(get, "JWT_AUDIENCE")?;
        let audiences = audiences.split(',').map(str::trim);
        Ok(Self {
            openid_configuration: optional(get, "OPENID_CONFIGURATION").unwrap_or(below),
            audiences: audiences.map(str::to_owned).collect(),
            cli_client_id: optional(get, "CLI_CLIENT_ID"),
            issuer,
            onboarding: onboarding(get, &hub, &service)?,
            service,
            table_name: required(get, "TABLE_NAME")?,
            receipts_table_name: required(get, "RECEIPTS_TABLE_NAME")?,
            token_key_secret_arn: required(get, "TOKEN_KEY_SECRET_ARN")?,
            hub,
            settings: settings(get)?,
            topic_name: required(get, "TOPIC_NAME")?,
            onboarding_bucket: required(get, "ONBOARDING_BUCKET")?,
            api_url: required(get, "API_URL")?.trim_end_matches('/').to_owned(),
            console_url: optional(get, "CONSOLE_URL")
                .map(|url| url.trim_end_matches('/').to_owned()),
            claims: claims(get)?,
        })
    }
}

/// The configuration of `stack-callback`.
#[derive(Debug, Clone)]
pub struct CallbackConfig {
    pub region: Region,
    pub table_name: String,
    pub token_key_secret_arn: String,
    pub hub: Hub,
    pub settings: Settings,
    /// Allowed origins of a ResponseURL in addition to S3's. Usually empty.
    pub response_origins: Vec<String>,
}

impl CallbackConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            region: parsed(get, "AWS_REGION", Region::parse)?,
            table_name: required(get, "TABLE_NAME")?,
            token_key_secret_arn: required(get, "TOKEN_KEY_SECRET_ARN")?,
            hub: hub(get)?,
            settings: settings(get)?,
            response_origins: response_origins(get)?,
        })
    }
}

/// The configuration of `stack-cleanup`.
#[derive(Debug, Clone)]
pub struct CleanupConfig {
    pub table_name: String,
    pub check_queue_url: String,
    /// The queue of events that can't be parsed.
    pub failures_queue_url: String,
    pub hub_account: AwsAccountId,
    pub region: Region,
    pub settings: Settings,
}

impl CleanupConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            table_name: required(get, "TABLE_NAME")?,
            check_queue_url: required(get, "CHECK_QUEUE_URL")?,
            failures_queue_url: required(get, "FAILURES_QUEUE_URL")?,
            hub_account: parsed(get, "HUB_ACCOUNT_ID", AwsAccountId::parse)?,
            region: parsed(get, "AWS_REGION", Region::parse)?,
            settings: settings(get)?,
        })
    }
}

/// The configuration of `account-health`.
#[derive(Debug, Clone)]
pub struct HealthConfig {
    pub table_name: String,
    pub hub: Hub,
    pub onboarding: Onboarding,
    pub settings: Settings,
}

impl HealthConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        let hub = hub(get)?;
        Ok(Self {
            table_name: required(get, "TABLE_NAME")?,
            onboarding: onboarding(get, &hub, &service(get)?)?,
            hub,
            settings: settings(get)?,
        })
    }
}

/// The configuration of `credential-broker`.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    pub table_name: String,
    pub receipts_table_name: String,
    pub check_queue_url: String,
    pub hub_account: AwsAccountId,
    /// Without a trailing slash.
    pub api_url: String,
    pub settings: Settings,
}

impl BrokerConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            table_name: required(get, "TABLE_NAME")?,
            receipts_table_name: required(get, "RECEIPTS_TABLE_NAME")?,
            check_queue_url: required(get, "CHECK_QUEUE_URL")?,
            hub_account: parsed(get, "HUB_ACCOUNT_ID", AwsAccountId::parse)?,
            api_url: required(get, "API_URL")?.trim_end_matches('/').to_owned(),
            settings: Settings {
                proof_max_age: seconds(get, "PROOF_MAX_AGE_SECONDS")?,
                ..Settings::default()
            },
        })
    }
}

/// The configuration of `console`.
#[derive(Debug, Clone)]
pub struct ConsoleConfig {
    pub sessions_table_name: String,
    pub session_key_secret_arn: String,
    /// The URL of the API for the console, without a trailing slash.
    pub api_url: String,
    /// The public URL of the console, without a trailing slash.
    pub console_url: String,
    pub issuer: IssuerUrl,
    /// The console's client of the issuer. Without one, users can't sign in, but customers' pages work.
    pub client_id: Option<Audience>,
    /// The client's secret, if the issuer requires one.
    pub client_secret_arn: Option<String>,
    /// The URL of the issuer's metadata.
    pub openid_configuration: String,
    pub claims: ClaimSettings,
    pub limits: Limits,
}

impl ConsoleConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        let issuer = parsed(get, "JWT_ISSUER", IssuerUrl::parse)?;
        Ok(Self {
            sessions_table_name: required(get, "SESSIONS_TABLE_NAME")?,
            session_key_secret_arn: required(get, "SESSION_KEY_SECRET_ARN")?,
            api_url: required(get, "API_URL")?.trim_end_matches('/').to_owned(),
            console_url: origin("CONSOLE_URL", &required(get, "CONSOLE_URL")?)?,
            openid_configuration: optional(get, "OPENID_CONFIGURATION")
                .unwrap_or_else(|| issuer.discovery_url()),
            issuer,
            client_id: match optional(get, "CONSOLE_CLIENT_ID") {
                Some(_) => Some(parsed(get, "CONSOLE_CLIENT_ID", Audience::parse)?),
                None => None,
            },
            client_secret_arn: optional(get, "CONSOLE_CLIENT_SECRET_ARN"),
            claims: claims(get)?,
            limits: Limits {
                idle: seconds(get, "CONSOLE_IDLE_SECONDS")?,
                absolute: seconds(get, "CONSOLE_SESSION_SECONDS")?,
            },
        })
    }
}

/// The configuration of `event-publisher`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherConfig {
    pub event_bus_name: String,
    /// The queue of keys of entries that the bus rejects permanently.
    pub dead_letter_queue_url: String,
}

impl PublisherConfig {
    /// # Errors
    /// If a variable is missing or malformed.
    pub fn read(get: &impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            event_bus_name: required(get, "EVENT_BUS_NAME")?,
            dead_letter_queue_url: required(get, "PUBLISH_DLQ_URL")?,
        })
    }
}

/// Empty variables count as unset, because an empty template parameter sets an empty variable.
fn optional(get: &impl Lookup, name: &'static str) -> Option<String> {
    get(name).filter(|value| !value.is_empty())
}

fn required(get: &impl Lookup, name: &'static str) -> Result<String, ConfigError> {
    optional(get, name).ok_or(ConfigError::Missing(name))
}

fn parsed<T>(
    get: &impl Lookup,
    name: &'static str,
    parse: impl Fn(String) -> Result<T, FieldError>,
) -> Result<T, ConfigError> {
    parse(required(get, name)?).map_err(|invalid| malformed(name, invalid.to_string()))
}

fn claims(get: &impl Lookup) -> Result<ClaimSettings, ConfigError> {
    let usual = ClaimSettings::default();
    let name = "DEFAULT_ROLE";
    let default_role = match optional(get, name) {
        None => usual.default_role,
        Some(role) => {
            Role::parse(&role).ok_or_else(|| malformed(name, "Must be viewer, member or owner."))?
        }
    };
    Ok(ClaimSettings {
        tenant: optional(get, "TENANT_CLAIM").unwrap_or(usual.tenant),
        role: optional(get, "ROLE_CLAIM").unwrap_or(usual.role),
        default_role,
    })
}

fn malformed(name: &'static str, rule: impl Into<String>) -> ConfigError {
    let rule = rule.into();
    ConfigError::Malformed { name, rule }
}

fn hub(get: &impl Lookup) -> Result<Hub, ConfigError> {
    let name = "TRUSTED_PRINCIPALS";
    let trusted_principals = listed(&required(get, name)?);
    let valid = |pattern: &String| is_principal_pattern(pattern);
    if trusted_principals.is_empty() || !trusted_principals.iter().all(valid) {
        let rule = "Must be ARN patterns of IAM principals, separated by commas.";
        return Err(malformed(name, rule));
    }
    Ok(Hub {
        account: parsed(get, "HUB_ACCOUNT_ID", AwsAccountId::parse)?,
        region: parsed(get, "AWS_REGION", Region::parse)?,
        allow_own_account: switched_on(get, "ALLOW_HUB_ACCOUNT")?,
        trusted_principals,
    })
}

/// The values for templates, and the location of the templates.
fn onboarding(get: &impl Lookup, hub: &Hub, service: &Service) -> Result<Onboarding, ConfigError> {
    let topic = required(get, "TOPIC_NAME")?;
    let account = &hub.account;
    let facts = HubFacts {
        account_id: account.clone(),
        partition: service.partition(),
        served_regions: service.served.clone(),
        trusted_principals: hub.trusted_principals.clone(),
        service_token: format!("arn:${{AWS::Partition}}:sns:${{AWS::Region}}:{account}:{topic}"),
    };
    Ok(Onboarding {
        facts,
        bucket_url: required(get, "ONBOARDING_URL")?,
    })
}

/// `arn:PARTITION:iam::ACCOUNT:RESOURCE`, or the same with `sts`. Only the resource can contain
/// wildcards. infra/template.yaml has the same rule for `ExtraTrustedPrincipals`.
fn is_principal_pattern(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "iam" | "sts", "", account, resource] = parts[..] else {
        return false;
    };
    let of_arn = |b: u8| b.is_ascii_alphanumeric() || b"+=.@_/*?-".contains(&b);
    Partition::parse(partition).is_some()
        && AwsAccountId::parse(account).is_ok()
        && !resource.is_empty()
        && resource.bytes().all(of_arn)
}

/// Unset means off, which is the safe default of every switch.
fn switched_on(get: &impl Lookup, name: &'static str) -> Result<bool, ConfigError> {
    match optional(get, name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => {
            let rule = "Must be true or false.";
            Err(malformed(name, rule))
        }
    }
}

fn settings(get: &impl Lookup) -> Result<Settings, ConfigError> {
    Ok(Settings {
        registration_ttl: seconds(get, "REGISTRATION_TTL_SECONDS")?,
        quiet_period: seconds(get, "QUIET_PERIOD_SECONDS")?,
        deleting_recheck: seconds(get, "DELETING_RECHECK_SECONDS")?,
        check_interval: seconds(get, "CHECK_INTERVAL_SECONDS")?,
        full_check_interval: seconds(get, "FULL_CHECK_INTERVAL_SECONDS")?,
        orphan_check: seconds(get, "ORPHAN_CHECK_SECONDS")?,
        ..Settings::default()
    })
}

/// Far above any sensible setting, and far below the limits of time arithmetic.
const LONGEST: f64 = 31_622_400.0;

fn seconds(get: &impl Lookup, name: &'static str) -> Result<SignedDuration, ConfigError> {
    // CloudFormation's numbers can have fractions and exponents.
    match required(get, name)?.parse::<f64>() {
        // Zero is not allowed: a quiet period of zero would prove nothing.
        Ok(seconds) if (1.0..=LONGEST).contains(&seconds) => {
            Ok(SignedDuration::from_secs_f64(seconds.floor()))
        }
        _ => {
            let rule = "Must be a number of seconds between 1 and 31622400.";
            Err(malformed(name, rule))
        }
    }
}

/// The hub's Region and the Regions in `SERVED_REGIONS`. A Region that the hub can't serve is logged
/// and omitted: the template can't check it, and a typing error in it must not stop the API.
fn service(get: &impl Lookup) -> Result<Service, ConfigError> {
    let home = parsed(get, "AWS_REGION", Region::parse)?;
    let listed = listed(&optional(get, "SERVED_REGIONS").unwrap_or_default());
    let further = listed.into_iter().filter_map(|code| {
        let found = Region::parse(&*code).ok();
        let ours = found.filter(|region| region.partition() == home.partition());
        if ours.is_none() {
            let rule = "not an AWS Region of the hub's partition";
            tracing::error!(served.region = code, cause = rule, "a Region is not served");
        }
        ours
    });
    let further: Vec<Region> = further.collect();
    Ok(Service::new(home, further))
}

fn listed(text: &str) -> Vec<String> {
    let trimmed = text.split(',').map(str::trim);
    trimmed
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn response_origins(get: &impl Lookup) -> Result<Vec<String>, ConfigError> {
    let name = "RESPONSE_ORIGINS";
    let listed = listed(&optional(get, name).unwrap_or_default());
    listed.iter().map(|text| origin(name, text)).collect()
}

fn optional_origin(get: &impl Lookup, name: &'static str) -> Result<Option<String>, ConfigError> {
    optional(get, name)
        .map(|text| origin(name, &text))
        .transpose()
}

/// Parses `scheme://host[:port]` with an optional trailing slash, which is removed.
fn origin(name: &'static str, text: &str) -> Result<String, ConfigError> {
    let rule = "Must be an origin such as http://127.0.0.1:4566.";
    let wrong = || malformed(name, rule);
    let uri: http::Uri = text.parse().map_err(|_| wrong())?;
    let scheme = uri
        .scheme_str()
        .filter(|scheme| ["http", "https"].contains(scheme));
    let authority = uri
        .authority()
        .filter(|authority| !authority.as_str().contains('@'));
    match (scheme, authority, uri.path(), uri.query()) {
        (Some(scheme), Some(authority), "/" | "", None) => Ok(format!("{scheme}://{authority}")),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
