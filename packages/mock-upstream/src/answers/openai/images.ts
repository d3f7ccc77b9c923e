import type { MockBehaviour } from "../../behaviour/fields.ts";
import { NAMED_EVENTS } from "../../wire/stream-format.ts";
import { CREATED_SECONDS } from "../answer-id.ts";
import type { BytesEndpoint, Call, DirectAnswer, JsonEndpoint, StreamedAnswer } from "../contract.ts";
import { type FormCall, fileOf, formEndpoint, receiptOf } from "../form-endpoint.ts";
import { type JsonObject, numberOf, stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { EventList } from "../stream-event.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

/** A PNG of one pixel. */
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const MAX_IMAGES = 10;

/** `POST /v1/images/generations`. */
export const IMAGE_GENERATIONS: JsonEndpoint = {
  kind: "json",
  name: "image-generations",
  wire: openAiWire,
  needsTarget: false,
  answer: ({ body, behaviour }: Call) =>
    body.prompt === undefined ? missing("prompt") : draw(body, behaviour),
};

/** `POST /v1/images/edits`. */
export const IMAGE_EDITS: BytesEndpoint = imageForm("image-edits");

/** `POST /v1/images/variations`. */
export const IMAGE_VARIATIONS: BytesEndpoint = imageForm("image-variations");

function imageForm(name: string): BytesEndpoint {
  return formEndpoint(name, openAiWire({ flavour: "openai" }), ({ parts, fields, behaviour }: FormCall) => {
    const file = fileOf(parts, "image") ?? fileOf(parts, "image[]");
    if (file === undefined) return missing("image");
    const asked = { ...fields, n: Number(fields.n ?? 1), stream: fields.stream === "true" };
    return draw(asked, behaviour, { x_mock_received: { file: receiptOf(file), fields } });
  });
}

function draw(body: JsonObject, behaviour: MockBehaviour, more: object = {}): DirectAnswer | Refusal {
  const count = numberOf(body.n) ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > MAX_IMAGES) {
    return refuse(`Invalid 'n': expected 1 to ${MAX_IMAGES}.`, { param: "n", code: "invalid_value" });
  }
  if (body.stream === true) return drawn(body, behaviour);
  const url = stringOf(body.response_format) === "url";
  const image = url ? { url: "https://images.example.com/mock.png" } : { b64_json: PIXEL };
  return jsonAnswer({
    created: CREATED_SECONDS,
    data: Array.from({ length: count }, () => image),
    ...more,
    usage: usageOf(behaviour),
  });
}

/** A picture that is seen coming into being. */
function drawn(body: JsonObject, behaviour: MockBehaviour): StreamedAnswer {
  const list = new EventList();
  const partials = numberOf(body.partial_images) ?? 0;
  for (let index = 0; index < partials; index += 1) {
    const type = "image_generation.partial_image";
    list.addToken(type, { type, partial_image_index: index, b64_json: PIXEL });
  }
  const type = "image_generation.completed";
  list.add(type, { type, b64_json: PIXEL, usage: usageOf(behaviour) });
  return { events: list.events, format: NAMED_EVENTS };
}

function usageOf({ promptTokens, chunks }: MockBehaviour): object {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { text_tokens: promptTokens, image_tokens: 0 },
    output_tokens: chunks,
    total_tokens: promptTokens + chunks,
  };
}
