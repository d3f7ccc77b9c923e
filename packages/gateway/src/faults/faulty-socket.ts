import type { FaultConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ProviderSocket, UpstreamSocketListener } from "../upstream/upstream-socket.ts";
import { type AskedCall, errorIn200, type MadeAnswer, refusal } from "./made-answer.ts";

export interface FaultySocketOptions {
  readonly fault: FaultConfig;
  /** For the connection and the provider's consent. */
  readonly connectMs: number;
  /** Connects to the provider in earnest. */
  readonly open: (listener: UpstreamSocketListener) => ProviderSocket;
}

const CALL: AskedCall = { wire: "openai-realtime", stream: false };
const GOING_AWAY = 1001;
const LOST = 1006;
/** No JSON, as every message of a session's is. */
const GARBAGE = Buffer.from('{"broken":"on purpose');

function messagesBefore(fault: FaultConfig): number {
  const breaks = fault.fault === "stall" || fault.fault === "cut" || fault.fault === "malformed";
  return breaks ? (fault.afterEvents ?? 0) : Number.POSITIVE_INFINITY;
}

/**
 * A socket to a provider that fails. Faults that count events count the provider's messages here; a status stands in place
 * of the provider's consent.
 */
export class FaultySocket implements ProviderSocket, UpstreamSocketListener {
  readonly #listener: UpstreamSocketListener;
  readonly #options: FaultySocketOptions;
  #inner: ProviderSocket | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Messages before it happens. */
  #messagesLeft: number;
  #silent = false;
  #aborted = false;

  constructor(listener: UpstreamSocketListener, options: FaultySocketOptions) {
    this.#listener = listener;
    this.#options = options;
    const { fault } = options;
    this.#messagesLeft = messagesBefore(fault);
    setImmediate(() => {
      if (!this.#aborted) this.#begin(fault);
    });
  }

  get bufferedBytes(): number {
    return this.#inner?.bufferedBytes ?? 0;
  }

  get alive(): boolean {
    return this.#inner?.alive ?? true;
  }

  send(lent: Uint8Array, isBinary: boolean): void {
    this.#inner?.send(lent, isBinary);
  }

  ping(): void {
    this.#inner?.ping();
  }

  pause(): void {
    this.#inner?.pause();
  }

  resume(): void {
    this.#inner?.resume();
  }

  abort(code: number, reason: string): void {
    this.#aborted = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#inner?.abort(code, reason);
  }

  onOpen(): void {
    this.#listener.onOpen();
    if (this.#messagesLeft === 0) this.#strike();
  }

  onRefused(answer: Parameters<UpstreamSocketListener["onRefused"]>[0]): void {
    this.#listener.onRefused(answer);
  }

  onConnectFailure(error: GatewayError): void {
    this.#listener.onConnectFailure(error);
  }

  onMessage(message: Buffer, isBinary: boolean): void {
    if (this.#silent) return;
    this.#listener.onMessage(message, isBinary);
    this.#messagesLeft--;
    if (this.#messagesLeft === 0 && !this.#aborted) this.#strike();
  }

  onUpstreamClosed(code: number, reason: string): void {
    this.#listener.onUpstreamClosed(code, reason);
  }

  #begin(fault: FaultConfig): void {
    const { connectMs } = this.#options;
    const early = this.#messagesLeft === 0;
    if (fault.fault === "status") this.#refuse(refusal(fault, CALL));
    else if (fault.fault === "error-in-200") this.#refuse(errorIn200(CALL));
    else if (fault.fault === "cut" && early)
      this.#listener.onConnectFailure(new GatewayError("upstream_cut"));
    else if (fault.fault === "stall" && early) this.#giveUpAfter(connectMs);
    else if (fault.fault !== "latency") this.#open();
    else if (fault.latencyMs > connectMs) this.#giveUpAfter(connectMs);
    else this.#timer = setTimeout(() => this.#open(), fault.latencyMs);
  }

  #open(): void {
    this.#inner = this.#options.open(this);
  }

  #giveUpAfter(connectMs: number): void {
    const error = new GatewayError("upstream_connect_timeout");
    this.#timer = setTimeout(() => this.#listener.onConnectFailure(error), connectMs);
  }

  #refuse({ status, headers, body }: MadeAnswer): void {
    this.#listener.onRefused({ status, headers, body });
  }

  #strike(): void {
    if (this.#options.fault.fault === "malformed") {
      this.#listener.onMessage(GARBAGE, false);
      return;
    }
    this.#silent = true;
    if (this.#options.fault.fault !== "cut") return;
    this.#inner?.abort(GOING_AWAY, "");
    this.#listener.onUpstreamClosed(LOST, "");
  }
}
