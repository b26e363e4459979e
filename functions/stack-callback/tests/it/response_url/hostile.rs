//! URLs that must never be called. `HOST` is the valid host of us-east-1.

use super::BUCKET;
use super::look_alikes::{BUCKETS, LOOK_ALIKES};

const HOST: &str = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com";

/// Every hostile URL, with a description of the trick.
pub fn table() -> Vec<(String, &'static str)> {
    let mut table: Vec<(String, &'static str)> = Vec::new();
    for rows in [
        SCHEMES,
        AUTHORITIES,
        ADDRESSES,
        LOOK_ALIKES,
        SPELLINGS,
        SHAPES,
    ] {
        table.extend(
            rows.iter()
                .map(|(url, why)| (url.replace("HOST", HOST), *why)),
        );
    }
    table.extend(
        BUCKETS
            .iter()
            .map(|(rest, why)| (format!("https://{BUCKET}{rest}/x"), *why)),
    );
    let long = "x".repeat(4096);
    table.push((format!("https://{long}.example/x"), "a very long name"));
    table.push((
        format!("https://{}@{HOST}/x", "u".repeat(2000)),
        "very long user info",
    ));
    table.push((
        format!("https://{}{HOST}/x", "/".repeat(500)),
        "very many slashes",
    ));
    table
}

const SCHEMES: &[(&str, &str)] = &[
    ("http://HOST/x", "no TLS"),
    (
        "HTTPS://HOST/x",
        "a scheme that is not written as AWS writes it",
    ),
    ("Https://HOST/x", "a scheme in mixed case"),
    ("httpss://HOST/x", "another scheme with the same beginning"),
    ("ftp://HOST/x", "FTP"),
    ("file:///etc/passwd", "a file"),
    ("file://HOST/etc/passwd", "a file on the valid host"),
    (
        "gopher://HOST:70/_x",
        "gopher, which can speak any protocol",
    ),
    ("dict://127.0.0.1:11211/stat", "dict"),
    ("ldap://127.0.0.1/x", "LDAP"),
    ("data:text/plain,x", "inline data"),
    ("javascript:alert(1)", "a script"),
    ("ws://HOST/x", "a web socket"),
    ("jar:https://HOST!/x", "a nested scheme"),
    ("url:https://HOST/x", "a prefix that some parsers drop"),
    (" https://HOST/x", "a space that some parsers trim"),
    ("\thttps://HOST/x", "a tab that some parsers trim"),
    ("\u{feff}https://HOST/x", "a byte-order mark"),
    ("//HOST/x", "no scheme"),
    ("HOST/x", "no scheme and no slashes"),
    ("https:HOST/x", "no slashes"),
    ("https:/HOST/x", "one slash"),
    ("https:///HOST/x", "an empty host"),
    ("https:\\\\HOST\\x", "backslashes for slashes"),
    ("", "nothing"),
    ("https://", "a scheme alone"),
];

const AUTHORITIES: &[(&str, &str)] = &[
    ("https://user@HOST/x", "user info"),
    ("https://user:password@HOST/x", "user info with a password"),
    ("https://@HOST/x", "empty user info"),
    ("https://HOST@evil.example/x", "the good host as user info"),
    (
        "https://HOST:x@evil.example/x",
        "the good host as user and password",
    ),
    ("https://HOST%40evil.example/x", "an encoded @"),
    ("https://evil.example\\@HOST/x", "a backslash before an @"),
    (
        "https://HOST\\@evil.example/x",
        "the good host, a backslash and an @",
    ),
    (
        "https://HOST\\.evil.example/x",
        "a backslash that some read as a slash",
    ),
    ("https://HOST:443/x", "a port, if only the usual one"),
    ("https://HOST:/x", "an empty port"),
    ("https://HOST:80/x", "another port"),
    ("https://HOST:8443/x", "another port"),
    ("https://HOST:0443/x", "a port in another spelling"),
    ("https://HOST:65979/x", "a port that overflows to 443"),
    (
        "https://HOST:443@evil.example/x",
        "host and port as user info",
    ),
    ("https://HOST:22/../x", "a port and a climb"),
    (
        "https://evil.example/https://HOST/x",
        "the good URL as a path",
    ),
    ("https://evil.example/HOST/x", "the good host as a path"),
    (
        "https://evil.example?https://HOST/x",
        "the good URL as a query",
    ),
    (
        "https://evil.example#https://HOST/x",
        "the good URL as a fragment",
    ),
    (
        "https://evil.example#@HOST/x",
        "a fragment that some read as user info",
    ),
    (
        "https://HOST#@evil.example/x",
        "a fragment straight after the host",
    ),
    (
        "https://HOST?@evil.example/x",
        "a query straight after the host",
    ),
    (
        "https://HOST;@evil.example/x",
        "a semicolon straight after the host",
    ),
    ("https://HOST,evil.example/x", "two hosts"),
    ("https://HOST evil.example/x", "a space and another host"),
];

const ADDRESSES: &[(&str, &str)] = &[
    ("https://127.0.0.1/x", "the function itself"),
    ("https://localhost/x", "the function itself by name"),
    (
        "https://169.254.169.254/latest/meta-data/",
        "instance metadata",
    ),
    (
        "https://169.254.170.2/v2/credentials",
        "container credentials",
    ),
    (
        "http://169.254.100.1:9001/2018-06-01/runtime/invocation/next",
        "Lambda's own runtime API",
    ),
    ("https://2130706433/x", "IPv4 as one decimal number"),
    ("https://0x7f000001/x", "IPv4 in hex"),
    ("https://0x7f.0.0.1/x", "IPv4 partly in hex"),
    ("https://0177.0.0.1/x", "IPv4 partly in octal"),
    ("https://017700000001/x", "IPv4 in octal"),
    ("https://127.1/x", "IPv4, short"),
    ("https://127.0.1/x", "IPv4, less short"),
    ("https://0/x", "IPv4, shortest"),
    ("https://0.0.0.0/x", "any address"),
    ("https://10.0.0.1/x", "a private network"),
    ("https://172.16.0.1/x", "a private network"),
    ("https://192.168.0.1/x", "a private network"),
    ("https://100.64.0.1/x", "a carrier's network"),
    ("https://[::1]/x", "IPv6 loopback"),
    ("https://[::]/x", "IPv6 any"),
    ("https://[::ffff:127.0.0.1]/x", "IPv4 mapped into IPv6"),
    ("https://[::ffff:a9fe:a9fe]/x", "metadata mapped into IPv6"),
    (
        "https://[fd00:ec2::254]/latest/meta-data/",
        "instance metadata over IPv6",
    ),
    ("https://[fe80::1%25eth0]/x", "IPv6 with a zone"),
    ("https://[64:ff9b::7f00:1]/x", "IPv4 behind NAT64"),
    (
        "https://127.0.0.1.nip.io/x",
        "a name that resolves to an address in it",
    ),
    (
        "https://HOST.127.0.0.1.nip.io/x",
        "the good host before such a name",
    ),
    (
        "https://s3.amazonaws.com@127.0.0.1/x",
        "an address after user info",
    ),
];

const SPELLINGS: &[(&str, &str)] = &[
    (
        "https://CLOUDFORMATION-custom-resource-response-useast1.s3.amazonaws.com/x",
        "upper case",
    ),
    (
        "https://cloudformation-custom-resource-response-USEAST1.s3.amazonaws.com/x",
        "the Region in upper case",
    ),
    (
        "https://cloudformation-custom-resource-response-useast1.S3.AMAZONAWS.COM/x",
        "the domain in upper case",
    ),
    (
        "https://cloudformation%2Dcustom-resource-response-useast1.s3.amazonaws.com/x",
        "an encoded dash",
    ),
    (
        "https://cloudformation-custom-resource-response-useast1%2es3.amazonaws.com/x",
        "an encoded dot",
    ),
    (
        "https://HOST%2eevil.example/x",
        "an encoded dot and another domain",
    ),
    ("https://HOST%2fx", "an encoded slash for the first one"),
    ("https://HOST%252fx", "a slash that is encoded twice"),
    ("https://HOST%00.evil.example/x", "an encoded NUL"),
    ("https://HOST\u{0}.evil.example/x", "a NUL"),
    (
        "https://HOST%0d%0aHost:evil.example/x",
        "an encoded line break in the host",
    ),
    (
        "https://HOST\r\nHost: evil.example/x",
        "a line break in the host",
    ),
    (
        "https://HOST/\r\nHost: evil.example",
        "a line break in the path",
    ),
    (
        "https://HOST/x\nX-Injected: 1",
        "a bare line feed in the path",
    ),
    ("https://HOST/x\ty", "a tab in the path"),
    ("https://HOST/x y", "a space in the path"),
    ("https://HO\tST/x", "a tab within the text"),
    (
        "https://cloudformation-custom-resource-response-useast1\u{3002}s3.amazonaws.com/x",
        "an ideographic full stop",
    ),
    (
        "https://cloudformation-custom-resource-response-useast1\u{ff0e}s3.amazonaws.com/x",
        "a fullwidth full stop",
    ),
    (
        "https://cloudformation-custom-resource-response-useast1.s3.amazonaws\u{2024}com/x",
        "a one-dot leader",
    ),
    (
        "https://\u{ff43}loudformation-custom-resource-response-useast1.s3.amazonaws.com/x",
        "a fullwidth letter",
    ),
    (
        "https://cloudform\u{430}tion-custom-resource-response-useast1.s3.amazonaws.com/x",
        "a Cyrillic a",
    ),
    (
        "https://xn--cloudformtion-custom-resource-response-useast1-xyz.s3.amazonaws.com/x",
        "punycode",
    ),
    (
        "https://cloudformation\u{2010}custom-resource-response-useast1.s3.amazonaws.com/x",
        "another hyphen",
    ),
    (
        "https://cloudformation-custom-resource-response-useast\u{2460}.s3.amazonaws.com/x",
        "a circled digit",
    ),
    ("https://HOST\u{2044}x/y", "a fraction slash"),
    ("https://HOST\u{ff0f}x/y", "a fullwidth slash"),
    ("https://HOST/\u{202e}x", "text that turns direction"),
    ("https://HOST\u{ad}/x", "a soft hyphen that some drop"),
    ("https://HOST\u{200b}/x", "a space of no width"),
];

const SHAPES: &[(&str, &str)] = &[
    ("https://HOST", "no path"),
    ("https://HOST?X-Amz-Signature=x", "a query without a path"),
    ("https://HOST#x", "a fragment without a path"),
    ("https://HOST\\x", "a backslash for the first slash"),
    ("https://HOST/x\\..\\y", "backslashes in the path"),
    ("https:// HOST/x", "a space before the host"),
    ("https://[HOST]/x", "the good host in brackets"),
    ("https://*.s3.amazonaws.com/x", "a wildcard"),
    ("https://{HOST}/x", "the good host in braces"),
    (
        "arn:aws:s3:::cloudformation-custom-resource-response-useast1/x",
        "an ARN",
    ),
    (
        "s3://cloudformation-custom-resource-response-useast1/x",
        "an S3 URI",
    ),
];
