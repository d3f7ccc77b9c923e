import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { Credential } from "./credential.ts";
import { staticKey } from "./static-key.ts";
import type { Timing } from "./timing.ts";
import { TokenCredential } from "./token-credential.ts";
import type { Token } from "./token-keeper.ts";

export interface EntraOptions {
  /** What the token shall be good for, such as `https://cognitiveservices.azure.com/.default`. */
  readonly scope: string;
  /** The header in which an API key goes. */
  readonly keyHeader: string;
  readonly apiKey?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** Microsoft Entra's own, or a national cloud's. */
  readonly authorityHost?: string | undefined;
  readonly timing?: Timing;
  /** In place of Node's own. */
  readonly fetch?: typeof fetch;
}

const PUBLIC_CLOUD = "https://login.microsoftonline.com";
/** Tokens are good for an hour and more (Microsoft Entra, "Access token lifetime"). */
const MARGIN_MS = 300_000;

/** An API key if there is one, else tokens by client credentials; without either the provider is asked as nobody. */
export function entraCredential(options: EntraOptions): Credential {
  const { apiKey, tenantId, clientId, clientSecret, keyHeader, timing } = options;
  if (apiKey !== undefined || tenantId === undefined || clientId === undefined || clientSecret === undefined)
    return staticKey({ name: keyHeader, prefix: "" }, apiKey ?? null);
  const application: Application = { tenantId, clientId, clientSecret };
  return new TokenCredential({
    what: "an access token from Microsoft Entra",
    marginMs: MARGIN_MS,
    secrets: [clientSecret],
    fetch: () => fetchToken(application, options),
    ...(timing === undefined ? {} : { timing }),
  });
}

interface Application {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The library is loaded by the first request: a gateway without Azure need not hold it. */
async function fetchToken(
  { tenantId, clientId, clientSecret }: Application,
  { scope, authorityHost = PUBLIC_CLOUD, ...options }: EntraOptions,
): Promise<Token<FlatHeaders>> {
  const { ConfidentialClientApplication } = await import("@azure/msal-node");
  const network = new Network(options.fetch ?? fetch);
  const application = new ConfidentialClientApplication({
    auth: { clientId, clientSecret, authority: `${authorityHost}/${tenantId}` },
    system: { networkClient: network, disableInternalRetries: true },
  });
  const asked = application.acquireTokenByClientCredential({ scopes: [scope] });
  const result = await asked.catch((error: unknown) => {
    throw network.failure ?? error;
  });
  if (result === null) throw new Error("the answer has no token");
  return {
    value: ["authorization", `Bearer ${result.accessToken}`],
    expiresAtMs: result.expiresOn?.getTime() ?? Number.POSITIVE_INFINITY,
  };
}

class Network implements INetworkModule {
  /** Why nothing was reached; the library itself keeps no more of it than that. */
  failure: unknown = null;
  readonly #fetch: typeof fetch;

  constructor(request: typeof fetch) {
    this.#fetch = request;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send(url, { method: "GET", ...options });
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send(url, { method: "POST", ...options });
  }

  async #send<T>(
    url: string,
    { method, headers = {}, body }: NetworkRequestOptions & { readonly method: string },
  ): Promise<NetworkResponse<T>> {
    try {
      const response = await this.#fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
      const answer = (await response.json()) as T;
      return { status: response.status, headers: Object.fromEntries(response.headers), body: answer };
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
