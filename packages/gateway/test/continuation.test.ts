/** A text that breaks off, and is gone on with by another target: clients see one answer. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { BedrockRuntimeClient, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import OpenAI from "openai";
import { isWhole, openStream } from "./support/live-stream.ts";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { type RoutedGateway, startRoutedGateway } from "./support/routed-gateway.ts";

const WHOLE =
  "The channel carries water from the pond to the wheel, and every turn of it is counted with care.";
const PIECES = 10;
const MESSAGES = [{ role: "user", content: "Hello" }] as const;

let up: RoutedGateway;

before(async () => {
  const model = (name: string, providers: readonly string[], more: object = {}): object => ({
    strategy: { type: "fallback" },
    targets: providers.map((provider) => ({ provider, model: name })),
    retry: { attempts: 1 },
    continuation: true,
    ...more,
  });
  up = await startRoutedGateway({
    providers: ["a", "vllm", "mistral", "claude", "gemini", "plain"],
    adapters: {
      a: { adapter: "openai", path: "/v1" },
      vllm: { adapter: "vllm", path: "/v1" },
      mistral: { adapter: "mistral", path: "/v1" },
      claude: { adapter: "anthropic", path: "/v1" },
      gemini: { adapter: "gemini", path: "/v1beta" },
    },
    // One test's failures are no other's business.
    provider: { breaker: { enabled: false } },
    models: {
      chat: model("chat", ["a", "vllm"]),
      echoed: model("echoed", ["a", "mistral"]),
      "claude-sonnet-4-5": model("claude-sonnet-4-5", ["a", "claude"]),
      "claude-opus-4-6": model("claude-opus-4-6", ["a", "claude"]),
      "gemini-2.5-flash": model("gemini-2.5-flash", ["a", "gemini"]),
      chain: model("chain", ["a", "vllm", "mistral"]),
      nobody: model("nobody", ["a", "plain"]),
      slow: model("slow", ["a", "vllm"], { stall: { minTokensPerSecond: 20, afterMs: 400 } }),
      quiet: model("quiet", ["a", "vllm"], { timeouts: { idleMs: 300 } }),
      copied: model("copied", ["a", "vllm"], {
        shadow: { target: { provider: "plain", model: "copy" }, sample: 1 },
      }),
      off: model("off", ["a", "vllm"], { continuation: false }),
      few: model("few", ["a", "vllm"], { retry: { attempts: 1, maxTries: 1 } }),
    },
  });
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

/** What the mock says until it breaks off after so many pieces of text. */
function firstHalf(pieces: number): string {
  return WHOLE.slice(0, Math.ceil(WHOLE.length / PIECES) * pieces);
}

/** Makes `a` break off after so many pieces, and `other` say what is left. */
function breakAfter(
  pieces: number,
  other: string,
  content = WHOLE.slice(firstHalf(pieces).trimEnd().length),
): string {
  // The first event of this wire is the role.
  up.mock("a").setFaults({ content: WHOLE, chunks: PIECES, cutAfterEvents: pieces + 1 });
  up.mock(other).setFaults({ content, chunks: PIECES });
  return firstHalf(pieces);
}

interface Chunk {
  readonly id: string;
  readonly model: string;
  readonly created: number;
  readonly choices: readonly {
    readonly delta: { readonly role?: string; readonly content?: string };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  } | null;
}

interface Streamed {
  readonly chunks: readonly Chunk[];
  readonly text: string;
  readonly error: string | undefined;
  readonly done: boolean;
  readonly requestId: string | null | undefined;
}

async function stream(model: string, fields: object = {}): Promise<Streamed> {
  const { body, headers } = await up.ask(model, { stream: true, ...fields });
  const events = sseOf(Buffer.from(body)).data;
  const parsed = events
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data) as Chunk & { error?: { code: string } });
  const chunks = parsed.filter(({ choices }) => choices !== undefined);
  return {
    chunks,
    text: chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? "")).join(""),
    error: parsed.find(({ error }) => error !== undefined)?.error?.code,
    done: events.at(-1) === "[DONE]",
    requestId: headers.get("x-request-id"),
  };
}

function bodyAt(provider: string): { messages: Record<string, unknown>[] } & Record<string, unknown> {
  const received = up.mock(provider).received.at(-1);
  assert.ok(received !== undefined, `${provider} was not asked`);
  return JSON.parse(received.bodyBytes.toString());
}

