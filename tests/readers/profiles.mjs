// Prints the profiles of a configuration file as the AWS SDK for JavaScript reads them.
import { parseKnownFiles } from "@smithy/shared-ini-file-loader";

const [configFilepath, filepath] = process.argv.slice(2);
console.log(JSON.stringify(await parseKnownFiles({ configFilepath, filepath })));
