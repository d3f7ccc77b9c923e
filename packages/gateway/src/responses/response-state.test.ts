import assert from "node:assert/strict";
import { test } from "node:test";
import { pinResponseId } from "@headrace/providers/wires/openai-responses/stored-id";
import type { AnswerReader } from "../pipeline/answer-reader.ts";
import { WrappedAnswers } from "../pipeline/wrapped-answers.ts";
import type { Model } from "../snapshot/snapshot.ts";
import { snapshotOf } from "../testing/compiled.ts";
import { MemoryConversationStore } from "./conversation-store.ts";
import { ResponseState } from "./response-state.ts";

const BOUNDS = { maxBytes: 100_000, ttlMs: 1_000 };

function failOn(error: unknown): void {
  assert.ifError(error);
}

function opened(body: string, store = new MemoryConversationStore(BOUNDS, () => 0)): ResponseState {
  const state = new ResponseState({ store, onLost: failOn });
  state.open(Buffer.from(body), "ada");
  return state;
}

function modelOf(name: string): Model {
  const target = (provider: string): object => ({ provider, model: "x" });
  const { models } = snapshotOf({
    providers: {
      claude: { adapter: "anthropic", apiKey: "k" },
      one: { adapter: "openai", apiKey: "k" },
      two: { adapter: "openai", apiKey: "k" },
    },
    models: {
      all: { strategy: { type: "fallback" }, targets: ["claude", "one", "two"].map(target) },
      claude: { targets: [target("claude")] },
    },
    keys: [{ name: "ada", key: "hr-test-key" }],
  });
  const model = models.get(name);
  assert.ok(model !== undefined);
  return model;
}

test("response state: a body without pins stays the very same", () => {
  const state = new ResponseState({ store: null, onLost: failOn });
  for (const text of [
    '{"model":"m","input":"x","store":false,"previous_response_id":"resp_1"}',
    "{",
    "",
    "[[[",
  ]) {
    const body = Buffer.from(text);
    assert.equal(state.open(body, "ada"), body);
  }
});

test("response state: kept unless the client says no", () => {
  const bodies = ["{}", '{"store":null}', '{"store": true}', '{"store" : false}', '{"x":{"store":false}}'];
  const kept = bodies.map((body) => opened(body).keepsTranslated);
  assert.deepEqual(kept, [true, true, true, false, true]);
});

test("response state: goes where the previous response is, and nowhere else", () => {
  const pinned = pinResponseId("resp_1", { provider: "two", credential: null });
  const gone = pinResponseId("resp_1", { provider: "gone", credential: null });
  const targets = (id: string, model = "all"): string[] =>
    opened(JSON.stringify({ previous_response_id: id }))
      .tries(modelOf(model))
      .route.targets.map(({ provider }) => provider);
  assert.deepEqual(targets(pinned), ["two"]);
  assert.deepEqual(targets("resp_hre_1"), ["claude", "one", "two"]);
  assert.deepEqual(targets("resp_1"), ["one", "two"]);
  for (const [id, model] of [
    [gone, "all"],
    [pinned, "claude"],
    ["resp_1", "claude"],
  ] as const)
    assert.throws(() => targets(id, model), { code: "previous_response_not_found" });
});

test("response state: the conversation is the caller's own copy, and only its owner's", async () => {
  const store = new MemoryConversationStore(BOUNDS, () => 0);
  const kept = Buffer.from('{"input":[],"response":{}}');
  await store.put({ owner: "ada", responseId: "resp_hre_1" }, kept);
  const body = '{"previous_response_id":"resp_hre_1"}';
  const copy = await opened(body, store).resume();
  assert.deepEqual(Buffer.from(copy ?? []), kept);
  assert.notEqual(copy?.buffer, kept.buffer);
  const eve = new ResponseState({ store, onLost: failOn });
  eve.open(Buffer.from(body), "eve");
  await assert.rejects(async () => eve.resume(), { code: "previous_response_not_found" });
  assert.equal(opened('{"input":"x"}').resume(), null);
});

test("response state: an answer that cannot be kept is given all the same", async () => {
  const lost: unknown[] = [];
  const problem = new Error("no room");
  const store = new MemoryConversationStore(BOUNDS, () => 0);
  store.put = () => Promise.reject(problem);
  const state = new ResponseState({ store, onLost: (error) => lost.push(error) });
  state.open(Buffer.from("{}"), "ada");
  const body = Buffer.from('{"id":"resp_hre_1","output":[]}');
  const plain: Partial<AnswerReader> = { answersBytes: false, readWhole: () => ({ body, usage: null }) };
  const reader = state.keeping(plain as AnswerReader, Buffer.from("[]"));
  assert.ok(reader instanceof WrappedAnswers);
  assert.deepEqual(await reader.readWhole(body), { body, usage: null });
  assert.deepEqual(lost, [problem]);
});
