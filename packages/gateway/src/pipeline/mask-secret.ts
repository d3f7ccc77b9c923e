const MASK = "***";
/** Shorter ones are placeholders, as local servers take them, and would stand in many a word. */
const MIN_SECRET_CHARS = 8;

/**
 * Takes a provider's key out of what the provider says: some quote the key that they refuse, and it is not for the
 * client's eyes. Null leaves everything as it is.
 */
export function maskSecret(text: string, secret: string | null): string {
  return secret === null || secret.length < MIN_SECRET_CHARS ? text : text.replaceAll(secret, MASK);
}

/** {@link maskSecret} for bytes; the very same bytes when there is nothing to mask. A key is ASCII. */
export function maskSecretBytes(bytes: Buffer, secret: string | null): Buffer {
  if (secret === null || secret.length < MIN_SECRET_CHARS || bytes.indexOf(secret) === -1) return bytes;
  return Buffer.from(maskSecret(bytes.toString("latin1"), secret), "latin1");
}
