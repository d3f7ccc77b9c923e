import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, ChatMessage, ChatRequest, ToolDefinition } from "@headrace/core/canonical/chat";
import { type ExtraFields, NO_EXTRA, type Signature } from "@headrace/core/canonical/chat-parts";
import fc from "fast-check";
import { parseJsonObject } from "../../json/read.ts";
import { seed } from "../../testing/chat-streams.ts";
import { encryptThinking } from "./reasoning-state.ts";
import { decodeOpenAiResponsesRequest } from "./request-decoder.ts";
import { encodeOpenAiResponsesRequest } from "./request-encoder.ts";

const WORD = fc.stringMatching(/^[a-zé"\\\n🌊]{1,8}$/u);
const NAME = fc.stringMatching(/^[a-z_]{1,12}$/);
const TEXT = WORD.map((text) => ({ type: "text", text, extra: NO_EXTRA }) as const);
const IMAGE = fc
  .constantFrom(
    { kind: "url", url: "https://a.example/i.png" } as const,
    { kind: "base64", mediaType: "image/png", data: "aaaa" } as const,
    { kind: "file-id", id: "file-1" } as const,
  )
  .map((source) => ({ type: "image", source, detail: "auto", extra: NO_EXTRA }) as const);
const FILE = fc.constantFrom(
  {
    type: "file",
    source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" },
    fileName: "a.pdf",
    extra: NO_EXTRA,
  } as const,
  { type: "file", source: { kind: "url", url: "https://a.example/a.pdf" }, extra: NO_EXTRA } as const,
);
const INPUT = fc.array(fc.oneof(TEXT, IMAGE, FILE), { minLength: 1, maxLength: 3 });
const SIGNATURE: fc.Arbitrary<Signature> = fc.constant({ signer: "openai", value: "gAAAA==" });
const FREEFORM = "freeform_tool";

/** A turn: what the model thought and said, what it called, and the calls' results. */
const TURN: fc.Arbitrary<readonly ChatMessage[]> = fc
  .record({
    thinking: fc.option(fc.tuple(WORD, SIGNATURE), { nil: undefined }),
    said: fc.option(WORD, { nil: undefined }),
    calls: fc.array(fc.record({ name: fc.oneof(NAME, fc.constant(FREEFORM)), words: WORD, results: INPUT }), {
      maxLength: 3,
    }),
    next: INPUT,
    id: fc.nat(1_000_000),
  })
  .map(({ thinking, said, calls, next, id }) => {
    const parts: AssistantPart[] = [];
    if (thinking !== undefined)
      parts.push({ type: "thinking", text: thinking[0], signature: thinking[1], extra: NO_EXTRA });
    if (said !== undefined) parts.push({ type: "text", text: said, extra: NO_EXTRA });
    calls.forEach(({ name, words }, at) => {
      const argumentsJson = JSON.stringify(name === FREEFORM ? { input: words } : { words });
      parts.push({ type: "tool-call", id: `call_${id}_${at}`, name, argumentsJson, extra: NO_EXTRA });
    });
    const results = calls.map(({ name, results }, at) => ({
      type: "tool-result" as const,
      callId: `call_${id}_${at}`,
      name,
      parts: results,
      isError: false,
      extra: NO_EXTRA,
    }));
    return [
      ...(parts.length === 0 ? [] : [{ role: "assistant", parts, extra: NO_EXTRA } as const]),
      ...(results.length === 0 ? [] : [{ role: "tool", parts: results, extra: NO_EXTRA } as const]),
      { role: "user", parts: next, extra: NO_EXTRA } as const,
    ];
  });

const TOOL: fc.Arbitrary<ToolDefinition> = fc
  .record({ name: NAME, description: WORD, strict: fc.boolean() })
  .map((tool) => ({
    type: "function",
    ...tool,
    parameters: { type: "object", properties: {} },
    extra: { defer_loading: true },
  }));

const REQUEST: fc.Arbitrary<ChatRequest> = fc
  .record({
    instructions: fc.option(WORD),
    developer: fc.option(WORD),
    turns: fc.array(TURN, { maxLength: 3 }),
    tools: fc.uniqueArray(TOOL, {
      selector: (tool) => (tool.type === "function" ? tool.name : ""),
      maxLength: 3,
    }),
    maxOutputTokens: fc.option(fc.integer({ min: 16, max: 9999 })),
    temperature: fc.option(fc.double({ min: 0, max: 2, noNaN: true })),
    verbosity: fc.option(fc.constantFrom("low", "high")),
    stream: fc.boolean(),
  })
  .map((one) => {
    const message = (role: "system" | "developer" | "user", text: string): ChatMessage => ({
      role,
      parts: [{ type: "text", text, extra: NO_EXTRA }],
      extra: NO_EXTRA,
    });
    const freeform: ToolDefinition = {
      type: "function",
      name: FREEFORM,
      description: "The input must match this Lark grammar:\nstart: /a/",
      parameters: undefined,
      freeform: true,
      extra: { format: { type: "grammar", syntax: "lark", definition: "start: /a/" } },
    };
    const extra: ExtraFields = one.verbosity === null ? {} : { "text.verbosity": one.verbosity };
    return {
      wire: "openai-responses",
      model: "gpt-4.1",
      messages: [
        ...(one.instructions === null ? [] : [message("system", one.instructions)]),
        ...(one.developer === null ? [] : [message("developer", one.developer)]),
        message("user", "Go."),
        ...one.turns.flat(),
      ],
      tools: [...one.tools, freeform],
      sampling: {
        ...(one.maxOutputTokens === null ? {} : { maxOutputTokens: one.maxOutputTokens }),
        ...(one.temperature === null ? {} : { temperature: one.temperature }),
      },
      stream: one.stream,
      includeUsage: true,
      extra,
    };
  });

test("Responses round trip: a request that is written and read again is the same", () => {
  fc.assert(
    fc.property(REQUEST, (request) => {
      const { body, lost } = encodeOpenAiResponsesRequest(request, {
        model: "gpt-4.1",
        stream: request.stream,
      });
      assert.deepEqual(lost, []);
      const { echo: _, ...again } = decodeOpenAiResponsesRequest(parseJsonObject(JSON.stringify(body)) ?? {});
      assert.deepEqual(again, { ...request, extra: { ...request.extra, store: false } });
    }),
    { seed, numRuns: 300 },
  );
});

test("Responses round trip: encrypted thinking of every signer comes back as it was", () => {
  const signed = fc.record(
    { signer: fc.constantFrom("anthropic" as const, "gemini" as const, "openai" as const), value: WORD },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(WORD, signed, (text, signature) => {
      const body = {
        model: "m",
        input: [
          {
            type: "reasoning",
            summary: [{ type: "summary_text", text }],
            encrypted_content: encryptThinking({ text, signature }),
          },
        ],
      };
      assert.deepEqual(decodeOpenAiResponsesRequest(body).messages[0]?.parts, [
        { type: "thinking", text, signature, extra: NO_EXTRA },
      ]);
    }),
    { seed },
  );
});
