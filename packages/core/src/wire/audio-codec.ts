/**
 * How calls of OpenAI's audio API are written for a provider with a wire of its own. OpenAI's is the only form in which
 * clients write them, so that it is the canonical one too.
 */
import type { JsonObject } from "../json-object.ts";
import type { PlainWireId } from "./wire-id.ts";

export interface SpeechProviderCodec {
  readonly wire: PlainWireId;
  /**
   * @param body - of `POST /v1/audio/speech`
   * @param model - the model's name at the provider
   * @throws GatewayError `missing_field`, `invalid_field`, also for what the provider cannot speak
   */
  encodeRequest(body: JsonObject, model: string): EncodedSpeech;
}

/** The answer to it is audio, and passed on as it comes. */
export interface EncodedSpeech {
  /** Behind the path of the wire's service, for what the provider has in its address; a query may follow. */
  readonly pathSuffix: string;
  readonly body: JsonObject;
  /** What the client is to be told that it gets. */
  readonly contentType: string;
  /** As in a chat's `EncodedRequest`. */
  readonly lost: readonly string[];
}

export interface TranscriptionProviderCodec {
  readonly wire: PlainWireId;
  /**
   * @param fields - of a form of `POST /v1/audio/transcriptions`, without the file
   * @param model - the model's name at the provider
   * @throws GatewayError `invalid_field`, also for a form of the transcript that the provider cannot give
   */
  encodeForm(fields: readonly FormField[], model: string): EncodedTranscription;
}

/** A field of a form that is text, in the order of the form; one may come several times. */
export type FormField = readonly [name: string, value: string];

export interface EncodedTranscription {
  /** All but the file, which keeps its name `file`. Their names may stand in a header as they are. */
  readonly fields: readonly FormField[];
  /** As in a chat's `EncodedRequest`. */
  readonly lost: readonly string[];
  /**
   * Writes the provider's answer as the client asked for it.
   *
   * @throws GatewayError `upstream_invalid_response`
   */
  decodeAnswer(answer: JsonObject): Transcript;
}

/** A transcript in the form that the client asked for. */
export interface Transcript {
  readonly contentType: string;
  readonly text: string;
}
