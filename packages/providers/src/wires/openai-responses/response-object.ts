import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { type ResponsesEcho, readEcho } from "./call-facts.ts";
import type { ResponseEnding } from "./finish-reasons.ts";
import { emulatedResponseId } from "./stored-id.ts";
import { usageToOpenAiResponses } from "./usage.ts";

/** What a response says of itself all along. */
export interface ResponseHead {
  readonly id: string;
  readonly createdAtSeconds: number;
  readonly model: string;
  readonly echo: ResponsesEcho;
}

/** What an answer tells of itself, of whatever wire. */
interface AnswerFacts {
  readonly id: string;
  readonly model: string;
  readonly createdAtSeconds: number | null;
}

export function responseHead(answer: AnswerFacts, call: ChatCallFacts): ResponseHead {
  return {
    id: emulatedResponseId(call.requestId, answer.id),
    createdAtSeconds: answer.createdAtSeconds ?? call.createdAtSeconds,
    model: answer.model === "" ? call.model : answer.model,
    echo: readEcho(call.echo),
  };
}

/** What it says while it is being made, and at its end. */
export interface ResponseState {
  readonly status: ResponseEnding["status"] | "in_progress";
  readonly incompleteReason: ResponseEnding["incompleteReason"];
  readonly usage: TokenUsage | null;
}

export const IN_PROGRESS: ResponseState = { status: "in_progress", incompleteReason: null, usage: null };

/** OpenAI API reference, "The response object"; all but its output and what it repeats of the request. */
export function responseMembers(head: ResponseHead, state: ResponseState): JsonObject {
  const { status, incompleteReason, usage } = state;
  return {
    id: head.id,
    object: "response",
    created_at: head.createdAtSeconds,
    status,
    error: status === "failed" ? FAILED : null,
    incomplete_details: incompleteReason === null ? null : { reason: incompleteReason },
    model: head.model,
    usage: usage === null ? null : usageToOpenAiResponses(usage),
  };
}

const FAILED: JsonObject = {
  code: "server_error",
  message: "The model provider ended its answer with an error.",
};
