//! Cursors, registration tokens and page tokens, which only the hub's keys can create.

use super::hub;
use rolecall_domain::ids::RegistrationId;
use rolecall_domain::link::page_token::is_well_formed;

/// Four lines: a context, a position, another context, and a presented cursor.
pub fn cursor(bytes: &[u8]) -> bool {
    let Some(input) = super::text(bytes) else {
        return false;
    };
    let mut lines = input.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (context, position, another, presented) = (line(), line(), line(), line());
    let ring = hub::keys().0;
    let sealed = ring.seal(context, position);
    assert_eq!(ring.unseal(context, &sealed).as_deref(), Some(position));
    if another != context {
        assert_eq!(
            ring.unseal(another, &sealed),
            None,
            "it is valid in another context"
        );
    }
    let opened = ring.unseal(context, presented);
    if let Some(position) = &opened {
        assert_eq!(
            ring.seal(context, position),
            presented,
            "it differs from the sealed cursor"
        );
    }
    opened.is_some()
}

/// An accepted page token must be exactly the token that the hub creates.
pub fn page_token(bytes: &[u8]) -> bool {
    let Some(presented) = super::text(bytes) else {
        return false;
    };
    let ring = hub::keys().0;
    let given = hub::with_page_token(presented);
    let page = ring.authenticate_page(&given);
    assert!(page.is_none() || is_well_formed(&given));
    let Some(page) = page else {
        return false;
    };
    let made = ring.page_token(&page, ring.signer()).expect("a key");
    assert_eq!(made.expose(), given);
    assert_eq!(ring.authenticate(&given), None, "it registers");
    true
}

/// An accepted token must be exactly the token that the hub creates.
pub fn registration_token(bytes: &[u8]) -> bool {
    let Some(presented) = super::text(bytes) else {
        return false;
    };
    let ring = hub::keys().0;
    let token = |id: &RegistrationId| ring.token(id, ring.signer()).expect("a key");
    if let Some((id, _)) = presented.split_once('.')
        && let Ok(id) = RegistrationId::parse(id)
    {
        let made = token(&id);
        assert!(
            ring.authenticate(made.expose())
                .is_some_and(|(found, _)| found == id)
        );
    }
    let given = hub::with_token(presented);
    let Some((id, key_id)) = ring.authenticate(&given) else {
        return false;
    };
    let made = ring.token(&id, &key_id).expect("the matching key");
    assert_eq!(made.expose(), given);
    true
}
