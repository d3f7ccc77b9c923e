/** Top-level fields of clients' requests that the canonical form does not know. */
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { Losses } from "../../translation/losses.ts";

/** Converse's own: a client that names one of them means Bedrock, whatever wire it writes it on. */
const CONVERSE_FIELDS: ReadonlySet<string> = new Set([
  "additionalModelResponseFieldPaths",
  "guardrailConfig",
  "performanceConfig",
  "promptVariables",
  "requestMetadata",
  "serviceTier",
]);
const MODEL_FIELDS = "additionalModelRequestFields";

/** Fields of other wires that mean nothing here, with the values for which that is so; null for all. */
const MEANINGLESS: ReadonlyMap<string, readonly unknown[] | null> = new Map<
  string,
  readonly unknown[] | null
>([
  ["store", [false]],
  ["stream_options", null],
  ["prompt_cache_key", null],
  ["prompt_cache_retention", null],
]);

/** OpenAI's and Anthropic's `service_tier`; undefined is Bedrock's own default. */
const SERVICE_TIERS: ReadonlyMap<unknown, string | undefined> = new Map([
  ["auto", undefined],
  ["default", undefined],
  ["standard_only", undefined],
  ["flex", "flex"],
  ["priority", "priority"],
]);

/** What is said of a call besides its content: for the logs of both. */
const METADATA_FIELDS: ReadonlySet<string> = new Set(["metadata", "labels", "user", "safety_identifier"]);
/** Bedrock API reference, "Converse", `requestMetadata`. */
const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;
const MAX_METADATA = 16;

export interface ClientFields {
  readonly top: JsonObject;
  /** Members of `additionalModelRequestFields`. */
  readonly model: JsonObject;
}

export function readClientFields(extra: ExtraFields, losses: Losses): ClientFields {
  const top: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (CONVERSE_FIELDS.has(name)) top[name] = value;
    else if (METADATA_FIELDS.has(name)) addMetadata(metadata, [name, value], losses);
    else if (name === "service_tier") addServiceTier(top, value, losses);
    else if (name !== MODEL_FIELDS && !isMeaningless(name, value)) losses.named(name);
  }
  if (Object.keys(metadata).length > 0) top.requestMetadata ??= metadata;
  const model = extra[MODEL_FIELDS];
  return { top, model: isJsonObject(model) ? model : {} };
}

function isMeaningless(name: string, value: unknown): boolean {
  const values = MEANINGLESS.get(name);
  return values !== undefined && (values === null || values.includes(value));
}

function addServiceTier(top: Record<string, unknown>, value: unknown, losses: Losses): void {
  const type = SERVICE_TIERS.get(value);
  if (type !== undefined) top.serviceTier ??= { type };
  else if (!SERVICE_TIERS.has(value)) losses.named("service_tier");
}

/** A map of texts, or one text under its field's name; all of it or nothing. */
function addMetadata(
  metadata: Record<string, string>,
  [name, value]: readonly [string, unknown],
  losses: Losses,
): void {
  const entries = Object.entries(isJsonObject(value) ? value : { [name]: value });
  const fit = entries.every(([key, text]) => key !== "" && METADATA_TEXT.test(key) && isMetadataText(text));
  if (fit && Object.keys(metadata).length + entries.length <= MAX_METADATA)
    Object.assign(metadata, Object.fromEntries(entries));
  else losses.named(name);
}

function isMetadataText(value: unknown): value is string {
  return typeof value === "string" && METADATA_TEXT.test(value);
}
