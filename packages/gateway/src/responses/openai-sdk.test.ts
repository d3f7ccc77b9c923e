/** OpenAI's own SDK, which checks more of a stream than any other reader, against emulated responses. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { ChatAnswer } from "@headrace/core/canonical/chat";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { openAiResponsesClient } from "@headrace/providers/wires/openai-responses/client";
import { openAiResponsesClientWire } from "@headrace/providers/wires/openai-responses/client-wire";
import OpenAI from "openai";

type Content = Exclude<ChatStreamEvent, { type: "error" }>;

/** What the server says next: whole where there is an answer, else as a stream, which breaks where there is no finish. */
let script: { events: readonly Content[]; answer: ChatAnswer | null };
let server: Server;
let client: OpenAI;

before(async () => {
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const decoded = openAiResponsesClient.decodeRequest(body, { model: null, stream: false });
      const call = {
        requestId: "req-1",
        model: decoded.model,
        createdAtSeconds: 1_700_000_000,
        includeUsage: true,
        echo: structuredClone(decoded.echo),
      };
      if (script.answer !== null) {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(openAiResponsesClient.encodeAnswer(script.answer, call)));
        return;
      }
      response.setHeader("content-type", "text/event-stream");
      const encoder = openAiResponsesClient.createStreamEncoder(call);
      for (const event of script.events) response.write(encoder.encode(event));
      const isWhole = script.events.some(({ type }) => type === "finish");
      response.end(
        isWhole
          ? encoder.end()
          : openAiResponsesClientWire.encodeStreamError(new GatewayError("upstream_cut"), "req-1"),
      );
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ apiKey: "k", baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  assert.ok(isJsonObject(body));
  return body;
}

const START: Content = { type: "start", id: "msg_1", model: "weir-1", createdAtSeconds: 7 };
const FINISH: Content = { type: "finish", choice: 0, reason: "tool-calls" };
const USAGE: Content = {
  type: "usage",
  usage: {
    uncachedInput: 3,
    cacheReadInput: 4,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 6,
    reasoningOutput: 7,
  },
};

const EVERYTHING: readonly Content[] = [
  START,
  { type: "thinking-delta", choice: 0, text: "Hm" },
  { type: "thinking-delta", choice: 0, text: "m." },
  {
    type: "thinking-delta",
    choice: 0,
    text: "",
    signature: { signer: "anthropic", value: "c2ln" },
  },
  { type: "text-delta", choice: 0, text: "Let me " },
  { type: "text-delta", choice: 0, text: "look.", logprobs: [{ token: "look.", logprob: -1, top: [] }] },
  { type: "citation", choice: 0, citation: { url: "https://a.example", title: "A" } },
  { type: "tool-call-start", choice: 0, index: 0, id: "call_0", name: "look" },
  { type: "tool-call-start", choice: 0, index: 1, id: "call_1", name: "edit" },
  { type: "tool-call-delta", choice: 0, index: 1, argumentsJson: '{"input":"*** Be' },
  { type: "tool-call-delta", choice: 0, index: 0, argumentsJson: '{"at":"weir"}' },
  { type: "tool-call-delta", choice: 0, index: 1, argumentsJson: 'gin"}' },
  { type: "refusal-delta", choice: 0, text: "No more." },
  { type: "image", choice: 0, source: { kind: "base64", mediaType: "image/png", data: "aaaa" } },
  FINISH,
  USAGE,
];

test("OpenAI's SDK gathers an emulated stream of everything there is", async () => {
  script = {
    answer: null,
    events: EVERYTHING,
  };
  const stream = client.responses.stream({
    model: "weir",
    input: "Look.",
    store: false,
    tools: [
      { type: "function", name: "look", parameters: { type: "object" }, strict: false },
      { type: "custom", name: "edit" },
    ],
  });
  const types = new Set<string>();
  for await (const event of stream) types.add(event.type);
  const response = await stream.finalResponse();
  assert.equal(response.status, "completed");
  assert.equal(response.output_text, "Let me look.");
  assert.equal(response.usage?.total_tokens, 20);
  assert.deepEqual(
    response.output.map(({ type }) => type),
    ["reasoning", "message", "function_call", "custom_tool_call", "message", "image_generation_call"],
  );
  const [reasoning, , look, edit] = response.output;
  assert.ok(reasoning?.type === "reasoning" && reasoning.summary[0]?.text === "Hmm.");
  assert.ok(look?.type === "function_call" && look.arguments === '{"at":"weir"}');
  assert.ok(edit?.type === "custom_tool_call" && edit.input === "*** Begin");
  for (const type of ["response.reasoning_summary_text.delta", "response.custom_tool_call_input.delta"])
    assert.ok(types.has(type), type);
});

test("OpenAI's SDK sends back what it was given, and all of it is understood", async () => {
  script = { answer: null, events: EVERYTHING };
  const first = await client.responses
    .stream({
      model: "weir",
      input: "Look.",
      include: ["reasoning.encrypted_content"],
      tools: [{ type: "custom", name: "edit" }],
    })
    .finalResponse();
  const decoded = openAiResponsesClient.decodeRequest(
    {
      model: "weir",
      input: [
        { role: "user", content: "Look." },
        ...JSON.parse(JSON.stringify(first.output)),
        { type: "function_call_output", call_id: "call_0", output: "It stands." },
      ],
    },
    { model: null, stream: false },
  );
  const [, assistant, tool] = decoded.messages;
  assert.deepEqual(assistant?.parts[0], {
    type: "thinking",
    text: "Hmm.",
    signature: { signer: "anthropic", value: "c2ln" },
    extra: {},
  });
  assert.equal(tool?.role === "tool" && tool.parts[0]?.name, "look");
});

test("OpenAI's SDK takes an emulated whole answer", async () => {
  script = {
    events: [],
    answer: {
      wire: "anthropic-messages",
      id: "msg_1",
      model: "weir-1",
      createdAtSeconds: null,
      choices: [
        { index: 0, parts: [{ type: "text", text: '{"level":2}', extra: {} }], finish: "stop", extra: {} },
      ],
      usage: null,
      extra: {},
    },
  };
  const response = await client.responses.parse({
    model: "weir",
    input: "How high?",
    text: {
      format: {
        type: "json_schema",
        name: "level",
        schema: { type: "object", properties: { level: { type: "number" } } },
      },
    },
  });
  assert.equal(response.output_text, '{"level":2}');
  assert.match(response.id, /^resp_hre_/);
});

test("OpenAI's SDK throws when an emulated stream breaks, with the gateway's words", async () => {
  script = { answer: null, events: [START, { type: "text-delta", choice: 0, text: "Half" }] };
  await assert.rejects(client.responses.stream({ model: "weir", input: "Go." }).finalResponse(), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.code, "upstream_cut");
    assert.match(error.message, /closed the connection/);
    return true;
  });
});
