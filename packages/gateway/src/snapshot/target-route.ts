import type { FlatHeaders } from "@headrace/core/adapter";
import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import type { ProviderAdapter, ProviderService } from "@headrace/core/provider-adapter";
import type { WireId } from "@headrace/core/wire/wire-id";
import type { Translation } from "@headrace/providers/translation/translation";
import { translationFor } from "@headrace/providers/translation/translation-for";
import { type BodyEncoder, createBodyEncoder } from "@headrace/workers/tasks/encode-body";
import type { TranslationRef } from "@headrace/workers/tasks/translate";
import type { Upstream } from "../upstream/upstream.ts";

/** How calls of one endpoint reach one target: passed on, translated, or, by what a call needs, either. */
export interface TargetRoute {
  readonly passing: PassingRoute | null;
  readonly translating: TranslatingRoute | null;
}

/** Where a route leads at the provider. */
interface RouteEnd {
  readonly plainPath: string;
  readonly streamPath: string;
  /** What every request has. */
  readonly headers: FlatHeaders;
  /** The client's headers, in lower case, that go along. */
  readonly clientHeaders: readonly string[];
}

/** The provider speaks the client's wire. */
export interface PassingRoute extends RouteEnd {
  readonly service: ProviderService;
  readonly adapter: ProviderAdapter;
  /** Where an error's words stand on this wire; null where they stand in the document itself. */
  readonly errorMember: string | null;
  readonly encoder: BodyEncoder;
}

export interface TranslatingRoute extends RouteEnd {
  readonly adapter: ProviderAdapter;
  readonly translation: Translation;
  readonly ref: TranslationRef;
  /** The model goes on with an answer that was begun. */
  readonly takesPrefill: boolean;
}

export type TargetRoutes = Readonly<Record<Endpoint, TargetRoute>>;

/** Wires whose errors have their words at the top; on all others they are in `error`. */
const WITHOUT_ERROR_MEMBER: ReadonlySet<WireId> = new Set<WireId>([
  "bedrock-converse",
  "cohere-chat",
  "cohere-embed",
  "cohere-rerank",
  "jina-rerank",
]);

/** @param model - the model's name at the provider */
export function compileRoutes(upstream: Upstream, model: string): TargetRoutes {
  const adapter = upstream.adapter.forModel?.(model) ?? upstream.adapter;
  const scope = { upstream, adapter, model };
  const names = Object.keys(ENDPOINTS) as Endpoint[];
  const routes = names.map((endpoint) => {
    return [
      endpoint,
      { passing: passingRoute(endpoint, scope), translating: translatingRoute(endpoint, scope) },
    ];
  });
  return Object.fromEntries(routes) as TargetRoutes;
}

interface RouteScope {
  readonly upstream: Upstream;
  readonly adapter: ProviderAdapter;
  readonly model: string;
}

function passingRoute(endpoint: Endpoint, scope: RouteScope): PassingRoute | null {
  const service = scope.adapter.services[ENDPOINTS[endpoint].wire];
  if (service === undefined || service.onlyTranslated === true) return null;
  const end = routeEnd(service, scope);
  return {
    ...end,
    clientHeaders: [...new Set([...end.clientHeaders, ...(service.clientHeaders ?? [])])],
    service,
    adapter: scope.adapter,
    errorMember: WITHOUT_ERROR_MEMBER.has(ENDPOINTS[endpoint].wire) ? null : "error",
    encoder: createBodyEncoder(scope.model, service.edits),
  };
}

function translatingRoute(endpoint: Endpoint, scope: RouteScope): TranslatingRoute | null {
  const { adapter, model, upstream } = scope;
  const translation = translationFor(endpoint, adapter);
  if (translation === null) return null;
  const service = adapter.services[translation.wire];
  if (service === undefined) throw new Error(`the adapter ${adapter.id} does not serve its own wire`);
  const ref = { endpoint, adapterId: upstream.adapter.id, model };
  const takesPrefill = adapter.prefill?.takes(model) === true;
  return { ...routeEnd(service, scope), adapter, translation, ref, takesPrefill };
}

function routeEnd(service: ProviderService, { upstream, model }: RouteScope): RouteEnd {
  const path = (stream: boolean): string =>
    upstream.basePath + service.path({ model, stream, settings: upstream.settings });
  return {
    plainPath: path(false),
    streamPath: path(true),
    headers: [...upstream.headers, ...(service.headers ?? [])],
    clientHeaders: upstream.forwardHeaders,
  };
}
