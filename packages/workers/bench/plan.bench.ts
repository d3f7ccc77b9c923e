import { parseArgs } from "node:util";
import { bench, group, run } from "mitata";
import { createCpuPool } from "../src/pool.ts";
import { countTokens } from "../src/tasks/count-tokens.ts";
import { createBodyEncoder } from "../src/tasks/encode-body.ts";
import { planRequest } from "../src/tasks/plan.ts";

/**
 * What a request costs on its way to a target, inline and on a thread; the crossing of the two is where
 * `workers.offloadAboveBytes` belongs. Run: `node --conditions=headrace-source packages/workers/bench/plan.bench.ts [--json]`.
 */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

const MAX_DEPTH = 100;
const PATH = { model: null, stream: false };
const ENCODER = createBodyEncoder("gpt-4o-2024-08-06", {
  model: "replace",
  askUsage: true,
  refused: [],
  added: "",
});
const PROSE = 'The miller said: "open the sluice", and the water ran down the headrace to the wheel.\n';
const FOREIGN_PROSE = "水車は「水路」の水で回る。Das Mühlrad dreht sich. 🙂\n";

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

const BODIES: readonly (readonly [name: string, body: Buffer])[] = [
  ["200 B", proseBody(100)],
  ["8 KB", proseBody(8_192)],
  ["32 KB", proseBody(32_768)],
  ["128 KB", proseBody(131_072)],
  ["1 MB of text", proseBody(1_048_576)],
  ["1 MB of non-ASCII text", proseBody(1_048_576, FOREIGN_PROSE)],
  ["1 MB with an image", imageBody(1_048_576)],
];

const pool = createCpuPool({ threads: 1, maxQueue: 10, taskTimeoutMs: 60_000, idleTimeoutMs: 60_000 });

for (const [name, body] of BODIES) {
  const plan = planRequest({ endpoint: "chat", body, path: PATH, maxDepth: MAX_DEPTH });
  // The bytes that come back are sent again, as the gateway never copies them either.
  let travelling: Uint8Array = new Uint8Array(body);
  group(name, () => {
    bench("plan inline", () => planRequest({ endpoint: "chat", body, path: PATH, maxDepth: MAX_DEPTH }));
    bench("of which decoding and JSON.parse", () => JSON.parse(body.toString("utf8")));
    bench("encode for the provider", () => ENCODER.encode(body, plan));
    bench("plan on a thread", async () => {
      const planned = await pool.run("plan", {
        endpoint: "chat",
        body: travelling,
        path: PATH,
        maxDepth: MAX_DEPTH,
      });
      travelling = planned.body;
    });
  });
}

group("tokens of 1 KB", () => {
  const text = PROSE.repeat(12);
  bench("count inline", () => countTokens({ model: "gpt-4o", kind: "text", text }));
  bench("count on a thread", () => pool.run("countTokens", { model: "gpt-4o", kind: "text", text }));
});

await run(values.json ? { format: "json" } : {});
await pool.close();
