import type { FlatHeaders } from "@headrace/core/adapter";
import { RELAYED_WIRES, type RelayedEndpoint } from "@headrace/core/endpoints";
import type { ProviderAdapter, ProviderService } from "@headrace/core/provider-adapter";
import type { WireId } from "@headrace/core/wire/wire-id";
import type { Destination } from "../snapshot/snapshot.ts";
import { keyRoomAt } from "../upstream/credentials/key-room.ts";
import { type ForwardedHeaders, withForwarded } from "./forward-headers.ts";

/** A call as its client wrote it. */
export interface RelayedRequest {
  readonly endpoint: RelayedEndpoint;
  readonly method: "GET" | "POST" | "DELETE";
  /** What follows the call's own path, such as `/file-1/content`; "" for none. */
  readonly subPath: string;
  /** What of the query is for the provider, without its `?`. */
  readonly query: string;
  /** "" without a body. */
  readonly contentType: string;
  readonly forwarded: ForwardedHeaders;
}

/** As one provider shall get it. */
export interface SendableRequest {
  readonly path: string;
  readonly headers: FlatHeaders;
  /** The headers that prove who asks, where they are not the same for every request. */
  readonly proof: FlatHeaders;
}

/** What serves a call at a provider. */
export interface RelayedService {
  readonly service: ProviderService;
  /** On which it is asked. */
  readonly wire: WireId;
  /** The provider has a wire of its own for it. */
  readonly translated: boolean;
}

/** Null for a provider that does not serve the call. */
export function relayedService(endpoint: RelayedEndpoint, destination: Destination): RelayedService | null {
  const { services, transcription } = adapterOf(destination);
  const wire = RELAYED_WIRES[endpoint];
  const service = services[wire];
  if (service !== undefined && service.onlyTranslated !== true) return { service, wire, translated: false };
  if (endpoint !== "transcriptions" || transcription === undefined) return null;
  const own = services[transcription.wire];
  return own === undefined ? null : { service: own, wire: transcription.wire, translated: true };
}

export function adapterOf({ upstream, model }: Destination): ProviderAdapter {
  return model === "" ? upstream.adapter : (upstream.adapter.forModel?.(model) ?? upstream.adapter);
}

const NOT_SIGNED: Uint8Array = new Uint8Array();
const FORWARDED_BY_US: ReadonlySet<string> = new Set(["content-type", "content-length"]);

export interface SendOptions extends Omit<RelayedService, "wire"> {
  /** Length of the body, null for none or an unknown one. */
  readonly bodyBytes: number | null;
}

/**
 * Writes the head of a call for a provider.
 *
 * @returns maybe after a token has come; rejects with GatewayError `upstream_auth_failed` without credentials
 */
export function prepareRelayed(
  request: RelayedRequest,
  { upstream, model, health }: Destination,
  { service, translated, bodyBytes }: SendOptions,
): SendableRequest | Promise<SendableRequest> {
  const { settings, basePath, credential, host } = upstream;
  const servicePath = service.path({ model, stream: false, settings });
  // A query of the client's is written in its wire's words.
  const path = basePath + (translated ? servicePath : extended(servicePath, request));
  const names = [...upstream.forwardHeaders, ...(service.clientHeaders ?? [])];
  const headers = [
    ...withForwarded(
      ownHeaders(request, [...upstream.headers, ...(service.headers ?? [])]),
      names,
      request.forwarded,
    ),
    ...(bodyBytes === null ? [] : ["content-length", String(bodyBytes)]),
  ];
  if (credential.fixedHeaders !== undefined) return { path, headers, proof: [] };
  const asked = { method: request.method, path, host, body: NOT_SIGNED };
  const proof = credential.headers(asked, keyRoomAt(credential, health));
  const proven = (given: FlatHeaders): SendableRequest => ({
    path,
    headers: [...headers, ...given],
    proof: given,
  });
  return proof instanceof Promise ? proof.then(proven) : proven(proof);
}

/** A provider's path may have a query of its own, before which what follows belongs. */
function extended(path: string, { subPath, query }: RelayedRequest): string {
  const mark = path.indexOf("?");
  const base = mark === -1 ? path : path.slice(0, mark);
  const queries = [mark === -1 ? "" : path.slice(mark + 1), query].filter((part) => part !== "");
  return base + subPath + (queries.length === 0 ? "" : `?${queries.join("&")}`);
}

/** Every other call has JSON as its body. */
function ownHeaders({ contentType }: RelayedRequest, headers: FlatHeaders): FlatHeaders {
  const own: string[] = contentType === "" ? [] : ["content-type", contentType];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (!FORWARDED_BY_US.has(name)) own.push(name, headers[i + 1] ?? "");
  }
  return own;
}

/** Parameters that are for the gateway. Google's clients send their key in one. */
const OUR_PARAMETERS: ReadonlySet<string> = new Set(["key", "model", "provider"]);

/** What of a query goes on to the provider, as it came. */
export function forwardedQuery(query: string): string {
  return query
    .split("&")
    .filter((part) => part !== "" && !OUR_PARAMETERS.has(decoded(part.split("=", 1)[0] ?? "")))
    .join("&");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
