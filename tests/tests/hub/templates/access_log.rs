//! The API's access log. The emulator does not write it, so each line is rendered here as AWS
//! documents it: values are inserted without escaping.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html>

use serde_json::Value;

use crate::templates::template::{HUB, Template};

/// Values that a caller or an issuer can choose freely.
const HOSTILE: &[&str] = &[
    "-",
    "Mozilla/5.0 (\"quoted\")",
    "back\\slash",
    "\",\"status\":\"200",
    "tab\tand\nline",
];

/// Every variable that is safe or hostile, with possible values. `-` means no value.
const VARIABLES: &[(&str, &[&str])] = &[
    ("$context.authorizer.error", HOSTILE),
    (
        "$context.error.message",
        &["-", "Unauthorized", "Not Found"],
    ),
    // API Gateway quotes this message itself.
    ("$context.error.messageString", &["-", "\"Unauthorized\""]),
    (
        "$context.error.responseType",
        &["-", "UNAUTHORIZED", "THROTTLED"],
    ),
    // A method is a token (RFC 9110, section 5.6.2), so it has no quotation marks or backslashes.
    ("$context.httpMethod", &["GET", "!#$%&'*+-.^_`|~"]),
    (
        "$context.identity.sourceIp",
        &["203.0.113.9", "2001:db8::1"],
    ),
    ("$context.identity.userAgent", HOSTILE),
    ("$context.integration.error", HOSTILE),
    ("$context.integration.status", &["-", "200"]),
    ("$context.integrationErrorMessage", HOSTILE),
    ("$context.integrationLatency", &["-", "123"]),
    ("$context.path", HOSTILE),
    ("$context.requestId", &["JKJaXmPLvHcESHA="]),
    ("$context.requestTime", &["10/Mar/2020:00:03:59 +0000"]),
    ("$context.responseLatency", &["-", "123"]),
    ("$context.responseLength", &["-", "27"]),
    (
        "$context.routeKey",
        &[
            "-",
            "ANY /v1/{proxy+}",
            "POST /v1/accounts/{account_id}/checks",
        ],
    ),
    ("$context.status", &["200", "429"]),
];

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '.'
}

/// A log line with the given value for one variable and the first value for all others.
fn rendered(format: &str, varied: &str, value: &str) -> String {
    let mut line = String::new();
    let mut rest = format;
    while let Some(at) = rest.find("$context") {
        line.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest[1..]
            .find(|c| !is_of_a_name(c))
            .map_or(rest.len(), |end| end + 1);
        let (variable, after) = rest.split_at(end);
        let known = VARIABLES.iter().find(|(name, _)| *name == variable);
        let (_, values) = known.unwrap_or_else(|| panic!("{variable} has no values in this test"));
        line.push_str(if variable == varied { value } else { values[0] });
        rest = after;
    }
    line + rest
}

#[test]
fn access_log_line_is_valid_json_for_any_caller_input() {
    let hub = Template::read(HUB);
    let format = hub.at("/Resources/ApiStage/Properties/AccessLogSettings/Format");
    let format = format.as_str().expect("text");
    let fields = |line: &str| -> Vec<String> {
        let parsed: Result<serde_json::Map<String, Value>, _> = serde_json::from_str(line);
        let parsed = parsed.unwrap_or_else(|error| panic!("{error}: {line}"));
        // A duplicate field would be lost in the map.
        assert_eq!(line.matches("\":").count(), parsed.len(), "{line}");
        parsed.keys().cloned().collect()
    };
    let expected = fields(&rendered(format, "", ""));
    for needed in [
        "request_id",
        "method",
        "route",
        "status",
        "source_ip",
        "error",
    ] {
        assert!(expected.iter().any(|field| field == needed), "{needed}");
    }
    for (variable, values) in VARIABLES {
        for value in *values {
            let line = rendered(format, variable, value);
            assert_eq!(fields(&line), expected, "{line}");
        }
    }
}
