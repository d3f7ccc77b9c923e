import type { FlatHeaders } from "@headrace/core/adapter";
import type { FaultConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { withTranscriptionModel } from "@headrace/providers/wires/openai-realtime/transcription-session";
import { FaultySocket } from "../faults/faulty-socket.ts";
import type { RunningTry } from "../pipeline/leg.ts";
import type { MeteredUsage } from "../pipeline/metered-usage.ts";
import { parseAnswer } from "../pipeline/parse-answer.ts";
import { ProviderWords } from "../pipeline/provider-words.ts";
import type { TryOwner } from "../pipeline/try-owner.ts";
import { isJson, unreadableAnswer } from "../pipeline/unusable-answer.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import {
  type ProviderSocket,
  type SocketRefusal,
  UpstreamSocket,
  type UpstreamSocketListener,
  type UpstreamSocketRequest,
} from "../upstream/upstream-socket.ts";
import type { RealtimeRelay } from "./relay.ts";
import { SessionMeter } from "./session-meter.ts";

export interface RealtimeTryOptions {
  readonly destination: Destination;
  /** The headers among the request's that the credential gave for it. */
  readonly proof: FlatHeaders;
  /** The session only writes down what it hears. */
  readonly transcribes: boolean;
  /** Made on purpose; null for none. */
  readonly fault: FaultConfig | null;
}

const GOING_AWAY = 1001;

/** One try of a session: it begins to answer when the provider has opened its socket, and has to be joined then. */
export class RealtimeTry implements RunningTry, UpstreamSocketListener {
  readonly refusal = null;
  /** Its errors are for the client to judge. */
  readonly failedInBand = false;
  retryAfterMs: number | null = null;
  otherKey = false;
  readonly #owner: TryOwner<RealtimeTry>;
  readonly #options: RealtimeTryOptions;
  readonly #meter: SessionMeter;
  #socket: ProviderSocket | null = null;
  #relay: RealtimeRelay | null = null;

  constructor(owner: TryOwner<RealtimeTry>, options: RealtimeTryOptions) {
    this.#owner = owner;
    this.#options = options;
    this.#meter = new SessionMeter(options.transcribes);
  }

  start(request: UpstreamSocketRequest): void {
    const { fault } = this.#options;
    const { connectMs } = request;
    const open = (listener: UpstreamSocketListener): ProviderSocket => new UpstreamSocket(listener, request);
    this.#socket = fault === null ? open(this) : new FaultySocket(this, { fault, connectMs, open });
  }

  /** From now on the relay has the session; call it when it has begun. */
  join(relay: RealtimeRelay): void {
    if (this.#socket === null) return;
    const { transcribes, destination } = this.#options;
    const { model } = destination;
    const rewritten =
      transcribes && model !== "" ? (frame: Buffer) => withTranscriptionModel(frame, model) : null;
    this.#relay = relay;
    relay.connect({ socket: this.#socket, meter: this.#meter, rewritten });
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** The relay has said good-bye to one that is open. */
  abort(): void {
    this.#socket?.abort(GOING_AWAY, "");
  }

  /** Messages of the provider. */
  get events(): number {
    return this.#meter.events;
  }

  /** Which of the provider's keys was shown, from 0. */
  get key(): number {
    const { destination, proof } = this.#options;
    return destination.upstream.credential.keyOf?.(proof) ?? 0;
  }

  waitedMs(nowMs: number): number {
    return this.#meter.waitedMs(nowMs);
  }

  meteredUsage(): MeteredUsage | null {
    return this.#meter.meteredUsage();
  }

  onOpen(): void {
    this.#owner.onBegin(this);
  }

  onRefused({ status, headers, body }: SocketRefusal): void {
    const { destination, proof } = this.#options;
    const { adapter, credential } = destination.upstream;
    const contentType = firstValue(headers["content-type"]);
    this.retryAfterMs = readRetryAfterMs(headers, Date.now());
    const head = { status, contentType, retryAfterMs: this.retryAfterMs };
    this.#owner.onHead(headers);
    this.otherKey = credential.answered?.(proof, head) === 0;
    if (status === 401) this.#owner.onFailure(new GatewayError("upstream_auth_failed"));
    else if (status < 400 || !isJson(contentType)) this.#owner.onFailure(unreadableAnswer(head));
    else {
      const words = adapter.readError(status, parseAnswer(body));
      this.#owner.onFailure(new ProviderWords(credential).refused(words, head));
    }
  }

  onConnectFailure(error: GatewayError): void {
    this.#owner.onFailure(error);
  }

  onMessage(message: Buffer, isBinary: boolean): void {
    this.#relay?.onProviderMessage(message, isBinary);
  }

  onUpstreamClosed(code: number, reason: string): void {
    this.#relay?.onProviderClosed(code, reason);
  }
}
