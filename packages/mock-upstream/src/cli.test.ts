import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAULTS } from "./behaviour/faults.ts";
import { BEHAVIOUR_NAMES } from "./behaviour/fields.ts";
import { kebabCase } from "./behaviour/parse.ts";
import { rawPost, sseOf, type WireJson } from "./testing/raw-client.ts";

const COMMAND = ["--conditions=headrace-source", fileURLToPath(new URL("./cli.ts", import.meta.url))];

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...flags: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...COMMAND, ...flags], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

async function start(...flags: string[]): Promise<{ child: ChildProcess; ready: WireJson }> {
  const child = spawn(process.execPath, [...COMMAND, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return { child, ready: JSON.parse(String(line)) };
}

test("the command says where it listens, behaves as its flags say and stops at once on SIGTERM", async () => {
  const { child, ready } = await start(
    "--chunks",
    "2",
    "--latency-ms=5",
    "--burst",
    "--require-key",
    "sk",
    "--record",
    "0",
  );
  assert.deepEqual(Object.keys(ready), ["msg", "port", "url"]);
  assert.deepEqual([ready.msg, ready.url], ["mock ready", `http://127.0.0.1:${ready.port}/v1`]);
  const body = { model: "m", messages: [], stream: true };
  const answer = await rawPost({ port: ready.port, body, headers: { authorization: "Bearer sk" } });
  assert.deepEqual([answer.chunks.length, sseOf(answer.body).data.length], [1, 5]);
  assert.equal((await rawPost({ port: ready.port, body })).status, 401);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("a wrong flag gets one sentence and exit code 2", async () => {
  const cases: readonly (readonly [flags: string[], sentence: string])[] = [
    [["--nope"], "Unknown option '--nope'"],
    [["--port", "http"], "--port must be a whole number from 0 to 65535"],
    [["--fault", "fire"], '--fault: there is no fault "fire"'],
    [["--usage", "maybe"], "--usage must be one of auto, on, off, finish-chunk, twice"],
    [["--framing", "close", "--encoding", "gzip"], "framing close goes with neither gzip nor split"],
  ];
  const runs = await Promise.all(cases.map(([flags]) => run(...flags)));
  for (const [index, [, sentence]] of cases.entries()) {
    assert.deepEqual(runs[index], { code: 2, stdout: "", stderr: `mock-upstream: ${sentence}\n` });
  }
});

test("recorded answers of a folder are played by name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "recordings-"));
  await writeFile(join(folder, "said.json"), '{"choices":[]}');
  const { child, ready } = await start("--recordings", folder, "--replay", "said");
  const answer = await rawPost({ port: ready.port, body: { model: "m", messages: [] } });
  assert.equal(answer.body.toString(), '{"choices":[]}');
  child.kill("SIGTERM");
  await once(child, "exit");
  const missing = await run("--recordings", join(folder, "none"));
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^mock-upstream: ENOENT: .*none'\n$/);
  await rm(folder, { recursive: true });
});

test("a taken port gets one sentence and exit code 1", async () => {
  const { child, ready } = await start();
  const second = await run("--port", String(ready.port));
  assert.equal(second.code, 1);
  assert.equal(
    second.stderr,
    `mock-upstream: cannot listen on 127.0.0.1:${ready.port}; is the port taken?\n`,
  );
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("--help names every flag and every fault", async () => {
  const { code, stdout } = await run("--help");
  assert.equal(code, 0);
  for (const name of BEHAVIOUR_NAMES) assert.ok(stdout.includes(`--${kebabCase(name)}`), name);
  for (const fault of Object.keys(FAULTS)) assert.ok(stdout.includes(`\n  ${fault} `), fault);
});
