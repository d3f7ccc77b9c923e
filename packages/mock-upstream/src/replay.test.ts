import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readRecordings } from "./recordings.ts";
import { type Mock, type Replays, startMock } from "./server.ts";
import { eventsOf } from "./testing/decode-events.ts";
import { headerOf, type RawAnswer, rawPost } from "./testing/raw-client.ts";
import { WIRE_CASES, type WireCase } from "./testing/wire-cases.ts";

const BEDROCK_EVENTS = [
  '{"messageStart":{"role":"assistant"}}',
  '{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"größe"}}}',
  '{"messageStop":{"stopReason":"end_turn"}}',
];
const REPLAYS: Replays = {
  openai: {
    wire: "openai",
    plain: '{"choices":[],  "odd" : 1.0}',
    events: ['{"choices":[{"delta":{"content":"größe"}}],  "odd" : 1.0}', '{"choices":[]}'],
  },
  responses: { wire: "responses", events: ['{"type":"response.created"}', '{"type":"response.completed"}'] },
  anthropic: { wire: "anthropic", events: ['{"type":"message_start"}', '{"type":"ping"}'] },
  gemini: { wire: "gemini", events: ['{"candidates":[1]}', '{"candidates":[2]}'] },
  bedrock: { wire: "bedrock", events: BEDROCK_EVENTS },
  cohere: { wire: "cohere", plain: "{}", events: ['{"type":"message-start"}', '{"type":"message-end"}'] },
  ollama: { wire: "ollama", events: ['{"done":false}', '{"done":true}'] },
};

let mock: Mock;
before(async () => {
  mock = await startMock({ replays: REPLAYS });
});
after(() => mock.close());

function ask(wire: WireCase, x_mock: object, stream: boolean = true): Promise<RawAnswer> {
  return rawPost({
    port: mock.port,
    path: stream ? wire.streamPath : wire.path,
    headers: wire.headers,
    body: { ...wire.body, ...(stream ? wire.streamMembers : {}), x_mock },
  });
}

/** The bytes of a replayed stream as the wire frames them, without chunked encoding. */
const FRAMED: Readonly<Record<string, string>> = {
  "openai chat":
    'data: {"choices":[{"delta":{"content":"größe"}}],  "odd" : 1.0}\n\ndata: {"choices":[]}\n\ndata: [DONE]\n\n',
  "openai responses":
    'event: response.created\ndata: {"type":"response.created"}\n\nevent: response.completed\ndata: {"type":"response.completed"}\n\n',
  "anthropic messages":
    'event: message_start\ndata: {"type":"message_start"}\n\nevent: ping\ndata: {"type":"ping"}\n\n',
  "gemini events": 'data: {"candidates":[1]}\r\n\r\ndata: {"candidates":[2]}\r\n\r\n',
  "gemini array": '[{"candidates":[1]},\r\n{"candidates":[2]}\r\n]',
  "cohere chat":
    'event: message-start\ndata: {"type":"message-start"}\n\nevent: message-end\ndata: {"type":"message-end"}\n\n',
  "ollama chat": '{"done":false}\n{"done":true}\n',
};

function caseOf(name: string): WireCase {
  const wire = WIRE_CASES[name];
  assert.ok(wire !== undefined, name);
  return wire;
}

test("recorded events are played in the framing of their wire, byte for byte", async () => {
  for (const [name, framed] of Object.entries(FRAMED)) {
    const replay = name.split(" ")[name.startsWith("openai r") ? 1 : 0] ?? "";
    const answer = await ask(caseOf(name), { replay });
    assert.deepEqual([answer.status, answer.complete, answer.body.toString()], [200, true, framed]);
  }
  const binary = await ask(caseOf("bedrock converse"), { replay: "bedrock" });
  const events = eventsOf(headerOf(binary, "content-type") ?? "", binary.body);
  assert.deepEqual(
    events.map(({ name, data }) => `{"${name}":${data}}`),
    BEDROCK_EVENTS,
  );
});

test("a recorded plain answer comes as it was, and faults apply to both", async () => {
  const chat = caseOf("openai chat");
  assert.equal(
    (await ask(chat, { replay: "openai" }, false)).body.toString(),
    '{"choices":[],  "odd" : 1.0}',
  );
  const cut = await ask(chat, { replay: "openai", cutAfterEvents: 1, split: "bytes" });
  assert.deepEqual([cut.closed, cut.complete], [true, false]);
  assert.equal(cut.body.toString(), `${FRAMED["openai chat"]?.split("\n\n")[0]}\n\n`);
});

test("a Claude stream is replayed inside of Bedrock's chunks", async () => {
  const body = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 9,
    messages: [{ role: "user", content: "a" }],
  };
  const answer = await rawPost({
    port: mock.port,
    path: "/model/m/invoke-with-response-stream",
    body: { ...body, x_mock: { replay: "anthropic" } },
  });
  const events = eventsOf(headerOf(answer, "content-type") ?? "", answer.body);
  const inner = events.map(({ data }) => Buffer.from(JSON.parse(data).bytes, "base64").toString());
  assert.deepEqual(inner, REPLAYS.anthropic?.events);
});

test("a recording that is not there or does not fit is refused with the reason", async () => {
  const chat = caseOf("openai chat");
  for (const [replay, stream, message] of [
    ["nothing", true, /there is no recording \\"nothing\\"/],
    ["toString", true, /there is no recording/],
    ["cohere", true, /cohere is on the wire cohere, not openai/],
  ] as const) {
    const answer = await ask(chat, { replay }, stream);
    assert.equal(answer.status, 400);
    assert.match(answer.body.toString(), message);
  }
  const plain = await ask(caseOf("ollama chat"), { replay: "ollama" }, false);
  assert.match(plain.body.toString(), /ollama has no plain answer/);
});

test("a folder of recordings is read with the wire of each told by its answers", async () => {
  const folder = await mkdtemp(join(tmpdir(), "recordings-"));
  const files: Readonly<Record<string, string>> = {
    "a/chat.json": '{"choices":[]}',
    "a/chat.chunks.txt": '{"error":1}\n{"choices":[]}\n\n',
    "b/claude.json": '{"type":"message"}',
    "b/claude.chunks.txt": '{"type":"ping"}\n{"type":"message_start"}\n',
    "c.chunks.txt": '{"type":"response.created"}\n{"type":"error"}',
    "d.chunks.txt": '{"metadata":{}}\n',
    "e.json": '{"message":{},"finish_reason":"COMPLETE"}',
    "f.chunks.txt": '{"candidates":[]}\n',
    "g.chunks.txt": '{"message":{},"done":false}\n',
    "README.md": "not a recording",
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(folder, file, ".."), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const replays = await readRecordings(folder);
  assert.deepEqual(
    Object.entries(replays).map(([name, { wire }]) => [name, wire]),
    [
      ["a/chat", "openai"],
      ["b/claude", "anthropic"],
      ["c", "responses"],
      ["d", "bedrock"],
      ["e", "cohere"],
      ["f", "gemini"],
      ["g", "ollama"],
    ],
  );
  assert.deepEqual(replays["a/chat"], {
    wire: "openai",
    plain: '{"choices":[]}',
    events: ['{"error":1}', '{"choices":[]}'],
  });
  await writeFile(join(folder, "z.json"), "[]");
  await assert.rejects(readRecordings(folder), /z\.json: no wire has answers of this shape/);
  await rm(folder, { recursive: true });
});
