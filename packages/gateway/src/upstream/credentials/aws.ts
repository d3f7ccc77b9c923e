import type { FlatHeaders } from "@headrace/core/adapter";
import type { SignatureV4 } from "@smithy/signature-v4";
import type { Credential, ProviderVerdict, SignableRequest } from "./credential.ts";
import { BEARER, staticKey } from "./static-key.ts";
import { SYSTEM_TIMING, type Timing } from "./timing.ts";
import { type Token, TokenKeeper } from "./token-keeper.ts";

export interface AwsOptions {
  /** The service that signatures name, such as `bedrock`. */
  readonly service: string;
  /** Absent = the environment's, AWS_REGION or AWS_DEFAULT_REGION. */
  readonly region?: string | undefined;
  /** A key of Bedrock's own, sent as a bearer token; nothing is signed then. */
  readonly apiKey?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly timing?: Timing;
}

interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

type IdentityKeeper = Pick<TokenKeeper<AwsIdentity>, "get" | "current" | "doubt" | "close">;

/** Machines get their next credentials five minutes before the end of the old ones (EC2 user guide, "IAM roles"). */
const MARGIN_MS = 270_000;

/**
 * An API key if there is one; else a signature by the given access key, or by what the machine has: environment, shared
 * files, web identity, container or instance, in the order of AWS's own SDKs.
 *
 * @throws Error for a signature without a region
 */
export function awsCredential(options: AwsOptions): Credential {
  const { apiKey, accessKeyId, secretAccessKey, sessionToken, service } = options;
  if (apiKey !== undefined) return staticKey(BEARER, apiKey);
  const scope: Scope = { service, region: regionOf(options) };
  const timing = options.timing ?? SYSTEM_TIMING;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    return new AwsSigner(scope, openChain(timing), timing);
  return new AwsSigner(scope, fixedIdentity(identityOf(accessKeyId, secretAccessKey, sessionToken)), timing);
}

/** What signatures are good for. */
interface Scope {
  readonly service: string;
  readonly region: string;
}

function regionOf({ region }: AwsOptions): string {
  const found = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (found === undefined)
    throw new Error("no AWS region: name it in the provider's region or in AWS_REGION");
  return found;
}

/** Signs each request (AWS Signature Version 4). */
class AwsSigner implements Credential {
  readonly #scope: Scope;
  readonly #identity: IdentityKeeper;
  readonly #timing: Timing;
  #signer: Promise<SignatureV4> | null = null;

  constructor(scope: Scope, identity: IdentityKeeper, timing: Timing) {
    this.#scope = scope;
    this.#identity = identity;
    this.#timing = timing;
  }

  get secrets(): readonly string[] {
    const identity = this.#identity.current;
    if (identity === null) return [];
    const { secretAccessKey, sessionToken } = identity;
    return sessionToken === undefined ? [secretAccessKey] : [secretAccessKey, sessionToken];
  }

  async headers(request: SignableRequest): Promise<FlatHeaders> {
    this.#signer ??= this.#openSigner();
    const signer = await this.#signer;
    const signed = await signer.sign(toSign(request), { signingDate: new Date(this.#timing.nowMs()) });
    // The host is in the signature, and undici writes it itself.
    return Object.entries(signed.headers)
      .filter(([name]) => name !== "host")
      .flat();
  }

  /** 403 is also said of a model that is not enabled, so that it is doubted no more than now and then. */
  answered(_headers: FlatHeaders, { status }: ProviderVerdict): null {
    if (status === 401 || status === 403) this.#identity.doubt();
    return null;
  }

  close(): Promise<void> {
    return this.#identity.close();
  }

  /** The library is loaded by the first request: a gateway without AWS need not hold it. */
  async #openSigner(): Promise<SignatureV4> {
    const [{ SignatureV4: Signer }, { Sha256 }] = await Promise.all([
      import("@smithy/signature-v4"),
      import("@smithy/core/checksum"),
    ]);
    const credentials = async () => await this.#identity.get();
    return new Signer({ ...this.#scope, credentials, sha256: Sha256, applyChecksum: false });
  }
}

interface SigningInput {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

function toSign({ method, path, host, body }: SignableRequest): SigningInput {
  const [pathname = "/", query = ""] = path.split("?", 2);
  return {
    method,
    protocol: "https:",
    hostname: host,
    path: pathname,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: { host },
    body,
  };
}

function identityOf(
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string | undefined,
): AwsIdentity {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function fixedIdentity(identity: AwsIdentity): IdentityKeeper {
  return { get: () => identity, current: identity, doubt() {}, close: () => Promise.resolve() };
}

function openChain(timing: Timing): TokenKeeper<AwsIdentity> {
  return new TokenKeeper({
    what: "AWS credentials",
    fetch: fetchIdentity,
    marginMs: MARGIN_MS,
    secrets: [],
    timing,
  });
}

/** A new chain each time: one that is kept gives out what it has until five minutes before its end. */
async function fetchIdentity(): Promise<Token<AwsIdentity>> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await fromNodeProviderChain()();
  return {
    value: identityOf(accessKeyId, secretAccessKey, sessionToken),
    expiresAtMs: expiration?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}
