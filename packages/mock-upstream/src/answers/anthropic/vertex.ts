import { ANTHROPIC_EVENTS } from "../../wire/stream-format.ts";
import type { Endpoint, GenerationEndpoint, JsonEndpoint } from "../contract.ts";
import { COUNT_TOKENS, messagesAnswer, messagesEvents } from "./messages.ts";
import { readHostedMessages } from "./request.ts";
import { ANTHROPIC } from "./wire.ts";

const MODEL_AND_METHOD = /\/models\/(.+):([A-Za-z]+)$/;

/** Claude on Vertex: the model and the stream are said by the URL, the version by the body. */
function rawPredict(stream: boolean): GenerationEndpoint {
  return {
    kind: "generation",
    name: "raw-predict",
    wire: () => ANTHROPIC,
    needsTarget: true,
    read: (call) => {
      const model = decodeURIComponent(MODEL_AND_METHOD.exec(call.target.path)?.[1] ?? "");
      return readHostedMessages(call, { model, stream });
    },
    plain: messagesAnswer,
    events: messagesEvents,
    format: () => ANTHROPIC_EVENTS,
  };
}

const RAW_PREDICT = rawPredict(false);
const STREAM_RAW_PREDICT = rawPredict(true);
/** Counts are asked of a model of their own, which names the model to count for in the body. */
const VERTEX_COUNT_TOKENS: JsonEndpoint = {
  ...COUNT_TOKENS,
  answer: (call) => {
    const headers = { ...call.target.headers, "anthropic-version": "vertex" };
    return COUNT_TOKENS.answer({ ...call, target: { ...call.target, headers } });
  },
};

/** The endpoint behind a URL such as `…/publishers/anthropic/models/claude:rawPredict`. */
export function vertexClaudeMethod(path: string): Endpoint | undefined {
  const [, model, method] = MODEL_AND_METHOD.exec(path) ?? [];
  if (method === "streamRawPredict") return STREAM_RAW_PREDICT;
  if (method !== "rawPredict") return undefined;
  return model === "count-tokens" ? VERTEX_COUNT_TOKENS : RAW_PREDICT;
}
