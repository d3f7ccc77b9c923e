import type { ChatRequest, SamplingParams } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { Losses } from "../../translation/losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { type InputNames, inputNames } from "./input-names.ts";
import { modelTarget } from "./model-target.ts";
import { type Prompt, writePrompt } from "./prompt.ts";

/** Further inputs of the model, as its page names them. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["input"]);

/**
 * Writes a prediction (Replicate HTTP API, "Create a prediction using an official model"). Models there take a prompt,
 * so that a conversation becomes one, and neither tools nor a form of the answer can be asked for. It is the same for a
 * stream: the answer comes whole, see stream-decoder.ts.
 *
 * @throws GatewayError `invalid_field` for media that the model cannot be given
 */
export function encodePrediction(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const losses = new Losses(request.wire);
  loseCacheMarks(request, losses);
  const names = inputNames(target.model);
  const own = takeOwnFields(request.extra, OWN_FIELDS, losses);
  const prompt = writePrompt(request, losses);
  noteLosses(request, losses);
  const input: JsonObject = {
    prompt: prompt.text,
    ...(prompt.system === "" ? {} : { [names.system]: prompt.system }),
    ...encodeImages(prompt, names, losses),
    ...encodeSampling(request.sampling, names, losses),
    ...encodeEffort(request, names, losses),
    ...(isJsonObject(own.input) ? own.input : {}),
  };
  const { version } = modelTarget(target.model);
  return { body: { ...(version === null ? {} : { version }), input }, headers: [], lost: losses.paths };
}

function noteLosses({ tools, responseFormat }: ChatRequest, losses: Losses): void {
  if (tools.length > 0) losses.named("tools");
  if (responseFormat !== undefined && responseFormat.type !== "text") losses.field("responseFormat");
}

function encodeImages({ images }: Prompt, names: InputNames, losses: Losses): JsonObject {
  if (images.length === 0) return {};
  const { name, several } = names.images;
  if (several) return { [name]: images };
  if (images.length === 1) return { [name]: images[0] };
  throw new GatewayError("invalid_field", {
    param: losses.pathOf("part", "image"),
    message: "The model takes one image, and leaving the others out would change the answer.",
  });
}

/** With the values that mean the same as saying nothing. */
const DEFAULTS: readonly (readonly [keyof SamplingParams, unknown])[] = [
  ["choices", 1],
  ["logprobs", false],
  ["topLogprobs", 0],
  ["frequencyPenalty", 0],
  ["presencePenalty", 0],
];

function encodeSampling(sampling: SamplingParams, names: InputNames, losses: Losses): JsonObject {
  const input: Record<string, unknown> = {};
  for (const [field, value] of entriesOf(sampling)) {
    const name = names.sampling[field];
    const written = field === "stop" ? joinStops(sampling.stop ?? []) : value;
    if (name !== undefined && written !== null) input[name] = written;
    else if (!DEFAULTS.some(([known, isDefault]) => known === field && value === isDefault))
      losses.field(field);
  }
  return input;
}

function entriesOf(sampling: SamplingParams): readonly (readonly [keyof SamplingParams, unknown])[] {
  return SAMPLING_FIELDS.map((field) => [field, sampling[field]] as const).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
}

/** All but how tools may be called, which are lost as a whole. */
const SAMPLING_FIELDS: readonly (keyof SamplingParams)[] = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "frequencyPenalty",
  "presencePenalty",
  "seed",
  "choices",
  "stop",
  "logprobs",
  "topLogprobs",
];

/** The field is a list of texts with commas between them; null for texts that have commas themselves. */
function joinStops(stops: readonly string[]): string | null {
  return stops.some((stop) => stop.includes(",")) ? null : stops.join(",");
}

function encodeEffort({ reasoning }: ChatRequest, { effort }: InputNames, losses: Losses): JsonObject {
  if (reasoning?.effort === undefined && reasoning?.budgetTokens === undefined) return {};
  if (effort !== null && reasoning.effort !== undefined) return { [effort]: reasoning.effort };
  if (reasoning.effort !== "none" && reasoning.budgetTokens !== 0) losses.field("reasoning");
  return {};
}
