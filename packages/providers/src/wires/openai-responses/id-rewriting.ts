/**
 * Pins what a provider keeps to where it was made, in the bytes of answers, and takes the pins off again in those of
 * requests. All else in the bytes stays as it is: only the few events of a stream that hold a whole response, or
 * encrypted thinking, are touched.
 */
import { type ByteSpan, memberSpans, memberStart, plainText, replaceSpans } from "../../json/member-span.ts";
import {
  issuerMark,
  parseResponseId,
  pinResponseId,
  type ResponseIssuer,
  readIssuerMark,
} from "./stored-id.ts";

const RESPONSE_KEY = Buffer.from('"response"');
const ENCRYPTED_KEY = Buffer.from('"encrypted_content"');
const ID_MEMBERS = ["id", "previous_response_id"] as const;
const PIN_PREFIX = "hr1_";
const ENCRYPTED_PIN = /^hr1_((?:[0-9a-f]{2}){1,160})_/;
/** Of the pin itself. */
const MAX_PIN_BYTES = PIN_PREFIX.length + 321;
const TEXT_FOLLOWS = /^\s*:\s*"/;
const MAX_BLANKS = 32;
const LF = 0x0a;
const OPEN_BRACE = 0x7b;

/** A whole response as the answer's body: its own id, and that of the one before it, which came from the same issuer. */
export function pinResponseBody(body: Buffer, issuer: ResponseIssuer): Buffer {
  return replaceSpans(body, idPins(body, 0, issuer));
}

/** One or more whole events of a stream. Without a whole response in them they come back as they are. */
export function pinStreamEvents(events: Buffer, issuer: ResponseIssuer): Buffer {
  const pins: Replacement[] = [];
  for (let key = events.indexOf(RESPONSE_KEY); key !== -1; ) {
    const lineStart = events.lastIndexOf(LF, key) + 1;
    const lineEnd = events.indexOf(LF, key);
    const object = events.indexOf(OPEN_BRACE, lineStart);
    const response = object === -1 || object > key ? -1 : memberStart(events, object, "response");
    if (response !== -1) pins.push(...idPins(events, response, issuer));
    key = lineEnd === -1 ? -1 : events.indexOf(RESPONSE_KEY, lineEnd);
  }
  return replaceSpans(events, pins);
}

/** Marks encrypted thinking, which only the account that wrote it can read; whole events or a whole body. */
export function pinEncryptedContent(bytes: Buffer, issuer: ResponseIssuer): Buffer {
  const mark = issuerMark(issuer);
  if (mark === null) return bytes;
  return replaceSpans(
    bytes,
    encryptedTexts(bytes).map((start) => ({ span: [start, start], text: `${PIN_PREFIX}${mark}_` })),
  );
}

/** A request's body as its provider wants it, and who that has to be. */
export interface UnpinnedRequest {
  readonly body: Buffer;
  /** Who holds the previous response; null where there is none, or its id does not tell. */
  readonly previous: ResponseIssuer | null;
  /** Who can read the encrypted thinking, each once, the latest last. */
  readonly encryptedFor: readonly ResponseIssuer[];
}

/** Takes every pin off; a body without any comes back as it is. */
export function unpinRequest(body: Buffer): UnpinnedRequest {
  const replacements: Replacement[] = [];
  let previous: ResponseIssuer | null = null;
  const { previous_response_id: span } = memberSpans(body, 0, ["previous_response_id"]);
  const stored = span === null ? null : parseResponseId(plainText(body, span) ?? "");
  if (span !== null && stored?.kind === "pinned") {
    previous = stored.issuer;
    replacements.push({ span, text: JSON.stringify(stored.id) });
  }
  const issuers = new Map<string, ResponseIssuer>();
  for (const start of encryptedTexts(body)) {
    const [pin = "", mark = ""] =
      ENCRYPTED_PIN.exec(body.toString("latin1", start, start + MAX_PIN_BYTES)) ?? [];
    const issuer = readIssuerMark(mark);
    if (issuer === null) continue;
    issuers.delete(mark);
    issuers.set(mark, issuer);
    replacements.push({ span: [start, start + pin.length], text: "" });
  }
  replacements.sort((a, b) => a.span[0] - b.span[0]);
  return { body: replaceSpans(body, replacements), previous, encryptedFor: [...issuers.values()] };
}

/** Encrypted thinking without the pin that a stream or body gave it. */
export function unpinnedEncryptedContent(text: string): string {
  const [pin = "", mark = ""] = ENCRYPTED_PIN.exec(text.slice(0, MAX_PIN_BYTES)) ?? [];
  return readIssuerMark(mark) === null ? text : text.slice(pin.length);
}

interface Replacement {
  readonly span: ByteSpan;
  readonly text: string;
}

function idPins(bytes: Buffer, start: number, issuer: ResponseIssuer): Replacement[] {
  const pins: Replacement[] = [];
  const spans = memberSpans(bytes, start, ID_MEMBERS);
  for (const name of ID_MEMBERS) {
    const span = spans[name];
    const id = span === null ? null : plainText(bytes, span);
    if (span !== null && id !== null) pins.push({ span, text: JSON.stringify(pinResponseId(id, issuer)) });
  }
  return pins.sort((a, b) => a.span[0] - b.span[0]);
}

/**
 * Where the texts begin that are called `encrypted_content`, behind their quotes. A quote inside a text is escaped, so
 * nobody's words are taken for one.
 */
function encryptedTexts(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let key = bytes.indexOf(ENCRYPTED_KEY); key !== -1; ) {
    const after = key + ENCRYPTED_KEY.length;
    const [between] = TEXT_FOLLOWS.exec(bytes.toString("latin1", after, after + MAX_BLANKS)) ?? [];
    if (between !== undefined) starts.push(after + between.length);
    key = bytes.indexOf(ENCRYPTED_KEY, after);
  }
  return starts;
}
