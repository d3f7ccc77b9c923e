import { GatewayError } from "@headrace/core/errors/gateway-error";
import type {
  ConversationKey,
  ConversationStore,
} from "@headrace/providers/wires/openai-responses/conversation";

/** What a child asks of the supervisor's store. */
export type StoreAsk =
  | { readonly verb: "put"; readonly key: ConversationKey; readonly conversation: Uint8Array }
  | { readonly verb: "get"; readonly key: ConversationKey }
  | { readonly verb: "delete"; readonly key: ConversationKey };

/** What was found; of a `put` nothing. */
export interface StoreAnswer {
  readonly conversation: Uint8Array | null;
  readonly deleted: boolean;
}

export interface LinkBounds {
  /** Asks that wait for their answers. */
  readonly maxWaiting: number;
  /** Of the conversations in them, together. */
  readonly maxWaitingBytes: number;
  readonly timeoutMs: number;
}

interface Waiting {
  readonly bytes: number;
  readonly timer: NodeJS.Timeout;
  resolve(answer: StoreAnswer): void;
}

export const LINK_BOUNDS: LinkBounds = {
  maxWaiting: 1_024,
  maxWaitingBytes: 64 * 1024 * 1024,
  timeoutMs: 2_000,
};

/**
 * The supervisor's store, as a child sees it: so every gateway process of the machine finds what any of them has kept,
 * and a child that dies takes nothing along.
 */
export class LinkedConversationStore implements ConversationStore {
  readonly #send: (id: number, ask: StoreAsk) => void;
  readonly #bounds: LinkBounds;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #nextId = 1;

  /** @param send - to the supervisor, whose answer is to be given to {@link onAnswer} */
  constructor(send: (id: number, ask: StoreAsk) => void, bounds: LinkBounds) {
    this.#send = send;
    this.#bounds = bounds;
  }

  async put(key: ConversationKey, conversation: Uint8Array): Promise<void> {
    await this.#ask({ verb: "put", key, conversation });
  }

  async get(key: ConversationKey): Promise<Uint8Array | null> {
    return (await this.#ask({ verb: "get", key })).conversation;
  }

  async delete(key: ConversationKey): Promise<boolean> {
    return (await this.#ask({ verb: "delete", key })).deleted;
  }

  /** One that comes too late is not for anybody. */
  onAnswer(id: number, answer: StoreAnswer): void {
    this.#take(id)?.resolve(answer);
  }

  /** @returns rejects with GatewayError `overloaded` when there is no room to wait, or no answer in time */
  #ask(ask: StoreAsk): Promise<StoreAnswer> {
    const { maxWaiting, maxWaitingBytes, timeoutMs } = this.#bounds;
    const bytes = ask.verb === "put" ? ask.conversation.length : 0;
    if (this.#waiting.size >= maxWaiting || this.#waitingBytes + bytes > maxWaitingBytes)
      return Promise.reject(unavailable("has too much to do"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(id);
        reject(unavailable("did not answer in time"));
      }, timeoutMs);
      this.#waiting.set(id, { bytes, timer, resolve });
      this.#waitingBytes += bytes;
      this.#send(id, ask);
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    this.#waitingBytes -= waiting.bytes;
    return waiting;
  }
}

function unavailable(what: string): GatewayError {
  return new GatewayError("overloaded", { message: `The store of this gateway's responses ${what}.` });
}

/** Does for a child what it asks. */
export async function answerStoreAsk(store: ConversationStore | null, ask: StoreAsk): Promise<StoreAnswer> {
  if (ask.verb === "put") await store?.put(ask.key, ask.conversation);
  const conversation = ask.verb === "get" ? await store?.get(ask.key) : null;
  const deleted = ask.verb === "delete" ? await store?.delete(ask.key) : false;
  return { conversation: conversation ?? null, deleted: deleted ?? false };
}
