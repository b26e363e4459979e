//! The language of an answer's texts.

use crate::world::{ACME, World, text};
use registration_api::Response;
use serde_json::{Value, json};

fn body(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("JSON")
}

/// Everything but the texts for people.
fn without_texts(mut problem: Value) -> Value {
    for field in ["title", "detail"] {
        problem[field] = Value::Null;
    }
    for error in problem["errors"].as_array_mut().into_iter().flatten() {
        error["message"] = Value::Null;
    }
    problem
}

#[tokio::test]
async fn a_problem_is_written_in_the_language_that_its_reader_prefers() {
    let world = World::new();
    let asked = "POST /v1/groups";
    let wrong = json!({"name": "a".repeat(65), "color": "red", "size": 1});
    let english = world.ask_in("fr, en;q=0.5", ACME, asked, &wrong).await;
    let japanese = world.ask_in("ja-JP,en;q=0.8", ACME, asked, &wrong).await;
    for (response, language) in [(&english, "en"), (&japanese, "ja")] {
        assert_eq!(response.status_code, 422);
        assert_eq!(response.headers["content-language"], language);
        assert_eq!(response.headers["vary"], "accept-language");
    }
    let (english, japanese) = (body(&english), body(&japanese));
    assert_eq!(english["title"], "Invalid request");
    assert_eq!(japanese["title"], "リクエストが無効です");
    let message = |problem: &Value, field: &str| {
        let errors = problem["errors"].as_array().expect("errors");
        let error = errors.iter().find(|error| error["field"] == field);
        text(error.expect("named"), "message")
    };
    for (field, en, ja) in [
        (
            "name",
            "Must have at most 64 characters.",
            "64文字以内で指定してください。",
        ),
        (
            "color",
            "Must be a color such as #1a2b3c.",
            "#1a2b3cのような形式の色で指定してください。",
        ),
        (
            "size",
            "This request has no such field.",
            "このリクエストにはないフィールドです。",
        ),
    ] {
        assert_eq!(message(&english, field), en);
        assert_eq!(message(&japanese, field), ja);
    }
    assert_eq!(without_texts(english), without_texts(japanese));
}

#[tokio::test]
async fn when_to_retry_is_said_in_the_readers_language() {
    let world = World::new();
    let (account, _) = world.connect(ACME).await;
    let check = format!("POST /v1/accounts/{}/checks", account.account_id);
    world.expect(ACME, &check, Value::Null, 200).await;
    world.wait(18_000);
    let response = world.ask_in("ja", ACME, &check, &Value::Null).await;
    assert_eq!(response.status_code, 429);
    assert_eq!(
        body(&response)["detail"],
        "このアカウントは直近30秒以内にチェック済みです。12秒後にもう一度お試しください。"
    );
    let response = world.ask(ACME, &check, &Value::Null).await;
    assert_eq!(
        body(&response)["detail"],
        "This account was checked less than 30 seconds ago. Retry in 12 seconds."
    );
}

/// Names in any language stay as they were sent.
#[tokio::test]
async fn a_record_says_which_language_its_texts_have() {
    let world = World::new();
    let group = json!({"name": "本番", "color": "#112233"});
    for (languages, language) in [("ja", "ja"), ("", "en"), ("en", "en")] {
        let response = world
            .ask_in(languages, ACME, "POST /v1/groups", &group)
            .await;
        assert_eq!(response.status_code, 201);
        assert_eq!(response.headers["content-language"], language);
        assert_eq!(body(&response)["name"], "本番");
    }
}

#[tokio::test]
async fn a_refused_paste_says_why_in_the_readers_language() {
    let world = World::new();
    let group = world.group(ACME).await;
    let registration = world.registration(ACME, &group, json!({})).await;
    let id = text(&registration, "registration_id");
    let complete = format!("POST /v1/registrations/{id}/complete");
    let pasted = json!({"stack_info": "hello"});
    let japanese = world.ask_in("ja", ACME, &complete, &pasted).await;
    let english = world.ask(ACME, &complete, &pasted).await;
    assert_eq!(
        body(&japanese)["detail"],
        "RolecallStackInfoの値ではないか、値の一部しか貼り付けられていません。\
         スタックの「出力」タブにあるRolecallStackInfoの値全体をコピーしてください。"
    );
    assert_eq!(
        body(&english)["detail"],
        "This is not a RolecallStackInfo, or only part of one. Copy the whole value of \
         RolecallStackInfo from the stack's outputs."
    );
}
