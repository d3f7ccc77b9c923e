/** One request as a load target wants it; everything but the body length is fixed by the caller. */
export interface RequestShape {
  host: string;
  port: number;
  /** Path and query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  /** JSON text. */
  body: string;
}

/** What the chat request of a scenario looks like. */
export interface PromptShape {
  model: string;
  /** Length of the user message's text in bytes. */
  promptBytes: number;
  stream: boolean;
}

const WORDS =
  "the river carries water past the mill and the wheel turns slowly while clerks count sacks of flour, coins and days ".split(
    " ",
  );

/** ASCII prose of exactly this many bytes, the same on every run. */
export function promptText(promptBytes: number): string {
  let text = "";
  for (let i = 0; text.length < promptBytes; i++) text += `${WORDS[(i * 7) % WORDS.length]} `;
  return text.slice(0, promptBytes);
}

export function chatBody(shape: PromptShape): string {
  return JSON.stringify({
    model: shape.model,
    messages: [{ role: "user", content: promptText(shape.promptBytes) }],
    ...(shape.stream ? { stream: true } : {}),
  });
}

/** The whole request as it goes on the wire, built once: the generator only writes these bytes again and again. */
export function requestBytes(shape: RequestShape): Buffer {
  const lines = [
    `POST ${shape.path} HTTP/1.1`,
    `host: ${shape.host}:${shape.port}`,
    "content-type: application/json",
    ...Object.entries(shape.headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(shape.body)}`,
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${shape.body}`);
}
