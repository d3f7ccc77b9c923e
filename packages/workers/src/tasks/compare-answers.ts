import type { Endpoint } from "@headrace/core/endpoints";
import { readAnswer } from "../comparison/answer-content.ts";
import { type ContentComparison, compareContents } from "../comparison/compare-contents.ts";
import { viewAsBuffer } from "../json/decode-body.ts";

/** Two good answers to one request, as its client would get them. */
export interface CompareAnswersInput {
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  readonly primary: Uint8Array;
  readonly shadow: Uint8Array;
}

export interface CompareAnswersOutput {
  /** Null when one of them cannot be read. */
  readonly comparison: ContentComparison | null;
}

/** Tells how two answers differ; nothing of what they say is in the result. */
export function compareAnswers({ primary, shadow, ...call }: CompareAnswersInput): CompareAnswersOutput {
  const one = readAnswer({ ...call, body: viewAsBuffer(primary) });
  const other = readAnswer({ ...call, body: viewAsBuffer(shadow) });
  return { comparison: one === null || other === null ? null : compareContents(one, other) };
}
