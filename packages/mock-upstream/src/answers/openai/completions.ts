import type { MockBehaviour } from "../../behaviour/fields.ts";
import { DATA_EVENTS } from "../../wire/stream-format.ts";
import { answerId, CREATED_SECONDS } from "../answer-id.ts";
import type { GenerationEndpoint, PlainAnswer } from "../contract.ts";
import { finishOf, type GenerationRequest, padded } from "../generation.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { answerPieces } from "../text.ts";
import { tokenCounts } from "../token-counts.ts";
import { readCompletion } from "./request.ts";
import { openAiPlaces, openAiUsage, streamUsage } from "./usage.ts";
import { openAiWire } from "./wire.ts";

const FINGERPRINT = "fp_headrace_mock";

/** `POST /v1/completions`. */
export const COMPLETIONS: GenerationEndpoint = {
  kind: "generation",
  name: "completions",
  wire: openAiWire,
  needsTarget: false,
  read: readCompletion,
  plain: completionAnswer,
  events: completionEvents,
  format: () => DATA_EVENTS,
};

function completionAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const { pieces, finishReason } = generate(request, behaviour);
  const choices = Array.from({ length: request.choices }, (_, index) => ({
    text: pieces.join(""),
    index,
    logprobs: null,
    finish_reason: finishReason,
  }));
  const usage = usageOf(request, behaviour, pieces);
  const body = { ...head(request.model), choices, ...(behaviour.usage === "off" ? {} : { usage }) };
  return { body: JSON.stringify(body), completionTokens: pieces.length };
}

function completionEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const { pieces, finishReason } = generate(request, behaviour);
  const usage = usageOf(request, behaviour, pieces);
  const places = streamUsage(behaviour.usage, openAiPlaces(request.includeUsage));
  const always = places.nullElsewhere ? { usage: null } : {};
  const list = new EventList();
  const add = (choice: object, extra: object): void => {
    for (let index = 0; index < request.choices; index += 1) {
      const choices = [{ index, logprobs: null, ...choice }];
      list.add("", { ...head(request.model), choices, ...always, ...extra });
    }
  };
  for (const text of pieces) {
    add({ text, finish_reason: null }, {});
    list.countToken();
  }
  if (finishReason !== null) {
    add({ text: "", finish_reason: finishReason }, places.inFinishEvent ? { usage } : {});
  }
  if (places.inExtraEvent) list.add("", { ...head(request.model), choices: [], usage });
  if (behaviour.done) list.add("", "[DONE]");
  return list.events;
}

function head(model: string): object {
  return {
    id: answerId("cmpl-", model),
    object: "text_completion",
    created: CREATED_SECONDS,
    model,
    system_fingerprint: FINGERPRINT,
  };
}

function generate(
  request: GenerationRequest,
  behaviour: MockBehaviour,
): { readonly pieces: readonly string[]; readonly finishReason: string | null } {
  const all = answerPieces(behaviour, request.userText);
  const pieces = padded(all.slice(0, request.maxTokens ?? all.length), request);
  return { pieces, finishReason: finishOf(behaviour, pieces.length < all.length ? "length" : "stop") };
}

function usageOf(request: GenerationRequest, behaviour: MockBehaviour, pieces: readonly string[]): object {
  const said = { completionTokens: pieces.length * request.choices, reasoning: [] };
  return openAiUsage(tokenCounts(behaviour, said));
}
