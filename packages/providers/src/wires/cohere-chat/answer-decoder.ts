import type { AssistantPart, ChatAnswer } from "@headrace/core/canonical/chat";
import { type Citation, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { usageFromCohere } from "../../cohere/usage.ts";
import { defined, extraOf, listOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { citedBlock, readCitations } from "./citations.ts";
import { finishFromCohere } from "./finish-reasons.ts";
import { readLogprobs } from "./logprobs.ts";
import { errorIn } from "./provider-errors.ts";

const ANSWER_FIELDS: ReadonlySet<string> = new Set(["id", "message", "finish_reason", "usage", "logprobs"]);

/**
 * Reads a whole answer (Cohere API reference, "Chat").
 *
 * @throws GatewayError `upstream_invalid_response`, or `upstream_error` for an error inside a 200
 */
export function decodeCohereAnswer(body: JsonObject): ChatAnswer {
  const message = objectOf(body, "message");
  if (message === undefined) throw notAnAnswer(body);
  const content = readContent(message);
  const { calls, jsonAnswer } = readCalls(message);
  const plan = textOf(message, "tool_plan") ?? "";
  return {
    wire: "cohere-chat",
    id: textOf(body, "id") ?? "",
    model: "",
    createdAtSeconds: null,
    choices: [
      {
        index: 0,
        parts: [
          // What the model means to do with its tools, which is not for the user's eyes.
          ...(plan === "" ? [] : [{ type: "thinking", text: plan, extra: NO_EXTRA } as const]),
          ...content,
          ...(jsonAnswer === null ? [] : [{ type: "text", text: jsonAnswer, extra: NO_EXTRA } as const]),
          ...calls,
        ],
        finish: finishFromCohere(textOf(body, "finish_reason") ?? "", {
          calls: calls.length,
          answeredInJson: jsonAnswer !== null,
        }),
        ...defined({ logprobs: readLogprobs(body.logprobs) }),
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromCohere(body.usage),
    extra: extraOf(body, ANSWER_FIELDS),
  };
}

function notAnAnswer(body: JsonObject): GatewayError {
  const message = errorIn(body);
  return message === null
    ? new GatewayError("upstream_invalid_response")
    : new GatewayError("upstream_error", { message });
}

function readContent(message: JsonObject): readonly AssistantPart[] {
  const whole = textOf(message, "content");
  const blocks = whole === undefined ? (listOf(message, "content") ?? []) : [{ type: "text", text: whole }];
  const citations = objectsOf(message, "citations");
  const firstText = blocks.findIndex((block) => isJsonObject(block) && block.type === "text");
  return blocks.flatMap((block, index) => {
    if (!isJsonObject(block)) throw new GatewayError("upstream_invalid_response");
    return readBlock(
      block,
      citations.filter((citation) => (citedBlock(citation) ?? firstText) === index),
    );
  });
}

/** Blocks without words are left out, and so are kinds that do not exist yet. */
function readBlock(block: JsonObject, citations: readonly JsonObject[]): readonly AssistantPart[] {
  const thinking = textOf(block, "thinking") ?? "";
  if (block.type === "thinking")
    return thinking === "" ? [] : [{ type: "thinking", text: thinking, extra: NO_EXTRA }];
  const text = textOf(block, "text") ?? "";
  if (text === "") return [];
  const cited = citations.flatMap((citation): readonly Citation[] => readCitations(citation, text, 0));
  return [{ type: "text", text, ...(cited.length === 0 ? {} : { citations: cited }), extra: NO_EXTRA }];
}

type ToolCall = Extract<AssistantPart, { type: "tool-call" }>;

interface Calls {
  readonly calls: readonly ToolCall[];
  /** What the model passed to the tool that stands for a JSON answer. */
  readonly jsonAnswer: string | null;
}

function readCalls(message: JsonObject): Calls {
  const calls: ToolCall[] = [];
  let jsonAnswer: string | null = null;
  for (const raw of objectsOf(message, "tool_calls")) {
    const call = objectOf(raw, "function") ?? {};
    const name = textOf(call, "name") ?? "";
    const argumentsJson = argumentsOf(call);
    // Only the first: two JSON texts behind each other are none.
    if (isJsonAnswerTool(name)) jsonAnswer ??= argumentsJson;
    else
      calls.push({
        type: "tool-call",
        id: textOf(raw, "id") ?? `call_${calls.length}_${name}`,
        name,
        argumentsJson,
        extra: NO_EXTRA,
      });
  }
  return { calls, jsonAnswer };
}

/** For a tool without arguments models write "" or `null`. */
function argumentsOf(call: JsonObject): string {
  const json = (textOf(call, "arguments") ?? "").trim();
  return json === "" || json === "null" ? "{}" : json;
}
