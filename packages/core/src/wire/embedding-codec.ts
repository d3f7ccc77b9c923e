/** How embeddings are written on a wire; as chat-codec.ts, without streams. */
import type { FlatHeaders } from "../adapter.ts";
import type { EmbeddingRequest, EmbeddingResult } from "../canonical/embedding.ts";
import type { JsonObject } from "../json-object.ts";
import type { PathFacts } from "./chat-codec.ts";
import type { EmbeddingWireId } from "./wire-id.ts";

export interface EmbeddingClientCodec {
  readonly wire: EmbeddingWireId;
  /** @throws GatewayError `invalid_field`, `missing_field` */
  decodeRequest(body: JsonObject, path: PathFacts): EmbeddingRequest;
  encodeResult(result: EmbeddingResult, request: EmbeddingRequest): JsonObject;
}

export interface EmbeddingProviderCodec {
  readonly wire: EmbeddingWireId;
  encodeRequest(request: EmbeddingRequest, model: string): EncodedEmbedding;
  /** @throws GatewayError `upstream_invalid_response` */
  decodeResult(body: JsonObject): EmbeddingResult;
}

export interface EncodedEmbedding {
  readonly body: JsonObject;
  readonly headers: FlatHeaders;
  /** As in a chat's `EncodedRequest`. */
  readonly lost: readonly string[];
}
