//! Converts a CloudFormation template from YAML to JSON. Short forms of functions become long forms:
//! `!Ref X` becomes `{"Ref": "X"}`.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// # Errors
/// When it is not YAML, or not a CloudFormation template.
pub fn parse(template: &str) -> Result<Value> {
    let document = serde_yaml_ng::from_str(template).context("the template is not YAML")?;
    long(document)
}

fn long(yaml: Yaml) -> Result<Value> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => json!(value),
        Yaml::Number(number) => serde_json::to_value(number)?,
        Yaml::String(text) => json!(text),
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(long).collect::<Result<_>>()?),
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (name, value) in members {
                let Yaml::String(name) = name else {
                    bail!("a name is not a string: {name:?}");
                };
                object.insert(name, long(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let argument = long(tagged.value)?;
            match (tag.trim_start_matches('!'), argument) {
                (name @ ("Ref" | "Condition"), argument) => json!({ name: argument }),
                ("GetAtt", Value::String(text)) => {
                    let parts = text
                        .split_once('.')
                        .context("!GetAtt without an attribute")?;
                    json!({"Fn::GetAtt": [parts.0, parts.1]})
                }
                (name, argument) => json!({ format!("Fn::{name}"): argument }),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_forms() -> Result<()> {
        let yaml = r#"
            A: !Ref B
            C: !GetAtt D.E.F
            G: !If [H, !Sub "${I}", !Ref AWS::NoValue]
            J: !Not [!Condition K]
            L: {M: 1, N: true, O: "2012-10-17"}
        "#;
        let expected = json!({
            "A": {"Ref": "B"},
            "C": {"Fn::GetAtt": ["D", "E.F"]},
            "G": {"Fn::If": ["H", {"Fn::Sub": "${I}"}, {"Ref": "AWS::NoValue"}]},
            "J": {"Fn::Not": [{"Condition": "K"}]},
            "L": {"M": 1, "N": true, "O": "2012-10-17"},
        });
        assert_eq!(parse(yaml)?, expected);
        Ok(())
    }
}
