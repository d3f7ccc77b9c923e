const MASK = "***";
/** Shorter ones are placeholders, as local servers take them, and would stand in many a word. */
const MIN_SECRET_CHARS = 8;

/**
 * Takes a provider's credentials out of what the provider says: some quote the key that they refuse, and it is not for
 * the client's eyes.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET_CHARS) masked = masked.replaceAll(secret, MASK);
  }
  return masked;
}

/** {@link maskSecrets} for bytes; the very same bytes when there is nothing to mask. A credential is ASCII. */
export function maskSecretBytes(bytes: Buffer, secrets: readonly string[]): Buffer {
  const found = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS && bytes.indexOf(secret) !== -1);
  return found.length === 0 ? bytes : Buffer.from(maskSecrets(bytes.toString("latin1"), found), "latin1");
}
