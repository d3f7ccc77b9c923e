/**
 * The ids of stored responses. A provider's own response can be asked for, deleted and gone on from only where it was
 * made, so the id that the client gets says where: `resp_hr1_<issuer in hex>_<rest of the provider's id>`. A response of
 * the gateway's emulation has an id of its own, `resp_hre_<digest>`. docs/decisions/0007-stored-responses.md tells why.
 */
import { createHash } from "node:crypto";

/** Who holds a stored response: an account at a provider. */
export interface ResponseIssuer {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** Which of its credentials, where they belong to different accounts. */
  readonly credential: string | null;
}

/** What the id of a response tells. */
export type StoredId =
  | { readonly kind: "pinned"; readonly issuer: ResponseIssuer; readonly id: string }
  | { readonly kind: "emulated"; readonly id: string }
  /** As a provider wrote it: it was issued past this gateway, or by a provider that cannot be anyone else. */
  | { readonly kind: "bare"; readonly id: string };

const OWN_PREFIX = "resp_";
/** Before a provider's id that had the prefix itself, which is then left out. */
const PINNED = `${OWN_PREFIX}hr1_`;
/** Before one that had not. */
const PINNED_WHOLE = `${OWN_PREFIX}hr1x_`;
const EMULATED = `${OWN_PREFIX}hre_`;
/** What a provider's id may be: nothing that JSON or a path has to escape, and no `.` or `..`. */
const PROVIDER_ID = /^[A-Za-z0-9][A-Za-z0-9_.:~-]{0,255}$/;
const PIN = /^((?:[0-9a-f]{2}){1,160})_(.+)$/;
const SEPARATOR = "\0";
const DIGEST_CHARS = 24;

/** Null for what is no id at all, such as one that would lead a path elsewhere. */
export function parseResponseId(text: string): StoredId | null {
  if (text.startsWith(EMULATED)) return PROVIDER_ID.test(text) ? { kind: "emulated", id: text } : null;
  if (text.startsWith(PINNED)) return parsePinned(text.slice(PINNED.length), OWN_PREFIX);
  if (text.startsWith(PINNED_WHOLE)) return parsePinned(text.slice(PINNED_WHOLE.length), "");
  return PROVIDER_ID.test(text) ? { kind: "bare", id: text } : null;
}

/**
 * The id for the client; the provider's own where it is none that could be written so. An id that looks pinned already
 * is one of a further gateway behind this one, and is pinned like any other.
 */
export function pinResponseId(id: string, issuer: ResponseIssuer): string {
  const mark = issuerMark(issuer);
  if (mark === null || !PROVIDER_ID.test(id)) return id;
  return id.startsWith(OWN_PREFIX)
    ? `${PINNED}${mark}_${id.slice(OWN_PREFIX.length)}`
    : `${PINNED_WHOLE}${mark}_${id}`;
}

/** Letters that JSON, URLs and logs take as they are; null for an issuer whose names are too long. */
export function issuerMark({ provider, credential }: ResponseIssuer): string | null {
  const names = credential === null ? provider : `${provider}${SEPARATOR}${credential}`;
  const mark = Buffer.from(names).toString("hex");
  return PIN.test(`${mark}_x`) ? mark : null;
}

/** The reverse of {@link issuerMark}; null for what that never writes. */
export function readIssuerMark(mark: string): ResponseIssuer | null {
  const [provider = "", credential, ...more] = Buffer.from(mark, "hex").toString().split(SEPARATOR);
  if (provider === "" || credential === "" || more.length > 0) return null;
  const issuer = { provider, credential: credential ?? null };
  return issuerMark(issuer) === mark ? issuer : null;
}

/**
 * The id of an emulated response, always the same for the same call. The provider's own id is in it where there is one,
 * for a client may choose the request's id, and choose it twice.
 */
export function emulatedResponseId(requestId: string, answerId: string): string {
  const digest = createHash("sha256").update(`${requestId}${SEPARATOR}${answerId}`).digest("base64url");
  return EMULATED + digest.replaceAll(/[-_]/g, "0").slice(0, DIGEST_CHARS);
}

/** The id of an item of an emulated response: `msg_hre_<digest>_0`. */
export function emulatedItemId(kind: string, responseId: string, index: number): string {
  return `${kind}_${responseId.slice(OWN_PREFIX.length)}_${index}`;
}

function parsePinned(text: string, prefix: string): StoredId | null {
  const [, mark = "", rest = ""] = PIN.exec(text) ?? [];
  const issuer = readIssuerMark(mark);
  const id = prefix + rest;
  return issuer === null || !PROVIDER_ID.test(id) ? null : { kind: "pinned", issuer, id };
}
