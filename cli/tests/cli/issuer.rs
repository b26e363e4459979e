//! An OIDC issuer on the loopback interface, which is also the hub that accepts its tokens, and a user who
//! signs in at it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::program::{Run, command, finished};
use super::stub::{Received, Reply, read, respond};

pub const CLIENT: &str = "public-client";

/// The state and the behavior of the issuer.
#[derive(Debug)]
pub struct State {
    /// The authorization requests by their code.
    codes: HashMap<String, HashMap<String, String>>,
    refresh_token: String,
    /// How long an ID token is valid, in seconds.
    pub lifetime: i64,
    /// The issuer that the metadata names, if it is another one.
    pub other_issuer: Option<String>,
    pub refreshes: usize,
    pub has_revocation: bool,
    pub revoked: Vec<String>,
    pub requests: Vec<Received>,
}

pub struct Issuer {
    address: SocketAddr,
    pub state: Arc<Mutex<State>>,
}

impl Issuer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(Mutex::new(State {
            codes: HashMap::new(),
            refresh_token: "refresh-0-SECRET".to_owned(),
            lifetime: 3_600,
            other_issuer: None,
            refreshes: 0,
            has_revocation: true,
            revoked: Vec::new(),
            requests: Vec::new(),
        }));
        let shared = state.clone();
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream, &format!("http://{address}"), &shared));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().expect("no panic holds it"))
    }

    /// The bearer tokens that the hub got.
    pub fn bearers(&self) -> Vec<String> {
        let requests = self.change(|state| state.requests.clone());
        let bearers = requests.iter().filter_map(|it| it.header("authorization"));
        bearers.map(str::to_owned).collect()
    }

    /// A user signs in at the URL. Returns the URL to which the browser is redirected.
    pub fn sign_in(&self, url: &str) -> String {
        let (endpoint, query) = url.split_once('?').expect("a query");
        assert_eq!(endpoint, format!("{}/authorize", self.url()));
        let request: HashMap<String, String> = pairs(query);
        assert_eq!(request["response_type"], "code");
        assert_eq!(request["client_id"], CLIENT);
        assert_eq!(request["code_challenge_method"], "S256");
        assert_eq!(request["scope"], "openid offline_access");
        let redirect = format!(
            "{}?code=the-code&state={}",
            request["redirect_uri"], request["state"]
        );
        self.change(|state| state.codes.insert("the-code".to_owned(), request));
        redirect
    }
}

fn pairs(query: &str) -> HashMap<String, String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(since.as_secs()).expect("a small number")
}

fn serve(stream: TcpStream, url: &str, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let mut state = state.lock().expect("no panic holds it");
    let reply = match request.target.as_str() {
        "/.well-known/rolecall" => Reply::ok(&json!({
            "issuer": url, "client_id": CLIENT, "audiences": [CLIENT], "tenant_claim": "custom:tenant",
            "openid_configuration": format!("{url}/.well-known/openid-configuration"),
        })),
        "/.well-known/openid-configuration" => {
            let mut metadata = json!({
                "issuer": state.other_issuer.as_deref().unwrap_or(url),
                "authorization_endpoint": format!("{url}/authorize"),
                "token_endpoint": format!("{url}/token"),
                "scopes_supported": ["openid", "offline_access"],
            });
            if state.has_revocation {
                metadata["revocation_endpoint"] = json!(format!("{url}/revoke"));
            }
            Reply::ok(&metadata)
        }
        "/token" => token(&pairs(&request.body), url, &mut state),
        "/revoke" => {
            state.revoked.push(pairs(&request.body)["token"].clone());
            Reply::new(200, "")
        }
        "/v1/me" => Reply::ok(&json!({
            "tenant": "acme", "subject": "user-1", "name": null, "email": null, "role": "member",
        })),
        _ => Reply::ok(&json!({"items": [], "next_cursor": null})),
    };
    state.requests.push(request);
    drop(state);
    respond(stream, &reply);
}

