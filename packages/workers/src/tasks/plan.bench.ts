import assert from "node:assert/strict";
import type { JsonObject } from "@headrace/core/json-object";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { SAMPLE_CHAT, SAMPLE_MESSAGES, SAMPLE_RESPONSES } from "@headrace/providers/testing/sample-requests";
import { createCpuPool } from "../pool.ts";
import { createBodyEncoder } from "./encode-body.ts";
import { type Plan, type PlanInput, planRequest } from "./plan.ts";

/** What a request costs on its way to a target; where inline and thread meet is where `workers.offloadAboveBytes` belongs. */
const LIMITS = { path: { model: null, stream: false }, maxDepth: 100 };
const ENCODER = createBodyEncoder("gpt-4o-2024-08-06", {
  model: "replace",
  askUsage: true,
  refused: [],
  added: "",
});
const PROSE = 'The miller said: "open the sluice", and the water ran down the headrace to the wheel.\n';
const FOREIGN_PROSE = "水車は「水路」の水で回る。Das Mühlrad dreht sich. 🙂\n";
const KIB = 1_024;

function chatBody(content: unknown): Buffer {
  return Buffer.from(
    JSON.stringify({ model: "gpt-4o", stream: true, messages: [{ role: "user", content }] }),
  );
}

function proseBody(bodyBytes: number, prose = PROSE): Buffer {
  return chatBody(prose.repeat(Math.ceil(bodyBytes / Buffer.byteLength(JSON.stringify(prose)))));
}

function imageBody(bodyBytes: number): Buffer {
  const base64 = Buffer.alloc(Math.floor((bodyBytes * 3) / 4), "picture").toString("base64");
  return chatBody([
    { type: "text", text: PROSE },
    { type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } },
  ]);
}

const BODIES: readonly (readonly [name: string, body: () => Buffer])[] = [
  ["200 B", () => proseBody(100)],
  ["8 KB", () => proseBody(8 * KIB)],
  ["32 KB", () => proseBody(32 * KIB)],
  ["128 KB", () => proseBody(128 * KIB)],
  ["1 MB of text", () => proseBody(KIB * KIB)],
  ["1 MB of non-ASCII text", () => proseBody(KIB * KIB, FOREIGN_PROSE)],
  ["1 MB with an image", () => imageBody(KIB * KIB)],
];

/** The clients' wires, with a conversation that has tools. */
const WIRES: readonly (readonly [PlanInput["endpoint"], JsonObject])[] = [
  ["chat", SAMPLE_CHAT],
  ["messages", SAMPLE_MESSAGES],
  ["responses", SAMPLE_RESPONSES],
];

function assertPlan(plan: Plan, body: Buffer): void {
  assert.ok(plan.modelSpan !== null);
  assert.equal(body.toString("utf8", ...plan.modelSpan), JSON.stringify(plan.model));
  assert.ok(plan.estimatedInputTokens > 0);
}

function planning(endpoint: PlanInput["endpoint"], body: Buffer): MicroSubject<Plan> {
  return {
    run: () => planRequest({ endpoint, body, ...LIMITS }),
    check: (plan) => assertPlan(plan, body),
  };
}

function parsing(body: Buffer): MicroSubject<{ model?: unknown }> {
  return {
    run: () => JSON.parse(body.toString("utf8")),
    check: ({ model }) => assert.equal(model, "gpt-4o"),
  };
}

function splicing(body: Buffer): MicroSubject<Uint8Array> {
  const plan = planRequest({ endpoint: "chat", body, ...LIMITS });
  return {
    run: () => ENCODER.encode(body, plan).body,
    check: (bytes) => {
      const sent = JSON.parse(Buffer.from(bytes).toString());
      assert.equal(sent.model, "gpt-4o-2024-08-06");
      assert.deepEqual(sent.stream_options, { include_usage: true });
    },
  };
}

function planningOnThread(body: Buffer): MicroSubject<Promise<Plan>> {
  const pool = createCpuPool({ threads: 1, maxQueue: 10, taskTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
  // The bytes that come back are sent again, as the gateway never copies them either.
  let travelling: Uint8Array = new Uint8Array(body);
  return {
    run: async () => {
      const planned = await pool.run("plan", { endpoint: "chat", body: travelling, ...LIMITS });
      travelling = planned.body;
      return planned.plan;
    },
    check: (plan) => assertPlan(plan, body),
    close: () => pool.close(),
  };
}

export const benches: readonly MicroBench[] = [
  ...WIRES.map(([endpoint, request]) =>
    microBench(`plan, ${endpoint} with tools`, () =>
      planning(endpoint, Buffer.from(JSON.stringify(request))),
    ),
  ),
  ...BODIES.flatMap(([name, body]) => [
    microBench(`plan, ${name}`, () => planning("chat", body())),
    microBench(`of which decoding and JSON.parse, ${name}`, () => parsing(body())),
    microBench(`splice model and usage, ${name}`, () => splicing(body())),
    microBench(`plan on a thread, ${name}`, () => planningOnThread(body())),
  ]),
];
