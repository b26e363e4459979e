//! `exec`: the command's environment, and with `--renew` the endpoint from which it reads credentials.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::program::{Run, command, finished};
use super::stub::{Reply, Stub};

const ACC: &str = "acc_0123456789abcdef0123456789abcdef";

/// A secret that is easy to find in output.
const SECRET: &str = "wJalrXUtnFEMI-S3CR3T";

/// The response of the hub: credentials that expire this many seconds from now.
fn issued(key: &str, seconds: i64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.expect("after 1970").as_secs()).expect("a time");
    let expiration = jiff::Timestamp::from_second(now + seconds).expect("a time");
    json!({
        "Version": 1, "AccessKeyId": key, "SecretAccessKey": SECRET, "SessionToken": "t", "Token": "t",
        "Expiration": expiration, "AccountId": "222222222222", "account_id": ACC,
        "profile": "inventory", "region": "eu-west-1",
    })
}

fn hub(key: &str) -> Stub {
    Stub::one(Reply::ok(&issued(key, 3_600)))
}

/// `rolecall exec` with this command.
fn exec(stub: &Stub, options: &[&str], words: &[&str]) -> Command {
    let line = [
        &["exec", ACC, "--access", "inventory"],
        options,
        &["--"],
        words,
    ]
    .concat();
    let mut command = command(&line);
    command
        .env("PATH", std::env::var("PATH").expect("a path"))
        .env("ROLECALL_API_URL", stub.url())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
        .env("AWS_SECRET_ACCESS_KEY", "s3cr3t");
    command
}

fn run(mut command: Command) -> Run {
    finished(&command.output().expect("it starts"))
}

const PRINT_VARIABLES: [&str; 3] = ["sh", "-c", "env | grep ^AWS_ | sort"];

