/** A text that breaks off, and is gone on with by another target: clients see one answer. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { sseOf } from "@headrace/mock-upstream/testing/raw-client";
import {
  bodyAt,
  breakAfter,
  firstHalf,
  PIECES,
  startContinuedGateway,
  WHOLE,
} from "./support/continued-gateway.ts";
import { isWhole, openStream } from "./support/live-stream.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import type { RoutedGateway } from "./support/routed-gateway.ts";

let up: RoutedGateway;

before(async () => {
  up = await startContinuedGateway();
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

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
      const text = breakAfter(up, pieces, "vllm");
      assertOneAnswer(await stream("chat"));
      const { messages, continue_final_message: goesOn, add_generation_prompt: begins } = bodyAt(up, "vllm");
      assert.deepEqual(messages.at(-1), { role: "assistant", content: text.trimEnd() });
      assert.deepEqual([goesOn, begins], [true, false]);
    });

  test("is one answer whatever of it the second model repeats", async () => {
    for (const repeated of [firstHalf(5).slice(-14), firstHalf(5).slice(-30), firstHalf(5)]) {
      up.clear();
      breakAfter(up, 5, "vllm", repeated + WHOLE.slice(firstHalf(5).length));
      assertOneAnswer(await stream("chat"));
    }
  });

  test("is gone on with by a provider that always repeats it", async () => {
    breakAfter(up, 1, "mistral", WHOLE);
    assertOneAnswer(await stream("echoed"));
    assert.deepEqual(bodyAt(up, "mistral").messages.at(-1), {
      role: "assistant",
      content: firstHalf(1).trimEnd(),
      prefix: true,
    });
  });

  test("is gone on with by a third target when the second breaks off too", async () => {
    const text = breakAfter(up, 3, "vllm", WHOLE.slice(firstHalf(3).trimEnd().length));
    up.mock("vllm").setFaults({ cutAfterEvents: 4, content: WHOLE.slice(text.trimEnd().length), chunks: 7 });
    up.mock("mistral").setFaults({ content: WHOLE, chunks: PIECES });
    const streamed = await stream("chain");
    assertOneAnswer(streamed);
    const line = await up.logOf(streamed.requestId);
    assert.equal(line.attempts, 3);
  });

  test("is gone on with by a third target when the second does not want to", async () => {
    breakAfter(up, 3, "mistral", WHOLE);
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
    breakAfter(up, 5, "vllm");
    assertOneAnswer(await stream("copied"));
  });

  test("is one answer for each of many clients at once", async () => {
    breakAfter(up, 5, "vllm");
    const answers = await Promise.all(Array.from({ length: 200 }, () => stream("chat")));
    for (const answer of answers) assertOneAnswer(answer);
    assert.equal(new Set(answers.map(({ requestId }) => requestId)).size, 200);
  });

  test("costs what both targets say, and says so", async () => {
    breakAfter(up, 5, "vllm");
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
    breakAfter(up, 5, "vllm");
    await stream("chat", { max_tokens: 100 });
    const allowed = bodyAt(up, "vllm").max_tokens;
    assert.ok(typeof allowed === "number" && allowed > 60 && allowed < 100, String(allowed));
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
      breakAfter(up, 5, "vllm");
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
    breakAfter(up, 5, "vllm");
    up.mock("vllm").setFaults({ ...REST, stallAfterEvents: 3 });
    const { text, error, done } = await stream("quiet");
    assert.ok(WHOLE.startsWith(text) && text.length > firstHalf(5).length, text);
    assert.deepEqual([error, done], ["upstream_idle_timeout", false]);
  });

  test("and says nothing is left in peace when the client leaves", async () => {
    breakAfter(up, 5, "vllm");
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
      breakAfter(up, 4, "vllm");
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
    breakAfter(up, 4, "vllm");
    up.mock("vllm").setFaults({ status: 503 });
    const { error, text, done } = await stream("chat");
    assert.equal(error, "upstream_cut");
    assert.equal(text, firstHalf(4));
    assert.ok(!done);
  });
});
