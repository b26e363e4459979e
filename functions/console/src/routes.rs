//! The table of pages.

/// Who can see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    SignedIn,
    /// The same, for a part of a page that the page's script fetches. Never redirects.
    Fragment,
}

/// What a route shows or does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    SignIn,
    SignInCallback,
    SignOut,
    SignedOut,
    Sessions,
    EndSessions,
    Resume,
    Discard,
    Groups,
    NewGroup,
    CreateGroup,
    Group,
    Waiting,
    EditGroup,
    ChangeGroup,
    AskToDeleteGroup,
    DeleteGroup,
    AddAccount,
    CreateRegistration,
    Registration,
    RegistrationStatus,
    CompleteRegistration,
    AskToRevokeRegistration,
    RevokeRegistration,
    Accounts,
    Account,
    AccountStatus,
    AccountHistory,
    AccountReceipts,
    EditAccount,
    ChangeAccount,
    CheckAccount,
    AskToDeregisterAccount,
    DeregisterAccount,
    RenewCustomerLink,
    AskForAccess,
    ChooseAccess,
    AskForCompanionRoles,
    ChooseCompanionRoles,
    Simulate,
    DecodeMessage,
    OrphanedStacks,
    OrphanedStack,
    OrphanedStackStatus,
    CheckOrphanedStack,
    AskToDismissOrphanedStack,
    DismissOrphanedStack,
    Export,
    CustomerConnect,
    CustomerConnectStatus,
    CustomerPaste,
    Customer,
    CustomerStatus,
}

/// A route of the console.
#[derive(Debug)]
pub struct Route {
    pub method: &'static str,
    /// A path template such as `/groups/{group_id}`.
    pub path: &'static str,
    pub access: Access,
    pub page: Page,
}

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $page:ident;)*) => {
        pub const ROUTES: &[Route] = &[
            $(Route {
                method: stringify!($method),
                path: $path,
                access: Access::$access,
                page: Page::$page,
            },)*
        ];
    };
}

routes! {
    GET "/sign-in" Anyone SignIn;
    GET "/sign-in/callback" Anyone SignInCallback;
    POST "/sign-out" SignedIn SignOut;
    GET "/signed-out" Anyone SignedOut;
    GET "/sessions" SignedIn Sessions;
    POST "/sessions/end" SignedIn EndSessions;
    POST "/sessions/{session}/end" SignedIn EndSessions;
    GET "/resume" SignedIn Resume;
    POST "/resume/discard" SignedIn Discard;

    GET "/" SignedIn Groups;
    POST "/groups" SignedIn CreateGroup;
    GET "/groups/new" SignedIn NewGroup;
    GET "/groups/{group_id}" SignedIn Group;
    POST "/groups/{group_id}" SignedIn ChangeGroup;
    GET "/groups/{group_id}/waiting" SignedIn Waiting;
    GET "/groups/{group_id}/edit" SignedIn EditGroup;
    GET "/groups/{group_id}/delete" SignedIn AskToDeleteGroup;
    POST "/groups/{group_id}/delete" SignedIn DeleteGroup;
    GET "/groups/{group_id}/add" SignedIn AddAccount;
    POST "/groups/{group_id}/registrations" SignedIn CreateRegistration;

    GET "/registrations/{registration_id}" SignedIn Registration;
    GET "/registrations/{registration_id}/status" Fragment RegistrationStatus;
    POST "/registrations/{registration_id}/complete" SignedIn CompleteRegistration;
    GET "/registrations/{registration_id}/revoke" SignedIn AskToRevokeRegistration;
    POST "/registrations/{registration_id}/revoke" SignedIn RevokeRegistration;

    GET "/accounts" SignedIn Accounts;
    GET "/accounts/{account_id}" SignedIn Account;
    GET "/accounts/{account_id}/status" Fragment AccountStatus;
    GET "/accounts/{account_id}/history" SignedIn AccountHistory;
    GET "/accounts/{account_id}/receipts" SignedIn AccountReceipts;
    GET "/accounts/{account_id}/edit" SignedIn EditAccount;
    POST "/accounts/{account_id}/edit" SignedIn ChangeAccount;
    POST "/accounts/{account_id}/check" SignedIn CheckAccount;
    GET "/accounts/{account_id}/deregister" SignedIn AskToDeregisterAccount;
    POST "/accounts/{account_id}/deregister" SignedIn DeregisterAccount;
    POST "/accounts/{account_id}/customer-link" SignedIn RenewCustomerLink;
    GET "/accounts/{account_id}/access" SignedIn AskForAccess;
    POST "/accounts/{account_id}/access" SignedIn ChooseAccess;
    GET "/accounts/{account_id}/companion-roles" SignedIn AskForCompanionRoles;
    POST "/accounts/{account_id}/companion-roles" SignedIn ChooseCompanionRoles;
    POST "/accounts/{account_id}/simulate" SignedIn Simulate;
    POST "/accounts/{account_id}/decode" SignedIn DecodeMessage;

    GET "/orphaned-stacks" SignedIn OrphanedStacks;
    GET "/orphaned-stacks/{orphaned_stack_id}" SignedIn OrphanedStack;
    POST "/orphaned-stacks/{orphaned_stack_id}/check" SignedIn CheckOrphanedStack;
    GET "/orphaned-stacks/{orphaned_stack_id}/status" Fragment OrphanedStackStatus;
    GET "/orphaned-stacks/{orphaned_stack_id}/dismiss" SignedIn AskToDismissOrphanedStack;
    POST "/orphaned-stacks/{orphaned_stack_id}/dismiss" SignedIn DismissOrphanedStack;

    GET "/export" SignedIn Export;

    GET "/connect/{page_token}" Anyone CustomerConnect;
    GET "/connect/{page_token}/status" Anyone CustomerConnectStatus;
    POST "/connect/{page_token}/complete" Anyone CustomerPaste;
    GET "/customer/{page_token}" Anyone Customer;
    GET "/customer/{page_token}/status" Anyone CustomerStatus;
}

