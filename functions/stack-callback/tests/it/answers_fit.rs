//! CloudFormation ignores bodies longer than 4,096 bytes, and the stack hangs. Every answer must be
//! valid JSON, fit into that limit, and contain as much of its reason as possible.

use proptest::prelude::*;
use rolecall_domain::brand::{AsciiName, Contact};
use rolecall_domain::ids::{AccountId, IdSeed, RegistrationId};
use rolecall_domain::messages::Localized;
use rolecall_domain::problem::Code;
use rolecall_domain::record::refusal::Refusal;
use rolecall_domain::remedy::Remedy;
use serde_json::{Value, json};
use stack_callback::answer;
use stack_callback::request::{Request, decode};
use stack_callback::support::Support;

const LONGEST: usize = 4096;

/// Characters of one to four bytes, and characters that JSON escapes. Stacks show ASCII only, so each
/// of the others becomes one question mark.
const SCRIPTS: [&str; 10] = ["x", "ü", "Ж", "ש", "क", "漢", "한", "😀", "\"", "\u{1}"];

fn event(kind: &str) -> Value {
    let mut event = json!({
        "RequestType": kind,
        "ResponseURL": "https://example.invalid/",
        "StackId": "arn:aws:cloudformation:us-east-1:222222222222:stack/rolecall-1/abc",
        "RequestId": "r-1",
        "LogicalResourceId": "Registration",
        "ResourceProperties": {}
    });
    if kind != "Create" {
        event["PhysicalResourceId"] = json!("rolecall/reg_1");
    }
    event
}

fn request(event: &Value) -> Request {
    decode(event).remove(0).expect("a request")
}

fn refused(kind: &str, detail: &str) -> (String, Refusal) {
    let refusal = Refusal::new(
        Code::InternalError,
        &Localized::untranslated(detail),
        &Remedy::DeleteAndCreate,
    );
    (
        answer::failed(&request(&event(kind)), &refusal, None),
        refusal,
    )
}

fn reason(body: &str) -> String {
    let json: Value = serde_json::from_str(body).expect("JSON");
    json["Reason"].as_str().expect("a reason").to_owned()
}

#[test]
fn body_of_4096_bytes_is_sent_and_longer_one_is_cut_at_a_character() {
    for script in SCRIPTS {
        let in_json = if script == "\"" { 2 } else { 1 };
        let room = LONGEST - refused("Create", "x").0.len() + 1;
        let (fitting, padding) = (room / in_json, "x".repeat(room % in_json));

        let (body, refusal) = refused("Create", &(padding.clone() + &script.repeat(fitting)));
        assert_eq!(body.len(), LONGEST, "{script:?}");
        assert_eq!(reason(&body), refusal.reason());

        for extra in ["x", script, &script.repeat(5000)] {
            let long = padding.clone() + &script.repeat(fitting) + extra;
            let (body, refusal) = refused("Create", &long);
            let (kept, whole) = (reason(&body), refusal.reason());
            assert!(body.len() <= LONGEST, "{script:?}");
            assert!(whole.starts_with(&kept) && kept != whole, "{script:?}");
            let next = whole[kept.len()..].chars().next().expect("more");
            let next = serde_json::to_string(&next).expect("text").len() - 2;
            assert!(body.len() + next > LONGEST, "{script:?} was cut too early");
        }
    }
}

#[test]
fn answer_with_long_reason_contains_every_request_field() {
    for kind in ["Create", "Update", "Delete"] {
        let (body, _) = refused(kind, &"漢\"".repeat(4000));
        let json: Value = serde_json::from_str(&body).expect("JSON");
        let event = event(kind);
        for field in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(json[field], event[field], "{kind}");
        }
        let physical = match kind {
            "Create" => json!("rolecall/refused/r-1"),
            _ => event["PhysicalResourceId"].clone(),
        };
        assert_eq!(json["PhysicalResourceId"], physical);
    }
}

