import { isUtf8 } from "node:buffer";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "@headrace/core/json-object";
import { locateJsonError } from "./locate-error.ts";

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** The same bytes as a Buffer, without a copy. */
export function viewAsBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Refuses bytes that are not UTF-8. A lenient decoder would put U+FFFD in their place, so that what was checked
 * here and what the provider reads would differ.
 *
 * @throws GatewayError `invalid_encoding`.
 */
export function assertUtf8(body: Buffer): void {
  if (!isUtf8(body)) throw new GatewayError("invalid_encoding");
}

/**
 * Parses bytes that are known to be UTF-8.
 *
 * @throws GatewayError `invalid_json` with line, column and byte offset, never with the text itself: a body is
 * somebody's prompt and the message goes to logs.
 * @throws GatewayError `body_not_object`.
 */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8")); // as fast as "latin1" for ASCII: measured
  } catch {
    throw new GatewayError("invalid_json", { message: describeJsonError(body) });
  }
  if (!isJsonObject(value)) {
    throw new GatewayError("body_not_object", {
      message: `The request body is JSON, but ${describeKind(value)} and not an object.`,
    });
  }
  return value;
}

function describeJsonError(body: Buffer): string {
  if (body.length === 0) return "The request body is empty; a JSON object is expected.";
  const offset = locateJsonError(body) ?? 0;
  const lineStart = offset === 0 ? 0 : body.lastIndexOf(0x0a, offset - 1) + 1;
  let line = 1;
  for (let at = body.indexOf(0x0a); at !== -1 && at < lineStart; at = body.indexOf(0x0a, at + 1)) line++;
  const column = body.toString("utf8", lineStart, offset).length + 1;
  const place = `line ${line}, column ${column} (byte ${offset})`;
  if (offset === body.length) return `The request body is not valid JSON: it ends too early, at ${place}.`;
  if (offset === 0 && body.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    return "The request body is not valid JSON: it begins with a byte order mark, which JSON does not allow.";
  }
  return `The request body is not valid JSON: unexpected ${describeByte(body, offset)} at ${place}.`;
}

/** One character, so that the message is of use without carrying the body. */
function describeByte(body: Buffer, offset: number): string {
  const byte = body[offset] ?? 0;
  if (byte > 0x20 && byte < 0x7f) return `character ${String.fromCharCode(byte)}`;
  if (byte < 0x80) return `control character 0x${byte.toString(16).padStart(2, "0")}`;
  return "non-ASCII character";
}

function describeKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return `a ${typeof value}`;
}
