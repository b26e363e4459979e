use super::*;

#[test]
fn only_http_urls_are_called() {
    for url in [
        "",
        "ftp://host/x",
        "file:///etc/passwd",
        "/path",
        "https://me@host/x",
        "a b",
    ] {
        assert!(request(url, "{}").is_none(), "{url}");
    }
}

#[test]
fn content_type_header_is_empty() {
    let request = request("https://host/key?Signature=a%2Bb", "{}").expect("callable");
    assert_eq!(request.method(), "PUT");
    assert_eq!(request.uri(), "https://host/key?Signature=a%2Bb");
    assert_eq!(request.headers().get("content-type"), Some(""));
}
