/** `created` of every answer, so that two runs give the same bytes. */
export const CREATED_SECONDS = 1_750_000_000;

/** The same answer id for the same seed text, in every run. */
export function answerId(prefix: string, seed: string): string {
  return `${prefix}mock${hashHex(seed)}`;
}

/** Eight hex digits that depend on nothing but the text (FNV-1a). */
export function hashHex(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** A tool call's id: a prefix and a number, filled with zeros to so many digits. */
export function toolCallId(prefix: string, number: number, digits: number): string {
  return prefix + String(number).padStart(digits, "0");
}
