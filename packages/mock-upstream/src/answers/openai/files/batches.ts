import { answerId, CREATED_SECONDS } from "../../answer-id.ts";
import type { BytesEndpoint, Call, DirectAnswer, JsonEndpoint, PlainAnswer } from "../../contract.ts";
import { isJsonObject, type JsonObject, stringOf } from "../../json.ts";
import { jsonAnswer } from "../../json-answer.ts";
import { Refusal, refuse } from "../../refusal.ts";
import { missing } from "../request.ts";
import { openAiWire } from "../wire.ts";
import { storedEndpoint } from "./files.ts";
import type { FileStore, StoredBatch } from "./store.ts";

/** The endpoints of batches. */
export interface BatchEndpoints {
  readonly create: JsonEndpoint;
  readonly list: BytesEndpoint;
  readonly retrieve: BytesEndpoint;
  readonly cancel: BytesEndpoint;
}

/** Makes `POST` and `GET /v1/batches`, `GET /v1/batches/{id}` and `POST /v1/batches/{id}/cancel`. */
export function batchEndpoints(store: FileStore): BatchEndpoints {
  return {
    create: {
      kind: "json",
      name: "batch-creation",
      wire: openAiWire,
      needsTarget: false,
      answer: (call) => create(call, store),
    },
    list: storedEndpoint("batches", () =>
      jsonAnswer({ object: "list", data: store.batches.values().map(batchObject), has_more: false }),
    ),
    // Whoever asks finds a batch done: it waits for nothing but to be looked at.
    retrieve: storedEndpoint("batch", (id) => change(store, id, (batch) => completed(batch, store))),
    cancel: storedEndpoint("batch-cancellation", (id) =>
      change(store, id, (batch) =>
        batch.status === "completed" ? batch : { ...batch, status: "cancelled" },
      ),
    ),
  };
}

function create({ body }: Call, store: FileStore): PlainAnswer | Refusal {
  for (const name of ["input_file_id", "endpoint", "completion_window"]) {
    if (typeof body[name] !== "string") return missing(name);
  }
  const inputFileId = stringOf(body.input_file_id);
  const input = store.files.get(inputFileId);
  if (input === undefined) {
    return refuse(`Invalid 'input_file_id': no such file '${inputFileId}'.`, { param: "input_file_id" });
  }
  const batch: StoredBatch = {
    id: store.nextId("batch_mock"),
    status: "validating",
    endpoint: stringOf(body.endpoint),
    inputFileId,
    outputFileId: undefined,
    completionWindow: stringOf(body.completion_window),
    metadata: body.metadata ?? null,
    requests: linesOf(input.content).length,
  };
  store.batches.set(batch.id, batch);
  return jsonAnswer(batchObject(batch));
}

function change(
  store: FileStore,
  id: string,
  to: (batch: StoredBatch) => StoredBatch,
): DirectAnswer | Refusal {
  const batch = store.batches.get(id);
  if (batch === undefined) {
    return new Refusal({ status: 404, message: `No batch found with id '${id}'.`, param: null, code: null });
  }
  const changed = to(batch);
  store.batches.set(id, changed);
  return jsonAnswer(batchObject(changed));
}

/** The batch with its output file: one line for each request. */
function completed(batch: StoredBatch, store: FileStore): StoredBatch {
  if (batch.status !== "validating") return batch;
  const lines = linesOf(store.files.get(batch.inputFileId)?.content).map((request, index) => {
    const body = isJsonObject(request.body) ? request.body : {};
    const model = stringOf(body.model);
    const answer = { id: answerId("chatcmpl-", model), object: "chat.completion", model, choices: [] };
    return JSON.stringify({
      id: `batch_req_${index}`,
      custom_id: request.custom_id ?? null,
      response: { status_code: 200, request_id: `req_${index}`, body: answer },
      error: null,
    });
  });
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const output = store.addFile({ bytes, name: `${batch.id}_output.jsonl`, purpose: "batch_output" });
  return { ...batch, status: "completed", outputFileId: output.id };
}

function linesOf(content: Buffer | undefined): JsonObject[] {
  const lines = (content ?? Buffer.alloc(0)).toString("utf8").split("\n");
  return lines.flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isJsonObject(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function batchObject(batch: StoredBatch): object {
  const done = batch.status === "completed" ? batch.requests : 0;
  return {
    id: batch.id,
    object: "batch",
    endpoint: batch.endpoint,
    errors: null,
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: null,
    created_at: CREATED_SECONDS,
    request_counts: { total: batch.requests, completed: done, failed: 0 },
    metadata: batch.metadata,
  };
}
