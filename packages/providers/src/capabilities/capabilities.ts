/** What every adapter can do: found by asking its codecs, never asserted, but for what {@link OVERRIDES} gives a reason for. */
import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { Signer } from "@headrace/core/canonical/chat-parts";
import { TOKEN_KINDS, type TokenKind } from "@headrace/core/canonical/usage";
import { ENDPOINTS, type Endpoint, RELAYED_WIRES, type RelayedEndpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { ADAPTERS, adapterFor } from "../registry.ts";
import { jsonAnswerTool } from "../translation/json-answer-tool.ts";
import { translationFor } from "../translation/translation-for.ts";
import { CHAT_PROBES, type ChatFeature, type ChatProbe, PLAIN, signedBy } from "./chat-probes.ts";
import { OVERRIDES } from "./overrides.ts";
import { PLATFORM_MODELS } from "./platform-models.ts";
import { PROBE_MODELS } from "./probe-models.ts";
import { USAGE_PROBES } from "./usage-probes.ts";

/** Plain data: `GET /v1/capabilities` serves it as it is. */
export interface CapabilityTable {
  readonly adapters: readonly AdapterCapabilities[];
}

export interface AdapterCapabilities {
  readonly id: string;
  readonly title: string;
  /** Which models a row is about, on platforms that serve some in another way than others; null for all. */
  readonly models: string | null;
  /** The model that was asked about: one of those, or one that can do much; null where the name makes no difference. */
  readonly model: string | null;
  readonly endpoints: Readonly<Record<Endpoint | RelayedEndpoint, EndpointSupport>>;
  /** What a chat may say that reaches it by translation; null where none does. */
  readonly chat: ChatCapabilities | null;
}

/** Bytes are passed on; calls are translated; or it is not served. */
export type EndpointSupport = "native" | "translated" | null;

/** The provider's wire says it; the gateway brings it about by other means; or it is lost, or refused. */
export type FeatureSupport = "native" | "emulated" | null;

export interface ChatCapabilities {
  readonly features: Readonly<Record<ChatFeature, FeatureSupport>>;
  /** Whose proofs of thinking go back to it in the next turn. */
  readonly reasoningSignatures: readonly Signer[];
  /** The counts of which its usage tells. */
  readonly usage: readonly TokenKind[];
}

let table: CapabilityTable | null = null;

export function capabilities(): CapabilityTable {
  table ??= { adapters: ADAPTERS.flatMap(rowsOf) };
  return table;
}

function rowsOf(adapter: ProviderAdapter): AdapterCapabilities[] {
  const groups = PLATFORM_MODELS[adapter.id];
  if (groups === undefined)
    return [rowOf(adapter, { models: null, model: PROBE_MODELS[adapter.id] ?? null })];
  return groups.map(({ models, example }) =>
    rowOf(adapterFor(adapter.id, example), { models, model: example }),
  );
}

type RowModels = Pick<AdapterCapabilities, "models" | "model">;

function rowOf(adapter: ProviderAdapter, { models, model }: RowModels): AdapterCapabilities {
  const endpoints = Object.keys(ENDPOINTS).filter(isEndpoint);
  const relayed = Object.keys(RELAYED_WIRES).filter(isRelayed);
  return {
    id: adapter.id,
    title: adapter.title,
    models,
    model,
    endpoints: {
      ...record(endpoints, (endpoint) => endpointSupport(endpoint, adapter)),
      ...record(relayed, (name) => relayedSupport(name, adapter)),
    },
    chat: adapter.chat === null ? null : chatCapabilities(adapter, adapter.chat, model ?? ANY_MODEL),
  };
}

function endpointSupport(endpoint: Endpoint, adapter: ProviderAdapter): EndpointSupport {
  const service = adapter.services[ENDPOINTS[endpoint].wire];
  if (service !== undefined && service.onlyTranslated !== true) return "native";
  return translationFor(endpoint, adapter) === null ? null : "translated";
}

function relayedSupport(name: RelayedEndpoint, adapter: ProviderAdapter): EndpointSupport {
  if (adapter.services[RELAYED_WIRES[name]] !== undefined) return "native";
  return name === "transcriptions" && adapter.transcription !== undefined ? "translated" : null;
}

function chatCapabilities(
  adapter: ProviderAdapter,
  codec: ChatProviderCodec,
  model: string,
): ChatCapabilities {
  const features = Object.keys(CHAT_PROBES).filter(isFeature);
  const declared = OVERRIDES[adapter.id] ?? {};
  const usage = adapter.services[codec.wire]?.tokenUsage(USAGE_PROBES[codec.wire]) ?? null;
  return {
    features: record(features, (feature) => {
      const override = declared[feature];
      return override === undefined ? probeChat(codec, CHAT_PROBES[feature], model) : override.support;
    }),
    reasoningSignatures: SIGNERS.filter((signer) => probeChat(codec, signedBy(signer), model) !== null),
    usage: usage === null ? [] : TOKEN_KINDS.filter((name) => usage[name] > 0),
  };
}

const ANY_MODEL = "probe";
const SIGNERS: readonly Signer[] = ["anthropic", "gemini", "openai"];

/** Whether a codec's wire can say what a probe says. */
export function probeChat(codec: ChatProviderCodec, chatProbe: ChatProbe, model: string): FeatureSupport {
  const { request, without, mark, nativeMark } = chatProbe;
  const said = encode(codec, { ...PLAIN, ...request }, model);
  const unsaid = encode(codec, { ...PLAIN, ...without }, model);
  if (said === null || unsaid === null) return null;
  if (said.lost.some((path) => !unsaid.lost.includes(path))) return null;
  // A stream may be asked for by the path alone.
  if (said.text === unsaid.text && request.stream !== true) return null;
  if (mark !== undefined && !said.text.includes(mark)) return null;
  if (nativeMark !== undefined && !said.text.includes(nativeMark)) return "emulated";
  const tool = jsonAnswerTool(request.responseFormat);
  return tool !== null && said.text.includes(tool.name) ? "emulated" : "native";
}

interface Encoded {
  readonly text: string;
  readonly lost: readonly string[];
}

/** Null for a request that the codec refuses. */
function encode(codec: ChatProviderCodec, request: ChatRequest, model: string): Encoded | null {
  try {
    const { body, headers, lost } = codec.encodeRequest(request, { model, stream: request.stream });
    return { text: JSON.stringify([body, headers]), lost };
  } catch (error) {
    if (error instanceof GatewayError) return null;
    throw error;
  }
}

function isEndpoint(name: string): name is Endpoint {
  return Object.hasOwn(ENDPOINTS, name);
}

function isRelayed(name: string): name is RelayedEndpoint {
  return Object.hasOwn(RELAYED_WIRES, name);
}

function isFeature(name: string): name is ChatFeature {
  return Object.hasOwn(CHAT_PROBES, name);
}

function record<K extends string, V>(names: readonly K[], value: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<K, V>;
}
