/** An assistant's thinking on its way back to the provider that wrote it, or to one that wants to read it. */
import type { AssistantPart } from "@headrace/core/canonical/chat";
import type { Signature, Signer, ThinkingPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { writeReasoningDetail } from "./reasoning-details.ts";
import type { EncodeScope } from "./request-encoder.ts";

export function encodeThinkingBack(
  parts: readonly AssistantPart[],
  { dialect, model }: EncodeScope,
): JsonObject {
  if (dialect.reasoningBack === "text") return encodeText(parts);
  if (dialect.reasoningBack === "none") return {};
  const signer = dialect.signers.find(([models]) => models.test(model))?.[1] ?? null;
  const details = encodeDetails(parts, signer);
  return details.length === 0 ? {} : { reasoning_details: details };
}

/**
 * In turns with calls the field has to be there, even when another provider's thinking is not known; in others it is not
 * wanted (DeepSeek, "Thinking Mode"; Kimi, "Use the thinking model").
 */
function encodeText(parts: readonly AssistantPart[]): JsonObject {
  if (!parts.some(({ type }) => type === "tool-call")) return {};
  const texts = parts.flatMap((part) => (part.type === "thinking" ? [part.text] : []));
  return { reasoning_content: texts.join("") };
}

/** OpenRouter, "Preserving reasoning blocks": a model takes its own vendor's proofs, and the words of all. */
function encodeDetails(parts: readonly AssistantPart[], signer: Signer | null): readonly JsonObject[] {
  const details: JsonObject[] = [];
  for (const part of parts) {
    if (part.type === "tool-call" && isBy(part.signature, signer))
      details.push({
        ...writeReasoningDetail({ text: "", redacted: part.signature }, details.length),
        id: part.id,
      });
    if (part.type !== "thinking") continue;
    const block = withProofsOf(part, signer);
    if (block !== null) details.push(writeReasoningDetail(block, details.length));
  }
  return details;
}

function withProofsOf(
  part: ThinkingPart,
  signer: Signer | null,
): Pick<ThinkingPart, "text" | "signature" | "redacted"> | null {
  const { text, signature, redacted } = part;
  if (isBy(redacted, signer)) return { text: "", redacted };
  if (isBy(signature, signer)) return { text, signature };
  // Anthropic refuses thinking without its proof.
  return text === "" || signer === "anthropic" ? null : { text };
}

function isBy(signature: Signature | undefined, signer: Signer | null): signature is Signature {
  return signature !== undefined && signature.signer === signer;
}
