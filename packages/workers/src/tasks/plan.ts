import { CARRIED_MARK, CARRIED_MARK_BASE64 } from "@headrace/core/canonical/carried-state";
import { ENDPOINTS, type Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "@headrace/core/json-object";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import { asksForOneText } from "@headrace/providers/translation/one-text";
import { assertUtf8, parseJsonObject, viewAsBuffer } from "../json/decode-body.ts";
import { createKeySet, type Span, scanMembers } from "../json/scan.ts";
import { boundedCopy } from "./bounded-copy.ts";
import { estimateInputTokens } from "./estimate-input.ts";
import { assertValidRequest } from "./validate-request.ts";

/** What {@link planRequest} takes. */
export interface PlanInput {
  readonly endpoint: Endpoint;
  /** The request body as it arrived. It is read, never changed. */
  readonly body: Uint8Array;
  readonly path: PathFacts;
  /** Levels of arrays and objects that a body may nest. */
  readonly maxDepth: number;
  /** Some route looks into requests; absent = none does. */
  readonly showsBody?: boolean;
}

/** What the gateway must know of a request before it chooses a target. Plain data: it crosses threads as it is. */
export interface Plan {
  /** The model that the client asked for. */
  readonly model: string;
  readonly stream: boolean;
  /** The client itself asked for `stream_options.include_usage`, so the usage chunk is for its eyes too. */
  readonly includeUsage: boolean;
  /** Bytes of the value of `model`, quotes included, or null when the body has none. */
  readonly modelSpan: Span | null;
  /** Bytes of the value of `stream_options`, or null when the body has none. */
  readonly streamOptionsSpan: Span | null;
  /** For a call that ends before its provider has told: see {@link estimateInputTokens}. */
  readonly estimatedInputTokens: number;
  /** The body brings back a provider's opaque state in the gateway's own spelling, so it must not pass as it is. */
  readonly carriesState: boolean;
  /** Its answer is one text, which another model could go on with. */
  readonly continuable: boolean;
  /** What routing may look at; null when no route does. */
  readonly shownBody: unknown;
}

/**
 * Top-level fields that decide something here or at the provider. JSON leaves open which of two equal keys counts:
 * a provider that takes the first one would serve another model than the one that was checked, so they are refused.
 */
const ACTED_ON = createKeySet(["model", "stream", "stream_options", "messages", "prompt", "input"]);
const MODEL_SLOT = ACTED_ON.names.indexOf("model");
const STREAM_OPTIONS_SLOT = ACTED_ON.names.indexOf("stream_options");
/** Google's signatures are base64, and so is what Bedrock hides; and what others' become there. */
const IN_BASE64: ReadonlySet<Endpoint> = new Set<Endpoint>(["generate-content", "converse"]);
const CARRIED_BYTES = Buffer.from(CARRIED_MARK);
const CARRIED_BASE64_BYTES = Buffer.from(CARRIED_MARK_BASE64);

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
  const { stream_options: streamOptions } = request;
  const { modelIn, operation } = ENDPOINTS[input.endpoint];
  const model = modelIn === "path" ? input.path.model : request.model;
  if (typeof model !== "string") throw new GatewayError("missing_field", { param: "model" });
  const asksForStream = modelIn === "path" ? input.path.stream : request.stream === true;
  const stream = asksForStream && (operation === "chat" || input.endpoint === "images");
  return {
    model,
    stream,
    includeUsage: isJsonObject(streamOptions) && streamOptions.include_usage === true,
    modelSpan: spans[MODEL_SLOT] ?? null,
    streamOptionsSpan: spans[STREAM_OPTIONS_SLOT] ?? null,
    estimatedInputTokens: estimateInputTokens(request),
    carriesState: operation === "chat" && carriesState(body, input.endpoint),
    continuable: stream && asksForOneText(input.endpoint, request),
    shownBody: input.showsBody === true ? boundedCopy(request) : null,
  };
}

function carriesState(body: Buffer, endpoint: Endpoint): boolean {
  if (body.indexOf(CARRIED_BYTES) !== -1) return true;
  return IN_BASE64.has(endpoint) && body.indexOf(CARRIED_BASE64_BYTES) !== -1;
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
