import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { FilePart, ImagePart } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Losses } from "../../translation/losses.ts";

type MediaPart = ImagePart | FilePart;

/**
 * Sees to it that everything a model shall look at is in the request itself: on the clouds Claude fetches no URL and
 * knows no file of Anthropic's (Anthropic, "Vision", "PDF support": base64 sources only).
 *
 * @throws GatewayError `invalid_field`
 */
export function demandInlineMedia(request: ChatRequest, losses: Losses): void {
  const part = mediaOf(request).find(({ source }) => source.kind !== "base64");
  if (part === undefined) return;
  throw new GatewayError("invalid_field", {
    param: losses.pathOf("part", part.type),
    message: `The model's platform fetches nothing: send the ${part.type} as base64.`,
  });
}

function mediaOf({ messages }: ChatRequest): readonly MediaPart[] {
  const found: MediaPart[] = [];
  for (const { parts } of messages) {
    for (const part of parts) {
      for (const one of part.type === "tool-result" ? part.parts : [part])
        if (one.type === "image" || one.type === "file") found.push(one);
    }
  }
  return found;
}
