import type { TimeoutsConfig } from "@headrace/core/config/types";
import type { FaultPlan } from "../faults/fault-plan.ts";
import { upstreamWithFaults } from "../faults/upstream-with-faults.ts";
import type { Destination } from "../snapshot/snapshot.ts";
import type { UploadBody } from "../uploads/upload-body.ts";
import type { SenderDeps } from "./call-sender.ts";
import type { Leg } from "./leg.ts";
import type { RelayedHead } from "./relayed-answer.ts";
import {
  prepareRelayed,
  type RelayedRequest,
  type RelayedService,
  relayedService,
  type SendableRequest,
} from "./relayed-request.ts";
import { RelayedTry } from "./relayed-try.ts";

/** A call that is about to be tried. */
export interface RelayedSentCall {
  readonly request: RelayedRequest;
  /** Null without a body. */
  readonly upload: UploadBody | null;
  /** Of a form; null for a body that nobody here reads. */
  readonly boundary: string | null;
  readonly timeouts: TimeoutsConfig;
  readonly faults: FaultPlan | null;
}

type RelayedLeg = Leg<Destination, RelayedHead>;

/** Writes the heads of one call's requests, as each of its targets is to get them, and sends them with the client's body. */
export class RelayedSender {
  readonly #deps: SenderDeps;
  readonly #call: RelayedSentCall;
  #closed = false;

  constructor(deps: SenderDeps, call: RelayedSentCall) {
    this.#deps = deps;
    this.#call = call;
  }

  /** False once a part of the body is gone. */
  get maySendAgain(): boolean {
    return this.#call.upload?.replayable !== false;
  }

  /** Writes the head of the request for a leg's target, maybe with a token that has to come first, and sends it. */
  send(leg: RelayedLeg): void | Promise<void> {
    const { request, upload } = this.#call;
    const served = relayedService(request.endpoint, leg.target);
    if (served === null) throw new Error("a provider was chosen that does not serve the call");
    const bodyBytes = served.translated ? null : (upload?.lengthWith(leg.target.model) ?? null);
    const ready = prepareRelayed(request, leg.target, { ...served, bodyBytes });
    const hasBody = bodyBytes !== 0;
    if (ready instanceof Promise) return ready.then((late) => this.#run(leg, late, { ...served, hasBody }));
    this.#run(leg, ready, { ...served, hasBody });
  }

  /** Nobody is asked any more. */
  close(): void {
    this.#closed = true;
  }

  #run(
    leg: RelayedLeg,
    { path, headers, proof }: SendableRequest,
    { service, translated, wire, hasBody }: RelayedService & { readonly hasBody: boolean },
  ): void {
    if (leg.dropped || this.#closed) return;
    const { target, record } = leg;
    const { request, upload, boundary, timeouts, faults } = this.#call;
    const { deadlines, offload, random } = this.#deps;
    const attempt = new RelayedTry(leg, {
      destination: target,
      service,
      proof,
      timeouts,
      deadlines,
      translation: translated && boundary !== null ? { boundary, offload } : null,
      onLost: (names) => {
        record.lost = names;
      },
    });
    leg.run(attempt);
    const call = { wire, stream: false };
    const upstream = faults === null ? target.upstream : upstreamWithFaults(record, faults, { call, random });
    const body = hasBody ? (upload?.open(target.model) ?? null) : null;
    attempt.start({ upstream, path, headers, method: request.method }, body);
  }
}
