import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { FormField } from "@headrace/core/wire/audio-codec";
import { adapterFor } from "@headrace/providers/registry";
import { demandAnswer } from "@headrace/providers/translation/provider-answer";
import { parseAnswer } from "../json/parse-answer.ts";

export interface TranslateTranscriptInput {
  readonly adapterId: string;
  /** The model's name at the provider. */
  readonly model: string;
  /** Of the client's form: they say what its answer shall look like. */
  readonly fields: readonly FormField[];
  /** The provider's whole answer. */
  readonly body: Uint8Array;
}

export interface TranslateTranscriptOutput {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** @throws GatewayError `upstream_invalid_response` */
export function translateTranscript(input: TranslateTranscriptInput): TranslateTranscriptOutput {
  const { adapterId, model, fields, body } = input;
  const codec = adapterFor(adapterId, model).transcription;
  if (codec === undefined) throw new GatewayError("internal_error");
  const answer = demandAnswer(parseAnswer(body));
  const { contentType, text } = codec.encodeForm(fields, model).decodeAnswer(answer);
  return { contentType, body: Buffer.from(text) };
}
