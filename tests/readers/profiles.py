"""Prints the profiles of a configuration file as botocore reads them."""

import json
import sys

from botocore.configloader import load_config

print(json.dumps(load_config(sys.argv[1])["profiles"]))
