import { createHash, createHmac } from "node:crypto";
import type { Target } from "../contract.ts";
import type { WireError } from "../refusal.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

const UNKNOWN_KEY: WireError = {
  status: 403,
  type: "UnrecognizedClientException",
  message: "The security token included in the request is invalid.",
};
const INCOMPLETE: WireError = {
  status: 403,
  type: "IncompleteSignatureException",
  message: "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
};
const MISMATCH: WireError = {
  status: 403,
  type: "InvalidSignatureException",
  message:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
};

/** Whether a request is signed with AWS's own scheme. */
export function isSigned({ headers }: Target): boolean {
  return headers.authorization?.startsWith(ALGORITHM) === true;
}

/**
 * The refusal of a signed request whose signature is not that of `keyId:secret`: everything that was signed is signed
 * again from what arrived (AWS General Reference, "Create a signed AWS API request"). The age is not looked at.
 */
export function signatureProblem(target: Target, body: Buffer, requireKey: string): WireError | undefined {
  const match = AUTHORIZATION.exec(target.headers.authorization ?? "");
  if (match === null) return INCOMPLETE;
  const [, accessKeyId = "", date = "", region = "", service = "", signedHeaders = "", signature = ""] =
    match;
  const colon = requireKey.indexOf(":");
  if (colon < 0 || accessKeyId !== requireKey.slice(0, colon)) return UNKNOWN_KEY;
  const names = signedHeaders.split(";");
  if (!names.includes("host") || service !== "bedrock") return MISMATCH;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const request = canonicalRequest(target, body, names);
  const toSign = [ALGORITHM, target.headers["x-amz-date"] ?? "", scope, sha256(request)].join("\n");
  const dateKey = hmac(`AWS4${requireKey.slice(colon + 1)}`, date);
  const signingKey = hmac(hmac(hmac(dateKey, region), service), "aws4_request");
  return hmac(signingKey, toSign).toString("hex") === signature ? undefined : MISMATCH;
}

function canonicalRequest(target: Target, body: Buffer, names: readonly string[]): string {
  // Each segment of the path is encoded once more than it was sent, which is where most signers go wrong.
  const path = target.path.split("/").map(encode).join("/");
  const query = [...new URLSearchParams(target.query)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const headers = names.map((name) => `${name}:${(target.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`);
  return [target.method, path, query, headers.join(""), names.join(";"), sha256(body)].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: string | Buffer, content: string): Buffer {
  return createHmac("sha256", key).update(content).digest();
}
