/** Log probabilities of tokens: Gemini API reference, "generateContent", `LogprobsResult`. */
import type { TokenLogprob } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";

type Alternative = TokenLogprob["top"][number];

/** Undefined where a candidate has none. */
export function readLogprobs(candidate: JsonObject): readonly TokenLogprob[] | undefined {
  const result = objectOf(candidate, "logprobsResult");
  if (result === undefined) return undefined;
  const tops = objectsOf(result, "topCandidates");
  return objectsOf(result, "chosenCandidates").map((chosen, index) => ({
    ...readToken(chosen),
    top: objectsOf(tops[index] ?? {}, "candidates").map(readToken),
  }));
}

export function writeLogprobs(tokens: readonly TokenLogprob[]): JsonObject {
  return {
    chosenCandidates: tokens.map(writeToken),
    topCandidates: tokens.map(({ top }) => ({ candidates: top.map(writeToken) })),
  };
}

function readToken(token: JsonObject): Alternative {
  return { token: textOf(token, "token") ?? "", logprob: numberOf(token, "logProbability") ?? 0 };
}

function writeToken({ token, logprob }: Alternative): JsonObject {
  return { token, logProbability: logprob };
}
