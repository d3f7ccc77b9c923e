import { CREATED_SECONDS } from "../answer-id.ts";
import type { BytesCall, BytesEndpoint, PlainAnswer } from "../contract.ts";
import { jsonAnswer } from "../json-answer.ts";
import { Refusal } from "../refusal.ts";
import { openAiWire } from "./wire.ts";

/** Models that the mock lists; it answers for any other name as well. */
const LISTED_MODELS: readonly string[] = [
  "gpt-4o",
  "gpt-4o-mini",
  "mock-model",
  "text-embedding-3-large",
  "text-embedding-3-small",
];

const CLAUDE_MODELS: readonly string[] = ["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"];
const ONE_MODEL = /\/models\/(.+)$/;

/** `GET /v1/models` and `GET /v1/models/{id}`. */
export const MODELS: BytesEndpoint = {
  kind: "bytes",
  name: "models",
  wire: openAiWire,
  needsTarget: true,
  answer: modelsAnswer,
};

function modelsAnswer({ target }: BytesCall): PlainAnswer | Refusal {
  if (target.headers["anthropic-version"] !== undefined) return anthropicList();
  const encoded = ONE_MODEL.exec(target.path)?.[1];
  if (encoded === undefined) return jsonAnswer({ object: "list", data: LISTED_MODELS.map(model) });
  const id = decodeId(encoded);
  if (LISTED_MODELS.includes(id)) return jsonAnswer(model(id));
  return new Refusal({
    status: 404,
    message: `The model '${id}' does not exist`,
    param: "model",
    code: "model_not_found",
  });
}

/** Anthropic has its list on the same path, and tells its clients by the header that all of them send. */
function anthropicList(): PlainAnswer {
  const created_at = new Date(CREATED_SECONDS * 1_000).toISOString();
  const data = CLAUDE_MODELS.map((id) => ({ type: "model", id, display_name: id, created_at }));
  return jsonAnswer({ data, has_more: false, first_id: CLAUDE_MODELS[0], last_id: CLAUDE_MODELS.at(-1) });
}

function model(id: string): object {
  return { id, object: "model", created: CREATED_SECONDS, owned_by: "headrace-mock" };
}

function decodeId(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
