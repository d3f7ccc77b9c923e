/**
 * Thinking in `encrypted_content` of reasoning items, the place in which this wire gives a provider's proofs back. OpenAI's
 * own stand there as they are; those of others are packed with the text that they prove, which clients may shorten.
 */
import {
  CARRIED_MARK,
  type CarriedState,
  type CarriedThinking,
  packToolCallId,
  unpackToolCallId,
} from "@headrace/core/canonical/carried-state";
import { NO_EXTRA, type Signature, type ThinkingPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { objectsOf, textOf } from "../../json/read.ts";
import { unpinnedEncryptedContent } from "./id-rewriting.ts";

const PARAGRAPH = "\n\n";

export function isSigned({ signature, redacted }: CarriedThinking): boolean {
  return signature !== undefined || redacted !== undefined;
}

/** Undefined for thinking that nobody has signed. */
export function encryptThinking(thinking: CarriedThinking): string | undefined {
  const signed = thinking.signature ?? thinking.redacted;
  if (signed?.signer === "openai") return signed.value;
  return signed === undefined ? undefined : packToolCallId("", { thinking: [thinking] });
}

/** A proof of visible text, which has no place of its own here: it follows the text as a reasoning item without words. */
export function encryptSignature(signature: Signature): string {
  return packToolCallId("", { signature });
}

/** What a reasoning item brings back. */
export function readReasoningItem(item: JsonObject): CarriedState {
  const text = reasoningText(item);
  const encrypted = unpinnedEncryptedContent(textOf(item, "encrypted_content") ?? "");
  if (encrypted === "") return text === "" ? {} : { thinking: [{ text }] };
  if (encrypted.startsWith(CARRIED_MARK)) {
    const { id, state } = unpackToolCallId(encrypted);
    if (id === "") return state;
  }
  return { thinking: [{ text, signature: { signer: "openai", value: encrypted } }] };
}

/** Open models show their thoughts themselves, others a summary in parts. */
function reasoningText(item: JsonObject): string {
  const content = objectsOf(item, "content");
  return (content.length > 0 ? content : objectsOf(item, "summary"))
    .map((part) => textOf(part, "text") ?? "")
    .filter((text) => text !== "")
    .join(PARAGRAPH);
}

export function thinkingPart(thinking: CarriedThinking): ThinkingPart {
  return { type: "thinking", ...thinking, extra: NO_EXTRA };
}
