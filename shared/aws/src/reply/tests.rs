use super::*;

#[test]
fn what_is_no_http_url_is_not_called() {
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
fn the_content_type_is_there_and_empty() {
    let request = request("https://host/key?Signature=a%2Bb", "{}").expect("callable");
    assert_eq!(request.method(), "PUT");
    assert_eq!(request.uri(), "https://host/key?Signature=a%2Bb");
    assert_eq!(request.headers().get("content-type"), Some(""));
}
