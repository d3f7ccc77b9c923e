/**
 * The contract between the gateway and a provider's adapter. An adapter is a record of data and pure functions: it
 * knows the provider's addresses, how credentials travel and which wires it speaks; it does no I/O.
 */
import type { FlatHeaders } from "./adapter.ts";
import type { TokenUsage } from "./canonical/usage.ts";
import type { JsonObject } from "./json-object.ts";
import type { SpeechProviderCodec, TranscriptionProviderCodec } from "./wire/audio-codec.ts";
import type { ChatProviderCodec, StreamFraming } from "./wire/chat-codec.ts";
import type { EmbeddingProviderCodec } from "./wire/embedding-codec.ts";
import type { RerankProviderCodec } from "./wire/rerank-codec.ts";
import type { StreamDialect } from "./wire/stream-dialect.ts";
import type { WireId } from "./wire/wire-id.ts";

export interface ProviderAdapter {
  /** The id by which a config names the adapter: the vendor's common name in lower case. */
  readonly id: string;
  /** The vendor's name as it writes it. */
  readonly title: string;
  /** API root without a slash at the end; null when a config must give one. */
  baseUrl(settings: ProviderSettings): string | null;
  /** Settings without which it has no address; a config that lacks one must give a `baseUrl`. */
  readonly requiredSettings: readonly (keyof ProviderSettings)[];
  /** Settings that it also takes; any other is refused. */
  readonly optionalSettings: readonly (keyof ProviderSettings)[];
  /** Path below the API root that a GET may ask for at no cost, to open connections before they are needed. */
  readonly probePath: string;
  readonly auth: AuthScheme;
  /** The wires that it speaks itself: a client on one of them gets its bytes through untouched. */
  readonly services: Readonly<Partial<Record<WireId, ProviderService>>>;
  /** How calls on other wires reach it, each by a wire of {@link ProviderAdapter.services}; null where it cannot. */
  readonly chat: ChatProviderCodec | null;
  readonly embedding: EmbeddingProviderCodec | null;
  readonly rerank: RerankProviderCodec | null;
  /** Absent where it speaks OpenAI's wire, or no words at all. */
  readonly speech?: SpeechProviderCodec;
  readonly transcription?: TranscriptionProviderCodec;
  /** How its models go on with an answer that was begun; absent = they write a new one. */
  readonly prefill?: Prefill;
  /** What the provider's error answer says; `body` is parsed JSON, or undefined when it was none. */
  readError(status: number, body: unknown): ProviderErrorWords;
  /**
   * Another adapter for some of its models, for platforms that serve several vendors' wires. Asked once, when the
   * config is compiled.
   */
  readonly forModel?: (model: string) => ProviderAdapter;
}

/** How a model is given the beginning of its own answer: as the last message, from which it goes on. */
export interface Prefill {
  /** Whether a model goes on from there, by its name at the provider. */
  takes(model: string): boolean;
  /** For people: which models do. */
  readonly models: string;
  /** Members that the message must have. */
  readonly messageFields?: JsonObject;
  /** Members that the body must have. */
  readonly bodyFields?: JsonObject;
  /** The answer repeats what it was given. */
  readonly echoes?: true;
}

/** What a provider's config may say besides keys and connections. */
export interface ProviderSettings {
  /** AWS region, such as `us-east-1`. */
  readonly region?: string;
  /** Google Cloud project id. */
  readonly project?: string;
  /** Google Cloud location, such as `europe-west1` or `global`. */
  readonly location?: string;
  /** Azure resource name: the first label of its host. */
  readonly resource?: string;
  /** Azure's `api-version`; absent = the v1 API, which has none. */
  readonly apiVersion?: string;
  /** Cloudflare account or Databricks workspace. */
  readonly account?: string;
}

/** How credentials travel. */
export type AuthScheme =
  /** A key in a header, after a prefix such as `Bearer `. Servers of one's own often want none. */
  | {
      readonly kind: "key-header";
      readonly name: string;
      readonly prefix: string;
      readonly optional: boolean;
    }
  /** Nothing to show. */
  | { readonly kind: "none" }
  /** Signed by AWS Signature 4 for a service, or an API key as a bearer token. */
  | { readonly kind: "aws"; readonly service: string }
  /** A Google service account, or what the machine offers; an API key as a bearer token when one is given. */
  | { readonly kind: "google"; readonly scope: string }
  /** Microsoft Entra client credentials, or a key in a header. */
  | { readonly kind: "entra"; readonly scope: string; readonly keyHeader: string };

export interface PathCall {
  /** The model's name at the provider; not yet encoded for a URL. */
  readonly model: string;
  readonly stream: boolean;
  readonly settings: ProviderSettings;
}

/** One wire at one provider. */
export interface ProviderService {
  /** Path, and query where it needs one, below the API root. Worked out when the config is compiled. */
  path(call: PathCall): string;
  /** Headers that each of these requests has, besides credentials. */
  readonly headers?: FlatHeaders;
  /** Headers of the client, in lower case, that belong to the wire and go with a body that is passed on untouched. */
  readonly clientHeaders?: readonly string[];
  /** Its answers are not JSON, so they are passed on from their first byte. */
  readonly answersBytes?: true;
  /**
   * Its bodies differ from those of clients on the same wire by more than {@link ProviderService.edits} can say, so that
   * their calls go through the codecs like those on other wires.
   */
  readonly onlyTranslated?: true;
  /** How streams of this wire end, fail and report usage; null where it has none, or none that is passed on. */
  readonly stream: StreamDialect | null;
  /** How its streams are cut into frames; SSE events when absent. */
  readonly framing?: StreamFraming;
  /** How a body that is otherwise passed on untouched must differ from the client's. */
  readonly edits: BodyEdits;
  /** Reads the usage object of a whole (not streamed) answer, or null where there is none. */
  readUsage(body: Buffer): unknown;
  /** Brings a usage object of this wire into the normal form; null when it is none. */
  tokenUsage(raw: unknown): TokenUsage | null;
}

export interface BodyEdits {
  /** Where the model stands: replaced in the body, or only in the path, so that a `model` in the body is taken out. */
  readonly model: "replace" | "remove" | "none";
  /** A stream is asked for usage by `stream_options.include_usage`. */
  readonly askUsage: boolean;
  /** Top-level fields that the provider refuses; what happens to them is the config's `unsupportedParams`. */
  readonly refused: readonly string[];
  /** Top-level fields that the provider knows by another name; where a body has both, the provider's own counts. */
  readonly renamed?: readonly FieldRename[];
  /** Members to add, as JSON text without braces, for example `"anthropic_version":"vertex-2023-10-16"`; "" for none. */
  readonly added: string;
}

export interface FieldRename {
  readonly from: string;
  readonly to: string;
}

/** A provider's own words for what went wrong. */
export interface ProviderErrorWords {
  /** Never empty: without words it is a sentence that says so. */
  readonly message: string;
  /** The provider's own name for it, or null. */
  readonly code: string | null;
  /** The request's field at fault, or null. */
  readonly param: string | null;
}
