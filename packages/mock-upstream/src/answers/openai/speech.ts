import { DATA_EVENTS } from "../../wire/stream-format.ts";
import { audioAnswer, audioPieces, isAudioFormat } from "../audio-bytes.ts";
import type { Call, JsonEndpoint, StreamedAnswer } from "../contract.ts";
import { stringOf } from "../json.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { EventList } from "../stream-event.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

const MAX_INPUT_CHARACTERS = 4_096;

/** `POST /v1/audio/speech`: bytes, or with `stream_format: "sse"` events with the bytes as base64. */
export const SPEECH: JsonEndpoint = {
  kind: "json",
  name: "speech",
  wire: openAiWire,
  needsTarget: false,
  answer: speechAnswer,
};

function speechAnswer({ body, behaviour }: Call): StreamedAnswer | Refusal {
  for (const name of ["model", "input", "voice"]) if (body[name] === undefined) return missing(name);
  const input = stringOf(body.input);
  if (input === "" || input.length > MAX_INPUT_CHARACTERS) {
    return refuse(`Invalid 'input': expected a text of 1 to ${MAX_INPUT_CHARACTERS} characters.`, {
      param: "input",
    });
  }
  const format = stringOf(body.response_format) || "mp3";
  if (!isAudioFormat(format)) {
    return refuse(`Invalid value: '${format}'.`, { param: "response_format", code: "invalid_value" });
  }
  if (body.stream_format !== "sse") return audioAnswer(format, behaviour);
  const list = new EventList();
  for (const piece of audioPieces(format, behaviour)) {
    list.add("", { type: "speech.audio.delta", audio: piece.toString("base64") });
    list.countToken();
  }
  const usage = {
    input_tokens: behaviour.promptTokens,
    output_tokens: behaviour.chunks,
    total_tokens: behaviour.promptTokens + behaviour.chunks,
  };
  list.add("", { type: "speech.audio.done", usage });
  return { events: list.events, format: DATA_EVENTS };
}
