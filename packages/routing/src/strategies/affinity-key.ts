import type { AbStrategyConfig, StickyStrategyConfig } from "@headrace/core/config/types-routing";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { CallFacts, RouteNeeds } from "../route.ts";
import type { ReadAffinity } from "./affinity.ts";
import { promptBeginningHash } from "./prompt-beginning.ts";
import { StableHash, stableHash } from "./stable-hash.ts";

/** How a strategy finds out to whom a call belongs. */
export interface AffinityKey {
  readonly read: ReadAffinity;
  readonly needs: RouteNeeds;
}

/** Of an id; longer ones are cut, and differ by their length at least. */
const MAX_ID_CHARS = 512;

const NOTHING: RouteNeeds = { headers: [], body: false };
const BODY: RouteNeeds = { headers: [], body: true };

/** The key of a sticky or ab strategy. */
export function affinityKey(strategy: StickyStrategyConfig | AbStrategyConfig): AffinityKey {
  const salt = strategy.type === "ab" ? (strategy.salt ?? "") : "";
  const seed = salt === "" ? 0 : stableHash(salt);
  switch (strategy.by) {
    case "key":
      return { read: ({ keyName }) => textHash(keyName, seed), needs: NOTHING };
    case "header": {
      const name = (strategy.header ?? "").toLowerCase();
      return { read: (facts) => textHash(facts.header(name), seed), needs: { headers: [name], body: false } };
    }
    case "conversation":
      return { read: (facts) => conversationHash(facts, seed), needs: BODY };
    case "prefix":
      return { read: (facts) => beginningHash(facts, seed), needs: BODY };
  }
}

function textHash(text: string, seed: number): number | null {
  if (text === "") return null;
  return new StableHash(seed).addPart(text, MAX_ID_CHARS).value();
}

/** By its id where it says one; else by how it began, which each of its turns sends again. */
function conversationHash(facts: CallFacts, seed: number): number | null {
  const { body } = facts;
  if (!isJsonObject(body)) return null;
  for (const read of CONVERSATION_IDS) {
    const id = read(body);
    if (typeof id === "string" && id !== "") return textHash(id, seed);
  }
  return beginningHash(facts, seed);
}

function beginningHash({ body }: CallFacts, seed: number): number | null {
  return isJsonObject(body) ? promptBeginningHash(body, seed) : null;
}

/**
 * Where clients say which conversation a call belongs to, the narrowest first. `previous_response_id` is another one at
 * each turn; it is better than nothing only where nothing else is said.
 *
 * - OpenAI, Responses: `conversation` (an id or `{ id }`), `prompt_cache_key`, `safety_identifier`, `user`
 *   (https://platform.openai.com/docs/api-reference/responses/create)
 * - Anthropic: `metadata.user_id`; Claude Code writes its session into it (https://docs.claude.com/en/api/messages)
 * - Gemini: `cachedContent` (https://ai.google.dev/api/generate-content)
 * - OpenRouter and several agents: `session_id`
 */
const CONVERSATION_IDS: readonly ((body: JsonObject) => unknown)[] = [
  ({ conversation }) => (isJsonObject(conversation) ? conversation.id : conversation),
  (body) => body.conversation_id,
  (body) => body.session_id,
  (body) => metadata(body).conversation_id,
  (body) => metadata(body).session_id,
  (body) => metadata(body).thread_id,
  (body) => body.prompt_cache_key,
  (body) => body.cachedContent ?? body.cached_content,
  (body) => metadata(body).user_id,
  (body) => body.safety_identifier,
  (body) => body.user,
  (body) => body.previous_response_id,
];

const NO_METADATA: JsonObject = {};

function metadata(body: JsonObject): JsonObject {
  return isJsonObject(body.metadata) ? body.metadata : NO_METADATA;
}
