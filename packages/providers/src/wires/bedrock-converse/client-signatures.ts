/**
 * Where proofs stand on this wire, for clients. A signature is text; thinking that only its provider can read is of type
 * bytes, so that AWS's SDKs take it from base64 and put it back: what is not base64 of itself is marked and encoded.
 */
import {
  CARRIED_MARK,
  CARRIED_MARK_BASE64,
  readSignature,
  writeSignature,
} from "@headrace/core/canonical/carried-state";
import type { Signature } from "@headrace/core/canonical/chat-parts";

const HOME = "anthropic";

export function writeTextSignature(signature: Signature): string {
  return writeSignature(signature, HOME);
}

export function readTextSignature(text: string): Signature {
  return readSignature(text, HOME);
}

export function writeRedacted(redacted: Signature): string {
  const { signer, value } = redacted;
  if (signer === HOME && isBase64(value)) return value;
  return Buffer.from(`${CARRIED_MARK}${signer}__${value}`).toString("base64");
}

export function readRedacted(base64: string): Signature {
  if (!base64.startsWith(CARRIED_MARK_BASE64)) return { signer: HOME, value: base64 };
  return readSignature(Buffer.from(base64, "base64").toString(), HOME);
}

/** In the one form in which an SDK would write the same bytes again. */
function isBase64(text: string): boolean {
  return (
    text !== "" &&
    !text.startsWith(CARRIED_MARK_BASE64) &&
    Buffer.from(text, "base64").toString("base64") === text
  );
}
