import { NAMED_EVENTS } from "../../wire/stream-format.ts";
import type { BytesCall, BytesEndpoint, Call, GenerationEndpoint, PlainAnswer } from "../contract.ts";
import type { GenerationRequest } from "../generation.ts";
import { jsonAnswer } from "../json-answer.ts";
import { Refusal } from "../refusal.ts";
import { responseEvents } from "./events.ts";
import { readResponses } from "./request.ts";
import { ResponseDraft } from "./response.ts";
import { StoredResponses } from "./stored.ts";
import { RESPONSES_WIRE } from "./wire.ts";

/** The endpoints of OpenAI's Responses, which share what they keep. */
export interface ResponsesEndpoints {
  /** `POST /v1/responses`. */
  readonly create: GenerationEndpoint;
  /** `GET /v1/responses/{id}`. */
  readonly retrieve: BytesEndpoint;
  /** `DELETE /v1/responses/{id}`. */
  readonly remove: BytesEndpoint;
}

/** Makes the endpoints with a store of their own, which keeps a bounded number of responses. */
export function responsesEndpoints(): ResponsesEndpoints {
  const stored = new StoredResponses();
  return {
    create: {
      kind: "generation",
      name: "responses",
      wire: () => RESPONSES_WIRE,
      needsTarget: false,
      read: (call) => readAndKeep(call, stored),
      plain: (request, behaviour) => {
        const draft = new ResponseDraft(request, behaviour);
        const body = draft.body(draft.ending?.status ?? "in_progress", draft.items());
        return { body: JSON.stringify(body), completionTokens: draft.said.completionTokens };
      },
      events: (request, behaviour) => responseEvents(new ResponseDraft(request, behaviour), behaviour),
      format: () => NAMED_EVENTS,
    },
    retrieve: keptEndpoint("response", (id) => {
      const found = stored.get(id);
      return found === undefined ? notFound(id) : jsonAnswer(found.response);
    }),
    remove: keptEndpoint("response-deletion", (id) =>
      stored.delete(id) ? jsonAnswer({ id, object: "response", deleted: true }) : notFound(id),
    ),
  };
}

/** Reads a request and keeps its answer, which is made again when it is sent: it is the same each time. */
function readAndKeep(call: Call, stored: StoredResponses): GenerationRequest | Refusal {
  const request = readResponses(call, stored);
  if (request instanceof Refusal || call.body.store === false) return request;
  const draft = new ResponseDraft(request, call.behaviour);
  const response = draft.body(draft.ending?.status ?? "in_progress", draft.items());
  stored.set(draft.id, { response, toolRounds: request.toolRounds });
  return request;
}

function keptEndpoint(name: string, answer: (id: string) => PlainAnswer | Refusal): BytesEndpoint {
  return {
    kind: "bytes",
    name,
    wire: () => RESPONSES_WIRE,
    needsTarget: true,
    answer: ({ target }: BytesCall) => answer(target.path.slice(target.path.lastIndexOf("/") + 1)),
  };
}

function notFound(id: string): Refusal {
  return new Refusal({
    status: 404,
    message: `Response with id '${id}' not found.`,
    param: "id",
    code: null,
  });
}
