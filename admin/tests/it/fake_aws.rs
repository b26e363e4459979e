//! A hub on AWS for one test: the few operations that the program calls, over HTTP.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::program::{ended, program};

#[derive(Debug, Default)]
pub struct State {
    /// The table's items by partition and sort key, as DynamoDB's JSON.
    pub items: BTreeMap<(String, String), Value>,
    /// The same for the table of receipts.
    pub receipts: BTreeMap<(String, String), Value>,
    /// The hash of an offering that another operator publishes just before the next write.
    pub overtaking: Option<String>,
    /// The bodies of AssumeRole requests.
    pub sessions: Vec<String>,
    /// A part of a session policy that is too large when it is packed.
    pub too_large: Option<&'static str>,
    /// Visible messages: their ids and bodies.
    pub queue: VecDeque<(String, String)>,
    /// Received messages.
    hidden: BTreeMap<String, String>,
    /// The details of published events.
    pub published: Vec<Value>,
    /// Operations that fail: after this many calls, with this code and message.
    pub failing: BTreeMap<&'static str, (usize, &'static str)>,
    /// How often each operation was called.
    pub calls: BTreeMap<String, usize>,
}

pub struct FakeAws {
    url: String,
    state: Arc<Mutex<State>>,
}

pub const MESSAGE: &str = "User: arn:aws:iam::111111111111:user/ann can't do this";

