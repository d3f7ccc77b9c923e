import type { MockBehaviour } from "../behaviour/fields.ts";
import { answerId, CREATED_SECONDS, finishReasonOf, type PlainAnswer, type StreamEvent } from "./chat.ts";
import type { GenerationRequest } from "./request.ts";
import { answerPieces } from "./text.ts";
import { streamUsage, usageOf } from "./usage.ts";

const FINGERPRINT = "fp_headrace_mock";

/** Body of a plain legacy completion. */
export function completionAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const { pieces, finishReason } = generate(request, behaviour);
  const usage = usageOf({ ...behaviour, reasoningTokens: 0 }, pieces.length * request.choices);
  const choices = Array.from({ length: request.choices }, (_, index) => ({
    text: pieces.join(""),
    index,
    logprobs: null,
    finish_reason: finishReason,
  }));
  const body = { ...head(request.model), choices, ...(behaviour.usage === "off" ? {} : { usage }) };
  return { body: JSON.stringify(body), completionTokens: pieces.length };
}

/** Events of a streamed legacy completion, `[DONE]` included. */
export function completionEvents(request: GenerationRequest, behaviour: MockBehaviour): StreamEvent[] {
  const { pieces, finishReason } = generate(request, behaviour);
  const usage = usageOf({ ...behaviour, reasoningTokens: 0 }, pieces.length * request.choices);
  const places = streamUsage(behaviour.usage, request.includeUsage);
  const always = places.nullElsewhere ? { usage: null } : {};
  const events: StreamEvent[] = [];
  const push = (afterTokens: number, choice: object, extra: object): void => {
    for (let index = 0; index < request.choices; index += 1) {
      const choices = [{ index, logprobs: null, ...choice }];
      events.push({
        data: JSON.stringify({ ...head(request.model), choices, ...always, ...extra }),
        afterTokens,
      });
    }
  };
  for (const [index, piece] of pieces.entries()) push(index, { text: piece, finish_reason: null }, {});
  const tokens = pieces.length;
  if (finishReason !== null) {
    push(tokens, { text: "", finish_reason: finishReason }, places.inFinishEvent ? { usage } : {});
  }
  if (places.inExtraEvent) {
    events.push({
      data: JSON.stringify({ ...head(request.model), choices: [], usage }),
      afterTokens: tokens,
    });
  }
  if (behaviour.done) events.push({ data: "[DONE]", afterTokens: tokens });
  return events;
}

function head(model: string): object {
  return {
    id: answerId("cmpl", model),
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
  const pieces = all.slice(0, request.maxTokens ?? all.length);
  return { pieces, finishReason: finishReasonOf(behaviour, pieces.length < all.length ? "length" : "stop") };
}
