"""Starts the emulator (ministack) for the local hub, and corrects these gaps in it:

1. SimulatePrincipalPolicy of a role. AWS finds the role by its ARN, returns a decision for every action
   and resource, names the matched policies, applies the role's permissions boundary, rejects actions
   that can't be simulated together, and returns NoSuchEntity if the role does not exist. The emulator
   does not find roles with a path, returns "implicitDeny", and evaluates only the first resource.
   https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
2. Actions on a role or an instance profile. AWS authorizes them against its ARN, including the path. The
   emulator omits the path, and authorizes SimulatePrincipalPolicy and GetInstanceProfile against "*",
   which a least-privilege policy does not allow. A resource that does not exist is authorized by its name.
   https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
3. Roles of stacks. AWS sets a role's permissions boundary. It does not delete a role or an instance
   profile with additions from outside the stack: the stack ends in DELETE_FAILED. An instance profile's
   physical ID is its name. The emulator ignores the boundary, deletes everything, and uses the profile's
   ARN as its ID.
4. Messages of denied requests. AWS names the permissions boundary if it does not allow the action. The
   emulator always names the identity-based policies.
   https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
5. SetDefaultPolicyVersion, which the emulator does not support.
   https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html
6. Updates of a function. AWS lets running invocations finish on the old version. The emulator kills
   them, and also those of functions with the same name in all other accounts.
   https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-common.html
7. SNS invokes functions asynchronously: Lambda retries a failed invocation twice, and then sends the
   event to the function's on-failure destination. The emulator invokes the function once.
   https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
8. Line feeds in a path. The emulator matches them with `{name}` but not with `{proxy+}`.
9. Pseudo parameters in a template's conditions: !Ref AWS::Region is the stack's Region. The emulator
   uses the parameter's name as its value.
   https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
10. Custom resources whose service token is an SNS topic of any account, in the stack's Region.
    CloudFormation publishes requests to the topic with the permissions of the user who changes the stack,
    here the account's root user. The emulator supports only functions of the stack's own account.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources-sns.html
11. AWS::IAM::RolePolicy, which the emulator does not support. AWS's physical ID has both parts of the
    identifier, PolicyName|RoleName, and a change of either replaces the resource. A policy that already
    exists is not created again.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html
12. PutObject with the header If-None-Match. AWS sets the condition key s3:if-none-match, so that a bucket
    policy can deny overwrites, and supports only the value `*`. The emulator does not set the key, and
    overwrites an object whose ETag differs from the header.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
13. References in a resource's Metadata. CloudFormation creates the named resource first, and deletes it
    afterwards. The emulator considers the properties and DependsOn only.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-metadata.html
14. The size of session policies in AssumeRole. STS takes 2,048 characters of inline policy and managed
    policy ARNs together, ten ARNs, and a packed size that its documentation does not define. Here, the packed
    size is what zlib makes of the policy and the ARNs, and 1,024 bytes are 100 %. The emulator has no packed
    size.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    https://repost.aws/knowledge-center/iam-role-aws-sts-error
15. UpdateUserAttributes of Amazon Cognito. A client can write only the attributes in its WriteAttributes. The
    emulator lets it write all of them.
    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
16. The address of an HTTP API. On AWS, its paths begin at the root of a host. The emulator's begin with
    /_aws/execute-api/, so that the links of a page would lead nowhere. A second port, CONSOLE_PORT, serves
    the hub account's API at the root.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-publish.html

17. The address of the pages on which people sign in. On AWS, the user pool's domain is another site than the hub,
    which decides about cookies. The emulator has them on the host of the request, 127.0.0.1, so that only the port
    differs. Here, they are on localhost.
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html

The corrections replace internal functions of ministack, so this program accepts only the version that it
was written for.
"""

import base64
import importlib.metadata
import json
import os
import sys
import threading
import time
import zlib
from xml.sax.saxutils import escape

