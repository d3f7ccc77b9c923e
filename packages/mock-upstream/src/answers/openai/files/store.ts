import { CREATED_SECONDS } from "../../answer-id.ts";
import { BoundedMap } from "../../bounded-map.ts";
import type { FormPart } from "../../multipart.ts";

const MAX_FILES = 100;
const MAX_BATCHES = 100;
/** Of a larger file only the name and the size are kept. */
const MAX_KEPT_BYTES = 1_048_576;

/** A file that was uploaded or made. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly bytes: number;
  /** Undefined for a file too large to be kept. */
  readonly content: Buffer | undefined;
}

/** A batch as its endpoint shows it. */
export interface StoredBatch {
  readonly id: string;
  readonly status: "validating" | "completed" | "cancelled";
  readonly endpoint: string;
  readonly inputFileId: string;
  readonly outputFileId: string | undefined;
  readonly completionWindow: string;
  readonly metadata: unknown;
  readonly requests: number;
}

/** The files and batches that one mock keeps. */
export class FileStore {
  readonly files: BoundedMap<StoredFile> = new BoundedMap(MAX_FILES);
  readonly batches: BoundedMap<StoredBatch> = new BoundedMap(MAX_BATCHES);
  #made = 0;

  /** Keeps a file under an id of its own. */
  addFile(file: Pick<FormPart, "bytes"> & { readonly name: string; readonly purpose: string }): StoredFile {
    const bytes = file.bytes.byteLength;
    const stored: StoredFile = {
      id: this.nextId("file-mock"),
      name: file.name,
      purpose: file.purpose,
      bytes,
      content: bytes > MAX_KEPT_BYTES ? undefined : Buffer.from(file.bytes),
    };
    this.files.set(stored.id, stored);
    return stored;
  }

  /** The next id with a prefix; ids differ within one mock and are the same in every run. */
  nextId(prefix: string): string {
    this.#made += 1;
    return prefix + String(this.#made).padStart(16, "0");
  }
}

/** A file as its endpoint shows it. */
export function fileObject(file: StoredFile): object {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: CREATED_SECONDS,
    filename: file.name,
    purpose: file.purpose,
    status: "processed",
  };
}
