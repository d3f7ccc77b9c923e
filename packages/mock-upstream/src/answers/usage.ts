import type { MockBehaviour } from "../behaviour/fields.ts";

/** Usage as OpenAI's chat completions report it. All figures are tokens. */
export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly audio_tokens: number };
  readonly completion_tokens_details: {
    readonly reasoning_tokens: number;
    readonly audio_tokens: number;
    readonly accepted_prediction_tokens: number;
    readonly rejected_prediction_tokens: number;
  };
}

/** Usage for so many generated tokens; OpenAI counts reasoning inside the completion tokens. */
export function usageOf(behaviour: MockBehaviour, completionTokens: number): WireUsage {
  const { promptTokens, cachedTokens, reasoningTokens } = behaviour;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: Math.min(cachedTokens, promptTokens), audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
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

/** Decides the places of usage in a stream. */
export function streamUsage(mode: MockBehaviour["usage"], includeUsage: boolean): StreamUsage {
  return {
    nullElsewhere: includeUsage && mode === "auto",
    inFinishEvent: mode === "finish-chunk" || mode === "twice",
    inExtraEvent: mode === "on" || mode === "twice" || (mode === "auto" && includeUsage),
  };
}
