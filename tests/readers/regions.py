"""Prints AWS's partitions as botocore knows them: name, DNS suffix, and the sign-in host of each Region."""

import json

from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader

loader = Loader()
data = loader.load_data("partitions")
sign_in = EndpointProvider(loader.load_service_model("signin", "endpoint-rule-set-1"), data)


def described(partition):
    regions = sorted(region for region in partition["regions"] if not region.endswith("-global"))
    hosts = [
        sign_in.resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=False).url
        for region in regions
    ]
    return {
        "name": partition["id"],
        "dns_suffix": partition["outputs"]["dnsSuffix"],
        "regions": dict(zip(regions, hosts)),
    }


print(json.dumps([described(partition) for partition in data["partitions"]]))
