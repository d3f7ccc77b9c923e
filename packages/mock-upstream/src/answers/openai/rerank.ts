import type { Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { isJsonObject, numberOf, stringOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import type { Refusal } from "../refusal.ts";
import { rank } from "../relevance.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

/** `POST /v1/rerank` in Jina's shape, which most vendors of rerankers follow. */
export const JINA_RERANK: JsonEndpoint = {
  kind: "json",
  name: "rerank",
  wire: openAiWire,
  needsTarget: false,
  answer: rerankAnswer,
};

function rerankAnswer({ body, behaviour }: Call): PlainAnswer | Refusal {
  for (const name of ["model", "query", "documents"]) if (body[name] === undefined) return missing(name);
  const documents = Array.isArray(body.documents) ? body.documents.map(textOfDocument) : [];
  if (documents.length === 0) return missing("documents");
  const ranked = rank(stringOf(body.query), documents, numberOf(body.top_n) ?? documents.length);
  const results = ranked.map(({ index, score }) => ({
    index,
    relevance_score: score,
    ...(body.return_documents === false ? {} : { document: { text: documents[index] } }),
  }));
  const usage = { total_tokens: behaviour.promptTokens * documents.length };
  return jsonAnswer({ model: body.model, object: "list", usage, results });
}

function textOfDocument(document: unknown): string {
  return isJsonObject(document) ? stringOf(document.text) : stringOf(document);
}
