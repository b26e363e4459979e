//! A stack calls the topic of its own Region, wherever that is, or makes no call at all.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rolecall_local::stacks::Stacks;
use rolecall_tests::world::{World, unique};
use serde_json::{Value, json};

use crate::templates::template::{ALL, FURTHER_REGION, HUB, ONBOARDING, Template};

#[test]
fn the_topic_has_one_name_in_every_region_and_stacks_call_their_own_regions() {
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
    let call = call.at("/Resources/Registration");
    assert_eq!(
        call["Properties"]["ServiceToken"],
        "arn:${AWS::Partition}:sns:${AWS::Region}:111111111111:rolecall-registration"
    );
}

/// The emulator takes no unsigned request at all, and refuses every local one where TLS is demanded:
/// held by reading.
#[test]
fn a_topic_takes_signed_messages_over_tls_and_one_organizations_where_that_is_asked_for() {
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
fn a_region_without_a_topic_leaves_the_call_out_and_keeps_the_line_to_paste() {
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
    // A map would fail the whole template in a Region that it lacks.
    let text = &template.text;
    assert!(!text.contains("FindInMap [Regions") && !text.contains("!FindInMap [!Ref"));
    let line = template.at("/Outputs/RolecallStackInfo");
    assert!(line.get("Condition").is_none());
    // Everything else is there whatever the Region is: what has a condition was asked for or not.
    for (name, resource) in template.section("Resources") {
        let condition = resource.get("Condition").and_then(Value::as_str);
        let asked_for = condition.is_none_or(|it| it.starts_with("Has"));
        assert!(name == "Registration" || asked_for, "{name}");
    }
}

#[test]
fn a_further_regions_topic_may_call_the_function_of_the_home_region() {
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

/// A wrong name would show in the Region's first stack only, which would hang. All Regions that AWS
/// enables by default are known, because later ones are opt-in; SNS counts Osaka among the opt-in ones.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html>
#[tokio::test]
async fn topics_of_osaka_and_of_opt_in_regions_call_by_a_name_of_their_own() -> Result<()> {
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

/// Who may call the function for a further Region's topic, as a deployment there says it.
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

/// Service-managed stack sets skip the management account without a word.
#[test]
fn no_stack_set_is_involved_anywhere() {
    for path in ALL {
        for kind in Template::read(path).types() {
            assert!(!kind.contains("StackSet") && !kind.starts_with("AWS::Organizations"));
        }
    }
}