impl FakeAws {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let (base, shared) = (url.clone(), Arc::clone(&state));
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (base, shared) = (base.clone(), Arc::clone(&shared));
                std::thread::spawn(move || serve(&stream, &base, &shared));
            }
        });
        Self { url, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Runs the program. Returns its exit code, standard output and standard error.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut program = program(arguments, Path::new(""));
        let output: Output = program
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ACCESS_KEY_ID", "A")
            .env("AWS_SECRET_ACCESS_KEY", "S")
            .output()
            .expect("it runs");
        ended(&output)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection until the client closes it.
fn serve(stream: &TcpStream, base: &str, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some((target, body)) = read(&mut reader) {
        let (status, body) = lock(state).answer(base, &target, &body);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
        let mut stream = stream;
        if stream
            .write_all(format!("{head}{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

/// The operation in the header and the body.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let (mut length, mut target) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => target = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((target, String::from_utf8_lossy(&body).into_owned()))
}

impl State {
    fn answer(&mut self, base: &str, target: &str, body: &str) -> (u16, String) {
        let operation = match target.split_once('.') {
            Some((_, operation)) => operation,
            None if body.contains("Action=AssumeRole") => "AssumeRole",
            None => "DescribeStacks",
        };
        let calls = self.calls.entry(operation.to_owned()).or_default();
        *calls += 1;
        if let Some((after, code)) = self.failing.get(operation)
            && *calls > *after
        {
            let error = json!({"__type": code, "message": MESSAGE});
            return match operation {
                "AssumeRole" => (400, sts_error(code, MESSAGE)),
                _ => (400, error.to_string()),
            };
        }
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        match operation {
            "DescribeStacks" => (200, stack(base)),
            "AssumeRole" => self.session(body),
            "TransactWriteItems" if !self.accepts(&request["TransactItems"][0]["Put"]) => {
                let error = json!({
                    "__type": "TransactionCanceledException",
                    "Message": MESSAGE,
                    "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
                });
                (400, error.to_string())
            }
            _ => (200, self.json(operation, &request).to_string()),
        }
    }

    /// A session, or a refusal of the policy with this text.
    fn session(&mut self, body: &str) -> (u16, String) {
        self.sessions.push(body.to_owned());
        if self.too_large.is_some_and(|part| body.contains(part)) {
            let message =
                "Packed policy consumes 112% of allotted space, please use smaller policy.";
            return (400, sts_error("PackedPolicyTooLarge", message));
        }
        let answer = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
            <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
            <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>\
            </AssumeRoleResponse>";
        (200, answer.to_owned())
    }

    /// Whether an offering may be written: there is none, or it has one of the expected hashes.
    fn accepts(&mut self, put: &Value) -> bool {
        let key = key(&put["Item"]);
        if let Some(hash) = self.overtaking.take() {
            self.items
                .insert(key.clone(), json!({"sha256": {"S": hash}}));
        }
        let values = &put["ExpressionAttributeValues"];
        let stored = self.items.get(&key).map(|item| &item["sha256"]);
        stored.is_none_or(|hash| [":former", ":new"].iter().any(|name| values[name] == *hash))
    }

    fn table(&self, request: &Value) -> &BTreeMap<(String, String), Value> {
        match request["TableName"].as_str() {
            Some("receipts") => &self.receipts,
            _ => &self.items,
        }
    }

    fn json(&mut self, operation: &str, request: &Value) -> Value {
        let receipt = || text(&request["ReceiptHandle"]);
        match operation {
            "GetItem" => match self.table(request).get(&key(&request["Key"])) {
                Some(item) => json!({"Item": item}),
                None => json!({}),
            },
            "TransactWriteItems" => {
                let writes = request["TransactItems"].as_array().expect("writes");
                for write in writes {
                    let item = &write["Put"]["Item"];
                    self.items.insert(key(item), item.clone());
                }
                json!({})
            }
            "Scan" => {
                let start = text(&request["ExpressionAttributeValues"][":prefix"]["S"]);
                let items = self.table(request).iter();
                let items = items.filter(|((_, sk), _)| sk.starts_with(&start));
                json!({"Items": items.map(|(_, item)| item).collect::<Vec<_>>()})
            }
            "ReceiveMessage" => {
                let count = self.queue.len().min(10);
                let taken: Vec<_> = self.queue.drain(..count).collect();
                let messages = taken
                    .iter()
                    .map(|(id, body)| json!({"MessageId": id, "ReceiptHandle": id, "Body": body}));
                let answer = json!({"Messages": messages.collect::<Vec<_>>()});
                self.hidden.extend(taken);
                answer
            }
            "DeleteMessage" => {
                self.hidden.remove(&receipt());
                json!({})
            }
            "ChangeMessageVisibility" => {
                self.queue.extend(self.hidden.remove_entry(&receipt()));
                json!({})
            }
            "PutEvents" => {
                let entries = request["Entries"].as_array().expect("entries");
                let details = entries.iter().map(|entry| text(&entry["Detail"]));
                let details = details.map(|text| serde_json::from_str(&text).expect("JSON"));
                self.published.extend(details.collect::<Vec<Value>>());
                let ids: Vec<_> = entries.iter().map(|_| json!({"EventId": "1"})).collect();
                json!({"FailedEntryCount": 0, "Entries": ids})
            }
            other => panic!("unexpected operation {other}"),
        }
    }

    /// Adds an audit entry to the table of records, and its key to the queue.
    pub fn lose(&mut self, record_id: &str, sequence: usize, at: &str) {
        let (key, item) = self.lost(record_id, sequence, at);
        self.items.insert(key, item);
    }

    /// The same for the table of receipts.
    pub fn lose_issue(&mut self, record_id: &str, sequence: usize, at: &str) {
        let (key, mut item) = self.lost(record_id, sequence, at);
        item["event"] = json!({"S": "Credentials Issued"});
        item["issued"] = json!({"N": "3"});
        item["ttl"] = json!({"N": "1800000000"});
        self.receipts.insert(key, item);
    }

    /// An audit entry and its key, which is added to the queue.
    fn lost(&mut self, record_id: &str, sequence: usize, at: &str) -> ((String, String), Value) {
        let (pk, sk) = ("TENANT#acme", format!("AUDIT#{record_id}#{sequence:010}"));
        let item = json!({
            "pk": {"S": pk}, "sk": {"S": sk}, "kind": {"S": "audit"},
            "tenant": {"S": "acme"}, "record_id": {"S": record_id},
            "sequence": {"N": sequence.to_string()}, "event": {"S": "Group Changed"},
            "at": {"S": at}, "actor": {"S": "hub"}, "cause": {"S": "changed"},
            "record": {"M": {}},
        });
        let body = json!({"pk": pk, "sk": sk}).to_string();
        self.queue
            .push_back((format!("{record_id}-{sequence}"), body));
        ((pk.to_owned(), sk), item)
    }
}

fn sts_error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
         </Error></ErrorResponse>"
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn key(item: &Value) -> (String, String) {
    (text(&item["pk"]["S"]), text(&item["sk"]["S"]))
}

fn stack(base: &str) -> String {
    let id = "arn:aws:cloudformation:eu-central-1:111111111111:stack/rolecall/0a1b2c3d";
    let outputs = [
        ("HubAccountId", "111111111111".to_owned()),
        ("ServedRegions", "eu-central-1".to_owned()),
        (
            "TrustedPrincipals",
            "arn:aws:iam::111111111111:role/rolecall-hub/verifier/*".to_owned(),
        ),
        (
            "ServiceToken",
            "arn:aws:sns:eu-central-1:111111111111:topic".to_owned(),
        ),
        ("TableName", "records".to_owned()),
        ("ReceiptsTableName", "receipts".to_owned()),
        (
            "SessionProofRoleArn",
            "arn:aws:iam::111111111111:role/rolecall-hub/publishing/proof".to_owned(),
        ),
        ("OnboardingBucket", "templates".to_owned()),
        ("OnboardingBucketUrl", format!("{base}/templates")),
        ("EventBusName", "rolecall".to_owned()),
        ("PublishDeadLetterQueueUrl", format!("{base}/queue")),
    ];
    let outputs = outputs.map(|(key, value)| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    });
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
         <StackName>rolecall</StackName><StackId>{id}</StackId>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{}</Outputs>\
         </member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
        outputs.join("")
    )
}
