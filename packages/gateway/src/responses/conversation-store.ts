import type {
  ConversationKey,
  ConversationStore,
  StoredConversation,
} from "@headrace/providers/wires/openai-responses/conversation";

export interface MemoryConversationBounds {
  /** All conversations together; the oldest go first. One that alone is larger than a quarter is not kept. */
  readonly maxBytes: number;
  /** How long a conversation is kept after it was put. */
  readonly ttlMs: number;
}

interface Entry {
  /** JSON text, outside of the JavaScript heap, where a long conversation costs what it says and no more. */
  readonly json: Buffer;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/** What an entry costs besides its text, roughly: so many empty ones are bounded too. */
const ENTRY_BYTES = 512;
const LARGEST_SHARE = 4;

/**
 * Keeps conversations in the memory of this process, within bounds. Whoever needs them on another process or after a
 * restart sends the conversation itself.
 */
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

  put(key: ConversationKey, conversation: StoredConversation): Promise<void> {
    this.dropExpired();
    const name = nameOf(key);
    this.#drop(name);
    const json = Buffer.from(JSON.stringify(conversation));
    const bytes = json.length + name.length + ENTRY_BYTES;
    if (bytes > this.#bounds.maxBytes / LARGEST_SHARE) return Promise.resolve();
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#bounds.maxBytes) break;
      this.#drop(oldest);
    }
    this.#entries.set(name, { json, bytes, expiresAtMs: this.#nowMs() + this.#bounds.ttlMs });
    this.#bytes += bytes;
    return Promise.resolve();
  }

  get(key: ConversationKey): Promise<StoredConversation | null> {
    const entry = this.#entries.get(nameOf(key));
    if (entry === undefined || entry.expiresAtMs <= this.#nowMs()) return Promise.resolve(null);
    // It is what `put` has written.
    const conversation: StoredConversation = JSON.parse(entry.json.toString());
    return Promise.resolve(conversation);
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

/** No id has a NUL, so no owner can make a name that is another's. */
function nameOf({ owner, responseId }: ConversationKey): string {
  return `${owner}\0${responseId}`;
}
