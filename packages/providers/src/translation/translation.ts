/** A call between two wires: a client's codec and a provider's, put together for one operation. */
import type { FlatHeaders } from "@headrace/core/adapter";
import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { RerankRequest } from "@headrace/core/canonical/rerank";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { Prefill } from "@headrace/core/provider-adapter";
import type { SpeechProviderCodec } from "@headrace/core/wire/audio-codec";
import type {
  ChatCallFacts,
  ChatClientCodec,
  ChatProviderCodec,
  EncodeTarget,
  PathFacts,
} from "@headrace/core/wire/chat-codec";
import type { EmbeddingClientCodec, EmbeddingProviderCodec } from "@headrace/core/wire/embedding-codec";
import type { RerankClientCodec, RerankProviderCodec } from "@headrace/core/wire/rerank-codec";
import type { WireId } from "@headrace/core/wire/wire-id";
import { type BegunAnswer, goingOn, marked } from "./begun-answer.ts";
import { echoOfChat, withOwnCallIds } from "./call-ids.ts";
import { demandAnswer } from "./provider-answer.ts";

export interface Translation {
  /** The provider's wire. */
  readonly wire: WireId;
  /** Headers of the client, in lower case, that {@link Translation.encodeRequest} wants to have in its `path`. */
  readonly requestHeaders: readonly string[];
  /** @throws GatewayError for a request that the client's codec refuses, or that no provider of this wire could take */
  encodeRequest(body: JsonObject, path: PathFacts, target: TranslationTarget): TranslatedRequest;
  /**
   * @param answer - parsed JSON
   * @throws GatewayError `upstream_invalid_response`
   */
  translateAnswer(answer: unknown, call: ChatCallFacts): TranslatedAnswer;
  /** The codecs of its streams, or null for an operation without any. */
  readonly stream: { readonly client: ChatClientCodec; readonly provider: ChatProviderCodec } | null;
}

export interface TranslationTarget extends EncodeTarget {
  /** What the client has of the answer already, for a chat at a model that goes on from it. */
  readonly begun?: BegunAnswer | null;
}

export interface TranslatedRequest {
  readonly body: JsonObject;
  readonly headers: FlatHeaders;
  readonly lost: readonly string[];
  /** What the answer's translation wants to have, {@link ChatCallFacts.echo}. */
  readonly echo: unknown;
  /** Behind the service's path, where that depends on the call. */
  readonly pathSuffix?: string;
  /** Good answers are bytes that are passed on, and the client is told that they are of this type. */
  readonly bytesType?: string;
}

export interface TranslatedAnswer {
  readonly body: JsonObject;
  readonly usage: TokenUsage | null;
}

export function chatTranslation(
  clientCodec: ChatClientCodec,
  provider: ChatProviderCodec,
  prefill?: Prefill,
): Translation {
  const client = withOwnCallIds(clientCodec);
  return {
    wire: provider.wire,
    requestHeaders: client.requestHeaders ?? [],
    encodeRequest(body, path, target) {
      const { begun = null, ...aim } = target;
      const asked = client.decodeRequest(body, path);
      const request = begun === null ? asked : goingOn(asked, begun);
      const encoded = provider.encodeRequest(request, aim);
      const isPrefilled = begun !== null && begun.text !== "";
      return { ...(isPrefilled ? marked(encoded, prefill) : encoded), echo: echoOfChat(asked) };
    },
    translateAnswer(answer, call) {
      const decoded = provider.decodeAnswer(demandAnswer(answer));
      return { body: client.encodeAnswer(decoded, call), usage: decoded.usage };
    },
    stream: { client, provider },
  };
}

export function embeddingTranslation(
  client: EmbeddingClientCodec,
  provider: EmbeddingProviderCodec,
): Translation {
  return {
    wire: provider.wire,
    requestHeaders: [],
    encodeRequest(body, path, target) {
      const request = client.decodeRequest(body, path);
      // The inputs may be megabytes, and the answer does not repeat them.
      const echo: EmbeddingRequest = { ...request, inputs: [] };
      return { ...provider.encodeRequest(request, target.model), echo };
    },
    translateAnswer(answer, call) {
      const result = provider.decodeResult(demandAnswer(answer));
      return { body: client.encodeResult(result, echoOf<EmbeddingRequest>(call)), usage: result.usage };
    },
    stream: null,
  };
}

export function rerankTranslation(client: RerankClientCodec, provider: RerankProviderCodec): Translation {
  return {
    wire: provider.wire,
    requestHeaders: [],
    encodeRequest(body, _path, target) {
      const request = client.decodeRequest(body);
      const echo: RerankRequest = request.returnDocuments ? request : { ...request, documents: [] };
      return { ...provider.encodeRequest(request, target.model), echo };
    },
    translateAnswer(answer, call) {
      const result = provider.decodeResult(demandAnswer(answer, provider));
      return { body: client.encodeResult(result, echoOf<RerankRequest>(call)), usage: result.usage };
    },
    stream: null,
  };
}

/** Answers are bytes, so that nothing is left of one to be translated. */
export function speechTranslation(provider: SpeechProviderCodec): Translation {
  return {
    wire: provider.wire,
    requestHeaders: [],
    encodeRequest(body, _path, target) {
      const { contentType, ...request } = provider.encodeRequest(body, target.model);
      return { ...request, headers: [], echo: null, bytesType: contentType };
    },
    translateAnswer() {
      throw new GatewayError("upstream_invalid_response", {
        message: "The model provider answered with a JSON document in place of audio.",
      });
    },
    stream: null,
  };
}

/** It was written by the same translation's `encodeRequest`, maybe on another thread. */
function echoOf<T extends object>({ echo }: ChatCallFacts): T {
  if (typeof echo !== "object" || echo === null)
    throw new GatewayError("internal_error", { message: "A translation lost what it knew of its request." });
  return echo as T;
}
