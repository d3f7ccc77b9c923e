/** The calls of OpenAI's API that are translated where a provider does not take them, at OpenAI's own paths. */
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import type { ProviderService } from "@headrace/core/provider-adapter";
import { objectAt } from "../json/object-at.ts";
import { objectOf, parseJsonObject } from "../json/read.ts";
import { type OpenAiChatDialect, PLAIN } from "../wires/openai-chat/dialect.ts";
import { openAiChatStream } from "../wires/openai-chat/stream-dialect.ts";

/** `POST /v1/chat/completions`. */
export function openAiChatService(deviations: Partial<OpenAiChatDialect> = {}): ProviderService {
  const { asksUsage, refused, renamed, errorMark } = { ...PLAIN, ...deviations };
  return {
    path: () => "/chat/completions",
    stream: { ...openAiChatStream, errorMark: Buffer.from(errorMark) },
    edits: {
      model: "replace",
      askUsage: asksUsage,
      refused,
      ...(renamed.length === 0 ? {} : { renamed }),
      added: "",
    },
    readUsage: (body) => readUsageAtEnd(body, usageFromOpenAi),
    tokenUsage: usageFromOpenAi,
  };
}

/** `POST /v1/completions`: its streams have the same form. */
export function openAiCompletionsService(): ProviderService {
  return { ...openAiChatService(), path: () => "/completions" };
}

/** `POST /v1/embeddings`. */
export function openAiEmbeddingsService(): ProviderService {
  const { edits, ...chat } = openAiChatService();
  return { ...chat, path: () => "/embeddings", stream: null, edits: { ...edits, askUsage: false } };
}

const USAGE_KEY = Buffer.from('"usage"');

/**
 * The usage object of a whole answer, found from the end, near which it stands, so that a long answer need not be parsed
 * for it; where something else of that name is found, the answer is parsed after all. Null when it has none.
 */
export function readUsageAtEnd(body: Buffer, tokenUsage: ProviderService["tokenUsage"]): unknown {
  const key = body.lastIndexOf(USAGE_KEY);
  if (key === -1) return null;
  const found = objectAt(body, key + USAGE_KEY.length);
  if (tokenUsage(found) !== null) return found;
  const answer = parseJsonObject(body.toString());
  return answer === null ? null : (objectOf(answer, "usage") ?? null);
}
