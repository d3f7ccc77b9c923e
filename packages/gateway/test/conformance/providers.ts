/** Which provider of the gateway stands for a recording. */

import type { Replay } from "@headrace/mock-upstream/server";
import { ADAPTERS } from "@headrace/providers/registry";
import type { ProviderFamily } from "../support/provider-families.ts";

export type RecordedWire = Replay["wire"];

/** How a recording is told: by the path below its folder, without the ending. */
export interface Recording {
  readonly name: string;
  readonly replay: Replay;
}

type Stand = Pick<ProviderFamily, "provider" | "model">;

const STANDS: Readonly<Partial<Record<RecordedWire, Stand>>> = {
  anthropic: { provider: { adapter: "anthropic", path: "/v1" }, model: "claude-sonnet-4-5" },
  gemini: { provider: { adapter: "gemini", path: "/v1beta" }, model: "gemini-3-pro-preview" },
  bedrock: { provider: { adapter: "bedrock", path: "", region: "us-east-1" }, model: "amazon.nova-pro-v1:0" },
  cohere: { provider: { adapter: "cohere", path: "/v2" }, model: "command-a-03-2025" },
  ollama: { provider: { adapter: "ollama", path: "" }, model: "qwen3:8b" },
  // Of OpenAI's models, one that only Responses serves.
  responses: { provider: { adapter: "openai", path: "/v1" }, model: "gpt-5-codex" },
};

/** Vendors on OpenAI's wire with an adapter of their own. */
const OPENAI_ADAPTERS: ReadonlySet<string> = new Set(
  ADAPTERS.filter(({ chat, auth }) => chat?.wire === "openai-chat" && auth.kind === "key-header").map(
    ({ id }) => id,
  ),
);

/** The provider for a recording; on OpenAI's wire the vendor that a folder is named after, where there is such a one. */
export function familyOf({ name, replay: { wire } }: Recording): ProviderFamily {
  const folders = name.split(/[\\/]/).slice(0, -1);
  const vendor = folders.findLast((folder) => OPENAI_ADAPTERS.has(folder)) ?? "openai-compatible";
  const stand =
    wire === "openai"
      ? { provider: { adapter: vendor, path: "/v1" }, model: "recorded-model" }
      : STANDS[wire];
  if (stand === undefined) throw new Error(`${name}: no chats are recorded on the wire ${wire}`);
  const title = wire === "openai" ? vendor : wire;
  return { name: `${title}-provider`, ...stand, behaviour: {}, proving: null };
}
