import { readFile } from "node:fs/promises";
import type { FlatHeaders } from "@headrace/core/adapter";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { AuthClient, OAuth2ClientOptions } from "google-auth-library";
import type { Credential } from "./credential.ts";
import { BEARER, staticKey } from "./static-key.ts";
import type { Timing } from "./timing.ts";
import { TokenCredential } from "./token-credential.ts";
import type { Token } from "./token-keeper.ts";

export interface GoogleOptions {
  /** What the token shall be good for, such as `https://www.googleapis.com/auth/cloud-platform`. */
  readonly scope: string;
  /** A key, sent as a bearer token; or the text of a credentials file, which begins with a brace. */
  readonly apiKey?: string | undefined;
  /** Path of a credentials file, of a service account or of a user. */
  readonly credentialsFile?: string | undefined;
  readonly timing?: Timing;
  /** In place of Node's own. */
  readonly fetch?: typeof fetch;
}

/** Where the library asks for tokens, whatever a credentials file says. */
const TOKEN_ENDPOINT = "https://oauth2.googleapis.com/token";
/** The metadata server has a new token five minutes before the end of the old one (Compute Engine, "access tokens"). */
const MARGIN_MS = 270_000;

/**
 * A key if there is one, else OAuth tokens by a credentials file, or by what the machine offers (application default
 * credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, gcloud's, the metadata server).
 */
export function googleCredential(options: GoogleOptions): Credential {
  const { apiKey, timing } = options;
  if (apiKey !== undefined && !isCredentialsText(apiKey)) return staticKey(BEARER, apiKey);
  return new TokenCredential({
    what: "an access token from Google",
    marginMs: MARGIN_MS,
    secrets: [],
    fetch: () => fetchToken(options),
    ...(timing === undefined ? {} : { timing }),
  });
}

function isCredentialsText(apiKey: string): boolean {
  return apiKey.trimStart().startsWith("{");
}

/** By a new client each time: none gives out what it has kept itself, and the file may have been exchanged. */
async function fetchToken(options: GoogleOptions): Promise<Token<FlatHeaders>> {
  const client = await openClient(options);
  const headers = await client.getRequestHeaders();
  const expiresAtMs = client.credentials.expiry_date ?? Number.POSITIVE_INFINITY;
  return { value: [...headers].flat(), expiresAtMs };
}

/** The library is loaded by the first request: a gateway without Google need not hold it. */
async function openClient(options: GoogleOptions): Promise<AuthClient> {
  const { apiKey, credentialsFile, scope } = options;
  const text = credentialsFile === undefined ? apiKey : await readFile(credentialsFile, "utf8");
  if (text !== undefined) return clientFor(parseCredentials(text), options);
  const { GoogleAuth } = await import("google-auth-library");
  return new GoogleAuth({ scopes: [scope], clientOptions: transport(options) }).getClient();
}

/** The text itself must stay out of the message: it holds a private key. */
function parseCredentials(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {}
  throw new Error("the credentials are not a JSON object");
}

async function clientFor(credentials: JsonObject, options: GoogleOptions): Promise<AuthClient> {
  const { JWT, UserRefreshClient } = await import("google-auth-library");
  const common = { ...transport(options, credentials), ...quotaProject(credentials) };
  switch (credentials.type) {
    case "service_account":
      return new JWT({
        ...common,
        email: demandText(credentials, "client_email"),
        key: demandText(credentials, "private_key"),
        scopes: [options.scope],
      });
    case "authorized_user":
      return new UserRefreshClient({
        ...common,
        clientId: demandText(credentials, "client_id"),
        clientSecret: demandText(credentials, "client_secret"),
        refreshToken: demandText(credentials, "refresh_token"),
      });
    default:
      // Others name programs to run or addresses to ask, which the library takes from the environment alone.
      throw new Error(
        `credentials of the type ${JSON.stringify(credentials.type)} are not taken from credentialsFile; name their file in GOOGLE_APPLICATION_CREDENTIALS`,
      );
  }
}

function demandText(credentials: JsonObject, name: string): string {
  const value = credentials[name];
  if (typeof value === "string") return value;
  throw new Error(`the credentials have no ${name}`);
}

function quotaProject({ quota_project_id: id }: JsonObject): OAuth2ClientOptions {
  return typeof id === "string" ? { quotaProjectId: id } : {};
}

/** The operator's own file is trusted to say where its tokens are given out. */
function transport(options: GoogleOptions, { token_uri: uri }: JsonObject = {}): OAuth2ClientOptions {
  const request = options.fetch ?? fetch;
  const tokenUri = typeof uri === "string" ? uri : TOKEN_ENDPOINT;
  return {
    transporterOptions: {
      fetchImplementation: (input, init) =>
        request(String(input) === TOKEN_ENDPOINT ? tokenUri : input, init),
    },
  };
}
