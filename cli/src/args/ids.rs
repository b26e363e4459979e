//! Ids as the hub writes them, so that a mixed-up one is told at once and a path needs no escaping.

fn id(prefix: &str, what: &str, text: &str) -> Result<String, String> {
    let tail = text.strip_prefix(prefix).unwrap_or_default();
    let hexadecimal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if tail.len() == 32 && tail.bytes().all(hexadecimal) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{what} has an id like {prefix}<32 hexadecimal digits>"
        ))
    }
}

pub fn group(text: &str) -> Result<String, String> {
    id("grp_", "a group", text)
}

pub fn registration(text: &str) -> Result<String, String> {
    id("reg_", "a registration", text)
}

pub fn account(text: &str) -> Result<String, String> {
    match aws_account(text) {
        Ok(_) => Err("this is an AWS account; its id in the hub begins with acc_".to_owned()),
        Err(_) => id("acc_", "an account", text),
    }
}

pub fn orphan(text: &str) -> Result<String, String> {
    id("stk_", "a leftover stack", text)
}

pub fn aws_account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an AWS account has twelve digits".to_owned())
    }
}

pub fn idempotency_key(text: &str) -> Result<String, String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=255).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err("a key has 1 to 255 visible ASCII characters".to_owned())
    }
}
