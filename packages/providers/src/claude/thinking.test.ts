import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssistantPart, ChatMessage, ChatRequest, ReasoningParams } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { Losses } from "../translation/losses.ts";
import { claudeTraits } from "./models.ts";
import { planThinking } from "./thinking.ts";

function request(parts: Partial<ChatRequest>): ChatRequest {
  return {
    wire: "openai-chat",
    model: "claude",
    messages: [],
    tools: [],
    sampling: {},
    stream: false,
    includeUsage: false,
    extra: NO_EXTRA,
    ...parts,
  };
}

interface Case {
  readonly name: string;
  readonly model: string;
  readonly reasoning?: ReasoningParams;
  readonly maxOutputTokens?: number;
  readonly forced?: boolean;
  readonly thinking: JsonObject | null;
  readonly effort?: string;
  readonly maxTokens: number;
  readonly lost?: boolean;
}

const enabled = (budget: number): JsonObject => ({ type: "enabled", budget_tokens: budget });
const ADAPTIVE = { type: "adaptive", display: "summarized" };

const CASES: readonly Case[] = [
  { name: "nothing is said", model: "claude-sonnet-4-5", thinking: null, maxTokens: 32_000 },
  {
    name: "an old model's maximum is below the default",
    model: "claude-3-haiku-20240307",
    thinking: null,
    maxTokens: 4096,
  },
  {
    name: "the client's own maximum",
    model: "claude-sonnet-4-5",
    maxOutputTokens: 100,
    thinking: null,
    maxTokens: 100,
  },
  { name: "another vendor's model", model: "kimi-k3", thinking: null, maxTokens: 8192 },
  {
    name: "an effort is a budget, with room for the answer on top",
    model: "claude-sonnet-4-5",
    reasoning: { effort: "high" },
    thinking: enabled(16_384),
    maxTokens: 48_384,
  },
  {
    name: "never above the model's maximum",
    model: "claude-opus-4-1-20250805",
    reasoning: { effort: "xhigh" },
    thinking: enabled(24_000),
    maxTokens: 32_000,
  },
  {
    name: "the client's maximum leaves a quarter for the answer",
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    reasoning: { effort: "high" },
    maxOutputTokens: 8000,
    thinking: enabled(6000),
    maxTokens: 8000,
  },
  {
    name: "a budget that was asked for is kept as far as it goes",
    model: "claude-sonnet-4-5",
    reasoning: { budgetTokens: 10_000 },
    maxOutputTokens: 12_000,
    thinking: enabled(10_000),
    maxTokens: 12_000,
  },
  {
    name: "but below the maximum",
    model: "claude-sonnet-4-5",
    reasoning: { budgetTokens: 20_000, show: false },
    maxOutputTokens: 12_000,
    thinking: { ...enabled(11_999), display: "omitted" },
    maxTokens: 12_000,
  },
  {
    name: "a budget below the least",
    model: "claude-3-7-sonnet-20250219",
    reasoning: { budgetTokens: 200 },
    thinking: enabled(1024),
    maxTokens: 33_024,
  },
  {
    name: "no room to think",
    model: "claude-sonnet-4-5",
    reasoning: { effort: "low" },
    maxOutputTokens: 1000,
    thinking: null,
    maxTokens: 1000,
    lost: true,
  },
  {
    name: "a model from before thinking",
    model: "claude-3-5-sonnet-20241022",
    reasoning: { effort: "low" },
    thinking: null,
    maxTokens: 8192,
    lost: true,
  },
  {
    name: "beside a forced tool",
    model: "claude-sonnet-4-5",
    reasoning: { effort: "low" },
    forced: true,
    thinking: null,
    maxTokens: 32_000,
    lost: true,
  },
  {
    name: "beside a forced tool an effort still counts",
    model: "claude-opus-4-7",
    reasoning: { effort: "low" },
    forced: true,
    thinking: null,
    effort: "low",
    maxTokens: 32_000,
    lost: true,
  },
  {
    name: "by effort",
    model: "claude-opus-4-7",
    reasoning: { effort: "xhigh" },
    thinking: ADAPTIVE,
    effort: "xhigh",
    maxTokens: 32_000,
  },
  {
    name: "by effort, on a model without the highest",
    model: "anthropic.claude-opus-4-6-v1",
    reasoning: { effort: "xhigh" },
    thinking: ADAPTIVE,
    effort: "high",
    maxTokens: 32_000,
  },
  {
    name: "a budget on a model that takes either",
    model: "claude-sonnet-4-6",
    reasoning: { budgetTokens: 5000 },
    thinking: enabled(5000),
    maxTokens: 37_000,
  },
  {
    name: "a budget on a model that takes efforts only",
    model: "claude-opus-5",
    reasoning: { budgetTokens: 9000, show: false },
    thinking: { type: "adaptive", display: "omitted" },
    effort: "medium",
    maxTokens: 32_000,
  },
  {
    name: "thinking as the model likes",
    model: "claude-opus-5",
    reasoning: { show: true },
    thinking: ADAPTIVE,
    maxTokens: 32_000,
  },
  {
    name: "no thinking, in words",
    model: "claude-sonnet-4-5",
    reasoning: { effort: "none" },
    thinking: { type: "disabled" },
    maxTokens: 32_000,
  },
  {
    name: "no thinking by a budget of none",
    model: "claude-opus-5",
    reasoning: { budgetTokens: 0 },
    thinking: { type: "disabled" },
    maxTokens: 32_000,
  },
  {
    name: "no thinking by silence",
    model: "claude-opus-4-8",
    reasoning: { effort: "none" },
    thinking: null,
    maxTokens: 32_000,
  },
  {
    name: "a model that always thinks",
    model: "claude-fable-5-1",
    reasoning: { effort: "none" },
    thinking: null,
    effort: "low",
    maxTokens: 32_000,
  },
  {
    name: "a model that thinks between tools at least",
    model: "claude-sonnet-5-5",
    reasoning: { effort: "none" },
    thinking: { type: "between_tools" },
    maxTokens: 32_000,
  },
];