fn any_request() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec!["Create", "Update", "Delete"]);
    let physical = prop_oneof!["\\PC{1,300}", "[\\x00-\\x7f]{1,1024}", "[\"\\\\]{1024}"];
    (kinds, "[!-~]{1,255}", "[!-~]{1,255}", physical).prop_map(|(kind, id, logical, physical)| {
        let mut event = event(kind);
        event["RequestId"] = json!(id);
        event["LogicalResourceId"] = json!(logical);
        if kind != "Create" {
            event["PhysicalResourceId"] = json!(physical);
        }
        event
    })
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    let text = prop_oneof![any::<String>(), ".{0,6000}", "[\\x00-\\x1f]{0,3000}"];
    let remedies = vec![
        Remedy::TryAgain,
        Remedy::CreateUnchanged,
        Remedy::AllowDuplicate,
    ];
    let (codes, remedies) = (Code::ALL.to_vec(), prop::sample::select(remedies));
    (prop::sample::select(codes), text, remedies).prop_map(|(code, detail, remedy)| {
        Refusal::new(code, &Localized::untranslated(detail), &remedy)
    })
}

#[test]
fn long_reason_ends_with_the_registration_id_and_the_contact() {
    let id = format!("reg_{}", "0a".repeat(16));
    let mut event = event("Create");
    event["ResourceProperties"] = json!({"RegistrationToken": format!("{id}.secret")});
    for length in [0, 100, 3800, 5000] {
        let detail = "\"漢".repeat(length / 2);
        let refusal = Refusal::new(
            Code::VerificationFailed,
            &Localized::untranslated(detail),
            &Remedy::CreateUnchanged,
        );
        let contact = format!("https://example.com/{}", "a".repeat(480));
        let contact = Contact::parse(contact).expect("a contact");
        let product = AsciiName::parse("x".repeat(64)).expect("a name");
        let questions = format!(" Reference: {id}. Questions: {product}, {contact}");
        let support = Support { product, contact };
        let endings = [
            (None, format!(" Reference: {id}")),
            (Some(&support), questions),
        ];
        for (support, end) in endings {
            let body = answer::failed(&request(&event), &refusal, support);
            assert!(body.len() <= LONGEST && body.is_ascii(), "{length}");
            let reason = reason(&body);
            assert!(reason.ends_with(&end), "{reason}");
            assert!(reason.starts_with("verification_failed: "), "{reason}");
            assert!(!reason.contains("secret"));
        }
    }
}

proptest! {
    #[test]
    fn any_refusal_fits_into_4096_bytes(event in any_request(), refusal in any_refusal()) {
        // A request whose answer would not fit is rejected by `decode`.
        if let Ok(request) = decode(&event).remove(0) {
            let body = answer::failed(&request, &refusal, None);
            prop_assert!(body.len() <= LONGEST, "{} bytes", body.len());
            let reason = reason(&body);
            prop_assert!(refusal.reason().starts_with(&reason));
            prop_assert!(reason.starts_with(refusal.code.as_str()));
            prop_assert_eq!(&answer::failed(&request, &refusal, None), &body, "the bytes differ");
            prop_assert!(!body.contains("null"));
        }
    }

    #[test]
    fn any_success_fits_into_4096_bytes(event in any_request(), byte in any::<u8>()) {
        if let Ok(request) = decode(&event).remove(0) {
            let seed = IdSeed { at: rolecall_domain::Timestamp::UNIX_EPOCH, random: [byte; 10] };
            let (registration, account) = (RegistrationId::new(seed), AccountId::new(seed));
            for body in [answer::created(&request, &registration, &account), answer::respond_success(&request)] {
                prop_assert!(body.len() <= LONGEST, "{} bytes", body.len());
                let json: Value = serde_json::from_str(&body).expect("JSON");
                prop_assert_eq!(&json["Status"], "SUCCESS");
                prop_assert_eq!(&json["RequestId"], &event["RequestId"]);
                prop_assert_eq!(&json["LogicalResourceId"], &event["LogicalResourceId"]);
            }
        }
    }
}
