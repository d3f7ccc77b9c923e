import type { PathCall } from "@headrace/core/provider-adapter";

/** What stands before a model's name below `…/v1beta` of the Gemini API. */
export const GEMINI_MODELS = "/models/";
/** The same below `…/locations/{location}` of Vertex AI. */
export const VERTEX_MODELS = "/publishers/google/models/";

/** The model's own path, to which the name of a method is added, such as `:generateContent`. */
export function modelPath({ model }: PathCall, modelsPath: string): string {
  const name = model.replace(/^models\//, "");
  // One of another collection names it, such as tunedModels/x.
  if (name.includes("/")) return `/${name.split("/").map(encodeURIComponent).join("/")}`;
  return modelsPath + encodeURIComponent(name);
}