VERSION = "1.5.33"
HUB = os.environ.get("MINISTACK_ACCOUNT_ID")


def role_of(arn):
    """The account and the name in a role's ARN, or None for any other ARN."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    return parts[4], parts[5].rsplit("/", 1)[1]


def list_of(iam, params, name):
    """A list in the query protocol: name.member.1 and so on."""
    values = []
    while value := iam._p(params, f"{name}.member.{len(values) + 1}"):
        values.append(value)
    return values


def policies_of(iam, evaluator, role, account):
    """The documents of a role's policies, by policy name."""
    documents = dict(role.get("InlinePolicies") or {})
    for arn in role.get("AttachedPolicies", []):
        document = evaluator._resolve_managed_policy_document(arn, account)
        documents[arn.rsplit("/", 1)[1]] = document or {}
    parse = evaluator.parse_policy_document
    return {name: parse(document) for name, document in documents.items()}


DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


def decide(context, evaluator, policies, limits):
    """The decision about an action on a resource, and its details as XML."""
    decision = evaluator.evaluate(context, list(policies.values()), *limits).decision
    same = lambda one: evaluator.evaluate(context, [one]).decision == decision
    names = [name for name, one in policies.items() if decision != "ImplicitDeny" and same(one)]
    matched = "".join(
        f"<member><SourcePolicyId>{escape(name)}</SourcePolicyId>"
        "<SourcePolicyType>IAM Policy</SourcePolicyType></member>"
        for name in names
    )
    within = all(evaluator.evaluate(context, limit).decision == "Allow" for limit in limits)
    boundary = (
        "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
        f"{str(within).lower()}"
        "</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
    )
    details = (
        f"<MatchedStatements>{matched}</MatchedStatements>"
        "<MissingContextValues></MissingContextValues>"
        f"{boundary if limits else ''}"
    )
    return decision, details


def evaluation_result(action, resources, decisions):
    """The evaluation result of an action, overall and for each named resource."""
    order = ["Deny", "ImplicitDeny", "Allow"]
    decision, details = min(decisions, key=lambda one: order.index(one[0]))
    specific = "".join(
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{DECISIONS[one]}</EvalResourceDecision>{more}</member>"
        for resource, (one, more) in zip(resources, decisions)
        if resource != "*"
    )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        "<EvalResourceName>*</EvalResourceName>"
        f"<EvalDecision>{DECISIONS[decision]}</EvalDecision>{details}"
        f"<ResourceSpecificResults>{specific}</ResourceSpecificResults></member>"
    )


# Needs different authorization information, so AWS rejects it in combination with other actions.
SEPARATE_ACTION = "iam:passrole"


def correct_simulation(iam, evaluator):
    original = iam._IAM_HANDLERS["SimulatePrincipalPolicy"]

    def simulate(params):
        arn = iam._p(params, "PolicySourceArn")
        found = role_of(arn)
        if found is None:
            return original(params)
        account, name = found
        role = iam._roles.get(name) if account == iam.get_account_id() else None
        if role is None or role["Arn"] != arn:
            message = f"The role with name {name} cannot be found."
            return iam._error(404, "NoSuchEntity", message, ns="iam")
        policies = policies_of(iam, evaluator, role, account)
        limits = evaluator._permissions_boundary(iam._roles, name, account)
        actions = list_of(iam, params, "ActionNames")
        if len(actions) > 1 and SEPARATE_ACTION in [action.lower() for action in actions]:
            message = "Invalid Input Actions: they require different authorization information"
            return iam._error(400, "InvalidInput", message, ns="iam")
        resources = list_of(iam, params, "ResourceArns") or ["*"]
        results = ""
        for action in actions:
            contexts = [
                evaluator.EvalContext(
                    principal_arn=arn,
                    principal_type="AssumedRole",
                    principal_account=account,
                    action=action,
                    resource_arn=resource,
                    region=iam.get_region(),
                )
                for resource in resources
            ]
            decisions = [decide(context, evaluator, policies, limits) for context in contexts]
            results += evaluation_result(action, resources, decisions)
        return iam._xml(
            200,
            "SimulatePrincipalPolicyResponse",
            f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults>"
            "<IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
            ns="iam",
        )

    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulate


