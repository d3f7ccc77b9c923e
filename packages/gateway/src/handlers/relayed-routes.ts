/** Where calls go that are only passed on, and what their heads tell of that. */

import type { TimeoutsConfig } from "@headrace/core/config/types";
import { RELAYED_WIRES, type RelayedEndpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { TRANSCRIPTION_INTENT } from "@headrace/providers/wires/openai-realtime/transcription-session";
import { NarrowedRoute } from "@headrace/routing/narrowed-route";
import type { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import type { Exchange } from "../http/exchange.ts";
import { admitModel } from "../pipeline/admit.ts";
import type { CallTerms } from "../pipeline/call-terms.ts";
import { relayedService } from "../pipeline/relayed-request.ts";
import type { Fallbacks, TriesPlan } from "../pipeline/tries-plan.ts";
import type { Destination, Model, Snapshot, Target } from "../snapshot/snapshot.ts";
import { readBoundary } from "../uploads/form-boundary.ts";

/** The providers that may be asked, in their order, and for how long. */
export interface Route extends TriesPlan<Destination> {
  readonly plainTimeouts: TimeoutsConfig;
  /** As the client named it; absent where a provider was named, or nothing. */
  readonly model?: string;
  /** Null when any number of calls of that model may run at a time. */
  readonly gate?: ConcurrencyGate | null;
}

/** What of a request's terms decides where it may go. */
export type RouteTerms = Pick<CallTerms, "identity" | "overrides">;

/** What a request's head says. */
export interface HeadReading {
  /** Of a form whose model says where it goes. */
  readonly boundary: string | null;
  readonly subPath: string;
  /** The model or the provider, "" for the gateway's choice; null when only the body tells. */
  readonly named: string | null;
  /**
   * What is done with a good answer: whole events, a document, or the first piece of one that is too large to hold.
   * Absent for answers that go on as they are.
   */
  readonly rewrite?: (bytes: Buffer, isStream: boolean) => Buffer;
}

/** A kind of call. */
export interface RelayedCallHead {
  readonly endpoint: RelayedEndpoint;
  readonly method: "GET" | "POST" | "DELETE";
  readonly hasBody: boolean;
  /** @throws GatewayError for a head that cannot be right */
  read(exchange: Exchange): HeadReading;
  /**
   * @param name - as `named`, or the model that the form has, null when it has none
   * @throws GatewayError when it leads nowhere, or not for this key
   */
  routeOf(name: string | null, snapshot: Snapshot, terms: RouteTerms): Route;
}

/** A form with a file whose part `model` says where it goes, unless the query or a header does. */
export function formCall(endpoint: RelayedEndpoint): RelayedCallHead {
  return {
    endpoint,
    method: "POST",
    hasBody: true,
    read(exchange) {
      const named = exchange.query("model") || exchange.header("x-headrace-model") || null;
      return { boundary: readBoundary(exchange.header("content-type")), subPath: "", named };
    },
    routeOf(name, snapshot, terms) {
      if (name === null) throw new GatewayError("missing_field", { param: "model" });
      return modelRoute(endpoint, name, { snapshot, terms });
    },
  };
}

interface RouteScope {
  readonly snapshot: Snapshot;
  readonly terms: RouteTerms;
}

/** @throws GatewayError `model_not_found`, `model_not_allowed`, `endpoint_not_served`, `invalid_override` */
function modelRoute(endpoint: RelayedEndpoint, name: string, { snapshot, terms }: RouteScope): Route {
  const model: Model = admitModel(snapshot, terms.identity, name);
  const { plainTimeouts, gate } = model;
  const plan = plansServing(endpoint)(terms.overrides?.apply(model, snapshot) ?? model);
  const route = { ...plan, plainTimeouts, model: name, gate };
  if (plan.route.targets.length > 0 || plan.fallbacks.other.length > 0) return route;
  const message = `No provider of the model ${JSON.stringify(name)} serves this kind of call.`;
  throw new GatewayError("endpoint_not_served", { message });
}

interface NarrowedPlan extends TriesPlan<Target> {
  readonly fallbacks: Readonly<Record<keyof Fallbacks<Target>, NarrowedPlan[]>>;
}

/**
 * Narrows a plan, and those that it falls back to, to the targets that serve such calls. Nothing is known here of why a
 * provider refuses a file, so that the other fallbacks are nobody's.
 */
function plansServing(endpoint: RelayedEndpoint): (plan: TriesPlan<Target>) => NarrowedPlan {
  const known = new Map<TriesPlan<Target>, NarrowedPlan>();
  return function narrowPlan(whole): NarrowedPlan {
    const before = known.get(whole);
    if (before !== undefined) return before;
    const route = new NarrowedRoute(whole.route, (target) => relayedService(endpoint, target) !== null);
    const fallbacks = { contextWindow: [], contentPolicy: [], other: [] as NarrowedPlan[] };
    const plan: NarrowedPlan = { route, retry: whole.retry, fallbacks };
    known.set(whole, plan);
    const others = (whole.fallbacks?.other ?? []).map(narrowPlan);
    fallbacks.other.push(...others.filter((other) => other.route.targets.length > 0));
    return plan;
  };
}

/** Whether a session only writes down what it hears. */
export function isTranscription(exchange: Pick<Exchange, "query">): boolean {
  return exchange.query("intent") === TRANSCRIPTION_INTENT;
}

/**
 * Where a session leads. OpenAI's clients cannot name the model of a transcription before it has begun, so that it can also
 * be named by a header, or its provider.
 *
 * @throws GatewayError as {@link modelRoute}; as {@link providerRoute} where that is named; `missing_field`
 */
export function realtimeRoute(exchange: Pick<Exchange, "query" | "header">, scope: RouteScope): Route {
  const model = exchange.query("model");
  if (model !== "") return modelRoute("realtime", model, scope);
  if (!isTranscription(exchange)) throw new GatewayError("missing_field", { param: "model" });
  const named = exchange.header("x-headrace-model");
  if (named !== "") return modelRoute("realtime", named, scope);
  const provider = exchange.header("x-headrace-provider") || exchange.query("provider");
  if (provider !== "") return providerRoute("realtime", provider, scope);
  const message =
    "A session for transcription names its model here, in the query (model) or the header x-headrace-model, or its provider (provider, x-headrace-provider).";
  throw new GatewayError("missing_field", { param: "model", message });
}

export interface KeptThingCall {
  readonly endpoint: RelayedEndpoint;
  readonly method: "GET" | "POST" | "DELETE";
  /** What stands before an id, with a slash at its end; absent for calls about all of them. */
  readonly below?: string;
}

/** A call about what a provider keeps: files and batches. Any model of the provider may be behind it. */
export function keptThingCall({ endpoint, method, below }: KeptThingCall): RelayedCallHead {
  return {
    endpoint,
    method,
    hasBody: method === "POST",
    read(exchange) {
      const named = exchange.header("x-headrace-provider") || exchange.query("provider");
      const subPath = below === undefined ? "" : readSubPath(exchange.path.slice(below.length));
      return { boundary: null, subPath, named };
    },
    routeOf: (name, snapshot, terms) => providerRoute(endpoint, name ?? "", { snapshot, terms }),
  };
}

/** @throws GatewayError `key_limited_to_models`, `provider_not_found`, `endpoint_not_served` */
function providerRoute(endpoint: RelayedEndpoint, name: string, { snapshot, terms }: RouteScope): Route {
  if (terms.identity.models !== null) throw new GatewayError("key_limited_to_models");
  const named = snapshot.providers.get(name);
  if (name !== "" && named === undefined) throw new GatewayError("provider_not_found");
  const candidates = named === undefined ? [...snapshot.providers.values()] : [named];
  const route = candidates.find(({ targets: [itself] }) => relayedService(endpoint, itself) !== null);
  if (route !== undefined) return route;
  const message =
    name === ""
      ? `No provider of this gateway serves this kind of call (${RELAYED_WIRES[endpoint]}).`
      : `The provider ${name} does not serve this kind of call.`;
  throw new GatewayError("endpoint_not_served", { message });
}

/** Ids as providers write them: nothing that could lead a path elsewhere. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.:~-]{0,255}$/;

/** An id and what is asked of it. The routes have seen to the rest. */
function readSubPath(text: string): string {
  const [id = "", ...rest] = text.split("/");
  if (!ID.test(id))
    throw new GatewayError("route_not_found", { message: "The id in the path cannot be one." });
  return `/${[id, ...rest].join("/")}`;
}
