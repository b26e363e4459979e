"""Prints the statuses that a CloudFormation stack can have, as botocore knows them."""

import json

from botocore.loaders import Loader

model = Loader().load_service_model("cloudformation", "service-2")
print(json.dumps(model["shapes"]["StackStatus"]["enum"]))
