import { get, type IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

export interface GetJsonBounds {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * The JSON object at an `http:` URL; null when there is none, when it is too large, or when nobody answers in time. By
 * node:http and not by undici's `request`, with which the whole of undici would be loaded.
 */
export async function getJson(url: string, bounds: GetJsonBounds): Promise<JsonObject | null> {
  try {
    const response = await responseTo(url, AbortSignal.timeout(bounds.timeoutMs));
    const text = await readBounded(response, bounds.maxBytes);
    const value: unknown = response.statusCode === 200 && text !== null ? JSON.parse(text) : null;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** On a connection of its own, which nobody has to close. */
function responseTo(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { signal, agent: false }, resolve).on("error", reject);
  });
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
