import type { PlainAnswer } from "./contract.ts";

/** A body that was not generated: it takes no tokens and no time. */
export function jsonAnswer(value: object): PlainAnswer {
  return { body: JSON.stringify(value), completionTokens: 0 };
}