def correct_authorization(iam, actions):
    original = actions.extract_resource_arn

    def resource_arn(service, method, path, headers, body, params, region, account):
        given = lambda name: actions._query_param(params, name)
        if service == "iam" and given("Action") == "SimulatePrincipalPolicy":
            return given("PolicySourceArn")
        if service == "iam" and given("RoleName"):
            role = iam._roles.get(given("RoleName"))
            if role is not None:
                return role["Arn"]
            return f"arn:aws:iam::{account}:role{given('Path') or '/'}{given('RoleName')}"
        if service == "iam" and given("Action") == "GetInstanceProfile":
            profile = iam._instance_profiles.get(given("InstanceProfileName"))
            if profile is not None:
                return profile["Arn"]
            return f"arn:aws:iam::{account}:instance-profile/{given('InstanceProfileName')}"
        return original(service, method, path, headers, body, params, region, account)

    actions.extract_resource_arn = resource_arn


class DeletionRefused(Exception):
    """AWS's message when CloudFormation can't delete a resource."""


def refused(what):
    return DeletionRefused(f"{what} (Service: Iam, Status Code: 409, Error Code: DeleteConflict)")


def correct_roles_of_stacks(iam, handlers):
    roles, profiles = handlers["AWS::IAM::Role"], handlers["AWS::IAM::InstanceProfile"]
    create, update, delete = roles["create"], roles["update"], roles["delete"]
    create_profile, update_profile = profiles["create"], profiles["update"]
    delete_profile = profiles["delete"]

    def with_boundary(made, props):
        role, boundary = iam._roles.get(made[0]), props.get("PermissionsBoundary")
        if role is not None and boundary:
            role["PermissionsBoundary"] = boundary
        elif role is not None:
            role.pop("PermissionsBoundary", None)
        return made

    def create_role(logical_id, props, stack_name):
        return with_boundary(create(logical_id, props, stack_name), props)

    def update_role(physical_id, old_props, new_props, *rest, **more):
        made = update(physical_id, old_props, new_props, *rest, **more)
        changed = old_props.get("PermissionsBoundary") != new_props.get("PermissionsBoundary")
        return with_boundary(made, new_props) if changed else made

    def delete_role(physical_id, props):
        role = iam._roles.get(physical_id)
        if role is not None:
            given = set(props.get("ManagedPolicyArns") or [])
            if set(role.get("AttachedPolicies") or []) - given:
                raise refused("Cannot delete entity, must detach all policies first.")
            given = {policy.get("PolicyName") for policy in props.get("Policies") or []}
            if set(role.get("InlinePolicies") or {}) - given:
                raise refused("Cannot delete entity, must delete policies first.")
            if any(physical_id in one.get("Roles", []) for one in iam._instance_profiles.values()):
                raise refused("Cannot delete entity, must remove roles from instance profile first.")
        return delete(physical_id, props)

    def profile_of(name):
        profile = iam._instance_profiles.get(name)
        return profile["Arn"] if profile is not None else name

    def named(made):
        arn, attributes = made
        return arn.rsplit("/", 1)[1], attributes

    def create_instance_profile(logical_id, props, stack_name):
        return named(create_profile(logical_id, props, stack_name))

    def update_instance_profile(physical_id, *rest, **more):
        return named(update_profile(profile_of(physical_id), *rest, **more))

    def delete_instance_profile(physical_id, props):
        profile = iam._instance_profiles.get(physical_id)
        if profile is not None and set(profile.get("Roles", [])) - set(props.get("Roles") or []):
            raise refused("Cannot delete entity, must remove roles from instance profile first.")
        return delete_profile(profile_of(physical_id), props)

    roles.update(create=create_role, update=update_role, delete=delete_role)
    profiles.update(
        create=create_instance_profile,
        update=update_instance_profile,
        delete=delete_instance_profile,
    )


