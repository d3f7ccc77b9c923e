import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Exchange } from "../http/exchange.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Model, Snapshot } from "../snapshot/snapshot.ts";

/** Where SDKs put the client's key besides `Authorization`: Anthropic's, Google's and Azure's. */
const OTHER_KEY_HEADERS = ["x-api-key", "x-goog-api-key", "api-key"] as const;
/** With the blanks after it, or alone: the server strips those that end a header. */
const BEARER = /^bearer(?: +|$)/i;

/** Where a client may have put its key. */
export type KeyBearer = Pick<Exchange, "header" | "query">;

/**
 * Who sends the request.
 *
 * @throws GatewayError `missing_api_key` or `invalid_api_key`
 */
export function authenticate(exchange: KeyBearer, { keyring }: Snapshot): KeyIdentity {
  const key = clientKey(exchange);
  if (key === "" && !keyring.open) throw new GatewayError("missing_api_key");
  const identity = keyring.identify(key);
  if (identity === null) throw new GatewayError("invalid_api_key");
  return identity;
}

/** What stands in `Authorization`, with or without the scheme's name before it; "" without one. */
export function bearerToken(exchange: KeyBearer): string {
  return exchange.header("authorization").replace(BEARER, "");
}

function clientKey(exchange: KeyBearer): string {
  if (exchange.header("authorization") !== "") return bearerToken(exchange);
  for (const name of OTHER_KEY_HEADERS) {
    const key = exchange.header(name);
    if (key !== "") return key;
  }
  return exchange.query("key"); // as Google's own clients may send it
}

const MAX_QUOTED_MODEL_CHARS = 200;

/**
 * The model that a request asks for.
 *
 * @throws GatewayError `model_not_found`, or `model_not_allowed` for a key that may not use it
 */
export function admitModel(snapshot: Snapshot, identity: KeyIdentity, name: string): Model {
  const model = snapshot.models.get(name);
  if (model === undefined) {
    const message = `The model ${JSON.stringify(name.slice(0, MAX_QUOTED_MODEL_CHARS))} does not exist on this gateway.`;
    throw new GatewayError("model_not_found", { message, param: "model" });
  }
  if (!mayUse(identity, name, model)) throw new GatewayError("model_not_allowed", { param: "model" });
  return model;
}

/** A key that names a model may also use it by its aliases, and one that names an alias may use that alias. */
export function mayUse(identity: KeyIdentity, name: string, model: Model): boolean {
  return identity.models === null || identity.models.has(name) || identity.models.has(model.name);
}

/** @throws GatewayError `unsupported_media_type` for a body that would first have to be decompressed */
export function refuseEncodedBody(exchange: Exchange): void {
  const encoding = exchange.header("content-encoding");
  if (encoding !== "" && encoding !== "identity") throw new GatewayError("unsupported_media_type");
}
