/**
 * Sessions over WebSockets. What the gateway itself refuses gets an HTTP answer; then the client's socket is opened, and
 * what goes wrong with its provider is said there, as OpenAI does it.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import {
  betaHeader,
  KEY_PROTOCOL,
  REALTIME_PROTOCOL,
} from "@headrace/providers/wires/openai-realtime/events";
import { withTranscriptionModel } from "@headrace/providers/wires/openai-realtime/transcription-session";
import type { UpgradeRequest } from "../http/client-socket.ts";
import type { ExchangeOwner } from "../http/exchange.ts";
import { authenticate, type KeyBearer } from "../pipeline/admit.ts";
import { CallTally, type TalliedPlan } from "../pipeline/call-tally.ts";
import { collectForwarded } from "../pipeline/forward-headers.ts";
import { noTargetAvailable } from "../pipeline/no-target.ts";
import { ProviderWords } from "../pipeline/provider-words.ts";
import {
  forwardedQuery,
  prepareRelayed,
  type RelayedRequest,
  relayedService,
  type SendableRequest,
} from "../pipeline/relayed-request.ts";
import { NO_FACTS, Tries, type TriesDeps, type Try } from "../pipeline/tries.ts";
import { isJson, unreadableAnswer } from "../pipeline/unusable-answer.ts";
import { RealtimeRelay, type RelayOwner } from "../realtime/relay.ts";
import { SessionMeter } from "../realtime/session-meter.ts";
import type { Running } from "../snapshot/running.ts";
import type { Destination, Snapshot } from "../snapshot/snapshot.ts";
import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { firstValue } from "../upstream/header-value.ts";
import { readRetryAfterMs } from "../upstream/retry-after.ts";
import {
  type SocketRefusal,
  UpstreamSocket,
  type UpstreamSocketListener,
} from "../upstream/upstream-socket.ts";
import { answerError } from "./answer-error.ts";
import { isTranscription, type Route, realtimeRoute } from "./relayed-routes.ts";

export interface RealtimeDeps extends TriesDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly deadlines: Deadlines;
  readonly onBug: (error: unknown, requestId: string) => void;
}

export function realtimeHandler(deps: RealtimeDeps): (request: UpgradeRequest) => void {
  return function handleRealtime(request) {
    new RealtimeCall(request, deps).begin();
  };
}

const NEVER = Number.POSITIVE_INFINITY;
const SWITCHED = 101;
const GOING_AWAY = 1001;

class RealtimeCall implements ExchangeOwner, UpstreamSocketListener, RelayOwner, Deadlined, Running {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  runningSlot = -1;
  readonly #upgrade: UpgradeRequest;
  readonly #deps: RealtimeDeps;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally<TalliedPlan>;
  #request: RelayedRequest | null = null;
  #transcribes = false;
  #beta: readonly string[] = [];
  #route: Route | null = null;
  #tries: Tries<Destination> | null = null;
  #waiting: Try<Destination> | null = null;
  #retryAfterMs: number | null = null;
  #otherKey = false;
  #destination: Destination | null = null;
  #proof: readonly string[] = [];
  #meter: SessionMeter | null = null;
  #upstream: UpstreamSocket | null = null;
  #relay: RealtimeRelay | null = null;

  constructor(upgrade: UpgradeRequest, deps: RealtimeDeps) {
    this.#upgrade = upgrade;
    this.#deps = deps;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(upgrade.exchange, this.#snapshot.unroutedRecorders.for("realtime"));
    this.#snapshot.running.add(this);
  }

  begin(): void {
    const { exchange, protocols } = this.#upgrade;
    exchange.attach(this);
    try {
      const identity = authenticate(keyBearer(this.#upgrade), this.#snapshot);
      this.#tally.keyName = identity.name;
      this.#route = realtimeRoute(exchange, { snapshot: this.#snapshot, identity });
      this.#transcribes = isTranscription(exchange);
      this.#beta = betaHeader(protocols, exchange.header("openai-beta"));
      this.#request = {
        endpoint: "realtime",
        method: "GET",
        subPath: "",
        query: forwardedQuery(exchange.rawQuery()),
        contentType: "",
        forwarded: collectForwarded(exchange, this.#snapshot.forwardHeaders),
      };
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#open(this.#route);
  }

  #open(route: Route): void {
    const { exchange, protocols } = this.#upgrade;
    const { deadlines } = this.#deps;
    const relay = new RealtimeRelay(this, {
      timeouts: route.plainTimeouts,
      deadlines,
      requestId: exchange.requestId,
    });
    const client = this.#upgrade.accept(
      protocols.includes(REALTIME_PROTOCOL) ? REALTIME_PROTOCOL : "",
      relay,
    );
    if (client === null) return;
    this.#relay = relay;
    this.#tally.plan = { stream: true, estimatedInputTokens: 0 };
    relay.begin(client);
    this.#tries = new Tries(route, this.#deps, NO_FACTS);
    const first = this.#tries.first();
    if (first === null) relay.fail(noTargetAvailable(this.#tries.targets, performance.now()));
    else this.#ask(first);
  }

  onBody(): void {}
  onBodyRefused(): void {}
  onDrained(): void {}

  onSent(): void {
    if (!this.#tally.concluded) return;
    this.#release();
    this.#tally.sent();
  }

  onClosed(): void {
    this.#release();
    this.#tally.left();
  }

  onBroken(): void {
    this.#release();
    this.cut(new GatewayError("internal_error"));
  }

  onDeadline(): void {
    const waiting = this.#waiting;
    if (waiting !== null) this.#ask(waiting.target);
  }

  onOpen(): void {
    const { model = "" } = this.#destination ?? {};
    if (this.#upstream === null || this.#meter === null) return;
    const rewritten =
      this.#transcribes && model !== "" ? (frame: Buffer) => withTranscriptionModel(frame, model) : null;
    this.#relay?.connect({ socket: this.#upstream, meter: this.#meter, rewritten });
  }

  onRefused({ status, headers, body }: SocketRefusal): void {
    this.#retryAfterMs = readRetryAfterMs(headers, Date.now());
    const upstream = this.#destination?.upstream;
    if (upstream === undefined) return;
    const { adapter, credential } = upstream;
    const head = { status, retryAfterMs: this.#retryAfterMs };
    this.#otherKey = credential.answered?.(this.#proof, head) === 0;
    const contentType = firstValue(headers["content-type"]);
    if (status === 401) this.#onFailure(new GatewayError("upstream_auth_failed"));
    else if (status < 400 || !isJson(contentType))
      this.#onFailure(unreadableAnswer({ ...head, contentType }));
    else if (!this.#tryAgain(status, null))
      this.#relay?.fail(
        new ProviderWords(credential).refused(adapter.readError(status, parseJson(body)), head),
      );
  }

  onConnectFailure(error: GatewayError): void {
    this.#onFailure(error);
  }

  #onFailure(error: GatewayError): void {
    if (this.#tally.concluded || this.#tryAgain(error.status, error.code)) return;
    this.#relay?.fail(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#upgrade.exchange.requestId);
  }

  onMessage(message: Buffer, isBinary: boolean): void {
    this.#relay?.onProviderMessage(message, isBinary);
  }

  onUpstreamClosed(code: number, reason: string): void {
    this.#relay?.onProviderClosed(code, reason);
  }

  onSessionOver(error: GatewayError | null): void {
    if (this.#tally.concluded) return;
    this.#upstream?.abort(GOING_AWAY, ""); // one that is not open yet; the relay has said good-bye to one that is
    this.#tally.requestBytes = this.#relay?.clientBytes ?? 0;
    this.#tally.answerBytes = this.#relay?.providerBytes ?? 0;
    this.#conclude(SWITCHED, error?.code ?? null);
    this.#release();
    this.#tally.sent();
  }

  cut(error: GatewayError): void {
    if (this.#relay === null) this.#refuse(error);
    else this.#relay.leave(error);
  }

  #ask(destination: Destination): void {
    const request = this.#request;
    const served = relayedService("realtime", destination);
    if (request === null || served === null) throw new Error("asked before it was known where");
    this.#waiting = null;
    this.#disarm();
    this.#tally.aim(destination, "realtime");
    const send = (ready: SendableRequest): void => this.#connect(destination, ready);
    const fail = (error: unknown): void => this.onConnectFailure(GatewayError.from(error, "internal_error"));
    try {
      const ready = prepareRelayed(request, destination, { ...served, bodyBytes: null });
      if (ready instanceof Promise) ready.then(send).catch(fail);
      else send(ready);
    } catch (error) {
      fail(error);
    }
  }

  #connect(destination: Destination, { path, headers, proof }: SendableRequest): void {
    if (this.#tally.concluded || this.#tally.over || this.#route === null) return;
    const { upstream, model } = destination;
    this.#destination = destination;
    this.#proof = proof;
    this.#meter = new SessionMeter(this.#transcribes);
    this.#tally.beginTry(this.#meter);
    this.#upstream = new UpstreamSocket(this, {
      upstream,
      // OpenAI wants none for a transcription, which names it in an event.
      path: this.#transcribes ? path : withModel(path, model),
      headers: [...headers, ...this.#beta],
      connectMs: this.#route.plainTimeouts.connectMs,
    });
  }

  #tryAgain(status: number, code: ErrorCode | null): boolean {
    const failure = {
      status,
      code,
      retryAfterMs: this.#retryAfterMs,
      otherKey: this.#otherKey,
      refusal: null,
    };
    this.#tally.failTry(failure);
    const next = this.#tries?.next(failure) ?? null;
    if (next === null) return false;
    const nowMs = performance.now();
    this.#tally.endTry(nowMs, next.delayMs);
    this.#retryAfterMs = null;
    this.#otherKey = false;
    this.#upstream = null;
    if (next.delayMs === 0) this.#ask(next.target);
    else {
      this.#waiting = next;
      this.deadlineAtMs = nowMs + next.delayMs;
      this.#deps.deadlines.add(this);
    }
    return true;
  }

  #refuse(error: unknown): void {
    if (this.#tally.concluded) return;
    const refusal = GatewayError.from(error, "internal_error");
    this.#conclude(refusal.status, refusal.code);
    answerError(this.#upgrade.exchange, refusal, { lines: this.#tally.routeLines() });
    if (refusal !== error) this.#deps.onBug(error, this.#upgrade.exchange.requestId);
  }

  #conclude(status: number, errorCode: ErrorCode | null): void {
    this.#disarm();
    this.#tally.conclude(status, errorCode);
  }

  #release(): void {
    this.#disarm();
    this.#snapshot.running.delete(this);
  }

  #disarm(): void {
    this.deadlineAtMs = NEVER;
    this.#deps.deadlines.delete(this);
  }
}

/** A browser can only put its key among the sub-protocols. */
function keyBearer({ exchange, protocols }: UpgradeRequest): KeyBearer {
  const fromProtocol =
    protocols.find((name) => name.startsWith(KEY_PROTOCOL))?.slice(KEY_PROTOCOL.length) ?? "";
  return {
    header: (name) => exchange.header(name) || (name === "x-api-key" ? fromProtocol : ""),
    query: (name) => exchange.query(name),
  };
}

/** Some platforms name the model, under their own word for it, in the path that they are asked by. */
function withModel(path: string, model: string): string {
  const named = encodeURIComponent(model);
  const [, query = ""] = path.split("?", 2);
  if (query.split("&").some((part) => part.endsWith(`=${named}`))) return path;
  return `${path}${query === "" ? "?" : "&"}model=${named}`;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
