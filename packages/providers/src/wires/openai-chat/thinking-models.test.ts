/** OpenAI's models that think, where chat completions serve them: at Azure, and behind other names than OpenAI's. */
import { OPENAI } from "./dialects.ts";
import { goldens } from "./testing.ts";

const SAMPLING = {
  maxOutputTokens: 9,
  temperature: 0.5,
  topP: 0.5,
  frequencyPenalty: 1,
  presencePenalty: 1,
  seed: 7,
  logprobs: true,
  topLogprobs: 2,
  stop: ["END"],
};
const WITHOUT_SAMPLING = { max_completion_tokens: 9, seed: 7 };
const WITH_SAMPLING = {
  ...WITHOUT_SAMPLING,
  temperature: 0.5,
  top_p: 0.5,
  frequency_penalty: 1,
  presence_penalty: 1,
  logprobs: true,
  top_logprobs: 2,
  stop: ["END"],
};
const LOST = [
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "logprobs",
  "top_logprobs",
  "temperature",
  "stop",
];

goldens("OpenAI's that always think", { dialect: OPENAI, model: "team-o4-mini" }, [
  {
    name: "how to sample is not said, and is named",
    request: { wire: "openai-chat", sampling: SAMPLING, extra: { logit_bias: { 1: 2 } } },
    body: WITHOUT_SAMPLING,
    lost: ["logit_bias", ...LOST],
  },
  {
    name: "what says nothing is no loss",
    request: { sampling: { temperature: 1, topP: 1, frequencyPenalty: 0, logprobs: false, stop: [] } },
    body: {},
  },
  {
    name: "not to think at all is as little as it can",
    request: { reasoning: { effort: "none" } },
    body: { reasoning_effort: "low" },
  },
]);

goldens("OpenAI's that may think", { dialect: OPENAI, model: "gpt-5.1" }, [
  {
    name: "how to sample is said where it shall not think",
    request: { wire: "openai-chat", sampling: SAMPLING, reasoning: { effort: "none" } },
    body: { ...WITH_SAMPLING, reasoning_effort: "none" },
  },
  {
    name: "and is not where it shall",
    request: { sampling: { temperature: 0.5 }, reasoning: { effort: "xhigh" } },
    body: { reasoning_effort: "high" },
    lost: ["temperature"],
  },
]);

goldens("a deployment that does not tell", { dialect: OPENAI, model: "production" }, [
  {
    name: "how to sample is said",
    request: { wire: "openai-chat", sampling: SAMPLING },
    body: WITH_SAMPLING,
  },
]);

goldens("a server of which nothing is known", { dialect: {}, model: "o3" }, [
  {
    name: "names mean nothing",
    request: { wire: "openai-chat", sampling: { temperature: 0.5, stop: ["END"] } },
    body: { temperature: 0.5, stop: ["END"] },
  },
]);
