/** Makes X.509 certificates (RFC 5280) with nothing but node:crypto, so that no test needs openssl or a file that expires. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** PEM texts, as node:tls takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A server's certificate that this authority signed. */
  issue(options: ServerOptions): Certificate;
}

export interface ServerOptions {
  /** The names that the server may be reached by: IPv4 addresses, or host names. */
  readonly names: readonly string[];
  /** True for one that was valid until yesterday. */
  readonly expired?: boolean;
}

const DAY_MS = 86_400_000;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  time: 0x17,
} as const;
const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION_SLOT = 0xa0;
const EXTENSIONS_SLOT = 0xa3;
const DNS_NAME_SLOT = 0x82;
const IP_ADDRESS_SLOT = 0x87;

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

export function createAuthority(name: string): Authority {
  const keys = newKeys();
  const cert = certificate({
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    signer: keys.privateKey,
    fromMs: -DAY_MS,
    untilMs: DAY_MS,
    extensions: [IS_AUTHORITY],
  });
  return {
    cert,
    key: pemOf(keys.privateKey),
    issue: (options) => issue({ issuer: name, signer: keys.privateKey, ...options }),
  };
}

/** A server's certificate that nobody vouches for but itself. */
export function createSelfSigned(options: ServerOptions): Certificate {
  const keys = newKeys();
  return issue({ issuer: subjectOf(options), signer: keys.privateKey, keys, ...options });
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function subjectOf({ names }: ServerOptions): string {
  return names[0] ?? "nobody";
}

interface IssueOptions extends ServerOptions {
  readonly issuer: string;
  readonly signer: KeyObject;
  readonly keys?: Keys;
}

function issue({ issuer, signer, keys = newKeys(), names, expired = false }: IssueOptions): Certificate {
  const cert = certificate({
    subject: subjectOf({ names }),
    issuer,
    publicKey: keys.publicKey,
    signer,
    fromMs: -2 * DAY_MS,
    untilMs: expired ? -DAY_MS : DAY_MS,
    extensions: [alternativeNames(names)],
  });
  return { cert, key: pemOf(keys.privateKey) };
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** From now. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly extensions: readonly Buffer[];
}

function certificate({ subject, issuer, publicKey, signer, fromMs, untilMs, extensions }: Contents): string {
  const algorithm = der(SEQUENCE, oid(OID.ecdsaWithSha256));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]); // positive
  const body = der(
    SEQUENCE,
    der(VERSION_SLOT, der(TAG.integer, [2])), // version 3
    der(TAG.integer, serial),
    algorithm,
    nameOf(issuer),
    der(SEQUENCE, timeOf(fromMs), timeOf(untilMs)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS_SLOT, der(SEQUENCE, ...extensions)),
  );
  const whole = der(SEQUENCE, body, algorithm, bits(sign("sha256", body, signer)));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

const IS_AUTHORITY = der(
  SEQUENCE,
  oid(OID.basicConstraints),
  der(TAG.boolean, [0xff]), // critical
  der(TAG.octets, der(SEQUENCE, der(TAG.boolean, [0xff]))),
);

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) => {
    const isAddress = /^[\d.]+$/.test(name);
    return isAddress
      ? der(IP_ADDRESS_SLOT, name.split(".").map(Number))
      : der(DNS_NAME_SLOT, Buffer.from(name));
  });
  return der(SEQUENCE, oid(OID.subjectAltName), der(TAG.octets, der(SEQUENCE, ...entries)));
}

function nameOf(commonName: string): Buffer {
  const pair = der(SEQUENCE, oid(OID.commonName), der(TAG.utf8, Buffer.from(commonName)));
  return der(SEQUENCE, der(SET, pair));
}

/** UTCTime: `YYMMDDhhmmssZ`. */
function timeOf(fromNowMs: number): Buffer {
  const digits = new Date(Date.now() + fromNowMs).toISOString().replace(/\D/g, "");
  return der(TAG.time, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function oid(bytes: readonly number[]): Buffer {
  return der(TAG.oid, bytes);
}

function bits(bytes: Buffer): Buffer {
  return der(TAG.bits, [0], bytes);
}

/** One element of DER: tag, length, contents. */
function der(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Buffer.from(part)));
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), content]);
}
