import type { MockBehaviour } from "../../behaviour/fields.ts";
import type { TokenCounts } from "../token-counts.ts";

/** Usage as OpenAI's chat completions report it; reasoning counts inside the completion. All figures are tokens. */
export function openAiUsage({ prompt, cached, completion, reasoning }: TokenCounts): object {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** How often and where usage stands in a stream. */
export interface StreamUsage {
  /** `"usage":null` on the other events, as OpenAI does when usage was asked. */
  readonly nullElsewhere: boolean;
  readonly inFinishEvent: boolean;
  readonly inExtraEvent: boolean;
}

/** OpenAI: in an extra event, when it was asked for. */
export function openAiPlaces(includeUsage: boolean): StreamUsage {
  return { nullElsewhere: includeUsage, inFinishEvent: false, inExtraEvent: includeUsage };
}

/** Decides the places of usage in a stream; `auto` leaves them to the vendor. */
export function streamUsage(mode: MockBehaviour["usage"], auto: StreamUsage): StreamUsage {
  if (mode === "auto") return auto;
  return {
    nullElsewhere: false,
    inFinishEvent: mode === "finish-chunk" || mode === "twice",
    inExtraEvent: mode === "on" || mode === "twice",
  };
}
