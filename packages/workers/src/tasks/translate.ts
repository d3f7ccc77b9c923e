import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { Endpoint } from "@headrace/core/endpoints";
import type { ChatCallFacts, PathFacts } from "@headrace/core/wire/chat-codec";
import { adapterFor } from "@headrace/providers/registry";
import type { BegunAnswer } from "@headrace/providers/translation/begun-answer";
import type { Translation, TranslationTarget } from "@headrace/providers/translation/translation";
import { translationFor } from "@headrace/providers/translation/translation-for";
import {
  continueConversation,
  inputItems,
  lostForKeeping,
  readConversation,
  withoutKeeping,
} from "@headrace/providers/wires/openai-responses/conversation";
import { parseJsonObject, viewAsBuffer } from "../json/decode-body.ts";
import { parseAnswer } from "../json/parse-answer.ts";

/** Which translation is meant. Plain data, for the functions themselves cannot cross threads. */
export interface TranslationRef {
  readonly endpoint: Endpoint;
  readonly adapterId: string;
  /** The model's name at the provider, which may decide on the wire. */
  readonly model: string;
}

export interface TranslateRequestInput {
  readonly ref: TranslationRef;
  /** The client's body, known to be valid. */
  readonly body: Uint8Array;
  readonly path: PathFacts;
  readonly stream: boolean;
  /** The stored conversation that the request goes on from, of a wire that has such: a copy, for it may be transferred. */
  readonly conversation?: Uint8Array | null;
  /** What the client has of the answer already. */
  readonly begun?: BegunAnswer | null;
  /** The conversation will be kept with the answer. */
  readonly keepsConversation?: boolean;
}

export interface TranslateRequestOutput {
  /** The client's body, handed back. */
  readonly body: Uint8Array;
  /** The body for the provider. */
  readonly encoded: Uint8Array;
  readonly headers: readonly string[];
  readonly lost: readonly string[];
  readonly echo: unknown;
  /** Behind the route's path; "" for nothing. */
  readonly pathSuffix: string;
  /** What good answers are that are passed on as bytes; null where they are translated. */
  readonly bytesType: string | null;
  /** JSON list of all that the model is given, where it is to be kept. */
  readonly conversationInput: Uint8Array | null;
}

/** @throws GatewayError of the client's codec, or of a provider's that cannot be asked such a thing at all */
export function translateRequest(input: TranslateRequestInput): TranslateRequestOutput {
  const { ref, body, path, stream, conversation = null, keepsConversation = false, begun = null } = input;
  const target: TranslationTarget = { model: ref.model, stream, begun };
  const asked = parseJsonObject(viewAsBuffer(body));
  const whole = conversation === null ? asked : continueConversation(asked, readConversation(conversation));
  const knowsKeeping = ref.endpoint === "responses";
  const told = knowsKeeping && !keepsConversation ? withoutKeeping(whole) : whole;
  const translated = translationOf(ref).encodeRequest(told, path, target);
  return {
    body,
    encoded: Buffer.from(JSON.stringify(translated.body)),
    headers: translated.headers,
    lost: knowsKeeping ? lostForKeeping(translated.lost, whole, keepsConversation) : translated.lost,
    echo: translated.echo,
    pathSuffix: translated.pathSuffix ?? "",
    bytesType: translated.bytesType ?? null,
    conversationInput: keepsConversation ? Buffer.from(JSON.stringify(inputItems(whole))) : null,
  };
}

export interface TranslateAnswerInput {
  readonly ref: TranslationRef;
  /** The provider's whole answer. */
  readonly body: Uint8Array;
  readonly call: ChatCallFacts;
}

export interface TranslateAnswerOutput {
  readonly body: Uint8Array;
  readonly usage: TokenUsage | null;
}

/** @throws GatewayError `upstream_invalid_response` */
export function translateAnswer({ ref, body, call }: TranslateAnswerInput): TranslateAnswerOutput {
  const translated = translationOf(ref).translateAnswer(parseAnswer(body), call);
  return { body: Buffer.from(JSON.stringify(translated.body)), usage: translated.usage };
}

function translationOf({ endpoint, adapterId, model }: TranslationRef): Translation {
  const translation = translationFor(endpoint, adapterFor(adapterId, model));
  if (translation === null) throw new Error(`there is no translation of ${endpoint} for ${adapterId}`);
  return translation;
}
