//! The errors that each service returns for a fault.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use serde_json::{Value, json};

use super::plan::{Fault, Kind};
use super::wire::{Answer, Call};

pub(super) fn refusal(call: &Call, fault: Fault) -> Answer {
    let service = call.service.as_str();
    match (service, fault.kind) {
        ("dynamodb", Kind::Conflict) => conflict(call),
        // EventBridge reports throttling per entry, in a successful response.
        ("events", Kind::Throttled) if fault.number % 16 >= 8 => not_taken(call),
        (_, Kind::Internal) => error(service, 500, internal(service)),
        (_, Kind::Unavailable) => error(service, 503, "ServiceUnavailable"),
        _ => error(service, 400, throttled(service, fault.number)),
    }
}

fn internal(service: &str) -> &'static str {
    match service {
        "dynamodb" => "InternalServerError",
        "events" => "InternalException",
        "secretsmanager" => "InternalServiceError",
        "iam" => "ServiceFailure",
        _ => "InternalFailure",
    }
}

fn throttled(service: &str, number: usize) -> &'static str {
    match service {
        "dynamodb" => [
            "ProvisionedThroughputExceededException",
            "ThrottlingException",
            "RequestLimitExceeded",
        ][number % 3],
        "events" | "secretsmanager" => "ThrottlingException",
        "sqs" => "RequestThrottled",
        _ => "Throttling",
    }
}

const MESSAGE: &str = "A fault injected by a test";

fn error(service: &str, status: u16, code: &str) -> Answer {
    match service {
        "sts" | "iam" | "cloudformation" => {
            let side = if status < 500 { "Sender" } else { "Receiver" };
            let body = format!(
                "<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code>\
                 <Message>{MESSAGE}</Message></Error><RequestId>fa17</RequestId></ErrorResponse>"
            );
            Answer::new(status, "text/xml", body)
        }
        _ => json_answer(
            service,
            status,
            &json!({"__type": code, "message": MESSAGE}),
        ),
    }
}

fn json_answer(service: &str, status: u16, body: &Value) -> Answer {
    let version = match service {
        "dynamodb" | "sqs" => "1.0",
        _ => "1.1",
    };
    let content_type = format!("application/x-amz-json-{version}");
    Answer::new(status, &content_type, body.to_string())
}

fn conflict(call: &Call) -> Answer {
    let items = call.body["TransactItems"].as_array().map_or(0, Vec::len);
    if items == 0 {
        return error("dynamodb", 400, "TransactionConflictException");
    }
    let reason = |at| match at {
        0 => json!({"Code": "TransactionConflict", "Message": MESSAGE}),
        _ => json!({"Code": "None"}),
    };
    let reasons: Vec<Value> = (0..items).map(reason).collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    json_answer("dynamodb", 400, &body)
}

fn not_taken(call: &Call) -> Answer {
    let count = call.body["Entries"].as_array().map_or(1, Vec::len);
    let entry = json!({"ErrorCode": "ThrottlingException", "ErrorMessage": MESSAGE});
    let body = json!({"FailedEntryCount": count, "Entries": vec![entry; count]});
    json_answer("events", 200, &body)
}
