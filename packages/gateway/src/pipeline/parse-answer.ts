/** A provider's document, of which nothing is known; undefined for what is no JSON. */
export function parseAnswer(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