def correct_role_policies(iam, provisioners):
    kind = "AWS::IAM::RolePolicy"

    def identifier(props):
        return f"{props['PolicyName']}|{props['RoleName']}"

    def as_policy(props):
        """The properties of an AWS::IAM::Policy of one role, which the emulator supports."""
        return {**props, "Roles": [props["RoleName"]]}

    def put(props):
        policy = as_policy(props)
        provisioners._iam_policy_require_entities(policy)
        provisioners._iam_policy_require_valid_document(policy)
        provisioners._iam_policy_put(policy, props["PolicyName"])
        return identifier(props), {}

    def create(logical_id, props, stack_name):
        role = iam._roles.get(props["RoleName"])
        if role is not None and props["PolicyName"] in role["InlinePolicies"]:
            raise ValueError(
                f"Resource of type '{kind}' with identifier '{identifier(props)}' already exists. "
                "(HandlerErrorCode: AlreadyExists)"
            )
        return put(props)

    def update(physical_id, old_props, new_props, stack_name):
        return put(new_props)

    def delete(physical_id, props):
        provisioners._iam_policy_drop(as_policy(props), props["PolicyName"])

    provisioners._RESOURCE_HANDLERS[kind] = {"create": create, "update": update, "delete": delete}
    provisioners._REPLACING_PROPERTIES[kind] = ("PolicyName", "RoleName")


def correct_conditional_writes(s3, actions):
    original, check = actions.s3_service_context, s3._check_put_preconditions

    def service_context(action, query_params, path="", headers=None):
        found = original(action, query_params, path, headers)
        condition = (headers or {}).get("if-none-match")
        if action == "s3:PutObject" and condition is not None:
            found["s3:if-none-match"] = condition
        return found

    def check_preconditions(headers, existing):
        if headers.get("if-none-match", "*") != "*":
            message = "A header you provided implies functionality that is not implemented"
            return s3._error("NotImplemented", message, 501)
        return check(headers, existing)

    actions.s3_service_context = service_context
    s3._check_put_preconditions = check_preconditions


def correct_denials(iam, actions, evaluator):
    original = actions.access_denied_response

    def outside_boundary(principal, action, resource):
        parts = principal.split(":", 5)
        if len(parts) < 6 or not parts[5].startswith("assumed-role/"):
            return False
        account, name = parts[4], parts[5].split("/")[1]
        context = evaluator.EvalContext(
            principal_arn=principal,
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=iam.get_region(),
        )
        limits = evaluator._permissions_boundary(iam._roles, name, account)
        return any(evaluator.evaluate(context, limit).decision == "ImplicitDeny" for limit in limits)

    def access_denied(service, action, principal_arn, request_id, **more):
        plain = not more.get("error_code") and not more.get("message")
        resource = more.get("resource_arn", "*")
        implicit = plain and not more.get("explicit_deny")
        if implicit and outside_boundary(principal_arn, action, resource):
            more["message"] = (
                f"User: {principal_arn} is not authorized to perform: {action} because no "
                f"permissions boundary allows the {action} action"
            )
        return original(service, action, principal_arn, request_id, **more)

    actions.access_denied_response = access_denied


def correct_policy_versions(iam):
    def set_default(params):
        arn, version = iam._p(params, "PolicyArn"), iam._p(params, "VersionId")
        policy = iam._policies.get(arn)
        if policy is None or version not in policy["Versions"]:
            return iam._error(404, "NoSuchEntity", f"Policy {arn} version {version} not found.", ns="iam")
        for known in policy["Versions"].values():
            known["IsDefaultVersion"] = known["VersionId"] == version
        policy["DefaultVersionId"] = version
        return iam._xml(200, "SetDefaultPolicyVersionResponse", "", ns="iam")

    iam._IAM_HANDLERS["SetDefaultPolicyVersion"] = set_default