for (const { name, model, reasoning, maxOutputTokens, forced, thinking, effort, maxTokens, lost } of CASES) {
  test(`Anthropic thinking: ${name} (${model})`, () => {
    const losses = new Losses("openai-chat");
    const plan = planThinking(
      request({
        ...(reasoning === undefined ? {} : { reasoning }),
        sampling: maxOutputTokens === undefined ? {} : { maxOutputTokens },
      }),
      { traits: claudeTraits(model), forced: forced ?? false, losses },
    );
    assert.deepEqual(plan, { thinking, effort: effort ?? null, maxTokens });
    assert.deepEqual(losses.paths, lost === true ? ["reasoning_effort"] : []);
  });
}

const user: ChatMessage = { role: "user", parts: [], extra: NO_EXTRA };
const results: ChatMessage = { role: "tool", parts: [], extra: NO_EXTRA };
const assistant = (...parts: readonly AssistantPart[]): ChatMessage => ({
  role: "assistant",
  parts,
  extra: NO_EXTRA,
});
const call: AssistantPart = { type: "tool-call", id: "1", name: "f", argumentsJson: "{}", extra: NO_EXTRA };
const thought = (signer: "anthropic" | "gemini"): AssistantPart => ({
  type: "thinking",
  text: "",
  signature: { signer, value: "c2ln" },
  extra: NO_EXTRA,
});

const TURNS: readonly [string, readonly ChatMessage[], boolean][] = [
  ["a turn that Anthropic began", [user, assistant(thought("anthropic"), call), results], true],
  ["a turn that another provider began", [user, assistant(thought("gemini"), call), results], false],
  ["a turn that began without thinking", [user, assistant(call), results], false],
  ["an earlier turn", [user, assistant(call), results, assistant(), user], true],
];

for (const [name, messages, thinks] of TURNS) {
  test(`Anthropic thinking: ${name} ${thinks ? "goes" : "cannot go"} on with a budget`, () => {
    const plan = (model: string) =>
      planThinking(request({ messages, reasoning: { effort: "low" } }), {
        traits: claudeTraits(model),
        forced: false,
        losses: new Losses("openai-chat"),
      });
    assert.equal(plan("claude-sonnet-4-5").thinking !== null, thinks);
    // Adaptive thinking has no such demand.
    assert.deepEqual(plan("claude-opus-4-7").thinking, ADAPTIVE);
  });
}
