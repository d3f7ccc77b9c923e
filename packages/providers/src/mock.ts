import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { openAiWireAdapter } from "./families/openai-wire.ts";

/** The fake provider that runs inside the gateway; the supervisor starts it and fills in its address. */
export const mock: ProviderAdapter = openAiWireAdapter({ id: "mock", title: "Mock", defaultBaseUrl: null });