def correct_function_updates(functions, runtime):
    def end(worker):
        while worker.in_use:
            time.sleep(0.05)
        runtime.kill_workers([worker])

    def retire(name, qualifier=None, account=None, region=None):
        account, region = account or functions.get_account_id(), region or functions.get_region()
        prefix = f"{account}:{region}:{name}:"
        with runtime._lock:
            keys = [key for key in runtime._workers if key.startswith(prefix)]
            keys = [key for key in keys if qualifier in (None, key.removeprefix(prefix))]
            retired = [worker for key in keys for worker in runtime._workers.pop(key)]
        for worker in retired:
            threading.Thread(target=end, args=(worker,), daemon=True).start()

    functions.invalidate_worker = retire


def correct_topics(sns, functions):
    class Functions:
        _execute_function_with_config_scope = staticmethod(functions.invoke_async_with_retry)

        def __getattr__(self, name):
            return getattr(functions, name)

    sns._lambda_svc = Functions()


def correct_proxy_routes(gateway):
    parameters = gateway._extract_path_params

    def with_line_feeds(route, path):
        found = parameters(route, path.replace("\n", "\0"))
        return found and {name: value.replace("\0", "\n") for name, value in found.items()}

    gateway._extract_path_params = with_line_feeds


def correct_conditions(modules, responses):
    original = modules[0]._evaluate_conditions

    def evaluate(template, params):
        pseudo = {
            "AWS::AccountId": responses.get_account_id(),
            "AWS::Partition": "aws",
            "AWS::Region": responses.get_region(),
            "AWS::URLSuffix": "amazonaws.com",
        }
        values = {name: {"Type": "String", "Value": value} for name, value in pseudo.items()}
        return original(template, {**values, **params})

    for module in modules:
        module._evaluate_conditions = evaluate


def correct_dependencies(modules):
    """Replaces the function in every module that calls it."""
    original = modules[0]._extract_deps

    def extract(resource, names):
        named = modules[0]._intrinsic_references(resource.get("Metadata", {}))
        return original(resource, names) | {name for name, _ in named if name in names}

    for module in modules:
        module._extract_deps = extract


def correct_service_tokens(lambda_svc, responses):
    """Replaces the three functions that find a custom resource's function and invoke it."""
    find, scope = lambda_svc._get_func_record_for_ref, lambda_svc._execution_record_for_config
    run = lambda_svc._execute_function_with_config_scope

    def find_topic(reference):
        parts = str(reference).split(":")
        if len(parts) != 6 or parts[2] != "sns":
            return find(reference)
        if parts[3] != responses.get_region():
            raise ValueError(f"ServiceToken {reference} must be in the stack's Region.")
        return {"topic": reference}, {"topic": reference}, reference

    def scope_topic(record, config):
        return record if "topic" in record else scope(record, config)

    def publish(record, request):
        if "topic" not in record:
            return run(record, request)
        import boto3

        client = boto3.client(
            "sns",
            region_name=responses.get_region(),
            endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            aws_access_key_id=responses.get_account_id(),
            aws_secret_access_key="local",
        )
        subject = "AWS CloudFormation custom resource request"
        message = json.dumps({**request, "TopicArn": record["topic"]})
        return client.publish(TopicArn=record["topic"], Subject=subject, Message=message)

    lambda_svc._get_func_record_for_ref = find_topic
    lambda_svc._execution_record_for_config = scope_topic
    lambda_svc._execute_function_with_config_scope = publish


MAX_SESSION_POLICIES = 2048
PACKED_BYTES = 1024


