/**
 * Thinking on this wire, which OpenAI itself never shows: `reasoning_content` for the words (DeepSeek, and most servers
 * and SDKs since), and `reasoning_details` for blocks with the provider's proof, as OpenRouter writes them
 * (OpenRouter docs, "Reasoning Tokens", "Preserving reasoning blocks"). LiteLLM's `thinking_blocks` are read too.
 */
import type { CarriedThinking } from "@headrace/core/canonical/carried-state";
import type { Signature, Signer, ThinkingPart } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { objectsOf, textOf } from "../../json/read.ts";

const FORMATS: Readonly<Record<Signer, string>> = {
  anthropic: "anthropic-claude-v1",
  gemini: "google-gemini-v1",
  openai: "openai-responses-v1",
};
const SIGNERS: ReadonlyMap<string, Signer> = new Map(
  Object.entries(FORMATS).map(([signer, format]) => [format, signer as Signer]),
);

export function writeReasoningDetail(block: CarriedThinking, index: number): JsonObject {
  const { text, signature, redacted } = block;
  if (redacted !== undefined)
    return { type: "reasoning.encrypted", data: redacted.value, format: FORMATS[redacted.signer], index };
  if (signature === undefined) return { type: "reasoning.text", text, index };
  return {
    type: "reasoning.text",
    text,
    signature: signature.value,
    format: FORMATS[signature.signer],
    index,
  };
}

/** What a message brings back of its thinking, and of the proofs of its calls, by their ids. */
export interface ReadReasoning {
  readonly parts: readonly ThinkingPart[];
  readonly callSignatures: ReadonlyMap<string, Signature>;
}

/** Null when the message has no blocks, so that what its ids carry counts. */
export function readReasoningDetails(message: JsonObject): ReadReasoning | null {
  const details = objectsOf(message, "reasoning_details");
  const blocks = objectsOf(message, "thinking_blocks");
  if (details.length === 0 && blocks.length === 0) return null;
  const callSignatures = new Map<string, Signature>();
  const parts: ThinkingPart[] = [];
  for (const detail of details) {
    const read = readDetail(detail);
    const callId = textOf(detail, "id");
    if (read?.redacted?.signer === "gemini" && callId !== undefined)
      callSignatures.set(callId, read.redacted);
    else if (read !== null) append(parts, read, detail.index);
  }
  if (details.length === 0) parts.push(...blocks.map(readBlock).filter((part) => part !== null));
  return { parts: parts.map(withoutIndex), callSignatures };
}

/** The words alone, for providers that want them back. */
export function readReasoningText(message: JsonObject): readonly ThinkingPart[] {
  const text = textOf(message, "reasoning_content") ?? textOf(message, "reasoning") ?? "";
  return text === "" ? [] : [{ type: "thinking", text, extra: NO_EXTRA }];
}

export function thinkingPart(block: CarriedThinking): ThinkingPart {
  return { type: "thinking", ...block, extra: NO_EXTRA };
}

function readDetail(detail: JsonObject): ThinkingPart | null {
  const signer = SIGNERS.get(textOf(detail, "format") ?? "");
  const data = textOf(detail, "data");
  if (detail.type === "reasoning.encrypted")
    return data === undefined || signer === undefined
      ? null
      : { type: "thinking", text: "", redacted: { signer, value: data }, extra: NO_EXTRA };
  const text = textOf(detail, "text") ?? textOf(detail, "summary") ?? "";
  const value = textOf(detail, "signature");
  if (value === undefined || signer === undefined)
    return text === "" ? null : { type: "thinking", text, extra: NO_EXTRA };
  return { type: "thinking", text, signature: { signer, value }, extra: NO_EXTRA };
}

function readBlock(block: JsonObject): ThinkingPart | null {
  const data = textOf(block, "data");
  if (block.type === "redacted_thinking")
    return data === undefined
      ? null
      : { type: "thinking", text: "", redacted: { signer: "anthropic", value: data }, extra: NO_EXTRA };
  const value = textOf(block, "signature");
  return {
    type: "thinking",
    text: textOf(block, "thinking") ?? "",
    ...(value === undefined ? {} : { signature: { signer: "anthropic", value } }),
    extra: NO_EXTRA,
  };
}

const INDEX = "index";

/** Clients that gather a stream may keep a block in pieces of one index, of which the last has the proof. */
function append(parts: ThinkingPart[], part: ThinkingPart, index: unknown): void {
  const last = parts.at(-1);
  const continues =
    last !== undefined &&
    typeof index === "number" &&
    last.extra[INDEX] === index &&
    last.signature === undefined &&
    last.redacted === undefined &&
    part.redacted === undefined;
  const marked = typeof index === "number" ? { ...part, extra: { [INDEX]: index } } : part;
  if (continues) parts[parts.length - 1] = { ...marked, text: last.text + part.text };
  else parts.push(marked);
}

function withoutIndex(part: ThinkingPart): ThinkingPart {
  return { ...part, extra: NO_EXTRA };
}
