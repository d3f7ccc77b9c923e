import { createHash, createHmac } from "node:crypto";

// Not a secret: it only makes a signature that the mock did not issue show.
const KEY = "headrace-mock";
const HASH_BYTES = 32;

/** Signs content as a provider signs its thoughts: opaque, the same in every run, and verifiable later. */
export function sign(kind: string, content: string): string {
  const hash = createHash("sha256").update(content).digest();
  return Buffer.concat([hash, sealOf(kind, hash)]).toString("base64");
}

/** Whether a signature was issued by the mock for this kind of content, whatever the content. */
export function isIssued(kind: string, signature: unknown): boolean {
  if (typeof signature !== "string") return false;
  const bytes = Buffer.from(signature, "base64");
  const hash = bytes.subarray(0, HASH_BYTES);
  // Compared as text, so that no second spelling of the same bytes passes for the first.
  return bytes.toString("base64") === signature && bytes.subarray(HASH_BYTES).equals(sealOf(kind, hash));
}

/** Whether a signature is the one that the mock issued for exactly this content. */
export function isSignatureOf(kind: string, content: string, signature: unknown): boolean {
  return signature === sign(kind, content);
}

/** JSON with sorted keys: the same for the same value, however often it was parsed and written on the way. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}

function sealOf(kind: string, hash: Buffer): Buffer {
  return createHmac("sha256", KEY).update(kind).update(hash).digest();
}
