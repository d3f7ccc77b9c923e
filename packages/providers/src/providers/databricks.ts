import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiFamily } from "../families/openai-family.ts";
import { DATABRICKS } from "../wires/openai-chat/dialects.ts";

/**
 * Model Serving of a workspace; `account` is the workspace's host, such as `dbc-1a2b3c4d-5e6f.cloud.databricks.com`, and a
 * model's name that of its serving endpoint. Source: Databricks documentation, "Query foundation models", "Use OpenAI
 * clients".
 */
export const databricks: ProviderAdapter = openAiFamily({
  id: "databricks",
  title: "Databricks",
  baseUrl: ({ account }) => (account === undefined ? null : `https://${account}/serving-endpoints`),
  requiredSettings: ["account"],
  probePath: "/",
  dialect: DATABRICKS,
  serves: ["openai-completions", "openai-embeddings"],
});
