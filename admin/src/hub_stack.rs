//! The hub's CloudFormation stack, whose outputs name the hub's other resources.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;

use crate::aws::Account;
use crate::error::AdminError;

/// The outputs and parameters of the hub's stack.
#[derive(Debug, Clone)]
pub struct HubStack {
    pub name: String,
    pub stack_id: String,
    pub outputs: BTreeMap<String, String>,
    pub parameters: BTreeMap<String, String>,
}

impl HubStack {
    /// # Errors
    /// When the stack does not exist, or AWS rejects the request.
    pub async fn read(account: &Account, name: &str) -> Result<Self, AdminError> {
        let not_found = || AdminError::StackNotFound {
            stack: name.to_owned(),
            region: account.region().to_owned(),
        };
        let request = account.cloudformation().describe_stacks().stack_name(name);
        let answer = request.send().await.map_err(|error| {
            match AdminError::of("DescribeStacks", error) {
                // CloudFormation has no separate code for a missing stack.
                AdminError::Refused { code, message, .. }
                    if code == "ValidationError" && message.contains("does not exist") =>
                {
                    not_found()
                }
                other => other,
            }
        })?;
        let stack = answer.stacks().first().ok_or_else(not_found)?;
        Ok(Self::of(name, stack))
    }

    fn of(name: &str, stack: &Stack) -> Self {
        let outputs = stack.outputs().iter();
        let outputs =
            outputs.filter_map(|it| Some((it.output_key()?.into(), it.output_value()?.into())));
        let parameters = stack.parameters().iter();
        let parameters = parameters
            .filter_map(|it| Some((it.parameter_key()?.into(), it.parameter_value()?.into())));
        Self {
            name: name.to_owned(),
            stack_id: stack.stack_id().unwrap_or_default().to_owned(),
            outputs: outputs.collect(),
            parameters: parameters.collect(),
        }
    }

    /// # Errors
    /// When the stack has no such output.
    pub fn output(&self, key: &str) -> Result<&str, AdminError> {
        let value = self.outputs.get(key).map(String::as_str);
        value.ok_or_else(|| AdminError::OutputMissing {
            stack: self.name.clone(),
            output: key.to_owned(),
        })
    }
}
