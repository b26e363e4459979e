//! The onboarding bucket: templates are added, and never replaced or deleted.

use anyhow::Result;
use aws_credential_types::Credentials;
use http::Method;
use rolecall_admin::aws::Account;
use rolecall_admin::signed::Signer;
use rolecall_client::http::{Http, HttpAnswer};
use rolecall_tests::roles::session;
use rolecall_tests::world::{World, unique};
use serde_json::json;

use crate::templates::template::{HUB, Template};

/// A bucket, accessed with a role's permissions.
pub struct Writer {
    signer: Signer,
    bucket: String,
}

impl Writer {
    pub fn new(world: &World, session: Credentials, bucket: &str) -> Self {
        let file = world.hub.file();
        let account = Account::new(session, &file.region, Some(&file.endpoint_url));
        Self {
            signer: account.signer().clone(),
            bucket: bucket.to_owned(),
        }
    }

    /// Sends a request. Returns its status.
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Result<u16> {
        let url = format!("{}/{path}", self.signer.bucket_base(&self.bucket));
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(b"replaced: true\n".to_vec())?;
        Ok(self.signer.send("s3", request).await?.status)
    }

    /// Adds an object. Returns the status.
    pub async fn add(&self, path: &str) -> Result<u16> {
        self.send(Method::PUT, path, &[("if-none-match", "*")])
            .await
    }

    /// Writes an object, whether it exists or not. Returns the status.
    pub async fn write(&self, path: &str) -> Result<u16> {
        self.send(Method::PUT, path, &[]).await
    }
}

fn new_key() -> String {
    format!("onboarding/1.0.0/{}/role.yaml", unique("test"))
}

/// What customers read.
async fn read(world: &World, key: &str) -> Result<HttpAnswer> {
    let url = world.hub.file().output("OnboardingBucketUrl")?;
    Ok(Http::new().get(&format!("{url}/{key}")).await?)
}

#[tokio::test]
async fn function_adds_templates_and_replaces_none() -> Result<()> {
    let world = World::find().await?;
    let role = world.function_session("VerifierApiRole").await?;
    let function = Writer::new(&world, role, world.hub.file().output("OnboardingBucket")?);
    let key = new_key();
    assert_eq!(function.add(&key).await?, 200);
    assert_eq!(function.add(&key).await?, 412);
    assert_eq!(function.write(&key).await?, 403);
    assert_eq!(function.write(&new_key()).await?, 403);
    // S3 supports no other condition that an existing key could meet.
    let other = [("if-none-match", "\"0123456789abcdef0123456789abcdef\"")];
    assert_eq!(function.send(Method::PUT, &key, &other).await?, 501);
    assert_eq!(function.send(Method::DELETE, &key, &[]).await?, 403);
    // Nothing outside the prefix, and no list.
    assert_eq!(function.add(&unique("elsewhere")).await?, 403);
    assert_eq!(function.send(Method::GET, "?list-type=2", &[]).await?, 403);
    assert!(read(&world, &key).await?.is_success());
    Ok(())
}

/// The bucket's policy applies to all principals; the emulator exempts root users.
#[tokio::test]
async fn administrator_can_neither_replace_nor_delete_a_template() -> Result<()> {
    let world = World::find().await?;
    let bucket = world.hub.file().output("OnboardingBucket")?;
    let administrator = Writer::new(&world, administrator(&world).await?, bucket);
    let (key, other) = (new_key(), unique("other"));
    assert_eq!(administrator.add(&key).await?, 200);
    assert_eq!(administrator.write(&other).await?, 200);
    let copy = [("x-amz-copy-source", format!("/{bucket}/{other}"))];
    let copy = copy.each_ref().map(|(name, value)| (*name, value.as_str()));
    let version = format!("{key}?versionId=null");
    let parts = format!("{}?uploads", new_key());
    assert_eq!(administrator.write(&key).await?, 403);
    assert_eq!(administrator.send(Method::PUT, &key, &copy).await?, 403);
    assert_eq!(administrator.send(Method::POST, &parts, &[]).await?, 403);
    assert_eq!(administrator.send(Method::DELETE, &key, &[]).await?, 403);
    assert_eq!(
        administrator.send(Method::DELETE, &version, &[]).await?,
        403
    );
    assert!(read(&world, &key).await?.is_success());
    // Objects outside the prefix are not protected.
    assert_eq!(administrator.send(Method::DELETE, &other, &[]).await?, 204);
    Ok(())
}

/// A session with all permissions on S3.
async fn administrator(world: &World) -> Result<Credentials> {
    let root = world.aws(world.hub_account_id())?;
    let name = unique("administrator");
    let allow = |rest: serde_json::Value| {
        let mut statement = rest;
        statement["Effect"] = json!("Allow");
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let trust = json!({"Action": "sts:AssumeRole", "Principal": {"AWS": world.hub_account_id()}});
    let request = root.iam().create_role().role_name(&name);
    let request = request.assume_role_policy_document(allow(trust));
    request.send().await?;
    let request = root.iam().put_role_policy().role_name(&name);
    let request = request.policy_name("s3");
    let everything = allow(json!({"Action": "s3:*", "Resource": "*"}));
    request.policy_document(everything).send().await?;
    session(&root, &name).await
}

/// The only permission on S3 of any function. It also holds in an operator's own bucket, whose policy the
/// stack does not manage.
#[test]
fn only_the_api_can_add_templates_and_no_function_can_replace_one() {
    let hub = Template::read(HUB);
    let statements = hub.statements();
    let of_s3 = statements.iter().filter(|(place, statement)| {
        let actions = statement["Action"].to_string();
        place.contains("/Policies/") && actions.contains("\"s3:")
    });
    let found: Vec<_> = of_s3.collect();
    let [(place, statement)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(place.contains("/VerifierApiRole/"), "{place}");
    let bucket = json!([
        "MakeTemplateBucket",
        "OnboardingBucket",
        "TemplateBucketName"
    ]);
    let resource = json!(["arn:${AWS::Partition}:s3:::${Bucket}/onboarding/*", {"Bucket": bucket}]);
    let expected = json!({
        "Sid": "AddTemplates",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": resource,
        "Condition": {"Null": {"s3:if-none-match": "false"}},
    });
    assert_eq!(**statement, expected);
}
