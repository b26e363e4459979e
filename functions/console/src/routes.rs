//! The table of pages.

/// Who can see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    SignedIn,
}

/// What a route shows or does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Groups,
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

const fn route(method: &'static str, path: &'static str, access: Access, page: Page) -> Route {
    Route {
        method,
        path,
        access,
        page,
    }
}

pub const ROUTES: &[Route] = &[route("GET", "/", Access::Anyone, Page::Groups)];

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

/// Paths are compared exactly, without decoding or normalization, so that a page has only one. HEAD finds
/// what GET does.
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
            Some(name) if !segment.is_empty() => parameters.push((name, segment)),
            None if segment == part => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
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
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
