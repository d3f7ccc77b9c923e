import type { TimeoutsConfig } from "@headrace/core/config/types";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { realtimeErrorEvent } from "@headrace/providers/wires/openai-realtime/events";
import type { ClientSocket, ClientSocketOwner } from "../http/client-socket.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { type ProviderSocket, sendable } from "../upstream/upstream-socket.ts";
import type { SessionMeter } from "./session-meter.ts";

/** Hears how a session ended, once; null for an end that one of the two wanted. */
export interface RelayOwner {
  onSessionOver(error: GatewayError | null): void;
}

export interface RelayOptions {
  readonly timeouts: TimeoutsConfig;
  readonly deadlines: Deadlines;
  readonly requestId: string;
}

const NEVER = Number.POSITIVE_INFINITY;
const CHECK_MS = 100;
const PING_MS = 20_000;
/** Neither says a word for so long: nobody is there any more. */
const SESSION_IDLE_MS = 15 * 60_000;
/** Above this the provider of a slow client is stopped. */
const CLIENT_SLOW_BYTES = 1024 * 1024;
const CLIENT_CAUGHT_UP_BYTES = 256 * 1024;
const CLIENT_SLOW_MS = 30_000;
/** A client cannot be stopped: above this it is sent away, and above the second while there is no provider yet. */
const PROVIDER_SLOW_BYTES = 8 * 1024 * 1024;
const WAITING_BYTES = 1024 * 1024;

export interface SessionProvider {
  readonly socket: ProviderSocket;
  readonly meter: SessionMeter;
  /** What it gets in place of a client's message; null for that itself, and for all where there is no such thing. */
  readonly rewritten: ((message: Buffer) => string | null) | null;
}

interface Message {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

const NORMAL = 1000;
const GOING_AWAY = 1001;
const LOST = 1006;
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

/** Passes the messages of a session on, both ways and untouched, until one of the two leaves or does not keep up. */
export class RealtimeRelay implements ClientSocketOwner, Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  clientBytes = 0;
  providerBytes = 0;
  readonly #owner: RelayOwner;
  readonly #options: RelayOptions;
  readonly #startedAtMs = performance.now();
  #client: ClientSocket | null = null;
  #provider: SessionProvider | null = null;
  /** What the client said before there was a provider. */
  readonly #early: Message[] = [];
  #providerSpokeAtMs: number = this.#startedAtMs;
  #anybodySpokeAtMs: number = this.#startedAtMs;
  #pingedAtMs: number = this.#startedAtMs;
  /** Since when the provider is stopped for a slow client. */
  #stoppedAtMs: number = NEVER;
  #over = false;

