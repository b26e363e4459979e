// Runs the tests, as tabs of one browser. The files are processes of their own, which mostly wait for pages.

import { spawn } from "node:child_process";
import { executable, serve } from "./chromium.mjs";
import { publish } from "./hub.mjs";

const [, , ...files] = process.argv;

// Before any page is shown, because the console keeps the brand for a minute.
await publish();
const server = executable() && (await serve());
const flags = ["--test", "--test-concurrency=4", "--test-reporter=spec"];
const tests = spawn(process.execPath, [...flags, ...files], { stdio: "inherit" });
process.exitCode = await new Promise((ended) => tests.on("exit", (code) => ended(code ?? 1)));
await server?.close();
