import { addUsage, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { Endpoint } from "@headrace/core/endpoints";
import type { ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import type { BegunAnswer } from "@headrace/providers/translation/begun-answer";
import type { MeteredUsage } from "../pipeline/metered-usage.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { TargetRoute } from "../snapshot/target-route.ts";
import { type AnswerLeg, type BrokenAnswer, FirstLeg, NextLeg } from "./answer-leg.ts";
import { withoutTrailingBlanks } from "./seam.ts";

/** A try that has written a part of an answer. */
export interface BrokenTry {
  /** Absent or null for answers that are not written here. */
  readonly leg?: AnswerLeg | null;
  meteredUsage(estimatedInputTokens: number): MeteredUsage | null;
}

export interface ContinuationOptions {
  readonly endpoint: Endpoint;
  readonly estimatedInputTokens: number;
}

/** Whether the target's model goes on with a text that somebody else began, on any wire. */
export function goesOnWithTexts({ routes }: Target): boolean {
  return Object.values(routes).some((route) => goesOn(route, { withText: true }));
}

/** Without a text, when the client has thoughts alone, any model that is translated for can begin the answer. */
function goesOn({ translating }: TargetRoute, { withText }: { readonly withText: boolean }): boolean {
  if (translating === null || translating.translation.stream === null) return false;
  return translating.takesPrefill || !withText;
}

/** One streamed answer, which several targets may write: each goes on from where the one before it broke off. */
export class Continuation {
  readonly #options: ContinuationOptions;
  #broken: BrokenAnswer | null = null;

  constructor(options: ContinuationOptions) {
    this.#options = options;
  }

  /** What the client has; null before anything broke. */
  get begun(): BegunAnswer | null {
    if (this.#broken === null) return null;
    const { text, spent } = this.#broken;
    return { text: withoutTrailingBlanks(text), outputTokens: totalOutputTokens(spent) };
  }

  /** @param encoder - for the answer's first leg, and with it for all of them */
  openLeg(encoder: ChatStreamEncoder, { echoes }: { readonly echoes: boolean }): AnswerLeg {
    const { estimatedInputTokens } = this.#options;
    return this.#broken === null
      ? new FirstLeg(encoder)
      : new NextLeg(this.#broken, { echoes, estimatedInputTokens });
  }

  /**
   * @param brokenOff - the try that wrote last; null for one that the client has nothing of
   * @returns which targets can go on; null when nobody can
   */
  goOn(brokenOff: BrokenTry | null): ((target: Target) => boolean) | null {
    if (brokenOff !== null && !this.#takeOver(brokenOff)) return null;
    const { begun } = this;
    if (begun === null) return null;
    if (!begun.text.isWellFormed()) return null;
    const { endpoint } = this.#options;
    const withText = begun.text !== "";
    return ({ routes }) => goesOn(routes[endpoint], { withText });
  }

  #takeOver(brokenOff: BrokenTry): boolean {
    const broken = brokenOff.leg?.broken ?? null;
    const spent = brokenOff.meteredUsage(this.#options.estimatedInputTokens)?.tokens ?? null;
    if (broken === null || spent === null) return false;
    const before = this.#broken?.spent;
    this.#broken = { ...broken, spent: before === undefined ? spent : addUsage(before, spent) };
    return true;
  }
}
