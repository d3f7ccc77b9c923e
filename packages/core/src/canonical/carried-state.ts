/**
 * A provider's opaque state in places that every client sends back. Gemini and Anthropic refuse the second turn of a
 * tool loop without the signatures of the first, and typed SDKs drop fields they do not know; the id of a tool call is
 * what they all return. So the state travels behind the id, `call_1__thought__<base64url>`, and a foreign signature on a
 * wire that has signatures of its own says whose it is, `__thought__gemini__<signature>`.
 *
 * A body that holds {@link CARRIED_MARK}, or {@link CARRIED_MARK_BASE64} on a wire whose signatures are base64, must not
 * be passed on untouched: the next provider would take the state for part of the id, or for a signature of its own.
 */
import type { Signature, Signer } from "./chat-parts.ts";

export const CARRIED_MARK = "__thought__";
/**
 * How base64 of a text begins that begins with the mark, in both alphabets: three bytes are four characters, so that the
 * whole threes of the mark look alike whatever follows.
 */
export const CARRIED_MARK_BASE64 = "X190aG91Z2h0";

/** What a tool call's id brings along. */
export type CarriedState = {
  /** Of the call itself. */
  readonly signature?: Signature;
  /** The signed thinking before the call, in order. */
  readonly thinking?: readonly CarriedThinking[];
};

export type CarriedThinking = {
  readonly text: string;
  readonly signature?: Signature;
  readonly redacted?: Signature;
};

const SIGNERS: ReadonlySet<string> = new Set<Signer>(["anthropic", "gemini", "openai"]);
/** Above this an id is taken for what it says: no provider's state is as large. */
const MAX_CARRIED_CHARS = 1024 * 1024;

/** The id as it is when there is nothing to carry. */
export function packToolCallId(id: string, state: CarriedState): string {
  if (state.signature === undefined && (state.thinking === undefined || state.thinking.length === 0))
    return id;
  return `${id}${CARRIED_MARK}${Buffer.from(JSON.stringify(state)).toString("base64url")}`;
}

/** The provider's own id and what came with it; an id that only looks packed is given back whole. */
export function unpackToolCallId(packed: string): { readonly id: string; readonly state: CarriedState } {
  const at = packed.indexOf(CARRIED_MARK);
  if (at === -1 || packed.length - at > MAX_CARRIED_CHARS) return { id: packed, state: {} };
  const state = parseState(packed.slice(at + CARRIED_MARK.length));
  return state === null ? { id: packed, state: {} } : { id: packed.slice(0, at), state };
}

/** A signature for a wire whose own are by `home`: as it is when it is one of those, marked when it is foreign. */
export function writeSignature({ signer, value }: Signature, home: Signer): string {
  return signer === home ? value : `${CARRIED_MARK}${signer}__${value}`;
}

/** The reverse of {@link writeSignature}. */
export function readSignature(text: string, home: Signer): Signature {
  if (!text.startsWith(CARRIED_MARK)) return { signer: home, value: text };
  const rest = text.slice(CARRIED_MARK.length);
  const end = rest.indexOf("__");
  const signer = rest.slice(0, Math.max(0, end));
  return isSigner(signer) ? { signer, value: rest.slice(end + 2) } : { signer: home, value: text };
}

function isSigner(text: string): text is Signer {
  return SIGNERS.has(text);
}

function parseState(encoded: string): CarriedState | null {
  try {
    return readState(JSON.parse(Buffer.from(encoded, "base64url").toString()));
  } catch {
    return null;
  }
}

/** It came back from a client, who may have written anything. */
function readState(value: unknown): CarriedState | null {
  if (typeof value !== "object" || value === null) return null;
  const signature = readSigned(Reflect.get(value, "signature"));
  const thinking: unknown = Reflect.get(value, "thinking");
  if (thinking !== undefined && !Array.isArray(thinking)) return null;
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(thinking === undefined
      ? {}
      : { thinking: thinking.map(readThinking).filter((block) => block !== null) }),
  };
}

function readThinking(value: unknown): CarriedThinking | null {
  if (typeof value !== "object" || value === null) return null;
  const text: unknown = Reflect.get(value, "text");
  const signature = readSigned(Reflect.get(value, "signature"));
  const redacted = readSigned(Reflect.get(value, "redacted"));
  if (typeof text !== "string") return null;
  return {
    text,
    ...(signature === undefined ? {} : { signature }),
    ...(redacted === undefined ? {} : { redacted }),
  };
}

function readSigned(value: unknown): Signature | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const signer: unknown = Reflect.get(value, "signer");
  const text: unknown = Reflect.get(value, "value");
  if (typeof signer !== "string" || typeof text !== "string" || !isSigner(signer)) return undefined;
  return { signer, value: text };
}
