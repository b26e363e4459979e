//! Returns null for every event. The baseline for the cost that a function adds.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let handle = async |_: LambdaEvent<Value>| Ok::<_, Error>(Value::Null);
    lambda_runtime::run(service_fn(handle)).await
}
