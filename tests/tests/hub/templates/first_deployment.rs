//! First deployments of the hub's template in separate accounts: one that fails, and one into the
//! operator's own bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use aws_sdk_cloudformation::types::Capability;
use rolecall_admin::aws::Account;
use rolecall_admin::s3::Bucket;
use rolecall_local::aws::{create_bucket, root_user};
use rolecall_local::overlay::Overlay;
use rolecall_local::package;
use rolecall_local::paths::Tree;
use rolecall_local::stacks::{StackState, Stacks};
use rolecall_tests::roles::{role_of, session};
use rolecall_tests::world::{World, twelve_digits, unique};
use serde_json::{Value, json};

use crate::templates::bucket::Writer;

const LIMIT: Duration = Duration::from_secs(120);

/// An empty account before the first deployment.
struct Operator {
    account_id: String,
    account: Account,
    bucket: Bucket,
    stacks: Stacks,
    template: Value,
    parameters: BTreeMap<String, String>,
}

impl Operator {
    async fn new(world: &World) -> Result<Self> {
        let file = world.hub.file();
        let account_id = twelve_digits();
        let account = root_user(&account_id, &file.region, &file.endpoint_url);
        let bucket = create_bucket(account.signer(), &unique("artifacts")).await?;
        let overlay = Overlay {
            endpoint_url: file.endpoint_url.clone(),
            functions_endpoint_url: None,
            console_url: file.console_url.clone(),
        };
        Ok(Self {
            template: package::template(&Tree::default(), &overlay, &bucket).await?,
            stacks: Stacks::new(account.cloudformation()),
            parameters: file.parameters.clone(),
            account_id,
            account,
            bucket,
        })
    }

    async fn deploy(&self) -> Result<StackState> {
        let template_url = package::upload(&self.template, &self.bucket).await?;
        let capabilities = [Capability::CapabilityIam, Capability::CapabilityAutoExpand];
        let stack =
            self.stacks
                .deploy_uploaded("rolecall", &template_url, &self.parameters, &capabilities);
        stack.await
    }

    async fn count(&self, service: &str, target: &str, body: Value, list: &str) -> Result<usize> {
        let answer = self.account.signer().json(service, target, &body).await?;
        let found = answer[list].as_array().map(Vec::len);
        found.with_context(|| format!("{target}: {answer}"))
    }

    /// The numbers of tables, secrets and user pools in the account.
    async fn data(&self) -> Result<[usize; 3]> {
        let pools = json!({"MaxResults": 60});
        let pool_list = "AWSCognitoIdentityProviderService.ListUserPools";
        Ok([
            self.count(
                "dynamodb",
                "DynamoDB_20120810.ListTables",
                json!({}),
                "TableNames",
            )
            .await?,
            self.count(
                "secretsmanager",
                "secretsmanager.ListSecrets",
                json!({}),
                "SecretList",
            )
            .await?,
            self.count("cognito-idp", pool_list, pools, "UserPools")
                .await?,
        ])
    }

    /// The names of the account's buckets.
    async fn buckets(&self) -> Result<Vec<String>> {
        let signer = self.account.signer();
        let request = http::Request::get(format!("{}/", signer.base("s3"))).body(Vec::new())?;
        let answer = signer.send("s3", request).await?;
        ensure!(answer.is_success(), "{}", answer.text());
        let text = answer.text();
        let names = text.split("<Name>").skip(1);
        let names = names.filter_map(|rest| Some(rest.split_once("</Name>")?.0.to_owned()));
        Ok(names.collect())
    }
}

/// A second hub in the same account and Region fails because of the event bus's fixed name; here,
/// after table, secret, user pool and bucket have been created.
#[tokio::test]
async fn failed_first_deployment_leaves_no_resources() -> Result<()> {
    let world = World::find().await?;
    let mut operator = Operator::new(&world).await?;
    let late = json!(["Table", "TokenKey", "OnboardingBucket", "UserPool"]);
    operator.template["Resources"]["EventBus"]["DependsOn"] = late;
    let mut before = operator.buckets().await?;
    let create = json!({"Name": "rolecall"});
    let signer = operator.account.signer();
    signer
        .json("events", "AWSEvents.CreateEventBus", &create)
        .await?;

    let failed = operator
        .deploy()
        .await
        .err()
        .context("the deployment succeeded")?;
    let error = format!("{failed:#}");
    ensure!(
        error.contains("ROLLBACK_COMPLETE") && error.contains("EventBus"),
        "{error}"
    );
    assert_eq!(operator.data().await?, [0, 0, 0]);
    let mut after = operator.buckets().await?;
    before.sort();
    after.sort();
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn account_that_blocks_public_access_deploys_with_its_own_bucket() -> Result<()> {
    let world = World::find().await?;
    let mut operator = Operator::new(&world).await?;
    let own = unique("templates");
    create_bucket(operator.account.signer(), &own).await?;
    let mut before = operator.buckets().await?;
    let chosen = ("TemplateBucketName".to_owned(), own.clone());
    operator.parameters.extend([chosen]);
    let stack = operator.deploy().await?;

    // No bucket was created, so no policy makes a bucket public.
    let mut after = operator.buckets().await?;
    before.sort();
    after.sort();
    assert_eq!(after, before);
    let client = operator.account.cloudformation();
    let request = client.describe_stack_resources();
    let answer = request.stack_name(&stack.stack_id).send().await?;
    let made = answer
        .stack_resources()
        .iter()
        .filter_map(|it| it.resource_type());
    assert!(!made.clone().any(|kind| kind.starts_with("AWS::S3::")));
    assert_eq!(stack.output("OnboardingBucket")?, own);
    let url = stack.output("OnboardingBucketUrl")?;
    assert!(url.ends_with(&format!("/{own}")), "{url}");

    // The function can add templates to it, and replaces none, although the bucket has no policy.
    let root = world.aws(&operator.account_id)?;
    let role = role_of(&root, &stack.stack_id, "VerifierApiRole").await?;
    let function = Writer::new(&world, session(&root, &role).await?, &own);
    let key = "onboarding/1.0.0/test/role.yaml";
    assert_eq!(function.add(key).await?, 200);
    assert_eq!(function.add(key).await?, 412);
    assert_eq!(function.write(key).await?, 403);

    // Deleting the stack retains the data.
    operator.stacks.delete(&stack.stack_id).await?;
    let gone = operator.stacks.settled(&stack.stack_id, LIMIT).await?;
    assert_eq!(gone.status, "DELETE_COMPLETE");
    assert_eq!(operator.data().await?, [2, 1, 1]);
    Ok(())
}
