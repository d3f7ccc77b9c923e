// Generated from the registry by `pnpm --filter @headrace/providers generate`; do not edit.
import type { AdapterFacts } from "../config/adapter-facts.ts";

export const ADAPTERS: readonly AdapterFacts[] = [
  {
    id: "mock",
    title: "Mock",
    needsBaseUrl: false,
    requiredSettings: [],
    optionalSettings: [],
    auth: "none",
    needsKey: false,
  },
  {
    id: "openai",
    title: "OpenAI",
    needsBaseUrl: false,
    requiredSettings: [],
    optionalSettings: [],
    auth: "key-header",
    needsKey: true,
  },
  {
    id: "openai-compatible",
    title: "OpenAI-compatible",
    needsBaseUrl: true,
    requiredSettings: [],
    optionalSettings: [],
    auth: "key-header",
    needsKey: false,
  },
];
