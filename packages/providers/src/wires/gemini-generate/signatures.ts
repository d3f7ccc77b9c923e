/**
 * Where proofs stand on this wire. `thoughtSignature` is of type bytes, so Google's SDKs for Python, Go and Java take it
 * from base64 when they read it and put it back when they send it: a foreign signature is therefore marked inside the
 * base64, as any other text would not survive the way, or not even be accepted.
 */
import {
  CARRIED_MARK,
  CARRIED_MARK_BASE64,
  readSignature,
  writeSignature,
} from "@headrace/core/canonical/carried-state";
import type { Signature, ThinkingPart } from "@headrace/core/canonical/chat-parts";

/** What Gemini takes for a call that it did not make itself (Gemini API, "Thought signatures", FAQ; Vertex alike). */
export const UNSIGNED_CALL = "skip_thought_signature_validator";

const HOME = "gemini";
/** Stands before thinking that only its provider can read. */
const REDACTED_MARK = `${CARRIED_MARK}redacted`;
/** Of a thought, a text or a call. */
export function writeThoughtSignature(signature: Signature): string {
  return signature.signer === HOME ? signature.value : toBase64(writeSignature(signature, HOME));
}

/** Of thinking that only its provider can read. */
export function writeRedacted(redacted: Signature): string {
  return toBase64(REDACTED_MARK + writeSignature(redacted, HOME));
}

/** The reverse of both; a client may send the base64 in its URL form. */
export function readThoughtSignature(text: string): Pick<ThinkingPart, "signature" | "redacted"> {
  if (!text.startsWith(CARRIED_MARK_BASE64)) return { signature: { signer: HOME, value: text } };
  const marked = Buffer.from(text, "base64").toString();
  return marked.startsWith(REDACTED_MARK)
    ? { redacted: readSignature(marked.slice(REDACTED_MARK.length), HOME) }
    : { signature: readSignature(marked, HOME) };
}

/** The value of a signature that Gemini itself gave, or undefined. */
export function ownSignature(signature: Signature | undefined): string | undefined {
  return signature?.signer === HOME ? signature.value : undefined;
}

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
