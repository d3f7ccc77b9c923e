/** How a rerank call is written on a wire; as chat-codec.ts, without streams. */
import type { FlatHeaders } from "../adapter.ts";
import type { RerankRequest, RerankResult } from "../canonical/rerank.ts";
import type { JsonObject } from "../json-object.ts";
import type { RerankWireId } from "./wire-id.ts";

export interface RerankClientCodec {
  readonly wire: RerankWireId;
  /** @throws GatewayError `invalid_field`, `missing_field` */
  decodeRequest(body: JsonObject): RerankRequest;
  encodeResult(result: RerankResult, request: RerankRequest): JsonObject;
}

export interface RerankProviderCodec {
  readonly wire: RerankWireId;
  encodeRequest(request: RerankRequest, model: string): EncodedRerank;
  /** Its answers are nothing but the list of results, which its codec is given as `results`. */
  readonly answersList?: true;
  /** @throws GatewayError `upstream_invalid_response` */
  decodeResult(body: JsonObject): RerankResult;
}

export interface EncodedRerank {
  readonly body: JsonObject;
  readonly headers: FlatHeaders;
  readonly lost: readonly string[];
}
