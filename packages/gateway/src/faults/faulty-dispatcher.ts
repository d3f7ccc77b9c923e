import type { IncomingHttpHeaders } from "node:http";
import type { FaultConfig } from "@headrace/core/config/types-traffic";
import type { AnswerController, AnswerHandler, Asker, AskOptions } from "../upstream/asker.ts";
import { firstValue } from "../upstream/header-value.ts";
import { type EventCount, openEventCount } from "./event-count.ts";
import { type AskedCall, errorIn200, type MadeAnswer, refusal } from "./made-answer.ts";
import { StandIn } from "./stand-in.ts";

/** A failure in the middle of an answer. */
type BrokenFault = Extract<FaultConfig, { readonly afterEvents?: number }>;

/** As a socket that its other side has closed. */
class MadeCut extends Error {
  readonly code = "UND_ERR_SOCKET";
}

/** Not a message of any framing: no JSON in an event, no checksum in binary. */
const GARBAGE = Buffer.from('data: {"broken":"on purpose\n\n');
const FIRST_ERROR_STATUS = 300;

/**
 * Asks a provider so that it fails. It stands where connections are, so that whatever is above it, clocks, retries and
 * circuits, meets what it would meet in earnest.
 */
export function faultyDispatcher(inner: Asker, fault: FaultConfig, call: AskedCall): Asker {
  return {
    dispatch(options, handler) {
      setImmediate(() => ask({ inner, options, handler }, fault, call));
      return true;
    },
  };
}

interface Request {
  readonly inner: Asker;
  readonly options: AskOptions;
  readonly handler: AnswerHandler;
}

function ask(request: Request, fault: FaultConfig, call: AskedCall): void {
  const standIn = new StandIn(request.handler);
  if (!standIn.start()) return;
  switch (fault.fault) {
    case "status":
      answer(standIn, request, refusal(fault, call));
      return;
    case "error-in-200":
      answer(standIn, request, errorIn200(call));
      return;
    case "latency":
      askLater(standIn, request, fault.latencyMs);
      return;
    default:
      breakOff(standIn, request, fault);
  }
}

function answer(standIn: StandIn, { handler }: Request, { status, headers, body }: MadeAnswer): void {
  if (!standIn.aborted) handler.onResponseStart?.(standIn, status, headers, "");
  if (!standIn.aborted) handler.onResponseData?.(standIn, body);
  if (!standIn.aborted) handler.onResponseEnd?.(standIn, {});
}

function askLater(standIn: StandIn, request: Request, latencyMs: number): void {
  const timer = setTimeout(() => {
    request.inner.dispatch(request.options, new PassedAnswer(standIn, request.handler));
  }, latencyMs);
  standIn.onAbort = () => clearTimeout(timer);
}

function breakOff(standIn: StandIn, request: Request, fault: BrokenFault): void {
  const { inner, options, handler } = request;
  const early = (fault.afterEvents ?? 0) === 0;
  if (early && fault.fault === "stall") return; // until its clock or its client ends it
  if (early && fault.fault === "cut") standIn.abort(new MadeCut("made on purpose"));
  else inner.dispatch(options, new BrokenAnswer(standIn, handler, fault));
}

/** A real answer for a call that has begun already. */
class PassedAnswer implements AnswerHandler {
  protected readonly standIn: StandIn;
  protected readonly handler: AnswerHandler;

  constructor(standIn: StandIn, handler: AnswerHandler) {
    this.standIn = standIn;
    this.handler = handler;
  }

  onRequestStart(controller: AnswerController): void {
    this.standIn.lead(controller);
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    this.handler.onResponseStart?.(this.standIn, status, headers, "");
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.handler.onResponseData?.(this.standIn, chunk);
  }

  onResponseEnd(_controller: unknown, trailers: IncomingHttpHeaders): void {
    this.handler.onResponseEnd?.(this.standIn, trailers);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.handler.onResponseError?.(this.standIn, error);
  }
}

/** A real answer until so many events of it have come, or, for one that is no stream, half of its first piece. */
class BrokenAnswer extends PassedAnswer {
  readonly #fault: BrokenFault;
  /** Null once it has happened, and for an answer to which it does not. */
  #strike: ((chunk: Buffer) => number) | null = null;
  #silent = false;

  constructor(standIn: StandIn, handler: AnswerHandler, fault: BrokenFault) {
    super(standIn, handler);
    this.#fault = fault;
  }

  override onResponseStart(controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < FIRST_ERROR_STATUS) this.#strike = placeOf(this.#fault, firstValue(headers["content-type"]));
    super.onResponseStart(controller, status, headers);
  }

  override onResponseData(controller: unknown, chunk: Buffer): void {
    if (this.#silent) return;
    const at = this.#strike?.(chunk) ?? -1;
    if (at === -1) {
      super.onResponseData(controller, chunk);
      return;
    }
    this.#strike = null;
    if (at > 0) super.onResponseData(controller, chunk.subarray(0, at));
    if (this.standIn.aborted) return;
    if (this.#fault.fault === "malformed") {
      super.onResponseData(controller, GARBAGE);
      if (!this.standIn.aborted && at < chunk.length) super.onResponseData(controller, chunk.subarray(at));
      return;
    }
    this.#silent = true;
    if (this.#fault.fault === "cut") this.standIn.abort(new MadeCut("made on purpose"));
    else this.standIn.silence();
  }

  override onResponseEnd(controller: unknown, trailers: IncomingHttpHeaders): void {
    if (!this.#silent) super.onResponseEnd(controller, trailers);
  }
}

function placeOf({ afterEvents = 0 }: BrokenFault, contentType: string): (chunk: Buffer) => number {
  const count: EventCount | null = openEventCount(contentType, afterEvents);
  if (count !== null) return (chunk) => count.find(chunk);
  return (chunk) => (afterEvents === 0 ? 0 : chunk.length >> 1);
}
