import assert from "node:assert/strict";
import type { Endpoint } from "@headrace/core/endpoints";
import type { JsonObject } from "@headrace/core/json-object";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { chatStreamEvents, sampleText } from "@headrace/core/testing/sample-stream";
import type { ChatCallFacts, PathFacts } from "@headrace/core/wire/chat-codec";
import { createFramer } from "../framing/framer.ts";
import { parseJsonObject } from "../json/read.ts";
import { adapterFor } from "../registry.ts";
import { fixtureBytes } from "../testing/chat-streams.ts";
import {
  SAMPLE_CHAT,
  SAMPLE_GENERATE,
  SAMPLE_MESSAGES,
  SAMPLE_RESPONSES,
} from "../testing/sample-requests.ts";
import {
  generateStreamEvents,
  messagesStreamEvents,
  responsesStreamEvents,
} from "../testing/sample-streams.ts";
import type { Translation } from "./translation.ts";
import { translationFor } from "./translation-for.ts";

const CHUNKS = 100;
const MODEL_IN_PATH: PathFacts = { model: "house-model", stream: false };
const IN_BODY: PathFacts = { model: null, stream: false };

interface ClientSide {
  readonly endpoint: Endpoint;
  readonly request: JsonObject;
  readonly path: PathFacts;
}

interface ProviderSide {
  readonly adapterId: string;
  readonly model: string;
  /** Fields of the sample that the model does not take. */
  readonly lost: readonly string[];
  readonly answer: Buffer;
  readonly streamEvents: (chunks: number) => Buffer[];
}

const CHAT: ClientSide = { endpoint: "chat", request: SAMPLE_CHAT, path: IN_BODY };
const MESSAGES: ClientSide = { endpoint: "messages", request: SAMPLE_MESSAGES, path: IN_BODY };
const GENERATE: ClientSide = { endpoint: "generate-content", request: SAMPLE_GENERATE, path: MODEL_IN_PATH };
const RESPONSES: ClientSide = { endpoint: "responses", request: SAMPLE_RESPONSES, path: IN_BODY };

const ANTHROPIC: ProviderSide = {
  adapterId: "anthropic",
  model: "claude-sonnet-4-5",
  lost: [],
  answer: fixtureBytes("anthropic/text.json"),
  streamEvents: messagesStreamEvents,
};
const OPENAI: ProviderSide = {
  adapterId: "openai",
  model: "gpt-4.1",
  lost: [],
  answer: fixtureBytes("openai/text.json"),
  streamEvents: chatStreamEvents,
};
const OPENAI_RESPONSES: ProviderSide = {
  adapterId: "openai",
  model: "gpt-5.1",
  lost: ["temperature"],
  answer: fixtureBytes("openai-responses/text.json"),
  streamEvents: responsesStreamEvents,
};
const GEMINI: ProviderSide = {
  adapterId: "gemini",
  model: "gemini-2.5-pro",
  lost: [],
  answer: fixtureBytes("gemini/text.json"),
  streamEvents: generateStreamEvents,
};

const PAIRS: readonly (readonly [name: string, client: ClientSide, provider: ProviderSide])[] = [
  ["chat to Anthropic", CHAT, ANTHROPIC],
  ["chat to Gemini", CHAT, GEMINI],
  ["messages to OpenAI's chat", MESSAGES, OPENAI],
  ["messages to OpenAI's Responses", MESSAGES, OPENAI_RESPONSES],
  ["Gemini's to OpenAI's chat", GENERATE, OPENAI],
  ["responses to Anthropic", RESPONSES, ANTHROPIC],
];

function translationOf({ endpoint }: ClientSide, { adapterId, model }: ProviderSide): Translation {
  const translation = translationFor(endpoint, adapterFor(adapterId, model));
  assert.ok(translation !== null);
  return translation;
}

/** From the client's bytes to the provider's, as the gateway does it for each try. */
function requesting(client: ClientSide, provider: ProviderSide): MicroSubject<Buffer> {
  const translation = translationOf(client, provider);
  const body = JSON.stringify(client.request);
  const target = { model: provider.model, stream: false };
  return {
    run: () => {
      const request = parseJsonObject(body) ?? {};
      return Buffer.from(JSON.stringify(translation.encodeRequest(request, client.path, target).body));
    },
    check: (bytes) => {
      assert.ok(bytes.includes("move_gate") && bytes.includes("And by how much"));
      assert.deepEqual(translation.encodeRequest(client.request, client.path, target).lost, provider.lost);
    },
  };
}

function factsOf(translation: Translation, client: ClientSide, model: string): ChatCallFacts {
  const { echo } = translation.encodeRequest(client.request, client.path, { model, stream: true });
  return {
    requestId: "req_0123456789abcdef",
    model: "house-model",
    createdAtSeconds: 1_790_000_000,
    includeUsage: true,
    echo,
  };
}

function answering(client: ClientSide, provider: ProviderSide): MicroSubject<Buffer> {
  const translation = translationOf(client, provider);
  const facts = factsOf(translation, client, provider.model);
  const answer = provider.answer.toString();
  return {
    run: () => Buffer.from(JSON.stringify(translation.translateAnswer(parseJsonObject(answer), facts).body)),
    check: (bytes) => assert.match(bytes.toString(), /The (mill stands by the river|weir at Oberau)/),
  };
}

/** Bytes in, the client's words out, each event a piece of its own. */
function streaming(client: ClientSide, provider: ProviderSide): MicroSubject<string> {
  const translation = translationOf(client, provider);
  const facts = factsOf(translation, client, provider.model);
  const events = provider.streamEvents(CHUNKS);
  const { stream } = translation;
  assert.ok(stream !== null);
  return {
    run: () => {
      let text = "";
      const encoder = stream.client.createStreamEncoder(facts);
      const decoder = stream.provider.createStreamDecoder((event) => {
        if (event.type === "error") throw new Error(event.message);
        text += encoder.encode(event);
      });
      const framer = createFramer(stream.provider.framing, (frame) => decoder.push(frame));
      for (const event of events) framer.push(event);
      return framer.end() && decoder.end() ? text + encoder.end() : "";
    },
    check: (text) => {
      const words = [...text.matchAll(/"(?:content|text|delta)":"((?: |The|,)[^"]*)"/g)].map(
        ([, word]) => word,
      );
      assert.ok(words.join("").startsWith(sampleText(CHUNKS)), text);
    },
  };
}

export const benches: readonly MicroBench[] = PAIRS.flatMap(([name, client, provider]) => [
  microBench(`request, ${name}`, () => requesting(client, provider)),
  microBench(`answer, ${name}`, () => answering(client, provider)),
  microBench(`stream of 100 chunks, ${name}`, () => streaming(client, provider), CHUNKS),
]);
