import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { request } from "undici";

export interface GetJsonBounds {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The JSON object at a URL; null when there is none, when it is too large, or when nobody answers in time. */
export async function getJson(url: string, bounds: GetJsonBounds): Promise<JsonObject | null> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(bounds.timeoutMs) });
    const text = await readBounded(body, bounds.maxBytes);
    const value: unknown = statusCode === 200 && text !== null ? JSON.parse(text) : null;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Leaving the loop early destroys the body, and with it the connection. */
async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
