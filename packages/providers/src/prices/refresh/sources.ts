/** A published package that lists prices, pinned. */
export type PriceSource = {
  readonly title: string;
  /** The client that fetches it, and the package's name and version there. */
  readonly client: "npm" | "pip";
  readonly name: string;
  readonly version: string;
  /** Of the file that the client fetches, in hex. */
  readonly sha256: string;
  /** The file within it that is read. */
  readonly file: string;
  readonly licence: "MIT";
  /** The line of its licence that has to go with the data. */
  readonly copyright: string;
};

/** Model names as the providers write them, and most of what they bill by. Goes first. */
export const LITELLM: PriceSource = {
  title: "LiteLLM's model_prices_and_context_window",
  client: "pip",
  name: "litellm",
  version: "1.109.1",
  sha256: "1c8b4dd671fa0cd0850aa751678704ff77e595fb1e6085b2dc3be39ee19bdaaf",
  file: "litellm/model_prices_and_context_window_backup.json",
  licence: "MIT",
  copyright: "Copyright (c) 2023 Berri AI",
};

/** Fills in OpenRouter and models that the other lists no more. */
export const GENAI_PRICES: PriceSource = {
  title: "Pydantic's genai-prices",
  client: "npm",
  name: "@pydantic/genai-prices",
  version: "0.1.8",
  sha256: "8c9ba41e46719abc54a0ae4756ba5f2b5a768b8117fb29f40c5ca7ed3146eb5b",
  file: "package/dist/index.js",
  licence: "MIT",
  copyright: "Copyright (c) Pydantic Services Inc. 2025 to present",
};
