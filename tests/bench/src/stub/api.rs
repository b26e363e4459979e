//! The hub's own API and its issuer: recorded responses for requests with any token.

use crate::console::Answers;
use crate::http::{Request, Response};

const JSON: &str = "application/json";

/// The response to a path. `None` if there is none.
pub(super) fn answer(answers: &Answers, request: &Request) -> Option<Response> {
    let body = answers.get(&request.path)?;
    let is_signed_in = match request.path.split('/').nth(1) {
        Some("v1") => request.header("authorization").starts_with("Bearer "),
        Some("connect") => !request.header("rolecall-page-token").is_empty(),
        _ => true,
    };
    Some(match is_signed_in {
        true => Response::new(200, JSON, body.clone()),
        false => Response::new(401, JSON, r#"{"message":"Unauthorized"}"#),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(path: &str, header: &str) -> Option<u16> {
        let answers = [
            "/v1/groups/1",
            "/connect/v1/registration",
            "/.well-known/rolecall",
        ];
        let answers = answers.map(|path| (path.to_owned(), b"{}".to_vec()));
        let request = Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: vec![(header.to_owned(), "Bearer x".to_owned())],
            ..Request::default()
        };
        Some(answer(&Answers::from(answers), &request)?.status)
    }

    #[test]
    fn recorded_paths_are_answered_to_those_with_a_token() {
        assert_eq!(status("/v1/groups/1", "authorization"), Some(200));
        assert_eq!(status("/v1/groups/1", "x"), Some(401));
        let connect = "/connect/v1/registration";
        assert_eq!(status(connect, "rolecall-page-token"), Some(200));
        assert_eq!(status(connect, "x"), Some(401));
        assert_eq!(status("/.well-known/rolecall", "x"), Some(200));
        assert_eq!(status("/v1/groups/2", "authorization"), None);
    }
}
