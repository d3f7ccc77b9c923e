import type { BytesCall, BytesEndpoint, DirectAnswer } from "../../contract.ts";
import { type FormCall, fileOf, formEndpoint } from "../../form-endpoint.ts";
import { stringOf } from "../../json.ts";
import { jsonAnswer } from "../../json-answer.ts";
import { Refusal } from "../../refusal.ts";
import { missing } from "../request.ts";
import { openAiWire } from "../wire.ts";
import { type FileStore, fileObject, type StoredFile } from "./store.ts";

const OPENAI = openAiWire({ flavour: "openai" });

/** The endpoints of files. */
export interface FileEndpoints {
  readonly create: BytesEndpoint;
  readonly list: BytesEndpoint;
  readonly retrieve: BytesEndpoint;
  readonly content: BytesEndpoint;
  readonly remove: BytesEndpoint;
}

/** Makes `POST` and `GET /v1/files`, `GET` and `DELETE /v1/files/{id}` and `GET /v1/files/{id}/content`. */
export function fileEndpoints(store: FileStore): FileEndpoints {
  return {
    create: formEndpoint("file-creation", OPENAI, ({ parts, fields }: FormCall) => {
      const file = fileOf(parts, "file");
      if (file === undefined) return missing("file");
      const purpose = stringOf(fields.purpose);
      if (purpose === "") return missing("purpose");
      return jsonAnswer(fileObject(store.addFile({ bytes: file.bytes, name: file.fileName ?? "", purpose })));
    }),
    list: storedEndpoint("files", () =>
      jsonAnswer({ object: "list", data: store.files.values().map(fileObject), has_more: false }),
    ),
    retrieve: storedEndpoint("file", (id) => found(store, id, (file) => jsonAnswer(fileObject(file)))),
    content: storedEndpoint("file-content", (id) =>
      found(store, id, ({ content }) => ({
        bytes: content ?? Buffer.alloc(0),
        contentType: "application/octet-stream",
      })),
    ),
    remove: storedEndpoint("file-deletion", (id) =>
      store.files.delete(id) ? jsonAnswer({ id, object: "file", deleted: true }) : noFile(id),
    ),
  };
}

/** Makes an endpoint about one stored thing, which the third segment of its path names. */
export function storedEndpoint(name: string, answer: (id: string) => DirectAnswer | Refusal): BytesEndpoint {
  return {
    kind: "bytes",
    name,
    wire: openAiWire,
    needsTarget: true,
    answer: ({ target }: BytesCall) => answer(/\/(?:files|batches)\/([^/]+)/.exec(target.path)?.[1] ?? ""),
  };
}

function found(
  store: FileStore,
  id: string,
  answer: (file: StoredFile) => DirectAnswer,
): DirectAnswer | Refusal {
  const file = store.files.get(id);
  return file === undefined ? noFile(id) : answer(file);
}

function noFile(id: string): Refusal {
  return new Refusal({ status: 404, message: `No such File object: ${id}`, param: "id", code: null });
}
