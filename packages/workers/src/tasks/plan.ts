import type { Endpoint } from "@headrace/core/adapter";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "@headrace/core/json-object";
import { assertUtf8, parseJsonObject, viewAsBuffer } from "../json/decode-body.ts";
import { createKeySet, type Span, scanMembers } from "../json/scan.ts";
import { estimateInputTokens } from "./estimate-input.ts";
import { assertValidRequest } from "./validate-request.ts";

/** What {@link planRequest} takes. */
export interface PlanInput {
  readonly endpoint: Endpoint;
  /** The request body as it arrived. It is read, never changed. */
  readonly body: Uint8Array;
  /** Levels of arrays and objects that a body may nest. */
  readonly maxDepth: number;
}

/** What the gateway must know of a request before it chooses a target. Plain data: it crosses threads as it is. */
export interface Plan {
  /** The model that the client asked for. */
  readonly model: string;
  readonly stream: boolean;
  /** The client itself asked for `stream_options.include_usage`, so the usage chunk is for its eyes too. */
  readonly includeUsage: boolean;
  /** Bytes of the value of `model`, quotes included. */
  readonly modelSpan: Span;
  /** Bytes of the value of `stream_options`, or null when the body has none. */
  readonly streamOptionsSpan: Span | null;
  /** For a call that ends before its provider has told: see {@link estimateInputTokens}. */
  readonly estimatedInputTokens: number;
}

/** How the body for the provider shall differ from the client's. */
export interface UpstreamBodyOptions {
  /** The model's name at the provider. */
  readonly model: string;
  /** Ask for the usage chunk; only a streamed request is changed by it. */
  readonly includeUsage: boolean;
}

/**
 * Top-level fields that decide something here or at the provider. JSON leaves open which of two equal keys counts:
 * a provider that takes the first one would serve another model than the one that was checked, so they are refused.
 */
const ACTED_ON = createKeySet(["model", "stream", "stream_options", "messages", "prompt", "input"]);
const MODEL_SLOT = ACTED_ON.names.indexOf("model");
const STREAM_OPTIONS_SLOT = ACTED_ON.names.indexOf("stream_options");
const USAGE_OPTION = createKeySet(["include_usage"]);

/**
 * Checks a request body and finds what routing needs in it.
 *
 * @throws GatewayError `invalid_encoding`, `body_too_deep`, `duplicate_field`, `invalid_json`, `body_not_object`,
 * `missing_field`, `invalid_field`, in this order when a body earns several.
 */
export function planRequest(input: PlanInput): Plan {
  const body = viewAsBuffer(input.body);
  assertUtf8(body);
  const spans = findSpans(body, input.maxDepth);
  const request = parseJsonObject(body);
  assertValidRequest(input.endpoint, request);
  const { model, stream_options: streamOptions } = request;
  const modelSpan = spans[MODEL_SLOT];
  if (typeof model !== "string" || modelSpan === undefined)
    throw new GatewayError("missing_field", { param: "model" });
  return {
    model,
    stream: request.stream === true && input.endpoint !== "embeddings",
    includeUsage: isJsonObject(streamOptions) && streamOptions.include_usage === true,
    modelSpan,
    streamOptionsSpan: spans[STREAM_OPTIONS_SLOT] ?? null,
    estimatedInputTokens: estimateInputTokens(request),
  };
}

/**
 * The body for the provider: the client's bytes with the model's value replaced and, for a stream, the usage chunk
 * asked for. Every other byte stays, so unknown fields, number spellings and key order survive.
 *
 * @param body the bytes that `plan` was made from.
 * @returns `body` itself when nothing has to change.
 */
export function encodeUpstreamBody(body: Uint8Array, plan: Plan, options: UpstreamBodyOptions): Uint8Array {
  const splices: Splice[] = [];
  if (options.model !== plan.model) {
    const [start, end] = plan.modelSpan;
    splices.push({ start, end, text: JSON.stringify(options.model) });
  }
  if (options.includeUsage && plan.stream) addUsageSplices(body, plan, splices);
  return applySplices(body, splices);
}

/** Replaces the bytes `[start, end)` by `text`; `start === end` inserts. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function addUsageSplices(body: Uint8Array, plan: Plan, splices: Splice[]): void {
  if (plan.streamOptionsSpan === null) {
    const [, end] = plan.modelSpan;
    splices.push({ start: end, end, text: ',"stream_options":{"include_usage":true}' });
    return;
  }
  const [start, end] = plan.streamOptionsSpan;
  const value = viewAsBuffer(body).subarray(start, end);
  if (value[0] !== 0x7b) {
    splices.push({ start, end, text: '{"include_usage":true}' }); // null: validation lets nothing else through
    return;
  }
  let found = false;
  // Every occurrence, should there be two: which one counts is the provider's choice.
  scanMembers(
    value,
    { start: 0, keys: USAGE_OPTION, maxDepth: Number.POSITIVE_INFINITY },
    (_slot, [from, to]) => {
      found = true;
      if (value[from] !== 0x74) splices.push({ start: start + from, end: start + to, text: "true" });
    },
  );
  if (found) return;
  const isEmpty = value.subarray(1, -1).every((byte) => byte <= 0x20);
  splices.push({ start: start + 1, end: start + 1, text: `"include_usage":true${isEmpty ? "" : ","}` });
}

function applySplices(body: Uint8Array, splices: Splice[]): Uint8Array {
  if (splices.length === 0) return body;
  splices.sort((one, other) => one.start - other.start);
  let bodyBytes = body.length;
  for (const { start, end, text } of splices) bodyBytes += Buffer.byteLength(text) - (end - start);
  const result = Buffer.allocUnsafe(bodyBytes);
  let read = 0;
  let written = 0;
  for (const { start, end, text } of splices) {
    result.set(body.subarray(read, start), written);
    written += start - read;
    written += result.write(text, written);
    read = end;
  }
  result.set(body.subarray(read), written);
  return result;
}

/** Spans of the {@link ACTED_ON} fields by slot. */
function findSpans(body: Buffer, maxDepth: number): (Span | undefined)[] {
  const spans: (Span | undefined)[] = new Array(ACTED_ON.names.length).fill(undefined);
  scanMembers(body, { start: 0, keys: ACTED_ON, maxDepth }, (slot, span) => {
    if (spans[slot] !== undefined) throw duplicateField(ACTED_ON.names[slot]);
    spans[slot] = span;
  });
  return spans;
}

function duplicateField(name = ""): GatewayError {
  return new GatewayError("duplicate_field", {
    message: `The request body has the field "${name}" twice.`,
    param: name,
  });
}
