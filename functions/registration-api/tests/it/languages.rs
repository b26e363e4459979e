//! The language of a response's texts.

use crate::world::{ACME, World, text};
use registration_api::Response;
use rolecall_domain::check::StackStatus;
use serde_json::{Value, json};

fn body(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("JSON")
}

/// Removes the localized texts.
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
async fn problem_is_written_in_the_preferred_language() {
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
            "色を #1a2b3c のような形式で指定してください。",
        ),
        (
            "size",
            "This request has no such field.",
            "このリクエストでは使用できないフィールドです。",
        ),
    ] {
        assert_eq!(message(&english, field), en);
        assert_eq!(message(&japanese, field), ja);
    }
    assert_eq!(without_texts(english), without_texts(japanese));
}

#[tokio::test]
async fn retry_time_is_written_in_the_preferred_language() {
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

/// A name is never translated.
#[tokio::test]
async fn response_names_the_language_of_its_texts() {
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
async fn refused_paste_is_explained_in_the_preferred_language() {
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
        "RolecallStackInfo の値ではないか、値の一部しか貼り付けられていません。\
         スタックの［出力］タブにある RolecallStackInfo の値全体をコピーしてください。"
    );
    assert_eq!(
        body(&english)["detail"],
        "This is not a RolecallStackInfo, or only part of one. Copy the whole value of \
         RolecallStackInfo from the stack's outputs."
    );
}

/// A report is stored with its texts in every language.
#[tokio::test]
async fn stored_report_is_shown_in_the_language_of_each_reader() {
    let world = World::new();
    let (account, stack) = world.connect(ACME).await;
    let customers = &world.api.env.customers;
    customers.change_stack(&stack.stack_id, |made| {
        made.status = StackStatus::RollbackComplete;
    });
    world.wait(60_000);
    let read = format!("GET /v1/accounts/{}", account.account_id);
    let check = format!("POST /v1/accounts/{}/checks", account.account_id);
    let failed = world.ask_in("ja", ACME, &check, &Value::Null).await;
    assert_eq!(failed.status_code, 422, "{}", failed.body);
    let failed = body(&failed);
    let message = "スタックのステータスが ROLLBACK_COMPLETE のため、ハブはこのスタックのロールを使用しません。";
    let detail = text(&failed, "detail");
    assert!(
        detail.starts_with(&format!("stack_unexpected_state: {message}")),
        "{detail}"
    );
    let kept = body(&world.ask(ACME, &read, &Value::Null).await);
    let found = |report: &Value, code: &str| {
        let checks = report["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["code"] == code);
        let check = check.expect("named");
        (text(check, "title"), text(check, "message"))
    };
    let (en, ja) = (&kept["last_report"], &failed["report"]);
    for (report, code, title, message) in [
        (
            ja,
            "stack_unexpected_state",
            "スタックのステータスが正常ではない",
            message,
        ),
        (
            en,
            "stack_unexpected_state",
            "Stack status is not as expected",
            "The stack's status is ROLLBACK_COMPLETE, in which the hub can't rely on its role.",
        ),
        (
            ja,
            "external_id_not_enforced",
            "外部IDが必須になっている",
            "外部IDを指定しない場合も、誤った外部IDを指定した場合も、ロールの引き受けは拒否されます。",
        ),
        (
            en,
            "external_id_not_enforced",
            "External ID is enforced",
            "AWS rejects the role without an external ID and with a wrong external ID.",
        ),
        (
            en,
            "account_suspended",
            "Not checked: AWS account is open",
            "The AWS organization has not reported this AWS account as closed.",
        ),
    ] {
        assert_eq!(
            found(report, code),
            (title.to_owned(), message.to_owned()),
            "{code}"
        );
    }
}

#[tokio::test]
async fn registration_is_shown_in_its_locale_unless_the_request_has_a_language() {
    let world = World::new();
    let group = world.group(ACME).await;
    let path = format!("/v1/groups/{group}/registrations");
    let request = json!({"locale": "ja"});
    let created = world.ask(ACME, &format!("POST {path}"), &request).await;
    assert_eq!(created.status_code, 201, "{}", created.body);
    assert_eq!(created.headers["content-language"], "ja");
    assert_eq!(body(&created)["locale"], "ja");
    let id = text(&body(&created), "registration_id");
    let read = format!("GET /v1/registrations/{id}");
    let complete = format!("POST /v1/registrations/{id}/complete");
    let pasted = json!({"stack_info": "hello"});
    for (languages, language) in [("", "ja"), ("ja", "ja"), ("en", "en"), ("fr", "ja")] {
        let shown = world.ask_in(languages, ACME, &read, &Value::Null).await;
        assert_eq!(shown.headers["content-language"], language, "{languages}");
        let refused = world.ask_in(languages, ACME, &complete, &pasted).await;
        assert_eq!(refused.status_code, 422, "{}", refused.body);
        assert_eq!(refused.headers["content-language"], language, "{languages}");
    }
    let list = world.ask(ACME, &format!("GET {path}"), &Value::Null).await;
    assert_eq!(list.headers["content-language"], "en");
}
