import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { listOf, objectOf, objectsOf, textOf } from "../json/read.ts";

/**
 * ElevenLabs' is `{"detail":{"status","message"}}`, or of its framework `{"detail":[{"loc","msg","type"}]}` for a body that
 * is not valid, or `{"detail":"…"}` (ElevenLabs, "API error codes").
 */
export function readElevenLabsError(status: number, body: unknown): ProviderErrorWords {
  const answer = isJsonObject(body) ? body : {};
  const detail = objectOf(answer, "detail") ?? objectsOf(answer, "detail")[0] ?? {};
  const words = [textOf(detail, "message"), textOf(detail, "msg"), textOf(answer, "detail")];
  return {
    message:
      words.find((text) => text !== undefined && text !== "") ??
      `The provider answered with status ${status} and no words.`,
    code: textOf(detail, "status") || textOf(detail, "code") || textOf(detail, "type") || null,
    param: fieldOf(detail),
  };
}

/** `["body", "voice_settings", "speed"]` is `voice_settings.speed`. */
function fieldOf(detail: JsonObject): string | null {
  const [, ...path] = listOf(detail, "loc") ?? [];
  return path.length === 0 ? null : path.map(String).join(".");
}
