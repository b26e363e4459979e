//! A stack calls the topic in its own Region, or makes no callback.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_local::stacks::Stacks;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::templates::template::{ALL, FURTHER_REGION, HUB, ONBOARDING, Template};

#[test]
fn topic_has_one_name_and_stacks_call_the_topic_in_their_region() {
    for path in [HUB, FURTHER_REGION] {
        let template = Template::read(path);
        let topics = template.resources("AWS::SNS::Topic");
        let [(name, topic)] = topics.as_slice() else {
            panic!("{path} has {} topics", topics.len());
        };
        let expected = json!({"TopicName": "rolecall-registration"});
        assert_eq!(topic["Properties"], expected, "{path}: {name}");
    }
    let call = Template::read(ONBOARDING);
    for name in ["Preflight", "Registration"] {
        assert_eq!(
            call.at(&format!("/Resources/{name}/Properties/ServiceToken")),
            "arn:${AWS::Partition}:sns:${AWS::Region}:111111111111:rolecall-registration"
        );
    }
}

/// Checked by reading the template: the emulator accepts no unsigned requests, and rejects all
/// local ones if TLS is required.
#[test]
fn topic_requires_signature_and_tls_and_optionally_one_organization() {
    for path in [HUB, FURTHER_REGION] {
        let template = Template::read(path);
        let organization = json!({"aws:PrincipalOrgID": "OrganizationId"});
        let statements = json!([{
            "Sid": "AnyoneMayPublish",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": "RegistrationTopic",
            "Condition": {
                "Null": {"aws:PrincipalArn": "false"},
                "Bool": {"aws:SecureTransport": "true"},
                "StringEquals": ["OneOrganization", organization, "AWS::NoValue"],
            },
        }]);
        let policy = template.at("/Resources/RegistrationTopicPolicy/Properties/PolicyDocument");
        assert_eq!(policy["Statement"], statements, "{path}");
        assert_eq!(
            template.at("/Parameters/OrganizationId/Default"),
            "",
            "{path}"
        );
        let asked = template.at("/Conditions/OneOrganization");
        assert_eq!(*asked, json!([["OrganizationId", ""]]), "{path}");
    }
}

#[test]
fn stack_in_unserved_region_has_stack_info_and_no_callback() {
    let template = Template::read(ONBOARDING);
    let call = template.at("/Resources/Registration");
    assert_eq!(call["Condition"], "ReportsByCallback");
    assert_eq!(
        *template.at("/Conditions/ReportsByCallback"),
        json!(["Served", ["ReportBy", "callback"]])
    );
    assert_eq!(
        *template.at("/Conditions/Served"),
        json!(["AWS::Region", "us-east-1"])
    );
    // FindInMap would fail the whole template in a Region that the map doesn't have.
    let text = &template.text;
    assert!(!text.contains("FindInMap [Regions") && !text.contains("!FindInMap [!Ref"));
    let line = template.at("/Outputs/RolecallStackInfo");
    assert!(line.get("Condition").is_none());
    // All other resources don't depend on the Region: their conditions only depend on what was
    // requested.
    for (name, resource) in template.section("Resources") {
        let condition = resource.get("Condition").and_then(Value::as_str);
        let asked_for = condition.is_none_or(|it| it.starts_with("Has"));
        let reports = ["Preflight", "Registration"].contains(&name);
        assert!(reports || asked_for, "{name}");
    }
}

#[test]
fn topic_in_further_region_can_call_the_function_in_the_home_region() {
    let template = Template::read(FURTHER_REGION);
    let permission = template.at("/Resources/TopicMayCallStackCallback/Properties");
    let by_region = json!([
        "CallsBySharedName",
        "sns.amazonaws.com",
        "sns.${PermitRegion}.amazonaws.com"
    ]);
    assert_eq!(permission["Principal"], by_region);
    let topic = "arn:${AWS::Partition}:sns:${PermitRegion}:${AWS::AccountId}:rolecall-registration";
    assert_eq!(permission["SourceArn"], topic);
}

/// A wrong service principal would make the Region's first stack hang. All Regions that are enabled
/// by default are known, because later ones are opt-in; SNS treats Osaka as an opt-in Region.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html>
#[tokio::test]
async fn opt_in_regions_use_their_own_sns_service_principal() -> Result<()> {
    let world = World::find().await?;
    let own = |region: &str| format!("sns.{region}.amazonaws.com");
    let shared = "sns.amazonaws.com";
    for (region, principal) in [
        ("us-west-2", shared),
        ("eu-central-1", shared),
        ("sa-east-1", shared),
        ("ap-northeast-1", shared),
        ("us-gov-east-1", shared),
        ("cn-northwest-1", shared),
        ("ap-northeast-3", &*own("ap-northeast-3")),
        ("me-south-1", &*own("me-south-1")),
        ("ca-west-1", &*own("ca-west-1")),
        ("mx-central-1", &*own("mx-central-1")),
    ] {
        assert_eq!(caller_from(&world, region).await?, principal, "{region}");
    }
    Ok(())
}

/// The service principal that a deployment for a further Region allows to call the function.
async fn caller_from(world: &World, region: &str) -> Result<String> {
    let hub = world.hub.account();
    let function = world.hub.file().output("StackCallbackFunctionArn")?;
    let parameters = [
        ("StackCallbackFunctionArn", function),
        ("PermitRegion", region),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters = BTreeMap::from(parameters);
    let template = Template::read(FURTHER_REGION).text;
    let stacks = Stacks::new(hub.cloudformation());
    let name = unique("permit");
    let stack = stacks.deploy(&name, &template, &parameters, &[]).await?;
    let signer = hub.signer();
    let url = format!(
        "{}/2015-03-31/functions/{}/policy",
        signer.base("lambda"),
        world.hub.function_name("stack-callback")?
    );
    let request = http::Request::get(url).body(Vec::new())?;
    let answer = signer.send("lambda", request).await?;
    let answer: Value = serde_json::from_slice(&answer.body)?;
    let policy = answer["Policy"].as_str().context("no policy")?;
    let policy: Value = serde_json::from_str(policy)?;
    stacks.delete(&stack.stack_id).await?;
    let statements = policy["Statement"].as_array().context("statements")?;
    let of_region = |it: &&Value| it.to_string().contains(&format!(":sns:{region}:"));
    let statement = statements.iter().find(of_region);
    let service = &statement.context("no permission")?["Principal"]["Service"];
    Ok(service.as_str().context("no service")?.to_owned())
}

/// Service-managed stack sets silently skip the management account.
#[test]
fn templates_contain_no_stack_sets() {
    for path in ALL {
        for kind in Template::read(path).types() {
            assert!(!kind.contains("StackSet") && !kind.starts_with("AWS::Organizations"));
        }
    }
}
