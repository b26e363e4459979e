//! What went wrong, in words, on standard error.

use std::error::Error;

use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::screen::Screen;
use crate::view::text::plain;
use crate::view::{Tone, render, shown};

/// Says it, and what can be done.
pub fn tell(failure: &Failure, screen: &Screen) {
    let style = screen.style;
    let mark = style.paint(Tone::Bad, "✗");
    screen.print(&format!("{mark} {}\n", plain(&failure.to_string())));
    match failure {
        Failure::Refused(refusal) => details(refusal, screen),
        Failure::Unreachable(source) => causes(&**source, screen),
        Failure::Local { source, .. } => causes(source, screen),
        Failure::Gateway { .. }
        | Failure::Unusable(_)
        | Failure::Usage(_)
        | Failure::NotSignedIn(_)
        | Failure::Ended(_)
        | Failure::Late(_) => {}
    }
    if let Some(hint) = hint(failure) {
        screen.note(&format!("  → {hint}"));
    }
    if let Failure::Refused(refusal) = failure
        && !refusal.problem.request_id.is_empty()
    {
        let line = format!("  request id {}", plain(&refusal.problem.request_id));
        screen.print(&format!("{}\n", style.paint(Tone::Dull, &line)));
    }
}

fn details(refusal: &Refusal, screen: &Screen) {
    for error in &refusal.problem.errors {
        let field = match error.field.as_str() {
            "" => "the body",
            field => field,
        };
        screen.note(&format!("  {field}: {} ({})", error.message, error.code));
    }
    // An inconclusive answer about no verification has an empty report.
    let report = refusal.problem.report.as_ref();
    let report = report.filter(|report| report["checks"].as_array().is_some_and(|c| !c.is_empty()));
    if let Some(report) = report {
        screen.print(&format!(
            "{}\n",
            render(shown::REPORT, report, screen.style)
        ));
    }
}

fn causes(error: &(dyn Error + 'static), screen: &Screen) {
    let mut next = Some(error);
    while let Some(error) = next {
        screen.note(&format!("  {error}"));
        next = error.source();
    }
}

fn hint(failure: &Failure) -> Option<String> {
    match (failure.exit(), failure.retry_after()) {
        (Exit::Later, Some(seconds)) => Some(format!("Try again in {seconds} s.")),
        (Exit::NotSignedIn, _) => Some(
            "Put a token into ROLECALL_TOKEN, or into a file that --token-file names.".to_owned(),
        ),
        (Exit::Conflict, _) if is_conflict(failure) => Some("Try again.".to_owned()),
        _ => None,
    }
}

/// Something else changed the same thing at the same time.
fn is_conflict(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.problem.code == "conflict")
}
