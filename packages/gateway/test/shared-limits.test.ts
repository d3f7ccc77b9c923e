/** Limits hold for all processes of a machine together, and all of a limit can be had by any one of them. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { chatRequest } from "./support/good-call.ts";
import { HttpConnection, type RawAnswer, requestBytes } from "./support/http-connection.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { metricOf } from "./support/nothing-left.ts";
import { assertRefusal } from "./support/refusals.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const PROCESSES = 3;
const DEADLINE_MS = 60_000;

const limited = (limit: number, max: number, provider = "a"): object => ({
  targets: [{ provider, model: "m" }],
  concurrency: { limit, queue: { max, deadlineMs: DEADLINE_MS } },
});

const MODELS = {
  free: { targets: [{ provider: "free", model: "m" }] },
  one: limited(1, 100),
  five: limited(5, 100),
  unqueued: limited(4, 0),
};

let up: RoutedGateway;

before(async () => {
  up = await startRoutedGateway({ providers: ["a", "free"], models: MODELS, processes: PROCESSES });
});
after(() => up.close());

/** A connection, and the process that it leads to. */
interface Line {
  readonly connection: HttpConnection;
  readonly pid: number;
}

async function openLine(): Promise<Line> {
  const connection = await HttpConnection.open(up.gateway.port);
  const answer = await askOver(connection, "free");
  assert.equal(answer.status, 200, answer.body);
  const id = answer.headers.get("x-request-id");
  const line = await up.gateway.waitForLog((one) => one.msg === "request" && one.requestId === id);
  return { connection, pid: Number(line.pid) };
}

/** So many connections to one process. */
async function linesToOne(count: number): Promise<readonly Line[]> {
  const byPid = new Map<number, Line[]>();
  for (;;) {
    const line = await openLine();
    const lines = byPid.get(line.pid) ?? [];
    byPid.set(line.pid, lines);
    lines.push(line);
    if (lines.length < count) continue;
    for (const [pid, others] of byPid)
      if (pid !== line.pid) for (const { connection } of others) await connection.close();
    return lines;
  }
}

/** Connections to all of them. */
async function linesToAll(each: number): Promise<readonly Line[]> {
  const byPid = new Map<number, Line[]>();
  while (byPid.size < PROCESSES || [...byPid.values()].some((lines) => lines.length < each)) {
    const line = await openLine();
    byPid.set(line.pid, [...(byPid.get(line.pid) ?? []), line]);
  }
  return [...byPid.values()].flatMap((lines) => lines.slice(0, each));
}

function askOver(connection: HttpConnection, model: string, fields: object = {}): Promise<RawAnswer> {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], ...fields });
  return connection.ask(chatRequest({ body }));
}

async function running(count: number): Promise<void> {
  while ((await metricOf(up.gateway, "headrace_concurrency_running")) !== count);
}

describe("limits of several processes", { timeout: 120_000 }, () => {
  for (const [model, limit] of [
    ["one", 1],
    ["five", 5],
  ] as const)
    test(`${limit}: never exceeded at the provider by calls at all of them, and everybody is served`, async () => {
      up.clear();
      const lines = await linesToAll(6);
      const slow = { x_mock: { latencyMs: 20 } };
      const answers = await Promise.all(
        lines.flatMap(({ connection }) => [
          askOver(connection, model, slow).then(async (answer) => [
            answer,
            await askOver(connection, model, slow),
          ]),
        ]),
      );
      for (const answer of answers.flat()) assert.equal(answer.status, 200, answer.body);
      const { requests, maxOpen } = up.mock("a").counts;
      assert.deepEqual({ requests, maxOpen }, { requests: 2 * lines.length, maxOpen: limit });
      for (const { connection } of lines) await connection.close();
    });

  test("all of a limit is to be had by one of them, without a queue, and what is above is refused", async () => {
    up.clear();
    const lines = await linesToOne(5);
    up.mock("a").setFaults({ fault: "never-answer" });
    for (const { connection } of lines.slice(0, 4)) connection.write(requestOf("unqueued"));
    await up.mock("a").waitFor(() => up.mock("a").counts.requests === 4, 10_000);
    const [last] = lines.slice(4);
    assert.ok(last !== undefined);
    assertRefusal(await askOver(last.connection, "unqueued"), { code: "queue_full" });
    for (const { connection } of lines) await connection.close();
    await running(0);
  });

  test("the slots of one that has died are the others'", async () => {
    up.clear();
    const lines = await linesToOne(5);
    up.mock("a").setFaults({ fault: "never-answer" });
    for (const { connection } of lines) connection.write(requestOf("five"));
    await up.mock("a").waitFor(() => up.mock("a").counts.requests === 5, 10_000);
    const pid = lines[0]?.pid ?? 0;
    let other = await openLine();
    while (other.pid === pid) other = await openLine();
    const waiting = askOver(other.connection, "five");
    up.mock("a").setFaults({});
    process.kill(pid, "SIGKILL");
    const answer = await waiting;
    assert.equal(answer.status, 200, answer.body);
    assert.equal(up.mock("a").counts.maxOpen, 5);
    for (const { connection } of lines) connection.reset();
    await other.connection.close();
    await up.gateway.waitForLog((line) => line.msg === "the gateway process was replaced", 30_000);
    await running(0);
  });

  test("a limit that a reload has lowered holds at once", async () => {
    up.clear();
    const lines = await linesToAll(4);
    const providers = Object.fromEntries(
      ["a", "free"].map((name) => {
        const { url: baseUrl } = up.mock(name);
        return [name, { adapter: "openai-compatible", baseUrl, apiKey: PROVIDER_KEY }];
      }),
    );
    const config = {
      listen: { host: "127.0.0.1" },
      providers,
      models: { ...MODELS, five: limited(2, 100) },
      keys: [{ name: "client", key: KEY }],
    };
    await writeFile(up.gateway.configFile, JSON.stringify(config));
    const reloads = (): number =>
      up.gateway.logs.filter(({ msg }) => msg === "configuration reloaded").length;
    up.gateway.signal("SIGHUP");
    await up.gateway.waitForLog(() => reloads() >= PROCESSES);
    const slow = { x_mock: { latencyMs: 20 } };
    const answers = await Promise.all(lines.map(({ connection }) => askOver(connection, "five", slow)));
    for (const answer of answers) assert.equal(answer.status, 200, answer.body);
    assert.equal(up.mock("a").counts.maxOpen, 2);
    for (const { connection } of lines) await connection.close();
  });
});

function requestOf(model: string): Buffer {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  return requestBytes(chatRequest({ body }));
}
