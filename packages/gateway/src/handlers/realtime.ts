/**
 * Sessions over WebSockets. What the gateway itself refuses gets an HTTP answer; then the client's socket is opened, and
 * what goes wrong with its provider is said there, as OpenAI does it.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { openAiClientWire } from "@headrace/core/errors/openai-shape";
import {
  betaHeader,
  KEY_PROTOCOL,
  REALTIME_PROTOCOL,
} from "@headrace/providers/wires/openai-realtime/events";
import { Admission } from "../admission/admission.ts";
import type { LoadShedder } from "../admission/load-shedder.ts";
import type { WaiterOwner } from "../admission/waiter.ts";
import { chooseFault } from "../faults/upstream-with-faults.ts";
import type { UpgradeRequest } from "../http/client-socket.ts";
import type { ExchangeOwner } from "../http/exchange.ts";
import type { KeyBearer } from "../pipeline/admit.ts";
import { CallTally, type TalliedPlan } from "../pipeline/call-tally.ts";
import { admitCall, type CallTerms } from "../pipeline/call-terms.ts";
import type { Leg } from "../pipeline/leg.ts";
import {
  forwardedQuery,
  prepareRelayed,
  type RelayedRequest,
  relayedService,
  type SendableRequest,
} from "../pipeline/relayed-request.ts";
import { RequestFacts } from "../pipeline/request-facts.ts";
import { Tries, type TriesDeps } from "../pipeline/tries.ts";
import { type RunnerOwner, TryRunner } from "../pipeline/try-runner.ts";
import { RealtimeTry } from "../realtime/realtime-try.ts";
import { RealtimeRelay, type RelayOwner } from "../realtime/relay.ts";
import type { Running } from "../snapshot/running.ts";
import type { Destination, Snapshot } from "../snapshot/snapshot.ts";
import type { Deadlines } from "../time/deadlines.ts";
import { ClientAnswer } from "./client-answer.ts";
import { isTranscription, type Route, realtimeRoute } from "./relayed-routes.ts";

export interface RealtimeDeps extends TriesDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly deadlines: Deadlines;
  readonly shedder: LoadShedder;
  readonly onBug: (error: unknown, requestId: string) => void;
}

export function realtimeHandler(deps: RealtimeDeps): (request: UpgradeRequest) => void {
  return function handleRealtime(request) {
    new RealtimeCall(request, deps).begin();
  };
}

const SWITCHED = 101;

/** What a request for a session says, once it has been found good. */
interface Asked {
  readonly terms: CallTerms;
  readonly route: Route;
  readonly request: RelayedRequest;
  readonly transcribes: boolean;
  readonly beta: readonly string[];
}

type RealtimeLeg = Leg<Destination, RealtimeTry>;

