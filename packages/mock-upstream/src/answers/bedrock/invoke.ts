import type { MockBehaviour } from "../../behaviour/fields.ts";
import { AWS_CHUNKS } from "../../wire/event-stream.ts";
import { messagesAnswer, messagesEvents } from "../anthropic/messages.ts";
import { readHostedMessages } from "../anthropic/request.ts";
import type { GenerationEndpoint, JsonEndpoint } from "../contract.ts";
import type { GenerationRequest } from "../generation.ts";
import { objectOf, objectsOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { refuse } from "../refusal.ts";
import type { StreamEvent } from "../stream-event.ts";
import { bedrockModel } from "./request.ts";
import { BEDROCK } from "./wire.ts";

/** `POST /model/{id}/invoke` with the body of Claude's own API. */
export const INVOKE: GenerationEndpoint = invoke(false);

/** `POST /model/{id}/invoke-with-response-stream`: Claude's own events inside of Amazon's. */
export const INVOKE_STREAM: GenerationEndpoint = invoke(true);

/** `POST /model/{id}/count-tokens`. */
export const BEDROCK_COUNT_TOKENS: JsonEndpoint = {
  kind: "json",
  name: "bedrock-count-tokens",
  wire: () => BEDROCK,
  needsTarget: true,
  answer: ({ body, behaviour }) => {
    const input = objectOf(body.input);
    const asked = objectsOf(objectOf(input.converse).messages).length > 0 || input.invokeModel !== undefined;
    return asked
      ? jsonAnswer({ inputTokens: behaviour.promptTokens })
      : refuse("The input field is empty. Add a converse or invokeModel object and try again.");
  },
};

function invoke(stream: boolean): GenerationEndpoint {
  return {
    kind: "generation",
    name: "invoke",
    wire: () => BEDROCK,
    needsTarget: true,
    read: (call) => readHostedMessages(call, { model: bedrockModel(call.target), stream }),
    plain: messagesAnswer,
    events: invokeEvents,
    format: () => AWS_CHUNKS,
    replays: "anthropic",
  };
}

/** The last event of the model gets Amazon's own count. */
function invokeEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const metrics = { inputTokenCount: behaviour.promptTokens, invocationLatency: 1, firstByteLatency: 1 };
  return messagesEvents(request, behaviour).map((event) =>
    event.name === "message_stop"
      ? {
          ...event,
          data: JSON.stringify({ type: "message_stop", "amazon-bedrock-invocationMetrics": metrics }),
        }
      : event,
  );
}
