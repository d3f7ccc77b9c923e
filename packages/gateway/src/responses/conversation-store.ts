import type { ResponsesConfig } from "@headrace/core/config/types";
import type {
  ConversationKey,
  ConversationStore,
} from "@headrace/providers/wires/openai-responses/conversation";

export interface MemoryConversationBounds {
  /** All conversations together; the oldest go first. One that alone is larger than a quarter is not kept. */
  readonly maxBytes: number;
  /** How long a conversation is kept after it was put. */
  readonly ttlMs: number;
}

interface Entry {
  /** Outside of the JavaScript heap, where a long conversation costs what it says and no more. */
  readonly conversation: Uint8Array;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/** What an entry costs besides its text, roughly: so many empty ones are bounded too. */
const ENTRY_BYTES = 512;
const LARGEST_SHARE = 4;

/** Keeps conversations in the memory of this process, within bounds. */
export class MemoryConversationStore implements ConversationStore {
  readonly #bounds: MemoryConversationBounds;
  readonly #nowMs: () => number;
  /** In the order in which they were put, which is also that in which they expire. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** @param nowMs - a clock that never goes back */
  constructor(bounds: MemoryConversationBounds, nowMs: () => number) {
    this.#bounds = bounds;
    this.#nowMs = nowMs;
  }

  /** What is held now, by the store's own count. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param conversation - kept as it is: nobody may change it any more */
  put(key: ConversationKey, conversation: Uint8Array): Promise<void> {
    this.dropExpired();
    const name = nameOf(key);
    this.#drop(name);
    const bytes = conversation.length + name.length + ENTRY_BYTES;
    if (bytes > this.#bounds.maxBytes / LARGEST_SHARE) return Promise.resolve();
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#bounds.maxBytes) break;
      this.#drop(oldest);
    }
    this.#entries.set(name, { conversation, bytes, expiresAtMs: this.#nowMs() + this.#bounds.ttlMs });
    this.#bytes += bytes;
    return Promise.resolve();
  }

  /** @returns the very bytes that are kept: whoever wants to change or transfer them copies them */
  get(key: ConversationKey): Promise<Uint8Array | null> {
    const entry = this.#entries.get(nameOf(key));
    if (entry === undefined || entry.expiresAtMs <= this.#nowMs()) return Promise.resolve(null);
    return Promise.resolve(entry.conversation);
  }

  delete(key: ConversationKey): Promise<boolean> {
    this.dropExpired();
    return Promise.resolve(this.#drop(nameOf(key)));
  }

  /** Frees what has expired; `put` and `delete` do it too, but nobody may come any more. */
  dropExpired(): void {
    const nowMs = this.#nowMs();
    for (const [name, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs) return;
      this.#drop(name);
    }
  }

  #drop(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#bytes -= entry.bytes;
    return this.#entries.delete(name);
  }
}

/** Null when nothing is to be kept. */
export function openConversationStore({
  storeBytes,
  ttlMs,
}: ResponsesConfig): MemoryConversationStore | null {
  if (storeBytes === 0) return null;
  return new MemoryConversationStore({ maxBytes: storeBytes, ttlMs }, () => performance.now());
}

/** No id has a NUL, so no owner can make a name that is another's. */
function nameOf({ owner, responseId }: ConversationKey): string {
  return `${owner}\0${responseId}`;
}