class RealtimeCall
  implements ExchangeOwner, RelayOwner, WaiterOwner, RunnerOwner<Destination, RealtimeTry>, Running
{
  runningSlot = -1;
  readonly #upgrade: UpgradeRequest;
  readonly #deps: RealtimeDeps;
  readonly #snapshot: Snapshot;
  readonly #tally: CallTally<TalliedPlan>;
  /** What the client gets in place of a session. */
  readonly #answer: ClientAnswer<TalliedPlan>;
  #asked: Asked | null = null;
  #admission: Admission | null = null;
  #admitted = false;
  #runner: TryRunner<Destination, RealtimeTry, TalliedPlan> | null = null;
  #relay: RealtimeRelay | null = null;

  constructor(upgrade: UpgradeRequest, deps: RealtimeDeps) {
    const { exchange } = upgrade;
    this.#upgrade = upgrade;
    this.#deps = deps;
    this.#snapshot = deps.currentSnapshot();
    this.#tally = new CallTally(exchange, this.#snapshot.unroutedRecorders.for("realtime"));
    this.#answer = new ClientAnswer(this, {
      exchange,
      tally: this.#tally,
      wire: openAiClientWire,
      framing: null,
      deadlines: deps.deadlines,
      onBug: deps.onBug,
    });
    this.#snapshot.running.add(this);
  }

  begin(): void {
    this.#upgrade.exchange.attach(this);
    try {
      this.#asked = this.#readHead();
      const { terms, route } = this.#asked;
      const { priority, identity } = terms;
      const gates = [identity.gate, route.gate ?? null] as const;
      this.#admission = new Admission(this, { priority, clock: this.#tally, gates });
      this.#admission.enter();
      // Whoever has to wait does so in an open session: an answer can only be given while the handler runs.
      if (!this.#tally.concluded) this.#open(this.#asked);
    } catch (error) {
      this.#fail(error);
    }
  }

  onBody(): void {}
  onBodyRefused(): void {}
  onDrained(): void {}

  onSent(): void {
    this.#answer.sent();
  }

  onClosed(): void {
    this.#answer.release();
    this.#tally.left();
    this.#runner?.stop();
  }

  onBroken(): void {
    this.#answer.release();
    this.cut(new GatewayError("internal_error"));
  }

  onAdmitted(): void {
    this.#admitted = true;
    if (this.#relay === null) return;
    try {
      this.#ask();
    } catch (error) {
      this.#fail(error);
    }
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  onBegin(opened: RealtimeTry): void {
    if (this.#relay !== null) opened.join(this.#relay);
  }

  /** Messages go by the relay. */
  onBytes(): void {}
  onWhole(): void {}
  onComplete(): void {}

  onFailure(error: GatewayError): void {
    this.#relay?.fail(error);
    if (error.code === "internal_error") this.#deps.onBug(error.cause, this.#upgrade.exchange.requestId);
  }

  onSessionOver(error: GatewayError | null): void {
    if (this.#tally.concluded) return;
    this.#tally.requestBytes = this.#relay?.clientBytes ?? 0;
    this.#tally.answerBytes = this.#relay?.providerBytes ?? 0;
    this.#answer.conclude(SWITCHED, error?.code ?? null);
    this.#answer.sent();
    this.#runner?.stop(); // a provider that has not been joined yet
  }

  onConclude(): void {
    this.#admission?.leave();
  }

  onRelease(): void {
    this.#admission?.leave();
    this.#snapshot.running.delete(this);
  }

  cut(error: GatewayError): void {
    if (this.#relay === null) this.#answer.refuse(error);
    else this.#relay.leave(error);
  }

  /** Writes the request for a leg's target, maybe with a token that has to come first, and connects. */
  send(leg: RealtimeLeg): void | Promise<void> {
    const served = relayedService("realtime", leg.target);
    const asked = this.#asked;
    if (asked === null || served === null) throw new Error("asked before it was known where");
    const ready = prepareRelayed(asked.request, leg.target, { ...served, bodyBytes: null });
    if (ready instanceof Promise) return ready.then((late) => this.#connect(leg, late, asked));
    this.#connect(leg, ready, asked);
  }

  #connect(leg: RealtimeLeg, { path, headers, proof }: SendableRequest, asked: Asked): void {
    if (leg.dropped || this.#tally.concluded) return;
    const { terms, route, transcribes, beta } = asked;
    const { target, record } = leg;
    const fault = terms.faults === null ? null : chooseFault(record, terms.faults, this.#deps.random);
    const attempt = new RealtimeTry(leg, { destination: target, proof, transcribes, fault });
    leg.run(attempt);
    attempt.start({
      upstream: target.upstream,
      // OpenAI wants none for a transcription, which names it in an event.
      path: transcribes ? path : withModel(path, target.model),
      headers: [...headers, ...beta],
      connectMs: route.plainTimeouts.connectMs,
    });
  }

  /** @throws GatewayError for what gets an answer in place of a session */
  #readHead(): Asked {
    const { exchange, protocols } = this.#upgrade;
    const snapshot = this.#snapshot;
    const { shedder } = this.#deps;
    const terms = admitCall(exchange, { snapshot, shedder, tally: this.#tally }, keyBearer(this.#upgrade));
    return {
      terms,
      route: realtimeRoute(exchange, { snapshot, terms }),
      transcribes: isTranscription(exchange),
      beta: betaHeader(protocols, exchange.header("openai-beta")),
      request: {
        endpoint: "realtime",
        method: "GET",
        subPath: "",
        query: forwardedQuery(exchange.rawQuery()),
        contentType: "",
        forwarded: terms.forwarded,
      },
    };
  }

  #open({ route }: Asked): void {
    const { exchange, protocols } = this.#upgrade;
    const { requestId } = exchange;
    const { deadlines } = this.#deps;
    const relay = new RealtimeRelay(this, { timeouts: route.plainTimeouts, deadlines, requestId });
    const protocol = protocols.includes(REALTIME_PROTOCOL) ? REALTIME_PROTOCOL : "";
    const client = this.#upgrade.accept(protocol, relay);
    if (client === null) {
      this.#admission?.leave();
      return;
    }
    this.#relay = relay;
    this.#tally.plan = { stream: true, estimatedInputTokens: 0 };
    relay.begin(client);
    if (this.#admitted) this.#ask();
  }

  #ask(): void {
    if (this.#asked === null) throw new Error("asked before it was known where");
    const { route, terms } = this.#asked;
    const { deadlines } = this.#deps;
    const asked = { model: route.model ?? "", stream: true, estimatedInputTokens: 0, shownBody: null };
    this.#runner = new TryRunner(this, {
      endpoint: "realtime",
      tries: new Tries(route, this.#deps, new RequestFacts("realtime", asked, terms)),
      tally: this.#tally,
      deadlines,
      priority: terms.priority, // and no hedges: two sessions cannot be one
    });
    this.#runner.start();
  }

  /** In the session where there is one, else in place of it. */
  #fail(error: unknown): void {
    if (this.#relay === null) this.#answer.refuse(error);
    else if (error instanceof GatewayError) this.onFailure(error);
    else this.onFailure(GatewayError.from(error, "internal_error"));
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
