import type { ChatProviderCodec } from "@headrace/core/wire/chat-codec";
import { decodePrediction } from "./answer-decoder.ts";
import { encodePrediction } from "./request-encoder.ts";
import { PredictionStreamDecoder } from "./stream-decoder.ts";

/** Language models on Replicate, by its predictions. */
export const replicateProvider: ChatProviderCodec = {
  wire: "replicate-predict",
  framing: "ndjson",
  encodeRequest: encodePrediction,
  decodeAnswer: decodePrediction,
  createStreamDecoder: (emit) => new PredictionStreamDecoder(emit),
};
