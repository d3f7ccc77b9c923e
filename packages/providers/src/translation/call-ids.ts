/**
 * Clients find the call that a result belongs to by its id, in all of the conversation. Some providers give no ids, so
 * that they are made of what an answer says of itself, and some say or give the same again and again. What a request's
 * history has already is therefore never given a second time.
 */
import type { ChatAnswer, ChatRequest } from "@headrace/core/canonical/chat";
import { isJsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts, ChatClientCodec, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";

/** What an answer's translation wants to know of its request: plain data that may cross threads. */
export interface ChatEcho {
  /** What the client's codec itself wants to know. */
  readonly client: unknown;
  /** Ids of the calls that the conversation has. */
  readonly callIds: readonly string[];
}

export function echoOfChat({ messages, echo }: ChatRequest): ChatEcho {
  const callIds = messages.flatMap((message) =>
    message.role === "assistant"
      ? message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : []))
      : [],
  );
  return { client: echo, callIds };
}

interface EchoedCall {
  /** As the client's codec knows it. */
  readonly call: ChatCallFacts;
  /** Null where the conversation has no calls yet. */
  readonly taken: TakenIds | null;
}

function readEcho(call: ChatCallFacts): EchoedCall {
  const { echo } = call;
  if (!isJsonObject(echo) || !Array.isArray(echo.callIds)) return { call, taken: null };
  const ids = echo.callIds.filter((id) => typeof id === "string");
  return {
    call: { ...call, echo: echo.client },
    taken: ids.length === 0 ? null : new TakenIds(ids),
  };
}

/** A client's codec whose answers give each call an id of its own in the conversation that its request echoed. */
export function withOwnCallIds(client: ChatClientCodec): ChatClientCodec {
  return {
    ...client,
    encodeAnswer(answer, echoed) {
      const { call, taken } = readEcho(echoed);
      return client.encodeAnswer(taken === null ? answer : withFreeIds(answer, taken), call);
    },
    createStreamEncoder(echoed) {
      const { call, taken } = readEcho(echoed);
      const encoder = client.createStreamEncoder(call);
      return taken === null ? encoder : new OwnCallIdsEncoder(encoder, taken);
    },
  };
}

class TakenIds {
  readonly #taken: Set<string>;
  /** By id, the number to try next: a history full of numbered ids is gone through once. */
  readonly #next = new Map<string, number>();

  constructor(ids: readonly string[]) {
    this.#taken = new Set(ids);
  }

  /** The id itself, or where another call has it the first that is free. */
  freeFor(id: string): string {
    const free = this.#taken.has(id) ? this.#numbered(id) : id;
    this.#taken.add(free);
    return free;
  }

  #numbered(id: string): string {
    let number = this.#next.get(id) ?? 2;
    while (this.#taken.has(`${id}_${number}`)) number++;
    this.#next.set(id, number + 1);
    return `${id}_${number}`;
  }
}

function withFreeIds(answer: ChatAnswer, taken: TakenIds): ChatAnswer {
  const choices = answer.choices.map((choice) => ({
    ...choice,
    parts: choice.parts.map((part) =>
      part.type === "tool-call" ? { ...part, id: taken.freeFor(part.id) } : part,
    ),
  }));
  return { ...answer, choices };
}

type Encodable = Parameters<ChatStreamEncoder["encode"]>[0];

class OwnCallIdsEncoder implements ChatStreamEncoder {
  readonly #encoder: ChatStreamEncoder;
  readonly #taken: TakenIds;

  constructor(encoder: ChatStreamEncoder, taken: TakenIds) {
    this.#encoder = encoder;
    this.#taken = taken;
  }

  encode(event: Encodable): string {
    if (event.type !== "tool-call-start") return this.#encoder.encode(event);
    return this.#encoder.encode({ ...event, id: this.#taken.freeFor(event.id) });
  }

  end(): string {
    return this.#encoder.end();
  }
}
