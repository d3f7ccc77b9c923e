/**
 * Sessions that only write down what they hear. They name their model in an event, which must not be another one than the
 * gateway has let through. Source: OpenAI API reference, "Realtime" client events; guide "Realtime transcription".
 */
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { objectOf, parseJsonObject } from "../../json/read.ts";

/** The value of a connection's parameter `intent`. */
export const TRANSCRIPTION_INTENT = "transcription";

/** The second is of the API's beta. */
const UPDATES: ReadonlySet<unknown> = new Set(["session.update", "transcription_session.update"]);
const UPDATE_MARK: Buffer = Buffer.from('session.update"');
/** Any letter can be written as an escape, of which audio has none. */
const ESCAPE_MARK: Buffer = Buffer.from("\\u");

/**
 * A client's event with this model in place of the one that it names, or null when it names none and can go on as it is.
 *
 * @param model - the model's name at the provider
 */
export function withTranscriptionModel(frame: Buffer, model: string): string | null {
  if (frame.indexOf(UPDATE_MARK) === -1 && frame.indexOf(ESCAPE_MARK) === -1) return null;
  const event = parseJsonObject(frame.toString());
  if (event === null || !UPDATES.has(event.type)) return null;
  const { session } = event;
  if (!isJsonObject(session)) return null;
  // Written anew also when it names no model here: of two equal names another parser might take the other.
  return JSON.stringify({ ...event, session: withModel(session, model) });
}

function withModel(session: JsonObject, model: string): JsonObject {
  const beta = objectOf(session, "input_audio_transcription");
  const audio = objectOf(session, "audio");
  const input = audio === undefined ? undefined : objectOf(audio, "input");
  const transcription = input === undefined ? undefined : objectOf(input, "transcription");
  return {
    ...session,
    ...(beta === undefined ? {} : { input_audio_transcription: { ...beta, model } }),
    ...(transcription === undefined
      ? {}
      : { audio: { ...audio, input: { ...input, transcription: { ...transcription, model } } } }),
  };
}
