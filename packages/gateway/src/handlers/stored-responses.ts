/**
 * Responses, which are kept: by the provider that made one, or by the gateway in place of one that keeps none. What is
 * kept by a provider is asked of that provider; all else is answered here.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import {
  type InputItemsQuery,
  listInputItems,
  readConversation,
} from "@headrace/providers/wires/openai-responses/conversation";
import {
  pinEncryptedContent,
  pinResponseBody,
  pinStreamEvents,
} from "@headrace/providers/wires/openai-responses/id-rewriting";
import {
  parseResponseId,
  type ResponseIssuer,
  type StoredId,
} from "@headrace/providers/wires/openai-responses/stored-id";
import type { Exchange, Handler } from "../http/exchange.ts";
import { decodeSegment } from "../http/path-segment.ts";
import { authenticate } from "../pipeline/admit.ts";
import { IN_BODY } from "../pipeline/call-head.ts";
import { relayedService } from "../pipeline/relayed-request.ts";
import { type KeptResponses, ResponseState } from "../responses/response-state.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { beginInference, type InferenceDeps } from "./inference.ts";
import { LocalCall } from "./local-call.ts";
import { type RelayDeps, relayedHandler } from "./relayed-call.ts";
import type { HeadReading, RelayedCallHead, Route } from "./relayed-routes.ts";

export interface ResponsesDeps extends InferenceDeps, RelayDeps {
  readonly kept: KeptResponses;
}

/** What can be asked of a response that is kept. */
export type StoredResponseVerb = "retrieve" | "delete" | "input_items" | "cancel";

const ENDPOINT = "stored-responses";
const BELOW = "/v1/responses/";
const METHODS = { retrieve: "GET", delete: "DELETE", input_items: "GET", cancel: "POST" } as const;

/** `POST /v1/responses`. */
export function createResponseHandler(deps: ResponsesDeps): Handler {
  return function handleCreateResponse(exchange) {
    const openState = (): ResponseState => new ResponseState(deps.kept);
    beginInference(exchange, { endpoint: "responses", path: IN_BODY, openState }, deps);
  };
}

/** `GET` and `DELETE /v1/responses/{id}`, `GET …/input_items`, `POST …/cancel`. */
export function storedResponseHandler(verb: StoredResponseVerb, deps: ResponsesDeps): Handler {
  const handleAtProvider = relayedHandler(providerCall(verb), deps);
  return function handleStoredResponse(exchange) {
    const id = readId(exchange);
    if (id?.kind === "emulated") answerKept(exchange, { verb, id: id.id }, deps);
    else handleAtProvider(exchange);
  };
}

function readId({ path }: Exchange): StoredId | null {
  const [segment = ""] = path.slice(BELOW.length).split("/");
  return parseResponseId(decodeSegment(segment));
}

function providerCall(verb: StoredResponseVerb): RelayedCallHead {
  const method = METHODS[verb];
  const below = verb === "input_items" || verb === "cancel" ? `/${verb}` : "";
  return {
    endpoint: ENDPOINT,
    method,
    hasBody: method === "POST",
    read(exchange): HeadReading {
      const id = readId(exchange);
      if (id === null) throw new GatewayError("response_not_found", { param: "id" });
      const subPath = `/${id.id}${below}`;
      // An id that tells no issuer was given past this gateway: only its owner knows by whom.
      const named = exchange.header("x-headrace-provider") || exchange.query("provider");
      if (id.kind !== "pinned") return { boundary: null, subPath, named };
      const { issuer } = id;
      return { boundary: null, subPath, named: issuer.provider, rewrite: pinsOf(issuer) };
    },
    routeOf: (name, snapshot, { identity }) => issuerRoute(name ?? "", snapshot, identity),
  };
}

function pinsOf(issuer: ResponseIssuer): (bytes: Buffer, isStream: boolean) => Buffer {
  return (bytes, isStream) =>
    pinEncryptedContent((isStream ? pinStreamEvents : pinResponseBody)(bytes, issuer), issuer);
}

