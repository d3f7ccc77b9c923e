/** Platforms that serve several vendors' wires have an adapter for each; which one, a model's name tells. */
export interface PlatformModels {
  /** How people call them. */
  readonly models: string;
  /** The name of one of them at the platform. */
  readonly example: string;
}

/** By the platform's id; every adapter with `forModel` is in here, and a test sees to it. */
export const PLATFORM_MODELS: Readonly<Record<string, readonly PlatformModels[]>> = {
  "azure-openai": [
    { models: "those that think, by their deployments' names", example: "gpt-5.1" },
    { models: "all others", example: "gpt-4.1" },
  ],
  bedrock: [
    { models: "Claude", example: "anthropic.claude-sonnet-4-5-20250929-v1:0" },
    { models: "all others", example: "amazon.nova-pro-v1:0" },
  ],
  openai: [
    { models: "those that think", example: "gpt-5.1" },
    { models: "those that only Responses serves", example: "gpt-5-pro" },
    { models: "all others", example: "gpt-4.1" },
  ],
  vertex: [
    { models: "Gemini", example: "gemini-2.5-pro" },
    { models: "Claude", example: "claude-sonnet-4-5@20250929" },
    { models: "all others", example: "meta/llama-4-maverick-17b-128e-instruct-maas" },
  ],
};
