/** A model of each adapter whose codec looks at the name; the newest kind that it knows. */
const MODELS: Readonly<Record<string, string>> = {
  anthropic: "claude-sonnet-4-5",
  cohere: "command-a-03-2025",
  gemini: "gemini-2.5-pro",
};

export function probeModel(adapterId: string): string {
  return MODELS[adapterId] ?? "probe";
}
