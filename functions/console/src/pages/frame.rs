//! The data that every page needs.

use crate::assets::{SCRIPT, STYLE};
use crate::brand::{accent_path, icon_path};
use crate::http::Response;
use crate::view::{Assets, Look, Person, Role};
use crate::visit::Visit;
use crate::{Console, Refusal};
use maud::Markup;
use rolecall_domain::ports::Entropy;
use rolecall_domain::workload::Token;
use serde_json::Value;

/// Values that are needed while a page is built.
#[derive(Debug)]
pub(crate) struct Shown {
    form_token: String,
    query: String,
    accent: String,
    icon: String,
    person: Option<Person>,
}

impl<S, I, L, H: Entropy, A> Console<S, I, L, H, A> {
    pub(crate) fn shown(&self, visit: &Visit<'_>) -> Shown {
        let person = visit.signed().map(|signed| {
            let person = &signed.current.session.person;
            Person {
                name: person.display_name().to_owned(),
                tenant: person.tenant.to_string(),
                role: self.role(&signed.current.tokens.id_token),
            }
        });
        Shown {
            form_token: visit.form_token(&self.sign_ins.host),
            query: visit.query_without(&["lang"]),
            accent: accent_path(&visit.brand),
            icon: icon_path(&visit.brand),
            person,
        }
    }

    /// Pages with forms that the API would reject are not shown.
    pub(crate) fn require(&self, visit: &Visit<'_>, least: Role) -> Result<(), Refusal> {
        let signed = visit.signed();
        let role = signed.map(|signed| self.role(&signed.current.tokens.id_token));
        match role.is_some_and(|role| role >= least) {
            true => Ok(()),
            false => Err(Refusal::NotPermitted(least)),
        }
    }

    /// The role of the user, as the API determines it. Pages only hide what the role does not allow.
    fn role(&self, id_token: &str) -> Role {
        let settings = &self.sign_ins.settings.claims;
        let claims = Token::parse(id_token).map(|token| token.claims());
        let mut claims = claims.unwrap_or_default();
        // As the gateway passes a list on.
        let list = claims.get(&settings.role).and_then(Value::as_array);
        if let Some(list) = list {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            let text = format!("[{}]", words.join(" "));
            claims.insert(settings.role.clone(), text.into());
        }
        settings.role(&Value::Object(claims), Some(id_token))
    }

    /// The same for a user who is not, or no longer, signed in.
    pub(crate) fn shown_to_nobody(&self, visit: &Visit<'_>) -> Shown {
        Shown {
            person: None,
            ..self.shown(visit)
        }
    }

    pub(crate) fn look<'a>(&'a self, visit: &'a Visit<'_>, shown: &'a Shown) -> Look<'a> {
        Look {
            language: visit.language,
            brand: &visit.brand,
            assets: Assets {
                style: STYLE.path,
                script: SCRIPT.path,
                accent: &shown.accent,
                icon: &shown.icon,
            },
            origin: &self.url,
            path: &visit.request.path,
            query: &shown.query,
            person: shown.person.as_ref(),
            form_token: &shown.form_token,
            now: visit.now,
        }
    }

    /// A page, or a part of one, rendered by a view.
    pub(crate) fn page(
        &self,
        visit: &Visit<'_>,
        status: u16,
        view: impl FnOnce(&Look<'_>) -> Markup,
    ) -> Response {
        let shown = self.shown(visit);
        Response::page(status, view(&self.look(visit, &shown)))
    }
}
