#!/usr/bin/env node
/**
 * Proves the container image where no container engine is at hand: runs the stages of the Dockerfile in an empty
 * folder, starts the result with the image's own entry point, environment and user, waits for its health check,
 * sends it calls, and stops it. What it cannot show: the base image itself and its isolation.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { capture } from "../bootstrap/progress.mjs";
import { parseDockerfile, readWords } from "./dockerfile.mjs";
import { folderBytes, mapPath, megabytes, StageBuilder } from "./stage-builder.mjs";

const CONTEXT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** The number of the user `node` in the base image. */
const NODE_UID = 1000;
const HEALTHY_WITHIN_MS = 15_000;
const HEALTH_INTERVAL_MS = 100;
const KEY = "hr-rehearsal-client-key";
const CALL = JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello!" }] });

/** @param {string} line */
const report = (line) => process.stdout.write(`rehearsal: ${line}\n`);

async function main() {
  const workspace = mkdtempSync(join(tmpdir(), "headrace-image-"));
  // The image's user must reach its files through this folder.
  chmodSync(workspace, 0o755);
  try {
    const stages = parseDockerfile(readFileSync(join(CONTEXT, "Dockerfile"), "utf8"));
    const builder = new StageBuilder({ context: CONTEXT, workspace, report });
    let image;
    for (const stage of stages) image = { stage, ...(await builder.build(stage)) };
    if (image === undefined) throw new Error("the Dockerfile has no stage");
    report(`image without base: ${megabytes(folderBytes(join(image.root, "app")))}`);
    await startAndCall(image);
    report("ok: built, healthy, answered, stopped");
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

async function startAndCall(image) {
  const ports = { mock: await freePort(), data: await freePort(), admin: await freePort() };
  const config = join(image.root, "headrace.yaml");
  writeFileSync(config, deployedConfig(ports), { mode: 0o644 });
  const mockFile = join(image.root, "app/packages/mock-upstream/dist/cli.js");
  const mock = startInImage(image, ["node", mockFile, "--port", String(ports.mock)]);
  const entryPoint = readWords(instructionOf(image, "ENTRYPOINT"));
  const gateway = startInImage(image, [...entryPoint, "--config", config]);
  try {
    await untilHealthy(image, gateway, ports.data);
    await call(ports.data);
    gateway.child.kill(/** @type {NodeJS.Signals} */ (instructionOf(image, "STOPSIGNAL").argument));
    const code = await gateway.ended;
    if (code !== 0) throw new Error(`the gateway ended with ${code} after its stop signal`);
    report("stopped by its stop signal with exit code 0");
  } catch (error) {
    process.stdout.write(gateway.output());
    throw error;
  } finally {
    for (const { child } of [gateway, mock]) child.kill("SIGKILL");
  }
}

function instructionOf({ stage }, name) {
  const found = stage.instructions.findLast((instruction) => instruction.name === name);
  if (found === undefined) throw new Error(`the image has no ${name}`);
  return found;
}

/** The configuration of compose.yaml, with the addresses that this machine has free instead of containers. */
function deployedConfig({ mock, data, admin }) {
  const text = readFileSync(join(CONTEXT, "deploy/headrace.compose.yaml"), "utf8");
  const moved = text
    .replace("http://mock:9000", `http://127.0.0.1:${mock}`)
    .replaceAll("0.0.0.0", "127.0.0.1");
  return moved.replace("port: 8080", `port: ${data}`).replace("port: 8081", `port: ${admin}`);
}

/** Starts a program as the engine would: the image's environment and nothing of this shell's, its folder, its user. */
function startInImage(image, words) {
  const [program = "", ...args] = words;
  const secrets = { HEADRACE_KEY: KEY, HEADRACE_ADMIN_KEY: "hr-rehearsal-admin-key" };
  const env = { ...Object.fromEntries(image.environment), ...secrets };
  const identity =
    process.getuid?.() === 0 && image.user !== undefined ? { uid: NODE_UID, gid: NODE_UID } : {};
  const child = spawn(program, args, {
    cwd: image.workdir,
    env,
    ...identity,
    stdio: ["ignore", "pipe", "pipe"],
  });
  report(
    `started ${words.join(" ").replaceAll(image.root, "")}${"uid" in identity ? ` as user ${image.user}` : ""}`,
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
  const ended = new Promise((done, failed) =>
    child.once("error", failed).once("exit", (code, signal) => done(code ?? signal)),
  );
  return { child, ended, output: () => text };
}

async function untilHealthy(image, gateway, port) {
  const [program, ...args] = readWords(instructionOf(image, "HEALTHCHECK"));
  const env = Object.fromEntries(image.environment);
  const startedAt = Date.now();
  while (Date.now() - startedAt < HEALTHY_WITHIN_MS && gateway.child.exitCode === null) {
    const words = args.map((word) => mapPath(word.replace(":8080/", `:${port}/`), image.root));
    const { code } = await capture(join(image.root, "usr/local/bin", program ?? ""), words, {
      cwd: image.workdir,
      env,
    });
    if (code === 0) return report(`healthy after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
    await delay(HEALTH_INTERVAL_MS);
  }
  throw new Error("the image did not become healthy");
}

/** One plain and one streamed call, by curl as a person would make them. */
async function call(port) {
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  const head = [
    "-sS",
    "--fail-with-body",
    "-H",
    `Authorization: Bearer ${KEY}`,
    "-H",
    "Content-Type: application/json",
  ];
  const plain = await curl([...head, url, "-d", CALL]);
  const answer = JSON.parse(plain).choices[0].message.content;
  report(`curl answered ${JSON.stringify(answer)}`);
  const stream = await curl([...head, url, "-d", JSON.stringify({ ...JSON.parse(CALL), stream: true })]);
  const events = stream.split("\n\n").filter((event) => event.startsWith("data: "));
  if (events.at(-1) !== "data: [DONE]") throw new Error(`the stream ended with ${events.at(-1)}`);
  report(`curl streamed ${events.length} events, the last of them [DONE]`);
}

async function curl(args) {
  const { code, output } = await capture("curl", args, { cwd: CONTEXT, env: process.env });
  if (code !== 0) throw new Error(`curl ended with ${code}: ${output}`);
  return output;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

await main();