fn token(form: &HashMap<String, String>, url: &str, state: &mut State) -> Reply {
    // An issuer may quote the value that it rejects.
    let quoted = form.get("code").or(form.get("refresh_token"));
    let refused = |code: &str| {
        let problem = json!({"error": code, "error_description": quoted});
        Reply::new(400, problem.to_string())
    };
    assert_eq!(form["client_id"], CLIENT);
    let nonce = match form["grant_type"].as_str() {
        "authorization_code" => {
            let Some(request) = state.codes.remove(&form["code"]) else {
                return refused("invalid_grant");
            };
            let digest = Sha256::digest(form["code_verifier"].as_bytes());
            assert_eq!(URL_SAFE_NO_PAD.encode(digest), request["code_challenge"]);
            assert_eq!(form["redirect_uri"], request["redirect_uri"]);
            Some(request["nonce"].clone())
        }
        _ => {
            // The issuer rotates refresh tokens: each works once.
            if form["refresh_token"] != state.refresh_token {
                return refused("invalid_grant");
            }
            state.refreshes += 1;
            state.refresh_token = format!("refresh-{}-SECRET", state.refreshes);
            None
        }
    };
    let claims = json!({
        "iss": url, "aud": CLIENT, "exp": now() + state.lifetime, "nonce": nonce, "sub": "user-1",
        "email": "ana@acme.example", "custom:tenant": "acme", "number": state.refreshes,
    });
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    Reply::ok(&json!({
        "id_token": format!("e30.{payload}.c2ln"), "access_token": "access-SECRET",
        "refresh_token": state.refresh_token, "expires_in": state.lifetime,
    }))
}

/// A user with a separate home directory.
pub struct Person {
    pub home: TempDir,
}

impl Person {
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().expect("a directory"),
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("HOME", self.home.path());
        // Another program than a browser: the test is the browser.
        command.env("BROWSER", "true");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        without_secrets(finished(
            &self.command(arguments).output().expect("it starts"),
        ))
    }

    /// Signs in with a pasted address.
    pub fn sign_in(&self, issuer: &Issuer) {
        let url = issuer.url();
        let mut waiting =
            Waiting::start(self.command(&["login", "--no-browser", "--api-url", &url]));
        let redirect = issuer.sign_in(&waiting.url(issuer));
        waiting.paste(&redirect);
        let ran = waiting.finish();
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    pub fn config(&self) -> PathBuf {
        self.home.path().join(".config/rolecall/config.toml")
    }

    pub fn sessions(&self) -> PathBuf {
        self.home.path().join(".cache/rolecall/sessions")
    }

    /// The only session file.
    pub fn session(&self) -> PathBuf {
        let files = std::fs::read_dir(self.sessions()).expect("a directory");
        let mut files = files.map(|file| file.expect("a file").path());
        files
            .find(|path| path.extension().is_some_and(|it| it == "json"))
            .expect("a session")
    }

    /// Changes a value of the session file.
    pub fn change_session(&self, name: &str, value: Value) {
        let path = self.session();
        let text = std::fs::read_to_string(&path).expect("read");
        let mut session: Value = serde_json::from_str(&text).expect("JSON");
        session[name] = value;
        std::fs::write(&path, session.to_string()).expect("written");
    }
}

fn without_secrets(ran: Run) -> Run {
    for secret in ["SECRET", "the-code\"", "e30."] {
        assert!(
            !ran.out.contains(secret) && !ran.err.contains(secret),
            "{ran:?}"
        );
    }
    ran
}

/// A sign-in that waits for the user.
pub struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    seen: String,
}

impl Waiting {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Self {
            child,
            stderr,
            seen: String::new(),
        }
    }

    /// The address to sign in at.
    pub fn url(&mut self, issuer: &Issuer) -> String {
        let start = format!("{}/authorize?", issuer.url());
        self.line(&start)
    }

    /// Waits for a line that starts like this.
    pub fn line(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            let count = self.stderr.read_line(&mut line).expect("UTF-8");
            self.seen.push_str(&line);
            assert!(count > 0, "it ended: {}", self.seen);
            if line.starts_with(start) {
                return line.trim().to_owned();
            }
        }
    }

    pub fn seen(&self) -> &str {
        &self.seen
    }

    pub fn paste(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{text}").expect("it reads");
    }

    pub fn finish(mut self) -> Run {
        drop(self.child.stdin.take());
        self.stderr.read_to_string(&mut self.seen).expect("UTF-8");
        let mut output = self.child.wait_with_output().expect("it ends");
        output.stderr = self.seen.into_bytes();
        without_secrets(finished(&output))
    }
}

/// Opens a page as a browser does. Returns the status and the body.
pub fn browse(url: &str) -> (u16, String) {
    let rest = url.strip_prefix("http://").expect("http");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("it listens");
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a response");
    let status = text
        .split(' ')
        .nth(1)
        .expect("a status")
        .parse()
        .expect("a number");
    let body = text.split_once("\r\n\r\n").expect("a body").1.to_owned();
    (status, body)
}
