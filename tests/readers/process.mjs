// Prints the access key ID of the credentials that the AWS SDK for JavaScript gets for a profile.
import { fromProcess } from "@aws-sdk/credential-provider-process";

const [configFilepath, filepath, profile] = process.argv.slice(2);
const credentials = await fromProcess({ configFilepath, filepath, profile })();
console.log(credentials.accessKeyId);
