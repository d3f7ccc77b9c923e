import { GatewayError } from "@headrace/core/errors/gateway-error";
import { memberSpans, plainText } from "@headrace/providers/json/member-span";
import {
  type ConversationStore,
  previousNotFound,
  responseOfEnding,
  writeConversation,
} from "@headrace/providers/wires/openai-responses/conversation";
import {
  pinEncryptedContent,
  pinResponseBody,
  pinStreamEvents,
  unpinRequest,
} from "@headrace/providers/wires/openai-responses/id-rewriting";
import { parseResponseId, type ResponseIssuer } from "@headrace/providers/wires/openai-responses/stored-id";
import { NarrowedRoute } from "@headrace/routing/narrowed-route";
import type { AnswerReader } from "../pipeline/answer-reader.ts";
import type { TriesPlan } from "../pipeline/tries-plan.ts";
import { type AnswerChange, WrappedAnswers } from "../pipeline/wrapped-answers.ts";
import type { Model, Target } from "../snapshot/snapshot.ts";

/** Where a gateway process keeps responses. */
export interface KeptResponses {
  /** Null when the configuration wants none to be kept. */
  readonly store: ConversationStore | null;
  /** Told when one could not be kept; the client gets its answer all the same. */
  readonly onLost: (error: unknown) => void;
}

/** What a request goes on from. */
type Previous =
  | { readonly kind: "nothing" }
  | { readonly kind: "pinned"; readonly issuer: ResponseIssuer }
  | { readonly kind: "emulated"; readonly id: string }
  | { readonly kind: "bare"; readonly id: string };

/** Every pin begins so, whatever it is in. */
const PIN_MARK = Buffer.from("hr1");
const PREVIOUS_KEY = Buffer.from('"previous_response_id"');
const STORE_KEY = Buffer.from('"store"');
const NOTHING: Previous = { kind: "nothing" };
const MAX_QUOTED_CHARS = 100;

/**
 * What one call to create a response has to do with those before and after it: where it may go, the conversation that it
 * goes on from, and what becomes of its answer. docs/decisions/0007-stored-responses.md tells why.
 */
export class ResponseState {
  readonly #kept: KeptResponses;
  #owner = "";
  /** The client wants it kept. */
  #stored = true;
  #previous: Previous = NOTHING;
  /** Who alone can read the encrypted thinking in it, where that is known. */
  #reader: ResponseIssuer | null = null;
  /** Another turn may meet another account. */
  #severalAccounts = false;
  #conversation: Promise<Uint8Array> | null = null;

  constructor(kept: KeptResponses) {
    this.#kept = kept;
  }

  /**
   * Looks into a request's body, which need not be valid; once, and first.
   *
   * @param owner - name of the key that it came with
   * @returns the body to work with
   */
  open(body: Buffer, owner: string): Buffer {
    this.#owner = owner;
    this.#readMembers(body);
    if (body.indexOf(PIN_MARK) === -1) return body;
    const unpinned = unpinRequest(body);
    if (unpinned.previous !== null) this.#previous = { kind: "pinned", issuer: unpinned.previous };
    this.#reader = unpinned.encryptedFor.at(-1) ?? null;
    return unpinned.body;
  }

