/** Encodes headers once, when a snapshot is built or an answer begins, in the form that `Exchange` takes. */

// Anything else could end the line and begin a header, or a body, of somebody else's making.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export const JSON_LINES = "\r\ncontent-type: application/json";
export const TEXT_LINES = "\r\ncontent-type: text/plain";

/** `\r\nname: value` for each pair. A value that cannot stand in a header is left out. */
export function headerLines(headers: Readonly<Record<string, string>>): string {
  let lines = "";
  for (const [name, value] of Object.entries(headers)) {
    if (FIELD_VALUE.test(value)) lines += `\r\n${name}: ${value}`;
  }
  return lines;
}
