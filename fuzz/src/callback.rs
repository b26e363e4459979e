//! Custom resource requests, direct and inside SNS notifications, and their ResponseURLs.

use super::hub::{self, Out, STAGES, Stage};
use rolecall_domain::aws::{Region, StackId};
use serde_json::{Value, json};
use stack_callback::request::{Request, RequestType, decode};
use stack_callback::response_url::is_allowed;
use stack_callback::{Callback, CallbackError};

/// CloudFormation ignores longer answers.
const LONGEST_ANSWER: usize = 4096;

/// An event for the function, at every stage of a registration.
pub fn callback_request(bytes: &[u8]) -> bool {
    let Some(event) = super::text(bytes).map(hub::with_token) else {
        return false;
    };
    let Some(event) = super::json(event.as_bytes()) else {
        return false;
    };
    let requests: Vec<Request> = decode(&event).into_iter().flatten().collect();
    let answerable: Vec<&Request> = requests
        .iter()
        .filter(|it| is_allowed(&it.response_url, &it.key.stack_id, &[]))
        .collect();
    let mut accepted = false;
    for stage in if answerable.is_empty() {
        &STAGES[..1]
    } else {
        &STAGES
    } {
        let foreign = requests.len() > answerable.len();
        let replies = deliver_twice(&event, *stage, answerable.len(), foreign);
        for ((url, body), request) in replies.iter().zip(answerable.iter().cycle()) {
            assert_eq!(*url, request.response_url);
            accepted |= check_answer(body, request, answerable.len() == 1);
        }
    }
    accepted
}

/// Both deliveries must get the same answers. Only a request with a foreign response URL may fail.
fn deliver_twice(
    event: &Value,
    stage: Stage,
    answerable: usize,
    foreign: bool,
) -> Vec<(String, String)> {
    let out = Out::default();
    let callback = Callback {
        env: hub::at(stage),
        keys: hub::keys(),
        reply: &out,
        response_origins: Vec::new(),
    };
    for _ in 0..2 {
        let deadline = hub::deadline(&callback.env);
        match super::finish(callback.handle(event, deadline)) {
            Err(CallbackError::ForeignHost) if foreign => {}
            result => result.expect("handled"),
        }
    }
    let replies = out.replies();
    assert_eq!(replies.len(), 2 * answerable);
    assert_eq!(replies[..answerable], replies[answerable..]);
    replies
}

/// Checks that CloudFormation accepts the answer. Returns whether it is SUCCESS. `alone` means that no
/// other request in the event can have the same id, and therefore the same answer.
fn check_answer(body: &str, request: &Request, alone: bool) -> bool {
    assert!(body.len() <= LONGEST_ANSWER, "{} bytes", body.len());
    let answer: Value = serde_json::from_str(body).expect("JSON");
    let fields = answer.as_object().expect("an object");
    assert!(fields.values().all(|field| !field.is_null()));
    assert_eq!(answer["StackId"], request.key.stack_id.as_str());
    assert_eq!(answer["RequestId"], request.key.request_id.as_str());
    let id = answer["PhysicalResourceId"].as_str().expect("text");
    assert!((1..=1024).contains(&id.len()));
    let succeeded = answer["Status"] == "SUCCESS";
    assert!(succeeded || answer["Status"] == "FAILED");
    assert!(
        succeeded
            || answer["Reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty())
    );
    if alone {
        assert_eq!(
            answer["LogicalResourceId"],
            request.logical_resource_id.as_str()
        );
        if let (RequestType::Update | RequestType::Delete, Some(given)) =
            (request.request_type, &request.physical_resource_id)
        {
            assert_eq!(id, given, "the resource would be replaced");
        }
        assert!(succeeded || request.request_type != RequestType::Delete);
    }
    succeeded
}

/// A request must be decoded identically with and without a notification around it.
pub fn callback_envelope(bytes: &[u8]) -> bool {
    let Some(message) = super::text(bytes) else {
        return false;
    };
    let notification =
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message}}]});
    let wrapped = decode(&notification).remove(0);
    if let Some(event) = super::json(bytes) {
        let direct = decode(&event);
        if event.get("RequestType").is_some() {
            assert_eq!(describe(&wrapped), describe(&direct[0]));
        }
        assert!(!direct.is_empty());
    }
    let Ok(request) = wrapped else {
        return false;
    };
    let logged = format!("{request:?}");
    let named = format!("{:?}", request.key);
    let hidden = [request.presented_token(), request.presented_external_id()];
    for secret in hidden.into_iter().flatten().filter(|it| it.len() >= 16) {
        // The sender may use part of the request's ids as a secret.
        assert!(!logged.contains(secret) || named.contains(secret));
    }
    if let Ok(properties) = request.properties() {
        assert!(message.contains("RoleArn") || message.contains('\\'));
        assert_eq!(properties.role_arn.account().as_str().len(), 12);
    }
    true
}

fn describe(decoded: &Result<Request, impl PartialEq + std::fmt::Debug + Clone>) -> String {
    match decoded {
        Ok(request) => format!(
            "{request:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            request.response_url,
            request.logical_resource_id,
            request.physical_resource_id,
            request.presented_token(),
            request.presented_external_id(),
            request
                .properties()
                .map(|it| (it.role_arn, it.template_version))
                .ok(),
            request.is_unchanged(),
        ),
        Err(reason) => format!("{reason:?}"),
    }
}

/// Two lines: a Region, and a ResponseURL of a stack in that Region.
pub fn response_url(bytes: &[u8]) -> bool {
    let Some((region, url)) = super::text(bytes).and_then(|input| input.split_once('\n')) else {
        return false;
    };
    let Ok(region) = Region::parse(region) else {
        return false;
    };
    let partition = region.partition().as_str();
    let stack = format!("arn:{partition}:cloudformation:{region}:222222222222:stack/s/1");
    let stack = StackId::parse(stack).expect("valid");
    let allowed = is_allowed(url, &stack, &[]);
    if allowed {
        assert!(is_amazons(url, &region), "{url}");
    }
    allowed
}

/// Checks the URL's parts, parsed like a client does.
fn is_amazons(url: &str, region: &Region) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else {
        // A URL that no client can parse is never called.
        return true;
    };
    let suffix = match region
        .as_str()
        .rsplit_once('-')
        .map_or("", |(start, _)| start)
    {
        "cn-north" | "cn-northwest" => "amazonaws.com.cn",
        "eusc-de-east" => "amazonaws.eu",
        "us-iso-east" | "us-iso-west" => "c2s.ic.gov",
        "us-isob-east" | "us-isob-west" => "sc2s.sgov.gov",
        "us-isof-east" | "us-isof-south" => "csp.hci.ic.gov",
        "eu-isoe-west" => "cloud.adc-e.uk",
        _ => "amazonaws.com",
    };
    let squeezed = region.as_str().replace('-', "");
    let bucket = format!("cloudformation-custom-resource-response-{squeezed}");
    let mut hosts = vec![
        format!("{bucket}.s3.{region}.{suffix}"),
        format!("{bucket}.s3-{region}.{suffix}"),
    ];
    if region.as_str() == "us-east-1" {
        hosts.push(format!("{bucket}.s3.{suffix}"));
    }
    let authority = uri
        .authority()
        .map(http::uri::Authority::as_str)
        .unwrap_or_default();
    uri.scheme_str() == Some("https") && hosts.iter().any(|host| host == authority)
}
