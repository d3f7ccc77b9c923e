import type { ScriptKey } from "./script-cache.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const MAX_MODEL_BYTES = 256;

/** Fields whose presence makes the answer depend on more than the key of the script cache. */
const DOUBTS: readonly Buffer[] = ['"x_mock"', '"tools"', '"n"', '"max_', '"response_format"'].map((text) =>
  Buffer.from(text),
);
const MODEL = Buffer.from('"model"');
const STREAM = Buffer.from('"stream"');
const INCLUDE_USAGE = Buffer.from('"include_usage"');
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");

/**
 * Reads model, stream and include_usage out of a body by native search, without parsing it. Gives undefined
 * whenever the bytes leave a doubt: another field that matters, a name that stands twice, an unexpected value.
 * A body that is not JSON goes unnoticed, so this serves only who trusts its client, as a benchmark does.
 */
export function sniffGeneration(body: Buffer): Omit<ScriptKey, "endpoint" | "variant"> | undefined {
  for (const needle of DOUBTS) if (body.includes(needle)) return undefined;
  const model = readText(body, MODEL);
  const stream = readFlag(body, STREAM);
  const includeUsage = readFlag(body, INCLUDE_USAGE);
  if (model === undefined || stream === undefined || includeUsage === undefined) return undefined;
  return { model, stream, includeUsage };
}

/** Where the value of a name begins; -1 when the name is absent, undefined when it stands twice. */
function valueStart(body: Buffer, name: Buffer): number | undefined {
  const at = body.indexOf(name);
  if (at < 0) return -1;
  // Inside a text both quotes are escaped, which the search does not match; a text that ends in the name, or is
  // the name, has no colon after it.
  if (body.includes(name, at + name.length)) return undefined;
  const colon = skipSpace(body, at + name.length);
  return body[colon] === COLON ? skipSpace(body, colon + 1) : undefined;
}

function readFlag(body: Buffer, name: Buffer): boolean | undefined {
  const start = valueStart(body, name);
  if (start === undefined) return undefined;
  if (start < 0 || startsWith(body, start, FALSE)) return false;
  return startsWith(body, start, TRUE) ? true : undefined;
}

function readText(body: Buffer, name: Buffer): string | undefined {
  const start = valueStart(body, name);
  if (start === undefined || start < 0 || body[start] !== QUOTE) return undefined;
  const end = body.indexOf(QUOTE, start + 1);
  if (end < 0 || end - start > MAX_MODEL_BYTES) return undefined;
  const text = body.toString("utf8", start + 1, end);
  return text === "" || text.includes("\\") ? undefined : text;
}

function startsWith(body: Buffer, at: number, word: Buffer): boolean {
  return body.compare(word, 0, word.length, at, Math.min(at + word.length, body.length)) === 0;
}

function skipSpace(body: Buffer, from: number): number {
  let index = from;
  while (body[index] === 0x20 || body[index] === 0x0a || body[index] === 0x0d || body[index] === 0x09)
    index += 1;
  return index;
}
