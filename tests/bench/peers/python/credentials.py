"""What `rolecall credentials` does, with botocore: one signed POST, whose answer is printed."""

import os
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.session import Session

ACCOUNT = "acc_0198a0b1c2d37e4f8a9b0c1d2e3f4a5b"

url = f"{os.environ['ROLECALL_API_URL']}/operator/v1/credentials/inventory/{ACCOUNT}"
request = AWSRequest("POST", url, data=b"{}", headers={"content-type": "application/json"})
credentials = Session().get_credentials()
SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
answer = URLLib3Session(verify=os.environ["AWS_CA_BUNDLE"]).send(request.prepare())
sys.stdout.write(answer.text)
sys.exit(answer.status_code != 200)
