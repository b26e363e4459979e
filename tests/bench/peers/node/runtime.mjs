// Does the same as Lambda's Node.js runtime: requests an event, passes it to the handler, posts the
// response.

import { Agent, request } from "node:http";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, agent, path: `/2018-06-01/runtime/invocation/${path}` };
    if (body !== undefined) {
      options.headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
    }
    const sent = request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve([response.headers, Buffer.concat(parts).toString()]));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export async function run(handler) {
  for (;;) {
    const [headers, body] = await call("GET", "next");
    const id = headers["lambda-runtime-aws-request-id"];
    try {
      const answer = await handler(JSON.parse(body));
      await call("POST", `${id}/response`, JSON.stringify(answer ?? null));
    } catch (error) {
      console.error(error);
      await call("POST", `${id}/error`, JSON.stringify({ errorMessage: String(error) }));
    }
  }
}
