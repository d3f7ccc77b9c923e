import { GatewayError } from "@headrace/core/errors/gateway-error";
import type {
  EncodedTranscription,
  FormField,
  TranscriptionProviderCodec,
} from "@headrace/core/wire/audio-codec";
import { type FormPlace, FormScanner, type FormSink, twice } from "./form-scanner.ts";
import type { PartHead } from "./part-head.ts";

/** Hears what becomes of a form's fields. */
export interface FormTranslationOwner {
  /**
   * What there is of the fields when the file begins, and all of them at the end.
   *
   * @throws GatewayError when such a form must not be sent
   */
  onEncoded(encoded: EncodedTranscription): void;
  /** The form cannot be sent, or not to the end. */
  onUntranslatable(error: GatewayError): void;
}

export interface FormTranslationOptions {
  readonly codec: TranscriptionProviderCodec;
  readonly boundary: string;
  /** The model's name at the provider. */
  readonly model: string;
}

/** Far above any field of a transcription, but for recordings of speakers' voices. */
const MAX_FIELD_BYTES = 16 * 1024;
const MAX_FIELDS_BYTES = 256 * 1024;
const FILE_PART = "file";

/**
 * Writes a form anew for a provider that knows its fields by other names, while it streams by: the file passes as it comes,
 * and the fields, of which there is little, are held and follow it.
 */
export class FormTranslation implements FormSink {
  readonly #owner: FormTranslationOwner;
  readonly #options: FormTranslationOptions;
  readonly #scanner: FormScanner;
  readonly #fields: FormField[] = [];
  #fieldBytes = 0;
  /** What stands between two delimiters is a part: it is sent or left out with the delimiter behind it. */
  #sendsPart = true;
  #fileSeen = false;
  /** What may be needed of a part whose head is not read yet. */
  #heldHead: Buffer[] = [];
  #headRead = false;
  /** To be given next. */
  #out: Buffer[] = [];

  constructor(owner: FormTranslationOwner, options: FormTranslationOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#scanner = new FormScanner(options.boundary, this);
  }

  /** The fields of the client's form, in their order. */
  get fields(): readonly FormField[] {
    return this.#fields;
  }

  /** The provider's form for the client's. Call it once. */
  async *translated(form: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const { buffer, byteOffset, byteLength } of form) {
      this.#told(() => this.#scanner.push(Buffer.from(buffer, byteOffset, byteLength)));
      yield* this.#out;
      this.#out = [];
    }
    yield this.#told(() => this.#ending());
  }

  wanted({ name, isFile }: PartHead): number {
    this.#headRead = true;
    this.#sendsPart = isFile && name === FILE_PART;
    if (!isFile) return MAX_FIELD_BYTES;
    if (!this.#sendsPart) this.#fields.push([name, ""]);
    else if (this.#fileSeen) throw twice(FILE_PART);
    else {
      this.#fileSeen = true;
      this.#encode();
    }
    return 0;
  }

  onBytes(bytes: Buffer, place: FormPlace): void {
    if (place === "start") this.#out.push(bytes);
    else if (place === "delimited" || place === "head") this.#onHead(bytes);
    else if (place === "data") this.#onData(bytes);
  }

  onValue(name: string, value: string): void {
    this.#fieldBytes += name.length + value.length;
    if (this.#fieldBytes > MAX_FIELDS_BYTES) {
      const message = `The fields of the form, but for the file, have more than ${MAX_FIELDS_BYTES} bytes together.`;
      throw new GatewayError("malformed_form", { message });
    }
    this.#fields.push([name, value]);
  }

  #onHead(bytes: Buffer): void {
    // A copy: the piece may be something else when the rest of the head comes.
    this.#heldHead.push(Buffer.from(bytes));
    if (!this.#headRead || !this.#sendsPart) return;
    this.#out.push(...this.#heldHead);
    this.#heldHead = [];
  }

  #onData(bytes: Buffer): void {
    this.#heldHead = [];
    this.#headRead = false;
    if (this.#sendsPart) this.#out.push(bytes);
  }

  /** The owner hears of what is wrong with the form itself, and not of what may befall who brings it. */
  #told<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (error instanceof GatewayError) this.#owner.onUntranslatable(error);
      throw error;
    }
  }

  #encode(): EncodedTranscription {
    const { codec, model } = this.#options;
    const encoded = codec.encodeForm(this.#fields, model);
    this.#owner.onEncoded(encoded);
    return encoded;
  }

  /** The first delimiter, or that of the file, has been sent. */
  #ending(): Buffer {
    this.#scanner.end();
    if (!this.#fileSeen) throw new GatewayError("missing_field", { param: FILE_PART });
    const delimiter = `--${this.#options.boundary}`;
    const parts = this.#encode().fields.map(([name, value]) => {
      return `\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n${delimiter}`;
    });
    return Buffer.from(`${parts.join("")}--\r\n`);
  }
}