  constructor(owner: RelayOwner, options: RelayOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  begin(client: ClientSocket): void {
    this.#client = client;
    this.#setClock();
    this.#options.deadlines.add(this);
  }

  /** There is a provider now. */
  connect(provider: SessionProvider): void {
    this.#provider = provider;
    this.#providerSpokeAtMs = performance.now();
    for (const { bytes, isBinary } of this.#early.splice(0)) give(provider, bytes, isBinary);
  }

  onMessage(lent: Uint8Array, isBinary: boolean): void {
    if (this.#over) return;
    this.clientBytes += lent.length;
    this.#anybodySpokeAtMs = this.#options.deadlines.nowMs;
    const provider = this.#provider;
    if (provider === null) this.#early.push({ bytes: Uint8Array.from(lent), isBinary });
    else give(provider, lent, isBinary);
    const waits =
      provider === null
        ? this.clientBytes > WAITING_BYTES
        : provider.socket.bufferedBytes > PROVIDER_SLOW_BYTES;
    if (waits) this.#part({ code: TRY_AGAIN_LATER, reason: "the provider does not keep up" }, overwhelmed());
  }

  onDrained(): void {
    if (this.#stoppedAtMs === NEVER || (this.#client?.bufferedBytes ?? 0) > CLIENT_CAUGHT_UP_BYTES) return;
    this.#stoppedAtMs = NEVER;
    this.#providerSpokeAtMs = performance.now();
    this.#provider?.socket.resume();
  }

  onSocketClosed(code: number, reason: string): void {
    if (this.#over) return;
    const lost = code === LOST;
    this.#provider?.socket.abort(lost ? GOING_AWAY : code, reason);
    this.#end(lost ? new GatewayError("client_closed") : null);
  }

  onProviderMessage(message: Buffer, isBinary: boolean): void {
    const client = this.#client;
    if (this.#over || client === null) return;
    this.providerBytes += message.length;
    this.#providerSpokeAtMs = this.#options.deadlines.nowMs;
    this.#anybodySpokeAtMs = this.#providerSpokeAtMs;
    this.#provider?.meter.take(message, isBinary);
    client.send(message, isBinary);
    if (client.bufferedBytes <= CLIENT_SLOW_BYTES || this.#stoppedAtMs !== NEVER) return;
    this.#stoppedAtMs = performance.now();
    this.#provider?.socket.pause();
  }

  onProviderClosed(code: number, reason: string): void {
    if (this.#over) return;
    if (code === LOST) this.fail(new GatewayError("upstream_cut"));
    else this.#part({ code: code === 1005 ? null : sendable(code), reason }, null);
  }

  /** Ends the session with an event that says why. */
  fail(error: GatewayError): void {
    if (this.#over) return;
    this.#client?.send(realtimeErrorEvent(error, this.#options.requestId), false);
    this.#part({ code: INTERNAL_ERROR, reason: error.code }, error);
  }

  /** Ends it because the gateway goes. */
  leave(error: GatewayError): void {
    this.#part({ code: GOING_AWAY, reason: error.code }, error);
  }

  onDeadline(): void {
    const { timeouts } = this.#options;
    const nowMs = performance.now();
    const stopped = this.#stoppedAtMs !== NEVER;
    if (timeouts.totalMs !== null && nowMs - this.#startedAtMs > timeouts.totalMs)
      this.fail(new GatewayError("upstream_total_timeout"));
    else if (stopped && nowMs - this.#stoppedAtMs > CLIENT_SLOW_MS)
      this.#part({ code: TRY_AGAIN_LATER, reason: "the client does not keep up" }, slowClient());
    else if (
      !stopped &&
      this.#provider?.meter.answering === true &&
      nowMs - this.#providerSpokeAtMs > timeouts.idleMs
    )
      this.fail(new GatewayError("upstream_idle_timeout"));
    else if (nowMs - this.#anybodySpokeAtMs > SESSION_IDLE_MS)
      this.#part({ code: NORMAL, reason: "idle" }, null);
    else if (!stopped && nowMs - this.#pingedAtMs > PING_MS) {
      if (this.#provider?.socket.alive === false) this.fail(new GatewayError("upstream_cut"));
      else this.#provider?.socket.ping();
      this.#pingedAtMs = nowMs;
    }
    this.#setClock();
  }

  /** Says good-bye to both. */
  #part(words: { readonly code: number | null; readonly reason: string }, error: GatewayError | null): void {
    if (this.#over) return;
    this.#provider?.socket.abort(words.code ?? NORMAL, words.reason);
    this.#end(error);
    this.#client?.close(words.code, words.reason);
  }

  #end(error: GatewayError | null): void {
    this.#over = true;
    this.#options.deadlines.delete(this);
    this.#owner.onSessionOver(error);
  }

  #setClock(): void {
    if (!this.#over) this.deadlineAtMs = performance.now() + CHECK_MS;
  }
}

function give({ socket, rewritten }: SessionProvider, message: Uint8Array, isBinary: boolean): void {
  const { buffer, byteOffset, byteLength } = message;
  const other = rewritten?.(Buffer.from(buffer, byteOffset, byteLength)) ?? null;
  socket.send(other === null ? message : Buffer.from(other), isBinary);
}

function overwhelmed(): GatewayError {
  const message = "The model provider takes less than the client sends.";
  return new GatewayError("upstream_idle_timeout", { message });
}

function slowClient(): GatewayError {
  return new GatewayError("client_closed", { message: "The client took less than the model provider sent." });
}
