//! A function's settings in `infra/template.yaml`, with default parameters.

use std::fs;
use std::time::Duration;

use crate::paths::Tree;
use anyhow::{Context, Result};
use serde_json::Value;

/// The account and the Region of the simulated deployment.
pub const HUB_ACCOUNT: &str = "111111111111";
pub const REGION: &str = "us-east-1";
pub const TOPIC: &str = "rolecall-registration";
pub const TABLE: &str = "rolecall-Table";
pub const RECEIPTS: &str = "rolecall-ReceiptsTable";
pub const SESSIONS: &str = "rolecall-SessionsTable";

/// The condition that holds if its parameter has its default: the hub has its own bucket.
const HOLDS: &str = "MakeTemplateBucket";

/// A function as the template deploys it.
#[derive(Debug, Clone)]
pub struct FunctionSettings {
    pub memory_mb: u32,
    pub time_out: Duration,
    pub environment: Vec<(String, String)>,
}

/// A function's event source mapping.
#[derive(Debug, Clone, Copy)]
pub struct QueueSettings {
    pub batch_size: usize,
    /// The maximum number of concurrent batches.
    pub concurrency: usize,
}

/// The template. A short-form function (`!Ref`, `!Sub`) is read as its argument.
#[derive(Debug)]
pub struct Template(Value);

impl Template {
    /// # Errors
    /// If the template can't be read.
    pub fn read(tree: &Tree) -> Result<Self> {
        let text = fs::read_to_string(tree.hub_template())?;
        Ok(Self(serde_saphyr::from_str(&text)?))
    }

    /// The queue settings of a function's resource.
    ///
    /// # Errors
    /// If the template has an unexpected form.
    pub fn queue(&self, name: &str) -> Result<QueueSettings> {
        let properties = &self.0["Resources"][name]["Properties"];
        let events = properties["Events"].as_object().context("no events")?;
        let mut sources = events.values().map(|event| &event["Properties"]);
        let source = sources.find(|source| source.get("Queue").is_some());
        let source = source.context("no queue")?;
        Ok(QueueSettings {
            batch_size: usize::try_from(number(&source["BatchSize"])?)?,
            concurrency: usize::try_from(number(&source["ScalingConfig"]["MaximumConcurrency"])?)?,
        })
    }

    /// The settings of a function's resource, with AWS at a local endpoint.
    ///
    /// # Errors
    /// If the template has an unexpected form.
    pub fn function(&self, name: &str, endpoint_url: &str) -> Result<FunctionSettings> {
        let properties = &self.0["Resources"][name]["Properties"];
        let globals = &self.0["Globals"]["Function"];
        let memory = properties
            .get("MemorySize")
            .unwrap_or(&globals["MemorySize"]);
        let variables = properties["Environment"]["Variables"].as_object();
        let mut environment = vec![("AWS_ENDPOINT_URL".to_owned(), endpoint_url.to_owned())];
        for (name, value) in variables.context("no environment")? {
            let value = match name.as_str() {
                "RESPONSE_ORIGINS" => endpoint_url.to_owned(),
                _ => self.resolved(value).with_context(|| name.clone())?,
            };
            environment.push((name.clone(), value));
        }
        Ok(FunctionSettings {
            memory_mb: u32::try_from(number(memory)?)?,
            time_out: Duration::from_secs(number(&properties["Timeout"])?),
            environment,
        })
    }

    /// A value with all parameters at their defaults.
    fn resolved(&self, value: &Value) -> Result<String> {
        match value {
            Value::String(text) => Ok(self.text(text)),
            // `!Sub [text, values]`
            Value::Array(parts) if parts.len() == 2 => {
                let text = self.resolved(&parts[0])?;
                let mut values = parts[1].as_object().into_iter().flatten();
                values.try_fold(text, |text, (name, value)| {
                    Ok(text.replace(&format!("${{{name}}}"), &self.resolved(value)?))
                })
            }
            Value::Array(parts) if parts[0] == HOLDS => {
                self.resolved(parts.get(1).context("no second part")?)
            }
            // `!If [condition, then, else]`: all other conditions here are false if the parameter has
            // its default.
            Value::Array(parts) => self.resolved(parts.get(2).context("no third part")?),
            other => Ok(other.to_string()),
        }
    }

    fn text(&self, text: &str) -> String {
        if let Some(parameter) = self.0["Parameters"].get(text) {
            let default = &parameter["Default"];
            return default
                .as_str()
                .map_or_else(|| default.to_string(), str::to_owned);
        }
        match text {
            "Table" => TABLE.to_owned(),
            "ReceiptsTable" => RECEIPTS.to_owned(),
            "SessionsTable" => SESSIONS.to_owned(),
            "RegistrationTopic.TopicName" => TOPIC.to_owned(),
            "AWS::AccountId" => HUB_ACCOUNT.to_owned(),
            other => other
                .replace("${AWS::Partition}", "aws")
                .replace("${AWS::AccountId}", HUB_ACCOUNT),
        }
    }
}

fn number(value: &Value) -> Result<u64> {
    value.as_u64().context("a number is missing")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::accounts::onboarding;
    use rolecall_aws::config::{ApiConfig, BrokerConfig, HealthConfig, Lookup};

    /// The variables from the template, and the Region, which Lambda sets.
    fn lookup(environment: &[(String, String)]) -> impl Lookup + '_ {
        |name: &str| {
            if name == "AWS_REGION" {
                return Some(REGION.to_owned());
            }
            let found = environment.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        }
    }

    #[test]
    fn functions_behind_the_api_can_read_their_template_settings() {
        let template = Template::read(&Tree::default()).expect("the template");
        let settings = |name: &str| {
            let settings = template.function(name, "http://127.0.0.1:1");
            settings.expect("the function's settings").environment
        };
        let api = ApiConfig::read(&lookup(&settings("RegistrationApi"))).expect("complete");
        // Otherwise, the API would not find the template that was seeded.
        assert_eq!(api.onboarding.facts, onboarding().facts);
        let broker = settings("CredentialBroker");
        let config = BrokerConfig::read(&lookup(&broker)).expect("complete");
        assert_eq!(config.receipts_table_name, RECEIPTS);
    }

    #[test]
    fn account_health_can_read_its_template_settings() {
        let template = Template::read(&Tree::default()).expect("the template");
        let settings = template.function("AccountHealth", "http://127.0.0.1:1");
        let settings = settings.expect("the function's settings");
        let config = HealthConfig::read(&lookup(&settings.environment)).expect("complete");
        assert_eq!(config.table_name, TABLE);
        assert_eq!(
            config.settings,
            rolecall_domain::settings::Settings::default()
        );
        let trusted = ["verifier", "broker"]
            .map(|path| format!("arn:aws:iam::111111111111:role/rolecall-hub/{path}/*"));
        assert_eq!(config.hub.trusted_principals, trusted);
        let queue = template.queue("AccountHealth").expect("the queue settings");
        assert!(queue.batch_size > 0 && queue.concurrency > 0);
    }
}
