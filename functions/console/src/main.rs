use console::Console;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rolecall_aws::config::process_environment;
use rolecall_aws::telemetry;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init(process_environment("RUST_LOG").as_deref());
    let console = Console {};
    let handle =
        async |event: LambdaEvent<Value>| Ok::<_, Error>(console.handle(&event.payload).await);
    lambda_runtime::run(service_fn(handle)).await
}