function assertOneAnswer({ chunks, text, error, done }: Streamed): void {
  assert.equal(error, undefined);
  assert.equal(text, WHOLE);
  assert.ok(done);
  assert.equal(new Set(chunks.map(({ id }) => id)).size, 1, "one id");
  assert.equal(new Set(chunks.map(({ model }) => model)).size, 1, "one model");
  assert.equal(new Set(chunks.map(({ created }) => created)).size, 1, "one time");
  const roles = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.role ?? []));
  assert.deepEqual(roles, ["assistant"]);
  const finishes = chunks.flatMap(({ choices }) =>
    choices.flatMap(({ finish_reason: finish }) => finish ?? []),
  );
  assert.deepEqual(finishes, ["stop"]);
}

describe("a text that breaks off", () => {
  for (let pieces = 1; pieces < PIECES; pieces++)
    test(`after ${pieces} of ${PIECES} pieces is one answer`, async () => {
      const text = breakAfter(pieces, "vllm");
      assertOneAnswer(await stream("chat"));
      const { messages, continue_final_message: goesOn, add_generation_prompt: begins } = bodyAt("vllm");
      assert.deepEqual(messages.at(-1), { role: "assistant", content: text.trimEnd() });
      assert.deepEqual([goesOn, begins], [true, false]);
    });

  test("is one answer whatever of it the second model repeats", async () => {
    for (const repeated of [firstHalf(5).slice(-14), firstHalf(5).slice(-30), firstHalf(5)]) {
      up.clear();
      breakAfter(5, "vllm", repeated + WHOLE.slice(firstHalf(5).length));
      assertOneAnswer(await stream("chat"));
    }
  });

  test("is gone on with by a provider that always repeats it", async () => {
    breakAfter(1, "mistral", WHOLE);
    assertOneAnswer(await stream("echoed"));
    assert.deepEqual(bodyAt("mistral").messages.at(-1), {
      role: "assistant",
      content: firstHalf(1).trimEnd(),
      prefix: true,
    });
  });

  test("is gone on with by a third target when the second breaks off too", async () => {
    const text = breakAfter(3, "vllm", WHOLE.slice(firstHalf(3).trimEnd().length));
    up.mock("vllm").setFaults({ cutAfterEvents: 4, content: WHOLE.slice(text.trimEnd().length), chunks: 7 });
    up.mock("mistral").setFaults({ content: WHOLE, chunks: PIECES });
    const streamed = await stream("chain");
    assertOneAnswer(streamed);
    const line = await up.logOf(streamed.requestId);
    assert.equal(line.attempts, 3);
  });

  test("is gone on with by a third target when the second does not want to", async () => {
    breakAfter(3, "mistral", WHOLE);
    up.mock("vllm").setFaults({
      status: 400,
      errorMessage: "The conversation must end with a user message.",
    });
    assertOneAnswer(await stream("chain"));
  });

  for (const [name, fault] of [
    ["an error event", { errorAfterEvents: 5, status: 200 }],
    ["an end without a finish", { endAfterEvents: 5 }],
    ["a malformed event", { malformedEvent: 5 }],
  ] as const)
    test(`by ${name} is one answer`, async () => {
      up.mock("a").setFaults({ content: WHOLE, chunks: PIECES, ...fault });
      up.mock("vllm").setFaults({ content: WHOLE, chunks: PIECES });
      assertOneAnswer(await stream("chat"));
    });

  test("by silence is one answer", async () => {
    up.mock("a").setFaults({ content: WHOLE, chunks: PIECES, stallAfterEvents: 5 });
    up.mock("vllm").setFaults({ content: WHOLE, chunks: PIECES });
    assertOneAnswer(await stream("quiet"));
  });

  test("by a stall is one answer", async () => {
    up.mock("a").setFaults({ content: WHOLE, chunks: PIECES, tokensPerSecond: 4 });
    up.mock("vllm").setFaults({ content: WHOLE, chunks: PIECES });
    assertOneAnswer(await stream("slow"));
  });

  test("is one answer where its calls are copied", async () => {
    breakAfter(5, "vllm");
    assertOneAnswer(await stream("copied"));
  });

  test("is one answer for each of many clients at once", async () => {
    breakAfter(5, "vllm");
    const answers = await Promise.all(Array.from({ length: 200 }, () => stream("chat")));
    for (const answer of answers) assertOneAnswer(answer);
    assert.equal(new Set(answers.map(({ requestId }) => requestId)).size, 200);
  });

  test("costs what both targets say, and says so", async () => {
    breakAfter(5, "vllm");
    const streamed = await stream("chat", { stream_options: { include_usage: true } });
    assertOneAnswer(streamed);
    const usages = streamed.chunks.flatMap(({ usage }) => usage ?? []);
    assert.equal(usages.length, 1);
    const line = await up.logOf(streamed.requestId);
    const [usage] = usages;
    assert.equal(usage?.prompt_tokens, line.inputTokens);
    assert.equal(usage?.completion_tokens, line.outputTokens);
    assert.equal(line.errorCode, undefined);
  });

  test("gets no more tokens than the client allows in all", async () => {
    breakAfter(5, "vllm");
    await stream("chat", { max_tokens: 100 });
    const allowed = bodyAt("vllm").max_tokens;
    assert.ok(typeof allowed === "number" && allowed > 60 && allowed < 100, String(allowed));
  });
});