#[test]
fn command_has_the_credentials_and_no_other_ones() {
    let stub = hub("AKIAISSUED");
    let mut with_others = exec(&stub, &[], &PRINT_VARIABLES);
    for name in [
        "AWS_SECURITY_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    ] {
        with_others.env(name, "other");
    }
    let ran = run(with_others);
    assert_eq!(ran.code, 0, "{ran:?}");
    let names: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    let expected = [
        "AWS_ACCESS_KEY_ID",
        "AWS_ACCOUNT_ID",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    assert_eq!(names, expected);
    assert!(
        ran.out.contains("AKIAISSUED") && ran.out.contains(SECRET),
        "{ran:?}"
    );
}

#[test]
fn renewed_credentials_are_not_in_the_environment() {
    let stub = hub("AKIAISSUED");
    let mut with_others = exec(&stub, &["--renew"], &PRINT_VARIABLES);
    with_others.env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/other");
    let ran = run(with_others);
    assert_eq!(ran.code, 0, "{ran:?}");
    let names: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    let expected = [
        "AWS_ACCOUNT_ID",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    assert_eq!(names, expected);
    for secret in [SECRET, "s3cr3t", "AKIAOPERATOR"] {
        assert!(!ran.out.contains(secret), "{ran:?}");
    }
}

/// A command that waits, and its endpoint.
struct Served {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
    token: String,
}

impl Served {
    fn start(stub: &Stub) -> Self {
        let script = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN; read x; exit 7";
        let mut command = exec(stub, &["--renew"], &["sh", "-c", script]);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let (url, token) = line.trim().split_once(' ').expect("both");
        let address = url
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix("/credentials"));
        Self {
            address: address.expect("a URL").to_owned(),
            token: token.to_owned(),
            child,
            stdout,
        }
    }

    /// Sends a request, and returns the status and the body.
    fn send(&self, line: &str, headers: &[&str]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = [&[line], headers].concat().join("\r\n");
        write!(stream, "{head}\r\n\r\n").expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("a response");
        let status = text.split(' ').nth(1).expect("a status");
        let (head, body) = text.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(!head.to_lowercase().contains("access-control"), "{head}");
        (status.parse().expect("a number"), body.to_owned())
    }

    /// The request of an SDK.
    fn get(&self) -> (u16, String) {
        let host = format!("Host: {}", self.address);
        let token = format!("Authorization: {}", self.token);
        self.send("GET /credentials HTTP/1.1", &[&host, &token])
    }

    fn finish(mut self) -> (i32, String) {
        drop(self.child.stdin.take());
        self.stdout
            .read_to_string(&mut String::new())
            .expect("UTF-8");
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().expect("piped");
        stderr.read_to_string(&mut errors).expect("UTF-8");
        for secret in [SECRET, &self.token] {
            assert!(!errors.contains(secret), "{errors}");
        }
        let status = self.child.wait().expect("it ends");
        (status.code().expect("no signal"), errors)
    }
}

fn key_of(answer: &str) -> String {
    let document: Value = serde_json::from_str(answer).expect("JSON");
    document["AccessKeyId"].as_str().expect("a key").to_owned()
}

#[test]
fn endpoint_answers_only_its_command_and_ends_with_it() {
    let stub = hub("AKIAISSUED");
    let served = Served::start(&stub);
    let (status, body) = served.get();
    assert_eq!((status, key_of(&body).as_str()), (200, "AKIAISSUED"));
    let host = format!("Host: {}", served.address);
    let token = format!("Authorization: {}", served.token);
    let bearer = format!("Authorization: Bearer {}", served.token);
    let wrong = format!("Authorization: {}x", &served.token[1..]);
    let port = served.address.rsplit(':').next().expect("a port");
    let rebound = format!("Host: evil.example:{port}");
    let get = "GET /credentials HTTP/1.1";
    for (expected, line, headers) in [
        (401, get, &[&*host][..]),
        (401, get, &[&host, &wrong]),
        (401, get, &[&host, &bearer]),
        (401, get, &[&host, "Authorization: "]),
        (401, get, &[&host, &token, &wrong]),
        (403, get, &[&rebound, &token]),
        (403, get, &["Host: localhost", &token]),
        (403, get, &[&token]),
        (404, "GET / HTTP/1.1", &[&host, &token]),
        (
            404,
            "GET /credentials/../credentials HTTP/1.1",
            &[&host, &token],
        ),
        (405, "POST /credentials HTTP/1.1", &[&host, &token]),
        (405, "OPTIONS /credentials HTTP/1.1", &[&host, &token]),
        (401, "GET /nothing HTTP/1.1", &[&host]),
    ] {
        let (status, body) = served.send(line, headers);
        assert_eq!(status, expected, "{line} {headers:?}");
        assert!(!body.contains(SECRET) && !body.contains("AKIA"), "{body}");
    }
    // An idle connection does not delay others, and the hub received one request.
    let _silent = TcpStream::connect(&served.address).expect("it listens");
    assert_eq!(served.get().0, 200);
    assert_eq!(stub.requests().len(), 1);
    let address = served.address.clone();
    assert_eq!(served.finish().0, 7);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn credentials_are_renewed_while_the_command_runs() {
    // Credentials that end soon are renewed after a quarter of their time.
    let stub = Stub::new([
        Reply::ok(&issued("AKIAFIRST", 20)),
        Reply::ok(&issued("AKIASECOND", 3_600)),
    ]);
    let served = Served::start(&stub);
    assert_eq!(key_of(&served.get().1), "AKIAFIRST");
    let start = std::time::Instant::now();
    while key_of(&served.get().1) == "AKIAFIRST" {
        assert!(start.elapsed().as_secs() < 120, "not renewed");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(key_of(&served.get().1), "AKIASECOND");
    assert_eq!(served.finish().0, 7);
    // By the account's ID, so that a new name of the account changes nothing.
    let targets: Vec<String> = stub.requests().into_iter().map(|it| it.target).collect();
    assert_eq!(
        targets[0],
        format!("/operator/v1/credentials/inventory/{ACC}")
    );
    assert_eq!(targets, [targets[0].clone(), targets[0].clone()]);
}

#[cfg(unix)]
#[test]
fn signals_and_exit_codes_are_those_of_the_command() {
    for options in [&[][..], &["--renew"]] {
        let stub = hub("AKIAISSUED");
        let ran = run(exec(&stub, options, &["sh", "-c", "exit 42"]));
        assert_eq!(ran.code, 42, "{options:?}");
        let ran = run(exec(&stub, options, &["no-such-program"]));
        assert!(
            ran.code == 9 && ran.err.contains("no-such-program"),
            "{ran:?}"
        );
    }
    let stub = hub("AKIAISSUED");
    for (signal, trap, expected) in [
        ("TERM", "trap 'exit 3' TERM", 3),
        ("INT", "trap 'exit 4' INT", 4),
        ("HUP", "trap 'exit 5' HUP", 5),
        ("USR1", "trap 'exit 6' USR1", 6),
        // Without a trap, the signal ends the command.
        ("TERM", ":", 128 + 15),
    ] {
        let script = format!("{trap}; echo ready; while :; do sleep 0.05; done");
        let mut command = exec(&stub, &["--renew"], &["sh", "-c", &script]);
        let mut child = command.spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let pid = child.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(kill.expect("it starts").success());
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(expected), "{signal}");
    }
}

#[test]
fn credentials_that_are_too_short_to_renew_are_refused_without_a_request() {
    let stub = hub("AKIAISSUED");
    let ran = run(exec(&stub, &["--renew", "--duration", "20m"], &["true"]));
    assert!(ran.code == 2 && ran.err.contains("30m to 1h"), "{ran:?}");
    assert!(stub.requests().is_empty());
}
