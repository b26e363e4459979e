//! What the link of a connect page asks for: the access, how it is protected, what the stack creates, and who can
//! create it.

use super::layout::Look;
use super::parts::{code_block, copy_button, digits, outside};
use crate::model::connect::ConnectPage as Registration;
use maud::{Markup, html};
use rolecall_domain::messages::Connect;

pub fn request(look: &Look<'_>, registration: &Registration) -> Markup {
    html! {
        div.cols {
            (access(look, registration))
            (protection(look, registration))
        }
        (made(look, registration))
        (permissions(look, registration))
        (share(look))
    }
}

fn access(look: &Look<'_>, registration: &Registration) -> Markup {
    let product = look.product();
    let excluded: Vec<_> = registration
        .access
        .iter()
        .filter_map(|one| one.excluded.as_ref())
        .collect();
    html! {
        section.card {
            h2 { (look.say(&Connect::MayHeading { product })) }
            (super::parts::access_list(look, &registration.access))
            @if !excluded.is_empty() {
                h3 { (look.say(&Connect::MayNotHeading)) }
                ul.plain { @for text in excluded { li.no { span.muted { (text) } } } }
            }
        }
    }
}

fn protection(look: &Look<'_>, registration: &Registration) -> Markup {
    let trust = Connect::SafeTrust {
        product: look.product(),
        hub: registration.hub_account_id.clone(),
    };
    html! {
        section.card {
            h2 { (look.say(&Connect::SafeHeading)) }
            ul.plain {
                @for text in [trust, Connect::SafeChecked, Connect::SafeRevoke] {
                    li.yes { span { (look.say(&text)) } }
                }
            }
        }
    }
}

fn made(look: &Look<'_>, registration: &Registration) -> Markup {
    html! {
        section.card {
            h2 { (look.say(&Connect::MadeHeading)) }
            div.flow {
                div { strong { (look.brand.product_name) } span.small.muted { (digits(&registration.hub_account_id)) } }
                div.between { span.small { (look.say(&Connect::MadeAssumes)) } }
                div { strong { (look.say(&Connect::MadeRole)) } span.small.muted { (look.say(&Connect::MadeInAccount)) } }
            }
            @if !registration.companion_roles.is_empty() {
                p { (look.say(&Connect::MadeAlso)) }
                ul.plain {
                    @for role in &registration.companion_roles { li.yes { span { (role.title) span.sub { (role.explain) } } } }
                }
            }
            @if let Some(url) = &registration.template_url {
                p { (outside(look, url, "", &look.say(&Connect::Template))) }
            }
            @if let Some(sha256) = &registration.template_sha256 {
                p.small.muted.mono.wrap { (look.say(&Connect::TemplateHash { sha256: sha256.clone() })) }
            }
        }
    }
}

fn permissions(look: &Look<'_>, registration: &Registration) -> Markup {
    html! {
        @if let Some(policy) = &registration.required_permissions {
            details.card {
                summary { h2 { (look.say(&Connect::PermissionsHeading)) } }
                p { (look.say(&Connect::PermissionsDetail)) }
                (code_block(look, "permissions", &format!("{policy:#}")))
            }
        }
    }
}

fn share(look: &Look<'_>) -> Markup {
    let url = format!("{}{}", look.origin, look.path);
    let product = look.product();
    let subject = look.say(&Connect::ShareSubject {
        product: product.clone(),
    });
    let body = look.say(&Connect::ShareBody {
        product,
        url: url.clone(),
    });
    let mail = format!(
        "mailto:?subject={}&body={}",
        super::parts::percent_encoded(&subject),
        super::parts::percent_encoded(&body)
    );
    html! {
        details.card {
            summary { h2 { (look.say(&Connect::Share)) } }
            p { (look.say(&Connect::ShareDetail)) }
            label for="address" { (look.say(&Connect::ShareAddress)) }
            div.row.stretch {
                input #address .mono readonly value=(url);
                (copy_button(look, "address"))
            }
            p { a href=(mail) { (look.say(&Connect::ShareByMail)) } }
        }
    }
}
