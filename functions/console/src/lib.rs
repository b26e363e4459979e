//! The console: pages for the tenants' people, and the pages that customers see without signing in.
//!
//! It has no access to the hub's records: it calls the API as the user does. [`Console::handle`] finds the
//! route and turns the result into a page. [`routes`] has the table of pages.

pub mod assets;
pub mod headers;
pub mod http;
pub mod routes;
pub mod view;

use crate::http::{Request, Response, Unreadable};
use crate::routes::{Page, Route, Target};
use rolecall_aws::telemetry::{Ending, Outcome, RequestLog};
use rolecall_domain::messages::Language;
use serde_json::Value;

/// The console.
#[derive(Debug)]
pub struct Console {}

impl Console {
    /// Handles a request. Every error becomes a page.
    pub async fn handle(&self, event: &Value) -> Response {
        let request = match Request::read(event) {
            Ok(request) => request,
            Err(unreadable) => return headers::secured(refused(unreadable)),
        };
        let target = routes::find(&request.method, &request.path);
        let log = RequestLog::start(action(&target));
        log.request_id(&request.id);
        let response = match target {
            Target::Route(route, _) => self.answer(route, &request).await,
            Target::OtherMethod => message(405, "Method not allowed"),
            Target::Unknown => assets::find(&request).unwrap_or_else(|| message(404, "Not found")),
        };
        let ending = Ending {
            status_code: Some(response.status_code),
            ..Ending::default()
        };
        log.end(Outcome::Succeeded, &ending);
        let response = headers::secured(response);
        match request.method == "HEAD" {
            true => response.without_body(),
            false => response,
        }
    }

    async fn answer(&self, route: &Route, _request: &Request) -> Response {
        match route.page {
            Page::Groups => {
                let page = view::plain(Language::English, "Rolecall", &[]);
                Response::page(200, page)
            }
        }
    }
}

/// A name for the log. It contains nothing that the caller sent.
fn action(target: &Target<'_>) -> String {
    match target {
        Target::Route(route, _) => format!("{} {}", route.method, route.path),
        Target::OtherMethod => "unsupported method".to_owned(),
        Target::Unknown => "unknown path".to_owned(),
    }
}

fn message(status: u16, text: &str) -> Response {
    Response::page(status, view::plain(Language::English, text, &[]))
}

fn refused(unreadable: Unreadable) -> Response {
    match unreadable {
        Unreadable::TooLarge => message(413, "The form is too large"),
        Unreadable::Malformed => message(400, "The form can't be read"),
    }
}
