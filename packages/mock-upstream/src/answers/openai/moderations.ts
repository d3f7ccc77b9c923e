import { answerId } from "../answer-id.ts";
import type { Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { isJsonObject, stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import type { Refusal } from "../refusal.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

const CATEGORIES: readonly string[] = [
  "harassment",
  "harassment/threatening",
  "hate",
  "hate/threatening",
  "illicit",
  "illicit/violent",
  "self-harm",
  "self-harm/instructions",
  "self-harm/intent",
  "sexual",
  "sexual/minors",
  "violence",
  "violence/graphic",
];

/** `POST /v1/moderations`: a text is flagged for each category that it names, and for violence when it is "unsafe". */
export const MODERATIONS: JsonEndpoint = {
  kind: "json",
  name: "moderations",
  wire: openAiWire,
  needsTarget: false,
  answer: moderate,
};

function moderate({ body }: Call): PlainAnswer | Refusal {
  if (body.input === undefined) return missing("input");
  const model = stringOf(body.model) || "omni-moderation-latest";
  return jsonAnswer({ id: answerId("modr-", model), model, results: textsOf(body.input).map(resultOf) });
}

/** One text for each result; parts of one input are judged together. */
function textsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [String(input)];
  if (!input.every(isJsonObject)) return input.map(String);
  return [input.map((part) => stringOf(part.text)).join("\n")];
}

function resultOf(text: string): object {
  const said = text.toLowerCase();
  const flagged = CATEGORIES.filter(
    (category) => said.includes(category) || (category === "violence" && said.includes("unsafe")),
  );
  const each = <T>(value: (named: boolean) => T): Record<string, T> =>
    Object.fromEntries(CATEGORIES.map((category) => [category, value(flagged.includes(category))]));
  return {
    flagged: flagged.length > 0,
    categories: each((named) => named),
    category_scores: each((named) => (named ? 0.98 : 0.0001)),
  };
}
