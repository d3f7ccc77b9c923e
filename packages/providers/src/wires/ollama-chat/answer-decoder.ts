import type { AssistantPart, ChatAnswer } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { defined, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { CallIds, readCreatedAt, readLogprobs } from "./answer-message.ts";
import { finishFromOllama } from "./finish-reasons.ts";
import { errorIn } from "./provider-errors.ts";
import { usageFromOllama } from "./usage.ts";

/**
 * Reads a whole answer (Ollama API reference, "Chat").
 *
 * @throws GatewayError `upstream_invalid_response`, or `upstream_error` for an error inside a 200
 */
export function decodeOllamaAnswer(body: JsonObject): ChatAnswer {
  const failure = errorIn(body);
  if (failure !== null) throw new GatewayError("upstream_error", { message: failure });
  const message = objectOf(body, "message");
  if (message === undefined || body.done === false) throw new GatewayError("upstream_invalid_response");
  const ids = new CallIds(body);
  const parts = readParts(message, ids);
  return {
    wire: "ollama-chat",
    id: "",
    model: textOf(body, "model") ?? "",
    createdAtSeconds: readCreatedAt(body),
    choices: [
      {
        index: 0,
        parts,
        finish: finishFromOllama(textOf(body, "done_reason") ?? "", ids.count),
        ...defined({ logprobs: readLogprobs(body) }),
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromOllama(body),
    // What it has besides are durations.
    extra: NO_EXTRA,
  };
}

function readParts(message: JsonObject, ids: CallIds): readonly AssistantPart[] {
  const thinking = textOf(message, "thinking") ?? "";
  const text = textOf(message, "content") ?? "";
  const calls = objectsOf(message, "tool_calls").flatMap((raw): readonly AssistantPart[] => {
    const call = ids.next(raw);
    return call === null ? [] : [{ type: "tool-call", ...call, extra: NO_EXTRA }];
  });
  return [
    ...(thinking === "" ? [] : [{ type: "thinking", text: thinking, extra: NO_EXTRA } as const]),
    ...(text === "" ? [] : [{ type: "text", text, extra: NO_EXTRA } as const]),
    ...calls,
  ];
}
