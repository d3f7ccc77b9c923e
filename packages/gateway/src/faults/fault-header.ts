import type { FaultConfig, FaultRuleConfig } from "@headrace/core/config/types-traffic";
import { GatewayError } from "@headrace/core/errors/gateway-error";

/** A request's, to ask for a failure; an answer's, to own up to it. */
export const FAULT_HEADER = "x-headrace-fault";

type FaultName = FaultConfig["fault"];

const MAX_LATENCY_MS = 3_600_000;
const MAX_EVENTS = 1_000_000;

interface Range {
  readonly min: number;
  readonly max: number;
}

interface Form {
  /** The bounds of the number that stands behind the fault's own name; null for one that has none. */
  readonly value: Range | null;
  /** Further parameters that are numbers. */
  readonly numbers: Readonly<Record<string, Range>>;
  build(value: number, numbers: ReadonlyMap<string, number>): FaultConfig;
}

const RETRY_AFTER = { "retry-after-ms": { min: 0, max: MAX_LATENCY_MS } };
const AFTER_EVENTS = { "after-events": { min: 0, max: MAX_EVENTS } };

/** `status=503; retry-after-ms=100`, `latency=2000`, `stall; after-events=3`, … */
const FORMS: Readonly<Record<FaultName, Form>> = {
  status: {
    value: { min: 400, max: 599 },
    numbers: RETRY_AFTER,
    build: (status, numbers) => ({
      fault: "status",
      status,
      ...optional("retryAfterMs", numbers.get("retry-after-ms")),
    }),
  },
  latency: {
    value: { min: 0, max: MAX_LATENCY_MS },
    numbers: {},
    build: (latencyMs) => ({ fault: "latency", latencyMs }),
  },
  stall: { value: null, numbers: AFTER_EVENTS, build: (_, numbers) => afterEvents("stall", numbers) },
  cut: { value: null, numbers: AFTER_EVENTS, build: (_, numbers) => afterEvents("cut", numbers) },
  malformed: { value: null, numbers: AFTER_EVENTS, build: (_, numbers) => afterEvents("malformed", numbers) },
  "error-in-200": { value: null, numbers: {}, build: () => ({ fault: "error-in-200" }) },
};

/** How a fault is written in a header; the other way round it is {@link readFault}. */
export function writeFault(fault: FaultConfig): string {
  if (fault.fault === "status") {
    const { status, retryAfterMs } = fault;
    return `status=${status}${retryAfterMs === undefined ? "" : `; retry-after-ms=${retryAfterMs}`}`;
  }
  if (fault.fault === "latency") return `latency=${fault.latencyMs}`;
  if (fault.fault === "error-in-200" || (fault.afterEvents ?? 0) === 0) return fault.fault;
  return `${fault.fault}; after-events=${fault.afterEvents}`;
}

/**
 * Reads the header of a request that asks for a failure: a fault, then parameters, of which `provider` says that only
 * tries there fail.
 *
 * @throws GatewayError `invalid_override`
 */
export function readFault(header: string): FaultRuleConfig {
  const [[name, value], ...parameters] = splitPairs(header);
  const form = Object.hasOwn(FORMS, name) ? FORMS[name as FaultName] : undefined;
  if (form === undefined) throw invalid(`knows ${Object.keys(FORMS).join(", ")}, and no other faults`);
  if (form.value === null && value !== null) throw invalid(`takes no value for ${name}`);
  const numbers = new Map<string, number>();
  let provider: string | undefined;
  for (const [parameter, text] of parameters) {
    const range = Object.hasOwn(form.numbers, parameter) ? form.numbers[parameter] : undefined;
    if (parameter === "provider" && text !== null && text !== "") provider = text;
    else if (range !== undefined) numbers.set(parameter, numberIn(parameter, text, range));
    else throw invalid(`takes ${["provider", ...Object.keys(form.numbers)].join(" and ")} beside ${name}`);
  }
  const own = form.value === null ? 0 : numberIn(name, value, form.value);
  return { ...form.build(own, numbers), ...optional("provider", provider), share: 1 };
}

type Pair = readonly [name: string, value: string | null];

function splitPairs(header: string): readonly [Pair, ...Pair[]] {
  const [first = "", ...others] = header.split(";");
  return [pairOf(first), ...others.map(pairOf)];
}

function pairOf(text: string): Pair {
  const at = text.indexOf("=");
  return at === -1 ? [text.trim(), null] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function numberIn(name: string, text: string | null, { min, max }: Range): number {
  const number = text !== null && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw invalid(`wants ${name} to be a whole number from ${min} to ${max}`);
}

function afterEvents(
  fault: "stall" | "cut" | "malformed",
  numbers: ReadonlyMap<string, number>,
): FaultConfig {
  return { fault, ...optional("afterEvents", numbers.get("after-events")) };
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V });
}

function invalid(what: string): GatewayError {
  return new GatewayError("invalid_override", {
    message: `The header ${FAULT_HEADER} ${what}.`,
    param: FAULT_HEADER,
  });
}
