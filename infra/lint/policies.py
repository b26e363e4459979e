"""Checks every policy in the templates with parliament: do its actions exist, and do they support these
resources and condition keys? False positives are listed below with their reasons. `make lint` runs this in
a separate environment.
"""

import json
import pathlib
import re
import sys

import yaml
from parliament import analyze_policy_string, enhance_finding

TEMPLATES = [
    "infra/template.yaml",
    "infra/regional-callback.yaml",
    "infra/onboarding/forward-events.yaml",
    *sorted(map(str, pathlib.Path("infra/onboarding/examples").glob("*.yaml"))),
]

# The finding, the statement, and the reason for the exception.
EXCEPTIONS = {
    ("INVALID_ARN", "ReadAwsManagedPolicies"): "ARNs of AWS managed policies have `aws` in place of an account",
    ("RESOURCE_MISMATCH", "Snapshot"): "ec2:CreateSnapshot needs a volume and a snapshot; only volumes have the tag, so they are in two statements",
    ("RESOURCE_MISMATCH", "CreateSnapshots"): "ec2:CreateSnapshot needs a volume and a snapshot; only volumes have the tag, so they are in two statements",
}

ACCOUNT = "us-east-1:111111111111"
# The value of a reference to a resource, by resource type.
REFERENCES = {
    "AWS::ApiGatewayV2::Api": "a1b2c3d4e5",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{ACCOUNT}:table/example",
    "AWS::Events::EventBus": f"arn:aws:events:{ACCOUNT}:event-bus/example",
    "AWS::IAM::InstanceProfile": "arn:aws:iam::222222222222:instance-profile/rolecall/example",
    "AWS::IAM::Role": "arn:aws:iam::222222222222:role/rolecall/example",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{ACCOUNT}:log-group:example:*",
    "AWS::S3::Bucket": "arn:aws:s3:::example",
    "AWS::SNS::Topic": f"arn:aws:sns:{ACCOUNT}:example",
    "AWS::SQS::Queue": f"arn:aws:sqs:{ACCOUNT}:example",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{ACCOUNT}:secret:example",
    "AWS::Events::Rule": f"arn:aws:events:{ACCOUNT}:rule/example",
}
# The value of a `!Ref` that is not the ARN.
NAMES = {"AWS::S3::Bucket": "example"}
# The same for parameters and pseudo parameters.
VALUES = {
    "AWS::AccountId": "111111111111",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackId": f"arn:aws:cloudformation:{ACCOUNT}:stack/example/1",
    "ConsoleClientSecretArn": REFERENCES["AWS::SecretsManager::Secret"],
    "HubEventBusArn": REFERENCES["AWS::Events::EventBus"],
    "PermissionsBoundaryArn": "arn:aws:iam::222222222222:policy/example",
}
NOTHING = {"Ref": "AWS::NoValue"}


class Loader(yaml.SafeLoader):
    """Reads `!Ref X` as `{"Ref": "X"}` and so on."""


def short_form(loader, tag, node):
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


class Template:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.load(file, Loader)  # noqa: S506, a SafeLoader

    def reference(self, name):
        if name in VALUES:
            return VALUES[name]
        resource = self.document["Resources"].get(name)
        return REFERENCES[resource["Type"]] if resource else f"example-{name}"

    def ref(self, name):
        resource = self.document["Resources"].get(name, {})
        return NAMES.get(resource.get("Type")) or self.reference(name)

    def text(self, pattern, values=None):
        known = {name: self.resolve(value) for name, value in (values or {}).items()}
        value = lambda name: known.get(name) or self.reference(name.split(".", 1)[0])
        return re.sub(r"\$\{([^}!]+)\}", lambda found: value(found[1]), pattern)

    def resolve(self, value):
        """The value that CloudFormation computes if every condition is true."""
        if isinstance(value, list):
            resolved = [self.resolve(item) for item in value if item != NOTHING]
            flat = [part for item in resolved for part in (item if isinstance(item, list) else [item])]
            return [item for item in flat if item is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return None if argument == "AWS::NoValue" else self.ref(argument)
            if name == "Fn::GetAtt":
                return self.reference(argument[0])
            if name == "Fn::Sub":
                return self.text(*([argument] if isinstance(argument, str) else argument))
            if name == "Fn::If":
                return self.resolve(argument[1] if argument[1] != NOTHING else argument[2])
            if name == "Fn::FindInMap":
                return "111111111111"
            if name == "Fn::Join":
                # Only used to remove the path from an ARN, or to join the names of customers' buckets.
                parts = self.resolve(argument[1])
                return argument[0].join(parts) if isinstance(parts, list) else parts
            if name == "Fn::Split":
                cut = self.resolve(argument[1])
                return cut.split(argument[0]) if isinstance(cut, str) else cut
            if name == "Fn::Select":
                index, parts = argument[0], self.resolve(argument[1])
                return parts[index] if isinstance(parts, list) and index < len(parts) else "example"
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not None}

    def policies(self):
        """Yields each policy document with a name, except trust policies, which grant no permissions."""

        def search(value, name):
            if isinstance(value, list):
                for item in value:
                    yield from search(item, name)
            elif isinstance(value, dict):
                if "Statement" in value:
                    yield name, self.resolve(value)
                    return
                for key, item in value.items():
                    if key != "AssumeRolePolicyDocument":
                        yield from search(item, name)

        for logical_id, resource in self.document["Resources"].items():
            yield from search(resource.get("Properties", {}), logical_id)


def statements(document):
    """Yields each statement as a separate policy, without principals, which parliament does not check."""
    for statement in document["Statement"]:
        alone = {key: item for key, item in statement.items() if key != "Principal"}
        yield statement.get("Sid", ""), {"Version": document["Version"], "Statement": [alone]}


def main():
    findings, met, checked = [], set(), 0
    for path in TEMPLATES:
        for name, document in Template(path).policies():
            for sid, policy in statements(document):
                checked += 1
                for finding in analyze_policy_string(json.dumps(policy)).findings:
                    key = (finding.issue, sid)
                    met.add(key)
                    if key not in EXCEPTIONS:
                        title = enhance_finding(finding).title
                        findings.append(f"{path}: {name}: {sid}: {finding.issue}: {title}: {finding.detail}")
    stale = [f"no finding needs the exception {key}" for key in EXCEPTIONS if key not in met]
    for line in findings + stale:
        print(line)
    print(f"parliament: {checked} statements, {len(findings)} findings")
    return 1 if findings or stale or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
