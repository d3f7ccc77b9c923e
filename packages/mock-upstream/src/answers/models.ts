import { CREATED_SECONDS } from "./chat.ts";

/** Models that the mock lists; it answers for any other name as well. */
const LISTED_MODELS: readonly string[] = [
  "gpt-4o",
  "gpt-4o-mini",
  "mock-model",
  "text-embedding-3-large",
  "text-embedding-3-small",
];

/** Body of `GET /v1/models`. */
export function modelList(): string {
  return JSON.stringify({ object: "list", data: LISTED_MODELS.map(model) });
}

/** Body of `GET /v1/models/{id}`, or undefined for a model that is not listed. */
export function modelById(id: string): string | undefined {
  return LISTED_MODELS.includes(id) ? JSON.stringify(model(id)) : undefined;
}

function model(id: string): object {
  return { id, object: "model", created: CREATED_SECONDS, owned_by: "headrace-mock" };
}
