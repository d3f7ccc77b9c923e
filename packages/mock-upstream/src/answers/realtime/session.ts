import type { MockBehaviour } from "../../behaviour/fields.ts";
import { toolCallId } from "../answer-id.ts";
import {
  BARE_REQUEST,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
  toolSteps,
} from "../generation.ts";
import { isJsonObject, type JsonObject, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";

/** What a client's event is answered with: at once, or as an answer that takes its time. */
export type RealtimeReply =
  | { readonly kind: "now"; readonly messages: readonly string[] }
  /** An answer under the behaviour that the event asks for over the one in force. */
  | { readonly kind: "response"; readonly asked: unknown; readonly request: RealtimeRequest };

/** A response that a client asked for. */
export interface RealtimeRequest {
  readonly id: string;
  readonly generation: GenerationRequest;
}

/** What the connection's URL and headers say of a session. */
export interface RealtimeConnection {
  readonly model: string;
  /** In the API's first form. */
  readonly beta: boolean;
  /** It only writes down what it hears. */
  readonly transcribes: boolean;
}

type Handler = (event: JsonObject, session: RealtimeSession) => RealtimeReply;

const CONVERSATION = {
  type: "realtime",
  output_modalities: ["text"],
  instructions: "",
  tools: [],
  tool_choice: "auto",
} as const;
const TRANSCRIPTION = { type: "transcription", audio: { input: { transcription: null } } } as const;

/** One session of OpenAI's realtime API: what it was told, and the events that it answers with. */
export class RealtimeSession {
  readonly #model: string;
  /** The API's second form names text in its own way. */
  readonly #textType: string;
  readonly #transcribes: boolean;
  #session: JsonObject;
  #items: JsonObject[] = [];
  #made = 0;

  /** What of the audio has not been committed yet. */
  #audioBytes = 0;

  constructor({ model, beta, transcribes }: RealtimeConnection) {
    this.#model = model;
    this.#textType = beta ? "response.text" : "response.output_text";
    this.#transcribes = transcribes;
    this.#session = {
      id: "sess_mock0000000000000000",
      object: "realtime.session",
      ...(transcribes ? TRANSCRIPTION : { ...CONVERSATION, model }),
    };
  }

  /** The event that a session begins with. */
  begin(): string {
    return this.#event("session.created", { session: this.#session });
  }

  /** Answers one message of the client. */
  receive(text: string): RealtimeReply {
    let event: unknown;
    try {
      event = JSON.parse(text);
    } catch {
      return this.#refuse("invalid_json", "The event could not be parsed as JSON.", null);
    }
    if (!isJsonObject(event)) return this.#refuse("invalid_json", "The event is no JSON object.", null);
    const type = stringOf(event.type);
    const handler = HANDLERS[type];
    if (handler !== undefined) return handler(event, this);
    const sentence = type === "" ? "Missing required parameter: 'type'." : `Invalid value: '${type}'.`;
    return this.#refuse("invalid_value", sentence, event.event_id ?? null);
  }

  updateSession(event: JsonObject): RealtimeReply {
    this.#session = { ...this.#session, ...objectOf(event.session) };
    const type = event.type === "session.update" ? "session.updated" : "transcription_session.updated";
    return this.#now(this.#event(type, { session: this.#session }));
  }

  appendAudio(event: JsonObject): RealtimeReply {
    this.#audioBytes += Buffer.from(stringOf(event.audio), "base64").length;
    return NOTHING;
  }

  clearAudio(): RealtimeReply {
    this.#audioBytes = 0;
    return NOTHING;
  }

  addItem(event: JsonObject): RealtimeReply {
    const item = {
      id: this.#id("item_mock"),
      object: "realtime.item",
      status: "completed",
      ...objectOf(event.item),
    };
    this.#items = [...this.#items, item];
    return this.#now(
      this.#event("conversation.item.added", { previous_item_id: null, item }),
      this.#event("conversation.item.done", { previous_item_id: null, item }),
    );
  }

  commitAudio(): RealtimeReply {
    const item_id = this.#id("item_mock");
    const committed = this.#event("input_audio_buffer.committed", { previous_item_id: null, item_id });
    const heardBytes = this.#audioBytes;
    this.#audioBytes = 0;
    if (!this.#transcribes) return this.#now(committed);
    return this.#now(committed, ...this.#transcript(item_id, heardBytes));
  }

  /** Tells how much was heard, and counts a token for each hundred bytes of it. */
  #transcript(item_id: string, heardBytes: number): string[] {
    const kind = "conversation.item.input_audio_transcription";
    const deltas = ["heard", ` ${heardBytes}`, " bytes"];
    const input_tokens = Math.ceil(heardBytes / 100);
    const usage = {
      type: "tokens",
      total_tokens: input_tokens + deltas.length,
      input_tokens,
      input_token_details: { text_tokens: 0, audio_tokens: input_tokens },
      output_tokens: deltas.length,
    };
    const place = { item_id, content_index: 0 };
    return [
      ...deltas.map((delta) => this.#event(`${kind}.delta`, { ...place, delta })),
      this.#event(`${kind}.completed`, { ...place, transcript: deltas.join(""), usage }),
    ];
  }

  respond(event: JsonObject): RealtimeReply {
    const asked = objectOf(event.response);
    const tools = Array.isArray(asked.tools) ? asked.tools : this.#session.tools;
    const outputs = this.#items.filter((item) => item.type === "function_call_output").length;
    const generation: GenerationRequest = {
      ...BARE_REQUEST,
      model: this.#model,
      stream: true,
      tools: objectsOf(tools).map(({ name, parameters }) => ({ name: stringOf(name), parameters })),
      toolRounds: outputs,
      userText: textOf(this.#items.findLast((item) => item.role === "user")?.content),
    };
    return { kind: "response", asked: event.x_mock, request: { id: this.#id("resp_mock"), generation } };
  }

  /** The events of a response. */
  responseEvents({ id, generation }: RealtimeRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
    const said = generate(generation, behaviour);
    const list = new EventList();
    const add = (type: string, members: object): void => list.add("", this.#event(type, members));
    const response = { id, object: "realtime.response", status: "in_progress", output: [], usage: null };
    add("response.created", { response });
    if (said.pieces.length > 0) this.#addText(list, { id, said });
    this.#addCalls(list, { id, said, interleave: behaviour.interleaveToolCalls });
    if (said.finish !== null) {
      const usage = usageOf(behaviour, said);
      add("response.done", {
        response: { ...response, status: "completed", output: outputOf(id, said), usage },
      });
    }
    return list.events;
  }

  cancelled(responseId: string): string {
    const response = {
      id: responseId,
      object: "realtime.response",
      status: "cancelled",
      output: [],
      usage: null,
    };
    return this.#event("response.done", { response });
  }

  #addText(list: EventList, { id, said }: { readonly id: string; readonly said: Generation }): void {
    const place = { response_id: id, item_id: `${id}_text`, output_index: 0, content_index: 0 };
    const text = said.pieces.join("");
    const add = (type: string, members: object): void =>
      list.add("", this.#event(type, { ...place, ...members }));
    add("response.output_item.added", { item: { ...textItem(id, ""), status: "in_progress", content: [] } });
    add("response.content_part.added", { part: { type: "output_text", text: "" } });
    for (const delta of said.pieces) {
      add(`${this.#textType}.delta`, { delta });
      list.countToken();
    }
    add(`${this.#textType}.done`, { text });
    add("response.content_part.done", { part: { type: "output_text", text } });
    add("response.output_item.done", { item: textItem(id, text) });
  }

  #addCalls(
    list: EventList,
    plan: { readonly id: string; readonly said: Generation; readonly interleave: boolean },
  ): void {
    const { id, said, interleave } = plan;
    const firstIndex = said.pieces.length > 0 ? 1 : 0;
    for (const step of toolSteps(said.toolCalls, interleave)) {
      const item = callItem(id, step.call);
      const place = { response_id: id, item_id: item.id, output_index: firstIndex + step.call.index };
      const add = (type: string, members: object): void =>
        list.add("", this.#event(type, { ...place, ...members }));
      if (step.kind === "start") add("response.output_item.added", { item: { ...item, arguments: "" } });
      else if (step.kind === "arguments")
        add("response.function_call_arguments.delta", { delta: step.piece });
      else {
        add("response.function_call_arguments.done", { arguments: item.arguments });
        add("response.output_item.done", { item });
      }
      if (step.kind !== "end") list.countToken();
    }
  }

  #now(...messages: string[]): RealtimeReply {
    return { kind: "now", messages };
  }

  #refuse(code: string, message: string, eventId: unknown): RealtimeReply {
    const error = { type: "invalid_request_error", code, message, param: null, event_id: eventId };
    return this.#now(this.#event("error", { error }));
  }

  #event(type: string, members: object): string {
    return JSON.stringify({ type, event_id: this.#id("event_mock"), ...members });
  }

  #id(prefix: string): string {
    this.#made += 1;
    return prefix + String(this.#made).padStart(12, "0");
  }
}

const NOTHING: RealtimeReply = { kind: "now", messages: [] };

/** What the client's events do; `response.cancel` is the socket's own business. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  "session.update": (event, session) => session.updateSession(event),
  "transcription_session.update": (event, session) => session.updateSession(event),
  "conversation.item.create": (event, session) => session.addItem(event),
  "input_audio_buffer.append": (event, session) => session.appendAudio(event),
  "input_audio_buffer.commit": (_, session) => session.commitAudio(),
  "input_audio_buffer.clear": (_, session) => session.clearAudio(),
  "response.create": (event, session) => session.respond(event),
};

function textItem(id: string, text: string): object {
  const content = [{ type: "output_text", text }];
  return {
    id: `${id}_text`,
    object: "realtime.item",
    type: "message",
    status: "completed",
    role: "assistant",
    content,
  };
}

interface CallItem {
  readonly id: string;
  readonly object: "realtime.item";
  readonly type: "function_call";
  readonly status: "completed";
  readonly name: string;
  readonly call_id: string;
  readonly arguments: string;
}

function callItem(id: string, call: ToolCall): CallItem {
  return {
    id: `${id}_call${call.index}`,
    object: "realtime.item",
    type: "function_call",
    status: "completed",
    name: call.name,
    call_id: toolCallId("call_mock", call.number, 20),
    arguments: call.pieces.join(""),
  };
}

function outputOf(id: string, said: Generation): object[] {
  const text = said.pieces.length > 0 ? [textItem(id, said.pieces.join(""))] : [];
  return [...text, ...said.toolCalls.map((call) => callItem(id, call))];
}

function usageOf(behaviour: MockBehaviour, said: Generation): object | null {
  if (behaviour.usage === "off") return null;
  const { prompt, cached, completion } = tokenCounts(behaviour, said);
  return {
    total_tokens: prompt + completion,
    input_tokens: prompt,
    output_tokens: completion,
    input_token_details: { text_tokens: prompt, audio_tokens: 0, cached_tokens: cached },
    output_token_details: { text_tokens: completion, audio_tokens: 0 },
  };
}
