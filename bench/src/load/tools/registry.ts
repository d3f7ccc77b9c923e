import type { ToolName } from "../../scenarios/options.ts";
import type { ToolAdapter } from "./adapter.ts";
import { k6 } from "./k6.ts";
import { oha } from "./oha.ts";
import { vegeta } from "./vegeta.ts";
import { wrk } from "./wrk.ts";

export const TOOL_ADAPTERS: Readonly<Record<Exclude<ToolName, "embedded">, ToolAdapter>> = {
  wrk,
  k6,
  vegeta,
  oha,
};
