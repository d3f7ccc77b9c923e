import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import type { EncodedTranscription } from "@headrace/core/wire/audio-codec";
import type { Offload } from "@headrace/workers/offload";
import type { TranslateTranscriptOutput } from "@headrace/workers/tasks/translate-transcript";
import type { Destination } from "../snapshot/snapshot.ts";
import { FormTranslation } from "../uploads/form-translation.ts";
import { assertNothingLost } from "./encode-for-target.ts";
import { parseAnswer } from "./parse-answer.ts";
import { adapterOf } from "./relayed-request.ts";
import { invalidAnswer } from "./unusable-answer.ts";

/** Hears of the form on its way. */
export interface TranslationOwner {
  onLost(names: readonly string[]): void;
  onUntranslatable(error: GatewayError): void;
}

export interface TranslationOptions {
  readonly destination: Destination;
  readonly boundary: string;
  readonly offload: Offload;
}

/** One form for a provider with a wire of its own, and the answer to it. */
export class RelayedTranslation {
  readonly #options: TranslationOptions;
  readonly #form: FormTranslation;
  #formIsWhole = false;

  /** @throws Error for a destination whose adapter has no codec */
  constructor(owner: TranslationOwner, options: TranslationOptions) {
    const { destination, boundary } = options;
    const codec = adapterOf(destination).transcription;
    if (codec === undefined) throw new Error("a provider was chosen that no form can be translated for");
    this.#options = options;
    const onEncoded = ({ lost }: EncodedTranscription): void => {
      assertNothingLost(lost, destination);
      owner.onLost(lost);
    };
    const heard = { onEncoded, onUntranslatable: (error: GatewayError) => owner.onUntranslatable(error) };
    this.#form = new FormTranslation(heard, { codec, boundary, model: destination.model });
  }

  /** The form as the provider gets it. Call it once. */
  async *formOf(clientForm: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* this.#form.translated(clientForm);
    this.#formIsWhole = true;
  }

  /**
   * The answer as the client wants it.
   *
   * @throws GatewayError `upstream_invalid_response`, or such a rejection
   */
  readWhole(body: Buffer): TranslateTranscriptOutput | Promise<TranslateTranscriptOutput> {
    // Until then it is not known in which form the client wants its answer.
    if (!this.#formIsWhole) throw invalidAnswer("The model provider answered before it had the whole form.");
    const { destination, offload } = this.#options;
    const { upstream, model } = destination;
    const { fields } = this.#form;
    return offload.translateTranscript({ adapterId: upstream.adapter.id, model, fields, body });
  }

  readRefusal(status: number, body: Buffer): ProviderErrorWords {
    return adapterOf(this.#options.destination).readError(status, parseAnswer(body));
  }
}
