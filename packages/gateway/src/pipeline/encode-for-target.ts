import type { FlatHeaders } from "@headrace/core/adapter";
import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatCallFacts, PathFacts } from "@headrace/core/wire/chat-codec";
import { demandsAmong } from "@headrace/providers/translation/losses";
import type { Offload, OffloadCaller } from "@headrace/workers/offload";
import type { Plan } from "@headrace/workers/tasks/plan";
import type { TranslateRequestOutput } from "@headrace/workers/tasks/translate";
import type { Continuation } from "../continuation/continuation.ts";
import type { ResponseState } from "../responses/response-state.ts";
import type { Target } from "../snapshot/snapshot.ts";
import type { PassingRoute, TranslatingRoute } from "../snapshot/target-route.ts";
import type { AnswerReader } from "./answer-reader.ts";
import { type ForwardedHeaders, withForwarded } from "./forward-headers.ts";
import { PassedAnswers } from "./passed-answers.ts";
import { TranslatedAnswers } from "./translated-answers.ts";

/** A request as one target shall get it. */
export interface TargetRequest {
  readonly path: string;
  readonly headers: FlatHeaders;
  readonly body: Uint8Array;
  /** Fields that the provider cannot take. */
  readonly lost: readonly string[];
  readonly reader: AnswerReader;
  /** Those of its headers that prove who asks, where they are not the same for every request. */
  readonly proof: FlatHeaders;
}

const NO_PROOF: FlatHeaders = [];

export interface ClientRequest {
  readonly endpoint: Endpoint;
  readonly path: PathFacts;
  readonly plan: Plan;
  readonly body: Uint8Array;
  readonly forwarded: ForwardedHeaders;
  readonly requestId: string;
  /** Null for wires whose calls know nothing of each other. */
  readonly state: ResponseState | null;
  /** Null for an answer that no other target may go on with. */
  readonly continuation: Continuation | null;
}

/** Whose request it is. */
export interface BodyOwner extends OffloadCaller {
  /** The client's body again, which a thread may have had: another try may need it, whatever becomes of this one. */
  takeBack(body: Uint8Array): void;
}

export interface EncodeDeps {
  readonly offload: Offload;
  readonly caller: BodyOwner;
}

/**
 * Writes a request for a target: the client's own bytes where the provider speaks its wire, a translation elsewhere.
 *
 * @throws GatewayError `endpoint_not_served`, `unsupported_param`, and what the translation throws; or such a rejection
 */
export function encodeForTarget(
  request: ClientRequest,
  target: Target,
  deps: EncodeDeps,
): TargetRequest | Promise<TargetRequest> {
  const { passing, translating } = target.routes[request.endpoint];
  if (passing !== null && (translating === null || mayPass(passing, request)))
    return encodePassed(request, target, passing);
  if (translating === null) {
    const message = `The provider ${target.provider} does not serve this kind of call.`;
    throw new GatewayError("endpoint_not_served", { message });
  }
  const scope = { request, target, route: translating, deps };
  const resumed = request.state?.resume() ?? null;
  if (resumed === null) return encodeTranslated(scope, null);
  return resumed.then((conversation) => encodeTranslated(scope, conversation));
}

/**
 * State that only the gateway has or can unpack must not go on as it is, and binary frames cannot; and only who writes an
 * answer can go on writing it.
 */
function mayPass({ service }: PassingRoute, { plan, state, continuation }: ClientRequest): boolean {
  if (state?.mustTranslate === true || continuation !== null) return false;
  return !plan.carriesState && (!plan.stream || service.stream !== null);
}

function encodePassed(request: ClientRequest, target: Target, route: PassingRoute): TargetRequest {
  const { plan, forwarded, state } = request;
  const { body, lost } = route.encoder.encode(request.body, plan);
  assertNothingLost(lost, target);
  const answers = new PassedAnswers(route, { dropUsageEvent: !plan.includeUsage });
  return {
    path: plan.stream ? route.streamPath : route.plainPath,
    headers: withForwarded(route.headers, route.clientHeaders, forwarded),
    body,
    lost,
    reader: state === null ? answers : state.pinning(answers, target),
    proof: NO_PROOF,
  };
}

interface TranslatedScope {
  readonly request: ClientRequest;
  readonly target: Target;
  readonly route: TranslatingRoute;
  readonly deps: EncodeDeps;
}

function encodeTranslated(
  scope: TranslatedScope,
  conversation: Uint8Array | null,
): TargetRequest | Promise<TargetRequest> {
  const { request, route, deps } = scope;
  const { body, plan, state, continuation } = request;
  const path = withRequestHeaders(request, route);
  const begun = continuation?.begun ?? null;
  const keepsConversation = state?.keepsTranslated === true;
  const input = { ref: route.ref, body, path, stream: plan.stream, begun, conversation, keepsConversation };
  const translated = deps.offload.translateRequest(input, deps.caller);
  return translated instanceof Promise
    ? translated.then((output) => finishTranslated(output, scope))
    : finishTranslated(translated, scope);
}

/** With what the client's headers say that its wire has there. */
function withRequestHeaders(
  { path, forwarded }: ClientRequest,
  { translation }: TranslatingRoute,
): PathFacts {
  const sent = translation.requestHeaders.flatMap((name) => {
    const value = forwarded.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return sent.length === 0 ? path : { ...path, headers: Object.fromEntries(sent) };
}

function finishTranslated(output: TranslateRequestOutput, scope: TranslatedScope): TargetRequest {
  const { request, target, route, deps } = scope;
  const { plan, forwarded, requestId, state, continuation } = request;
  deps.caller.takeBack(output.body);
  assertNothingLost(output.lost, target);
  const call: ChatCallFacts = {
    requestId,
    model: plan.model,
    createdAtSeconds: Math.floor(Date.now() / 1000),
    includeUsage: plan.includeUsage,
    echo: output.echo,
  };
  const answers = new TranslatedAnswers({ route, call, continuation, bytesType: output.bytesType, ...deps });
  return {
    path: (plan.stream ? route.streamPath : route.plainPath) + output.pathSuffix,
    headers: withForwarded([...route.headers, ...output.headers], route.clientHeaders, forwarded),
    body: output.encoded,
    lost: output.lost,
    reader: state === null ? answers : state.keeping(answers, output.conversationInput),
    proof: NO_PROOF,
  };
}

/** @throws GatewayError `unsupported_param` where the config wants everything to be taken */
export function assertNothingLost(
  lost: readonly string[],
  { provider, unsupportedParams }: Pick<Target, "provider" | "unsupportedParams">,
): void {
  if (lost.length === 0 || unsupportedParams !== "reject") return;
  const demands = demandsAmong(lost);
  const [first] = demands;
  if (first === undefined) return;
  throw new GatewayError("unsupported_param", {
    message: `The provider ${provider} cannot take ${demands.join(", ").slice(0, 200)}.`,
    param: first,
  });
}