describe("clients on other wires", () => {
  test("OpenAI's SDK sees one answer", async () => {
    breakAfter(4, "claude");
    const client = new OpenAI({ apiKey: KEY, baseURL: `${up.gateway.url}/v1`, maxRetries: 0 });
    const answer = await client.chat.completions
      .stream({ model: "claude-sonnet-4-5", messages: [...MESSAGES] })
      .finalChatCompletion();
    assert.equal(answer.choices[0]?.message.content, WHOLE);
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    const { messages } = bodyAt("claude");
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant"],
    );
  });

  test("Anthropic's SDK sees one message, with one block", async () => {
    breakAfter(4, "claude");
    const client = new Anthropic({ apiKey: KEY, baseURL: up.gateway.url, maxRetries: 0 });
    const events: string[] = [];
    const message = await client.messages
      .stream({ model: "claude-sonnet-4-5", max_tokens: 200, messages: [...MESSAGES] })
      .on("streamEvent", ({ type }) => events.push(type))
      .finalMessage();
    assert.deepEqual(
      message.content.map((block) => (block.type === "text" ? block.text : block.type)),
      [WHOLE],
    );
    assert.equal(message.stop_reason, "end_turn");
    assert.ok(message.usage.output_tokens > 0);
    for (const once of [
      "message_start",
      "content_block_start",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ])
      assert.equal(events.filter((type) => type === once).length, 1, once);
  });

  test("Google's SDK sees one answer", async () => {
    breakAfter(4, "gemini");
    const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: up.gateway.url } });
    let text = "";
    const ids = new Set<string | undefined>();
    for await (const piece of await client.models.generateContentStream({
      model: "gemini-2.5-flash",
      contents: "Hello",
    })) {
      text += piece.text ?? "";
      ids.add(piece.responseId);
    }
    assert.equal(text, WHOLE);
    assert.equal(ids.size, 1);
    const { contents } = bodyAt("gemini") as unknown as { contents: { role: string }[] };
    assert.deepEqual(
      contents.map(({ role }) => role),
      ["user", "model"],
    );
  });
});

describe("clients of Bedrock", () => {
  test("see one message, with one block", async () => {
    breakAfter(4, "claude");
    const client = new BedrockRuntimeClient({
      endpoint: up.gateway.url,
      region: "us-east-1",
      token: { token: KEY },
      authSchemePreference: ["httpBearerAuth"],
      maxAttempts: 1,
      // It would speak HTTP/2, which only a call in both directions at once needs.
      requestHandler: new NodeHttpHandler(),
    });
    const { stream: events } = await client.send(
      new ConverseStreamCommand({
        modelId: "claude-sonnet-4-5",
        messages: [{ role: "user", content: [{ text: "Hello" }] }],
      }),
    );
    let text = "";
    const seen: string[] = [];
    for await (const event of events ?? []) {
      seen.push(...Object.keys(event));
      text += event.contentBlockDelta?.delta?.text ?? "";
    }
    client.destroy();
    assert.equal(text, WHOLE);
    for (const once of ["messageStart", "contentBlockStop", "messageStop", "metadata"])
      assert.equal(seen.filter((name) => name === once).length, 1, `${once}: ${seen.join()}`);
  });
});

