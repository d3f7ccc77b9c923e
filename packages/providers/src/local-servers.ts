/** Model servers that run on one's own machine, where they listen unless told otherwise, and how they list their models. */
import type { JsonObject } from "@headrace/core/json-object";
import { objectsOf, textOf } from "./json/read.ts";

export interface LocalServer {
  /** The adapter that it is reached by, and the name that its provider gets. */
  readonly adapter: string;
  readonly port: number;
  /** Below the origin. */
  readonly basePath: string;
  /** What lists its models, below the origin. */
  readonly modelsPath: string;
  /** The models in that list; null when it is another program's that happens to have the port. */
  readModels(body: JsonObject): readonly string[] | null;
}

export const LOCAL_SERVERS: readonly LocalServer[] = [
  // Ollama documentation, "API", "List Local Models".
  { adapter: "ollama", port: 11_434, basePath: "", modelsPath: "/api/tags", readModels: readTags },
  // LM Studio documentation, "OpenAI Compatibility Endpoints".
  server("lm-studio", 1_234, "organization_owner"),
  // vLLM documentation, "OpenAI-Compatible Server".
  server("vllm", 8_000, "vllm"),
  // llama.cpp, tools/server/README.md.
  server("llama-cpp", 8_080, "llamacpp"),
];

function server(adapter: string, port: number, owner: string): LocalServer {
  return {
    adapter,
    port,
    basePath: "/v1",
    modelsPath: "/v1/models",
    readModels: (body) => readList(body, owner),
  };
}

function readTags(body: JsonObject): readonly string[] | null {
  if (!Array.isArray(body.models)) return null;
  return objectsOf(body, "models").flatMap((model) => textOf(model, "name") ?? []);
}

function readList(body: JsonObject, owner: string): readonly string[] | null {
  const models = objectsOf(body, "data");
  if (body.object !== "list" || models.some((model) => model.owned_by !== owner)) return null;
  return models.flatMap((model) => textOf(model, "id") ?? []);
}
