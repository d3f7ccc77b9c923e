import { HI, spec, testRequests, tool } from "./request-testing.ts";

const LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0";
const NOVA = "amazon.nova-pro-v1:0";
const NOVA_2 = "us.amazon.nova-2-lite-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";
const COMMAND_R = "cohere.command-r-plus-v1:0";
const NEW_CLAUDE = "global.anthropic.claude-opus-4-7";

testRequests([
  {
    name: "sampling",
    request: { sampling: { maxOutputTokens: 100, temperature: 0.5, topK: 5, stop: ["END", " "] } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 100, temperature: 0.5, stopSequences: ["END"] },
      additionalModelRequestFields: { top_k: 5 },
      additionalModelResponseFieldPaths: ["/stop_sequence"],
    },
    lost: ["stop"],
  },
  {
    name: "the stop text of a stream",
    stream: true,
    request: { sampling: { stop: ["END"] } },
    body: {
      messages: HI,
      inferenceConfig: { stopSequences: ["END"] },
      additionalModelResponseFieldPaths: ["/delta/stop_sequence"],
    },
  },
  {
    name: "sampling that Claude does not take",
    request: {
      sampling: {
        temperature: 1.5,
        topP: 0.9,
        seed: 1,
        frequencyPenalty: 0.5,
        presencePenalty: 0,
        choices: 2,
        logprobs: true,
        topLogprobs: 3,
      },
    },
    body: { messages: HI, inferenceConfig: { temperature: 1 } },
    lost: ["n", "logprobs", "top_logprobs", "top_p", "temperature", "seed", "frequency_penalty"],
  },
  {
    name: "no sampling to the newest Claude",
    model: NEW_CLAUDE,
    request: { sampling: { temperature: 0.2, topK: 3, maxOutputTokens: 7 } },
    body: { messages: HI, inferenceConfig: { maxTokens: 7 } },
    lost: ["temperature", "top_k"],
  },
  {
    name: "sampling of Nova",
    model: NOVA,
    request: { sampling: { temperature: 0.5, topP: 0.9, topK: 5 } },
    body: {
      messages: HI,
      inferenceConfig: { temperature: 0.5, topP: 0.9 },
      additionalModelRequestFields: { inferenceConfig: { topK: 5 } },
    },
  },
  {
    name: "sampling of Command R",
    model: COMMAND_R,
    request: { sampling: { topK: 5, seed: 1, frequencyPenalty: 0.1, presencePenalty: 0.2 } },
    body: {
      messages: HI,
      additionalModelRequestFields: { k: 5, seed: 1, frequency_penalty: 0.1, presence_penalty: 0.2 },
    },
  },
  {
    name: "thinking by a budget",
    request: {
      reasoning: { budgetTokens: 2000 },
      sampling: { maxOutputTokens: 4000, temperature: 1, topK: 2 },
    },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 4000 },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
    },
    lost: ["top_k"],
  },
  {
    name: "thinking by effort",
    model: NEW_CLAUDE,
    request: { reasoning: { effort: "high" } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 32_000 },
      additionalModelRequestFields: {
        thinking: { type: "adaptive", display: "summarized" },
        output_config: { effort: "high" },
      },
    },
  },
  {
    name: "no thinking",
    request: { reasoning: { effort: "none" } },
    body: { messages: HI, additionalModelRequestFields: { thinking: { type: "disabled" } } },
  },
  {
    name: "no thinking beside a forced call",
    request: { reasoning: { effort: "low" }, tools: [tool("f")], toolChoice: { type: "required" } },
    body: { messages: HI, toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
    lost: ["reasoning_effort"],
  },
  {
    name: "Nova's reasoning",
    model: NOVA_2,
    request: { reasoning: { effort: "high" } },
    body: {
      messages: HI,
      additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } },
    },
  },
  {
    name: "Nova's highest reasoning beside a limit",
    model: NOVA_2,
    request: { reasoning: { budgetTokens: 20_000 }, sampling: { maxOutputTokens: 10 } },
    body: {
      messages: HI,
      inferenceConfig: { maxTokens: 10 },
      additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
    },
    lost: ["reasoning_effort"],
  },
  {
    name: "the reasoning of gpt-oss, which never ends",
    model: GPT_OSS,
    request: { reasoning: { effort: "none" } },
    body: { messages: HI, additionalModelRequestFields: { reasoning_effort: "low" } },
    lost: ["reasoning_effort"],
  },
  {
    name: "reasoning of a model that has none",
    model: LLAMA,
    request: { reasoning: { effort: "minimal" } },
    body: { messages: HI },
    lost: ["reasoning_effort"],
  },
]);
