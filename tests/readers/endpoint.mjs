// Prints the access key ID of the credentials that the AWS SDK for JavaScript gets from a container's endpoint.
import { fromHttp } from "@aws-sdk/credential-provider-http";

const credentials = await fromHttp()();
console.log(credentials.accessKeyId);