/// What a method and a path refer to.
#[derive(Debug)]
pub enum Target<'a> {
    Route(&'static Route, Parameters<'a>),
    /// A known path, with another method.
    OtherMethod,
    Unknown,
}

/// The variable segments of a path, by name.
pub type Parameters<'a> = Vec<(&'static str, &'a str)>;

/// Paths are compared exactly, without decoding or normalization, so that each page has only one path. HEAD
/// requests match the same routes as GET requests.
pub fn find<'a>(method: &str, path: &'a str) -> Target<'a> {
    let method = if method == "HEAD" { "GET" } else { method };
    let mut target = Target::Unknown;
    for route in ROUTES {
        let Some(parameters) = parameters(route.path, path) else {
            continue;
        };
        if route.method == method {
            return Target::Route(route, parameters);
        }
        target = Target::OtherMethod;
    }
    target
}

fn parameters<'a>(template: &'static str, path: &'a str) -> Option<Parameters<'a>> {
    let (mut parameters, mut segments) = (Vec::new(), path.split('/'));
    for part in template.split('/') {
        let segment = segments.next()?;
        let name = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        match name {
            Some(name) if is_parameter(segment) => parameters.push((name, segment)),
            None if segment == part => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

/// IDs and page tokens have no other characters. They become a part of the API's paths.
fn is_parameter(segment: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let dots = segment.bytes().all(|b| b == b'.');
    segment.len() <= 200 && !dots && segment.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_template_matches_whole_segments_only() {
        let of = |path| parameters("/groups/{group_id}/edit", path);
        assert_eq!(of("/groups/g1/edit"), Some(vec![("group_id", "g1")]));
        for other in [
            "/groups//edit",
            "/groups/g1/edit/",
            "/groups/g1",
            "groups/g1/edit",
            "/groups/a/b/edit",
            "/Groups/g1/edit",
            "/groups/../edit",
            "/groups/a%2Fb/edit",
            "/groups/a?b/edit",
            "/groups/g\n1/edit",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
