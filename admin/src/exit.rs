//! Exit codes.

pub use rolecall_client::Exit;

/// The table under `--help`.
pub fn help() -> String {
    Exit::help(meaning)
}

/// What a code means on one line.
fn meaning(exit: Exit) -> Option<&'static str> {
    Some(match exit {
        Exit::Success => "success",
        Exit::Rejected => "AWS rejected a request, or some events can't be published",
        Exit::InvalidArguments => "invalid arguments, or a file has a mistake",
        Exit::NotAuthenticated => "not authenticated: AWS credentials are missing or were rejected",
        Exit::NotFound => "hub stack or user not found",
        Exit::Conflict => "something else was published at the same time, or the user exists",
        Exit::VerificationFailed => return None,
        Exit::RetryLater => "some events could not be published yet: retry later",
        Exit::Unreachable => "could not reach AWS, or its response was invalid",
        Exit::LocalFile => "could not read or write a local file",
    })
}
