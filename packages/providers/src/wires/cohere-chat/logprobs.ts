import type { TokenLogprob } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { listOf, textOf } from "../../json/read.ts";

/**
 * Cohere gives them for chunks of text, with one value for each token that the chunk was made of (API reference, "Chat",
 * `logprobs`): what belongs to the whole chunk is their sum. There are no alternatives.
 */
export function readLogprobs(raw: unknown): readonly TokenLogprob[] | undefined {
  const items = Array.isArray(raw) ? raw : [raw];
  const read = items.flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const values = listOf(item, "logprobs") ?? [];
    const token = textOf(item, "text");
    if (token === undefined || values.length === 0 || !values.every((value) => typeof value === "number"))
      return [];
    return [{ token, logprob: values.reduce((sum, value) => sum + value, 0), top: [] }];
  });
  return read.length === 0 ? undefined : read;
}

/** The inverse, a chunk for each token; the tokens' ids are its model's own. */
export function writeLogprobs(logprobs: readonly TokenLogprob[]): readonly JsonObject[] {
  return logprobs.map(({ token, logprob }) => ({ text: token, token_ids: [], logprobs: [logprob] }));
}