  /**
   * Where it may go: a response can be gone on from only where it is kept.
   *
   * @throws GatewayError `previous_response_not_found`, `invalid_field` when that is nowhere among the model's providers
   */
  tries(model: Model): TriesPlan<Target> {
    const { targets, route, retry } = model;
    this.#severalAccounts = targets.some(({ provider }) => provider !== targets[0].provider);
    const fitting = targets.filter((target) => this.#fits(target)).length;
    if (fitting === 0) throw this.#nowhere(model);
    if (fitting === targets.length) return model;
    return { route: new NarrowedRoute(route, (target) => this.#fits(target)), retry };
  }

  /** The conversation is here, so that no provider can go on from it by itself. */
  get mustTranslate(): boolean {
    return this.#previous.kind === "emulated";
  }

  /** Only one provider has, or can read, what it goes on from. */
  get isBound(): boolean {
    return this.#previous.kind !== "nothing" || this.#reader !== null;
  }

  /** Whether the gateway shall keep what it translates. */
  get keepsTranslated(): boolean {
    return this.#stored && this.#kept.store !== null;
  }

  /**
   * The conversation that it goes on from, a copy of the caller's own; null for none of the gateway's.
   *
   * @returns rejects with GatewayError `previous_response_not_found`, or what the store rejects with
   */
  resume(): Promise<Uint8Array> | null {
    if (this.#previous.kind !== "emulated") return null;
    this.#conversation ??= this.#lookUp(this.#previous.id);
    return this.#conversation.then((conversation) => new Uint8Array(conversation));
  }

  /** Answers that are passed on: what their provider keeps is pinned to it. */
  pinning(answers: AnswerReader, { provider }: Target): AnswerReader {
    if (!this.#stored && !this.#severalAccounts) return answers;
    // The keys of one provider are taken to be one account's: two accounts are two providers in the configuration.
    const issuer: ResponseIssuer = { provider, credential: null };
    const pin = (bytes: Buffer, pinIds: (bytes: Buffer, issuer: ResponseIssuer) => Buffer): Buffer => {
      const pinned = this.#stored ? pinIds(bytes, issuer) : bytes;
      return this.#severalAccounts ? pinEncryptedContent(pinned, issuer) : pinned;
    };
    return new WrappedAnswers(answers, {
      whole: (body) => pin(asBuffer(body), pinResponseBody),
      events: (events) => pin(events, pinStreamEvents),
    });
  }

  /**
   * Answers that are translated: the gateway keeps them, and has them before the client has.
   *
   * @param input - JSON list of what the model was given; null for a call that is not to be kept
   */
  keeping(answers: AnswerReader, input: Uint8Array | null): AnswerReader {
    const { store } = this.#kept;
    if (input === null || store === null) return answers;
    const keep = async (response: Uint8Array): Promise<void> => {
      const responseId = responseIdOf(asBuffer(response));
      if (responseId === null) return;
      try {
        await store.put({ owner: this.#owner, responseId }, writeConversation(input, response));
      } catch (error) {
        this.#kept.onLost(error);
      }
    };
    const change: AnswerChange = {
      whole: (body) => keep(body).then(() => body),
      events: (events) => events,
      ending: (events) => {
        const response = responseOfEnding(events.toString());
        return response === null ? null : keep(Buffer.from(JSON.stringify(response)));
      },
    };
    return new WrappedAnswers(answers, change);
  }

  /** Most requests have neither member, and an absence is quickly found out. */
  #readMembers(body: Buffer): void {
    if (body.indexOf(PREVIOUS_KEY) === -1 && body.indexOf(STORE_KEY) === -1) return;
    const spans = memberSpans(body, 0, ["previous_response_id", "store"]);
    if (spans.store !== null) this.#stored = body.toString("latin1", ...spans.store) !== "false";
    const previous = spans.previous_response_id === null ? null : plainText(body, spans.previous_response_id);
    if (previous === null) return;
    const isEmulated = parseResponseId(previous)?.kind === "emulated";
    this.#previous = { kind: isEmulated ? "emulated" : "bare", id: previous };
  }

  #fits({ provider, routes }: Target): boolean {
    const { passing, translating } = routes.responses;
    const previous = this.#previous;
    if (previous.kind === "emulated") return translating !== null;
    if (previous.kind === "bare") return passing !== null;
    const issuer = previous.kind === "pinned" ? previous.issuer : this.#reader;
    return issuer === null || (passing !== null && provider === issuer.provider);
  }

  #nowhere({ name }: Model): GatewayError {
    const previous = this.#previous;
    if (previous.kind === "bare" || previous.kind === "emulated") return this.#notKept(previous.id);
    const issuer = previous.kind === "pinned" ? previous.issuer : this.#reader;
    const provider = JSON.stringify(issuer?.provider.slice(0, MAX_QUOTED_CHARS) ?? "");
    const model = JSON.stringify(name);
    if (previous.kind === "pinned") {
      const message = `The previous response is kept by the provider ${provider}, which does not serve the model ${model}.`;
      return new GatewayError("previous_response_not_found", { message, param: "previous_response_id" });
    }
    const message = `Only the provider ${provider} can read the encrypted reasoning in the input, and it does not serve the model ${model}. Leave the reasoning out.`;
    return new GatewayError("invalid_field", { message, param: "input" });
  }

  async #lookUp(id: string): Promise<Uint8Array> {
    const conversation = await this.#kept.store?.get({ owner: this.#owner, responseId: id });
    if (conversation === undefined || conversation === null) throw this.#notKept(id);
    return conversation;
  }

  #notKept(id: string): GatewayError {
    if (this.#kept.store !== null) return previousNotFound(id);
    const message =
      "This gateway keeps no responses (responses.storeBytes is 0), and the model's provider keeps none that could be meant.";
    return new GatewayError("previous_response_not_found", { message, param: "previous_response_id" });
  }
}

function responseIdOf(response: Buffer): string | null {
  const { id } = memberSpans(response, 0, ["id"]);
  return id === null ? null : plainText(response, id);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
