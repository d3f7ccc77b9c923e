import { createRequire } from "node:module";
import { type ErrorWire, GatewayError } from "@headrace/core/errors/gateway-error";
import type { Packr } from "msgpackr";

/**
 * What travels between the gateway's thread and a worker: a small packed envelope, and beside it the byte buffers
 * of the input or output. Those are transferred, so a body of 20 MB crosses for the price of a pointer.
 */
export interface WireMessage {
  /** Version byte, then msgpack. */
  readonly envelope: Uint8Array;
  /** Goes into the transfer list too; the sender's views on them are dead afterwards. */
  readonly buffers: readonly ArrayBuffer[];
}

/** A task's input or output. Byte arrays may stand at its top level only; they are what gets transferred. */
export type Payload = object;

/**
 * First byte of every envelope. Raise it with any change of the envelopes: threads of two builds may meet while
 * files are replaced under a running gateway, and must then say so instead of misreading each other.
 */
export const PROTOCOL_VERSION = 1;

/** Name, buffer index, offset and length of one byte array that was taken out of the payload. */
type Part = readonly [name: string, index: number, byteOffset: number, byteLength: number];

type RequestEnvelope = { readonly task: string; readonly input: Payload; readonly parts: readonly Part[] };

type ResponseEnvelope =
  | { readonly ok: true; readonly output: Payload; readonly parts: readonly Part[] }
  | { readonly ok: false; readonly error: ErrorWire };

let created: Packr | undefined;

/** Loaded with the first message: a gateway whose calls are all small sends none. */
function packr(): Packr {
  if (created !== undefined) return created;
  const library: typeof import("msgpackr") = createRequire(import.meta.url)("msgpackr");
  // Records would have to be known to both ends before the first message; the envelopes are too small to gain by them.
  created = new library.Packr({ useRecords: false });
  return created;
}

/** Packs a call of `task`. */
export function encodeRequest(task: string, input: Payload): WireMessage {
  const { rest, parts, buffers } = detachBytes(input);
  const envelope: RequestEnvelope = { task, input: rest, parts };
  return { envelope: pack(envelope), buffers };
}

/** Unpacks what {@link encodeRequest} packed. @throws GatewayError `worker_failed` for another version. */
export function decodeRequest(message: WireMessage): { readonly task: string; readonly input: Payload } {
  const envelope = unpack(message) as RequestEnvelope;
  return { task: envelope.task, input: attachBytes(envelope.input, envelope.parts, message.buffers) };
}

/** Packs a task's result. */
export function encodeSuccess(output: Payload): WireMessage {
  const { rest, parts, buffers } = detachBytes(output);
  const envelope: ResponseEnvelope = { ok: true, output: rest, parts };
  return { envelope: pack(envelope), buffers };
}

/** Packs a task's failure. */
export function encodeFailure(error: GatewayError): WireMessage {
  const envelope: ResponseEnvelope = { ok: false, error: error.toWire() };
  return { envelope: pack(envelope), buffers: [] };
}

/**
 * Unpacks a task's result.
 *
 * @throws GatewayError the one that the task threw, or `worker_failed` for another version.
 */
export function decodeResponse(message: WireMessage): Payload {
  const envelope = unpack(message) as ResponseEnvelope;
  if (!envelope.ok) throw GatewayError.fromWire(envelope.error);
  return attachBytes(envelope.output, envelope.parts, message.buffers);
}

function pack(envelope: RequestEnvelope | ResponseEnvelope): Uint8Array {
  const packed = packr().pack(envelope);
  // A copy of just these bytes: cloning a view clones the whole buffer behind it, here the packer's pool.
  const bytes = new Uint8Array(1 + packed.length);
  bytes[0] = PROTOCOL_VERSION;
  bytes.set(packed, 1);
  return bytes;
}

function unpack({ envelope }: WireMessage): unknown {
  const version = envelope[0];
  if (version !== PROTOCOL_VERSION) {
    throw new GatewayError("worker_failed", {
      message: `A message between threads has protocol version ${version ?? "none"}, but this build speaks ${PROTOCOL_VERSION}; two builds are mixed.`,
    });
  }
  return packr().unpack(envelope.subarray(1));
}

function detachBytes(payload: Payload): { rest: Payload; parts: Part[]; buffers: ArrayBuffer[] } {
  const rest: Record<string, unknown> = {};
  const parts: Part[] = [];
  const buffers: ArrayBuffer[] = [];
  for (const [name, value] of Object.entries(payload)) {
    if (!(value instanceof Uint8Array)) {
      rest[name] = value;
      continue;
    }
    const owned = ownedBytes(value);
    let index = buffers.indexOf(owned.buffer);
    if (index === -1) index = buffers.push(owned.buffer) - 1;
    parts.push([name, index, owned.byteOffset, owned.byteLength]);
  }
  return { rest, parts, buffers };
}

function attachBytes(rest: Payload, parts: readonly Part[], buffers: readonly ArrayBuffer[]): Payload {
  const payload: Record<string, unknown> = { ...rest };
  for (const [name, index, byteOffset, byteLength] of parts) {
    const buffer = buffers[index];
    if (buffer === undefined)
      throw new GatewayError("worker_failed", { message: `The bytes of "${name}" are missing.` });
    payload[name] = new Uint8Array(buffer, byteOffset, byteLength);
  }
  return payload;
}

/**
 * The bytes in a buffer that may be transferred. One that other views share (Node's pool for small Buffers) would
 * be torn away from them, so the bytes are copied out of it; a buffer that the view fills is taken as it is.
 */
function ownedBytes(view: Uint8Array): Uint8Array<ArrayBuffer> {
  const fillsItsBuffer = view.byteLength === view.buffer.byteLength;
  if (fillsItsBuffer && view.buffer instanceof ArrayBuffer) return new Uint8Array(view.buffer);
  return new Uint8Array(view);
}