/**
 * The provider that holds a response. A key that is limited to models may ask those that serve one of them.
 *
 * @throws GatewayError `response_not_found`
 */
function issuerRoute(name: string, snapshot: Snapshot, identity: KeyIdentity): Route {
  const provider = snapshot.providers.get(name);
  const isServed = provider !== undefined && relayedService(ENDPOINT, provider.targets[0]) !== null;
  if (isServed && mayAsk(name, snapshot, identity)) return provider;
  throw new GatewayError("response_not_found", { param: "id" });
}

function mayAsk(provider: string, { models }: Snapshot, identity: KeyIdentity): boolean {
  if (identity.models === null) return true;
  return [...identity.models].some((name) =>
    models.get(name)?.targets.some((target) => target.provider === provider),
  );
}

interface KeptCall {
  readonly verb: StoredResponseVerb;
  readonly id: string;
}

function answerKept(exchange: Exchange, kept: KeptCall, deps: ResponsesDeps): void {
  const snapshot = deps.currentSnapshot();
  const call = new LocalCall(exchange, snapshot.unroutedRecorders.for(ENDPOINT));
  const refuse = (error: unknown): void => {
    const refusal = GatewayError.from(error, "internal_error");
    call.refuse(refusal);
    if (refusal !== error) deps.onBug(error, exchange.requestId);
  };
  try {
    const identity = authenticate(exchange, snapshot);
    call.keyName = identity.name;
    const query = kept.verb === "input_items" ? readQuery(exchange) : {};
    if (kept.verb === "retrieve" && exchange.query("stream") === "true") throw notStreamed();
    findKept(kept, { owner: identity.name, query, kept: deps.kept }).then(
      (answer) => call.answer(JSON.stringify(answer)),
      refuse,
    );
  } catch (error) {
    refuse(error);
  }
}

interface KeptScope {
  readonly owner: string;
  readonly query: InputItemsQuery;
  readonly kept: KeptResponses;
}

async function findKept({ verb, id }: KeptCall, { owner, query, kept }: KeptScope): Promise<JsonObject> {
  const key = { owner, responseId: id };
  if (verb === "delete") {
    if ((await kept.store?.delete(key)) !== true) throw notFound(id);
    return { id, object: "response", deleted: true };
  }
  const conversation = await kept.store?.get(key);
  if (conversation === undefined || conversation === null) throw notFound(id);
  if (verb === "cancel") throw notInBackground();
  const stored = readConversation(conversation);
  return verb === "retrieve" ? stored.response : listInputItems(stored, query);
}

const LIMIT = /^\d{1,3}$/;
const ORDERS = ["asc", "desc"] as const;

function readQuery(exchange: Exchange): InputItemsQuery {
  const [after, limit, order] = [exchange.query("after"), exchange.query("limit"), exchange.query("order")];
  const known = ORDERS.find((name) => name === order);
  if (order !== "" && known === undefined) throw badQuery("order", "must be asc or desc");
  if (limit !== "" && !(LIMIT.test(limit) && Number(limit) >= 1 && Number(limit) <= 100))
    throw badQuery("limit", "must be a number from 1 to 100");
  return {
    ...(after === "" ? {} : { after }),
    ...(limit === "" ? {} : { limit: Number(limit) }),
    ...(known === undefined ? {} : { order: known }),
  };
}

function badQuery(param: string, what: string): GatewayError {
  return new GatewayError("invalid_field", { param, message: `The parameter "${param}" ${what}.` });
}

function notFound(id: string): GatewayError {
  return new GatewayError("response_not_found", {
    param: "id",
    message: `Response with id '${id}' not found.`,
  });
}

function notStreamed(): GatewayError {
  const message = "A response that this gateway keeps is given as a whole. Ask without stream.";
  return new GatewayError("invalid_field", { param: "stream", message });
}

function notInBackground(): GatewayError {
  const message = "Cannot cancel a synchronous response: it was made while its client waited.";
  return new GatewayError("invalid_field", { param: "id", message });
}
