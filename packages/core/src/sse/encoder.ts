/** What to write; see {@link encodeSseEvent}. */
export type SseOutput = {
  readonly event?: string;
  readonly data: string;
  readonly id?: string;
};

const LINE_END = /\r\n|\r|\n/;

/**
 * One event in `text/event-stream` form with its final blank line. Each line of `data` gets a field of
 * its own, so any text is safe in it; line ends arrive as LF.
 *
 * @throws TypeError when `event` or `id` has a line end or NUL, which would forge other fields.
 */
export function encodeSseEvent(output: SseOutput): string {
  const event = output.event === undefined ? "" : `event: ${singleLine(output.event)}\n`;
  const id = output.id === undefined ? "" : `id: ${singleLine(output.id)}\n`;
  return `${event}${id}${prefixLines("data: ", output.data)}\n`;
}

/** A comment with its final blank line: a keep-alive that no client takes for an event. */
export function encodeSseComment(text: string): string {
  return `${prefixLines(": ", text)}\n`;
}

function prefixLines(prefix: string, text: string): string {
  if (!LINE_END.test(text)) return `${prefix}${text}\n`;
  return text
    .split(LINE_END)
    .map((line) => `${prefix}${line}\n`)
    .join("");
}

function singleLine(value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError("an SSE event name or id must be one line without NUL");
  return value;
}