describe("a target that is to go on", () => {
  const REST = { content: WHOLE.slice(firstHalf(5).trimEnd().length), chunks: 5 };
  const cases: readonly (readonly [name: string, fault: BehaviourPatch, isServed: boolean])[] = [
    ["says no", { status: 400 }, false],
    ["shows no key that is right", { status: 401 }, false],
    ["has too much to do", { fault: "rate-limited" }, false],
    ["answers with a page", { fault: "html-error" }, false],
    ["sends elsewhere", { fault: "redirect" }, false],
    ["answers with an error in JSON", { fault: "json-error-200" }, false],
    ["answers with an error event", { fault: "error-first-event" }, false],
    ["breaks off before its head", { fault: "cut-before-headers" }, false],
    ["breaks off with its role", { cutAfterEvents: 1 }, false],
    ["breaks its first event", { malformedEvent: 0 }, false],
    ["says nothing of its usage", { usage: "off" }, true],
    ["tells its usage twice", { fault: "usage-twice" }, true],
    ["thinks before it goes on", { flavour: "vllm", reasoningTokens: 5 }, true],
    ["leaves out its last event", { fault: "eof-without-done" }, true],
    ["sends each byte by itself", { fault: "byte-by-byte" }, true],
    ["packs its answer", { fault: "gzip" }, true],
    ["sends all at once", { burst: true }, true],
  ];
  for (const [name, fault, isServed] of cases)
    test(`and ${name}: ${isServed ? "one answer" : "the error that broke it"}`, async () => {
      breakAfter(5, "vllm");
      up.mock("vllm").setFaults({ ...REST, ...fault });
      const streamed = await stream("chat", { stream_options: { include_usage: true } });
      if (isServed) assertOneAnswer(streamed);
      else {
        assert.deepEqual(
          [streamed.text, streamed.error, streamed.done],
          [firstHalf(5), "upstream_cut", false],
        );
      }
      assert.equal(up.mock("vllm").counts.requests, 1);
    });

  test("and breaks off itself: all that was said, once, and its error", async () => {
    breakAfter(5, "vllm");
    up.mock("vllm").setFaults({ ...REST, stallAfterEvents: 3 });
    const { text, error, done } = await stream("quiet");
    assert.ok(WHOLE.startsWith(text) && text.length > firstHalf(5).length, text);
    assert.deepEqual([error, done], ["upstream_idle_timeout", false]);
  });

  test("and says nothing is left in peace when the client leaves", async () => {
    breakAfter(5, "vllm");
    up.mock("vllm").setFaults({ neverAnswer: true });
    const opened = await openStream({ port: up.gateway.port, model: "chat" });
    await up.mock("vllm").waitFor(({ bodyBytes }) => bodyBytes.length > 0, 5_000);
    opened.response.destroy();
    await up.mock("vllm").waitFor(({ aborted }) => aborted, 5_000);
    assert.equal(isWhole(await opened.ended), false);
  });
});

describe("an answer that nobody can go on with", () => {
  const cases: readonly (readonly [name: string, model: string, fields: object])[] = [
    ["no other target takes a beginning", "nobody", {}],
    ["the model refuses beginnings", "claude-opus-4-6", {}],
    ["it is off", "off", {}],
    ["there are no tries left", "few", {}],
    ["two choices were asked for", "chat", { n: 2 }],
    ["probabilities were asked for", "chat", { logprobs: true }],
    ["JSON was asked for", "chat", { response_format: { type: "json_object" } }],
  ];
  for (const [name, model, fields] of cases)
    test(`ends with an honest error: ${name}`, async () => {
      breakAfter(4, "vllm");
      const { error, done } = await stream(model, fields);
      assert.equal(error, "upstream_cut");
      assert.ok(!done);
      assert.equal(
        up.mock("vllm").counts.requests +
          up.mock("claude").counts.requests +
          up.mock("plain").counts.requests,
        0,
      );
    });

  test("ends with an honest error once a tool was called", async () => {
    const tools = [
      {
        type: "function",
        function: { name: "f", parameters: { type: "object", properties: { a: { type: "string" } } } },
      },
    ];
    up.mock("a").setFaults({ textBeforeTools: 3, cutAfterEvents: 6 });
    const { error, done } = await stream("chat", { tools });
    assert.equal(error, "upstream_cut");
    assert.ok(!done);
    assert.equal(up.mock("vllm").counts.requests, 0);
  });

  test("ends with what broke it, when the target that was to go on fails", async () => {
    breakAfter(4, "vllm");
    up.mock("vllm").setFaults({ status: 503 });
    const { error, text, done } = await stream("chat");
    assert.equal(error, "upstream_cut");
    assert.equal(text, firstHalf(4));
    assert.ok(!done);
  });
});
