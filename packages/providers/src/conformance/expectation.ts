import type { FinishReason } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, flagOf, objectOf, objectsOf, textOf } from "../json/read.ts";

/** What somebody who reads a fixture with their own eyes finds in it; written by hand in the folder's expected.json. */
export interface Expectation {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly FoundCall[];
  readonly finish: FinishReason | null;
  readonly usage: ExpectedUsage | null;
  readonly error: { readonly message: string; readonly status: number | null } | null;
  /** The bytes end before the answer does. */
  readonly cut: boolean;
}

export interface FoundCall {
  readonly name: string;
  /** Parsed; the text itself, as `argumentsJson` in the file, where the answer was cut within it. */
  readonly arguments: unknown;
}

/** The provider's own sums: input with all of the cache, output with reasoning. */
export interface ExpectedUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

const FINISHES: ReadonlySet<string> = new Set<FinishReason>([
  "stop",
  "length",
  "tool-calls",
  "content-filter",
  "error",
  "other",
]);

export function readExpectation(raw: JsonObject): Expectation {
  const error = objectOf(raw, "error");
  // A provider may say by the finish that it failed.
  const finish = textOf(raw, "finish") ?? textOf(error ?? {}, "finish");
  const usage = objectOf(raw, "usage");
  const message = error === undefined ? undefined : textOf(error, "message");
  return {
    text: textOf(raw, "text") ?? "",
    thinking: textOf(raw, "thinking") ?? "",
    calls: objectsOf(raw, "calls").map((call) => ({
      name: textOf(call, "name") ?? "",
      arguments: textOf(call, "argumentsJson") ?? call.arguments,
    })),
    finish: finish !== undefined && isFinish(finish) ? finish : null,
    usage: usage === undefined ? null : readUsage(usage),
    error:
      message === undefined ? null : { message, status: error === undefined ? null : statusOf(error.status) },
    cut: flagOf(raw, "cut") ?? false,
  };
}

function isFinish(text: string): text is FinishReason {
  return FINISHES.has(text);
}

function statusOf(status: unknown): number | null {
  return typeof status === "number" ? status : null;
}

function readUsage(raw: JsonObject): ExpectedUsage {
  const count = (name: string): number => {
    const value = countOf(raw, name);
    if (value === undefined) throw new Error(`the expected usage has no ${name}: ${JSON.stringify(raw)}`);
    return value;
  };
  return {
    input: count("input"),
    cacheRead: count("cacheRead"),
    cacheWrite: count("cacheWrite"),
    output: count("output"),
    reasoning: count("reasoning"),
  };
}

export function demandFixtureObject(value: unknown, what: string): JsonObject {
  if (!isJsonObject(value)) throw new Error(`${what} is no JSON object`);
  return value;
}