def correct_session_policies(sts):
    original = sts._session_policies

    def refuse(code, message):
        return None, sts._error(400, code, message, ns="sts")

    def session_policies(params, account_id=None, check=True):
        policies, error = original(params, account_id, check)
        if error or not check:
            return policies, error
        policy, arns = policies["Policy"] or "", policies["PolicyArns"]
        if len(arns) > 10:
            message = (
                "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
                "Member must have length less than or equal to 10"
            )
            return refuse("ValidationError", message)
        text = "".join([policy, *arns])
        packed = len(zlib.compress(text.encode(), 9)) if text else 0
        share = max(100 * len(text) / MAX_SESSION_POLICIES, 100 * packed / PACKED_BYTES)
        if share > 100:
            percent = int(-(-share // 1))
            message = (
                f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
            )
            return refuse("PackedPolicyTooLarge", message)
        return policies, None

    sts._session_policies = session_policies


def correct_written_attributes(cognito):
    original = cognito._update_user_attributes

    def client_of(token):
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["client_id"]

    def update(data):
        token = data.get("AccessToken", "")
        user, pool = cognito._user_pool_for_access_token(token)
        if user:
            client = pool["_clients"].get(client_of(token), {})
            writable = client.get("WriteAttributes")
            names = {attribute["Name"] for attribute in data.get("UserAttributes", [])}
            if writable and names - set(writable):
                message = "A client attempted to write unauthorized attribute"
                return cognito.error_response_json("NotAuthorizedException", message, 400)
        return original(data)

    cognito._update_user_attributes = update


def correct_login_site(cognito):
    original = cognito.well_known_openid_configuration

    def configuration(*arguments):
        status, headers, body = original(*arguments)
        document = json.loads(body)
        for name in ("authorization_endpoint", "end_session_endpoint"):
            document[name] = document[name].replace("//127.0.0.1:", "//localhost:", 1)
        return status, headers, json.dumps(document).encode()

    cognito.well_known_openid_configuration = configuration


def serve_at_the_root(gateway, port):
    """Forwards each request of the port to the hub account's only HTTP API."""
    import http.client
    import http.server

    class Forwarder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            found = [key[2] for key, _ in gateway._apis.all_items() if key[0] == HUB]
            if not found:
                return self.send_error(503)
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            path = f"/_aws/execute-api/{found[0]}/$default{self.path}"
            own = http.client.HTTPConnection("127.0.0.1", int(os.environ["GATEWAY_PORT"]))
            try:
                own.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in ("connection", "keep-alive", "transfer-encoding"):
                        own.putheader(name, value)
                own.endheaders(body)
                answer = own.getresponse()
                sent = answer.read()
            finally:
                own.close()
            self.send_response_only(answer.status)
            dropped = ("connection", "content-length", "transfer-encoding", "date", "server")
            for name, value in answer.getheaders():
                if name.lower() not in dropped:
                    self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward

        def log_message(self, *_):
            """Addresses contain codes and tokens."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Forwarder)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    installed = importlib.metadata.version("ministack")
    if installed != VERSION:
        sys.exit(f"{__file__} requires ministack {VERSION}, but {installed} is installed")
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator, lambda_runtime, responses
    from ministack.services import apigateway, cognito, iam, lambda_svc, s3, sns, sts
    from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

    correct_roles_of_stacks(iam, provisioners._RESOURCE_HANDLERS)
    correct_role_policies(iam, provisioners)
    correct_conditional_writes(s3, iam_actions)
    correct_denials(iam, iam_actions, iam_evaluator)
    correct_simulation(iam, iam_evaluator)
    correct_policy_versions(iam)
    correct_authorization(iam, iam_actions)
    correct_function_updates(lambda_svc, lambda_runtime)
    correct_topics(sns, lambda_svc)
    correct_proxy_routes(apigateway)
    correct_conditions([engine, changesets, handlers, stacks], responses)
    correct_service_tokens(lambda_svc, responses)
    correct_dependencies([engine, stacks])
    correct_session_policies(sts)
    correct_written_attributes(cognito)
    correct_login_site(cognito)
    if port := os.environ.get("CONSOLE_PORT"):
        serve_at_the_root(apigateway, port)
    return app.main()


if __name__ == "__main__":
    sys.exit(main())
