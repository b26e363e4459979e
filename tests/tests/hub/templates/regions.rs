//! A stack calls the topic of its own Region, wherever that is, or makes no call at all.

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
        let policy = template.at("/Resources/RegistrationTopicPolicy/Properties/PolicyDocument");
        let statements = json!([{
            "Sid": "AnyoneMayPublish",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": "RegistrationTopic",
        }]);
        assert_eq!(policy["Statement"], statements, "{path}");
    }
    let call = Template::read(ONBOARDING);
    let call = call.at("/Resources/Registration");
    assert_eq!(
        call["Properties"]["ServiceToken"],
        "arn:${AWS::Partition}:sns:${AWS::Region}:111111111111:rolecall-registration"
    );
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
    let opt_in = json!([
        "IsOptIn",
        "sns.${PermitRegion}.amazonaws.com",
        "sns.amazonaws.com"
    ]);
    assert_eq!(permission["Principal"], opt_in);
    let topic = "arn:${AWS::Partition}:sns:${PermitRegion}:${AWS::AccountId}:rolecall-registration";
    assert_eq!(permission["SourceArn"], topic);
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
