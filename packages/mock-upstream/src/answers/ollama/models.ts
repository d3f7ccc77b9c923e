import { CREATED_SECONDS, hashHex } from "../answer-id.ts";
import type { BytesEndpoint, Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { numberOf, stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { unitVector } from "../vectors.ts";
import { OLLAMA } from "./wire.ts";

const INSTALLED: readonly string[] = ["llama3.2:latest", "nomic-embed-text:latest", "qwen3:8b"];
const DEFAULT_DIMENSIONS = 768;

/** `GET /api/tags`. */
export const OLLAMA_TAGS: BytesEndpoint = {
  kind: "bytes",
  name: "ollama-tags",
  wire: () => OLLAMA,
  needsTarget: false,
  answer: () => jsonAnswer({ models: INSTALLED.map(installedModel) }),
};

/** `GET /api/version`. */
export const OLLAMA_VERSION: BytesEndpoint = {
  kind: "bytes",
  name: "ollama-version",
  wire: () => OLLAMA,
  needsTarget: false,
  answer: () => jsonAnswer({ version: "0.12.6" }),
};

/** `POST /api/embed`. */
export const OLLAMA_EMBED: JsonEndpoint = {
  kind: "json",
  name: "ollama-embed",
  wire: () => OLLAMA,
  needsTarget: false,
  answer: embedAnswer,
};

function embedAnswer({ body, behaviour }: Call): PlainAnswer | Refusal {
  if (typeof body.model !== "string" || body.model === "") return refuse("model is required");
  const inputs = Array.isArray(body.input) ? body.input.map(stringOf) : [stringOf(body.input)];
  const size = numberOf(body.dimensions) ?? DEFAULT_DIMENSIONS;
  return jsonAnswer({
    model: body.model,
    embeddings: inputs.map((text) => Array.from(unitVector(text, size))),
    total_duration: 1_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: behaviour.promptTokens * inputs.length,
  });
}

function installedModel(name: string): object {
  return {
    name,
    model: name,
    modified_at: new Date(CREATED_SECONDS * 1_000).toISOString(),
    size: 2_019_393_189,
    digest: hashHex(name).repeat(8),
    details: { format: "gguf", family: "mock", parameter_size: "3.2B", quantization_level: "Q4_K_M" },
  };
}
