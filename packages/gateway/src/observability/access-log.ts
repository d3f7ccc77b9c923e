/** Takes whole lines; GatheredOutput is one. */
export interface LineOutput {
  write(line: string): void;
}

/** Members of a JSON object, each behind a comma: `,"status":200,"stream":false`. */
export type LineMembers = string;

/** Pino's level of these lines. */
const INFO = 30;
/** Text that stands in JSON as it is. */
const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * The lines of requests, in the form of all other log lines. There is one for each request and its fields are known, so
 * it is put together by hand: a logger that looks at an object's members takes about three times as long (docs/decisions/0013).
 */
export class AccessLog {
  readonly #output: LineOutput | null;
  readonly #pid: number;

  /** @param output - null for nowhere */
  constructor(output: LineOutput | null, pid: number = process.pid) {
    this.#output = output;
    this.#pid = pid;
  }

  /** For calls that have these labels. */
  labelled(labels: Readonly<Record<string, string>>): AccessLines {
    let head = `,"pid":${this.#pid}`;
    for (const [name, value] of Object.entries(labels)) head += `,${jsonText(name)}:${jsonText(value)}`;
    return new AccessLines(this.#output, head);
  }
}

/** Where calls with the same labels are told of. */
export class AccessLines {
  readonly #output: LineOutput | null;
  readonly #head: LineMembers;

  constructor(output: LineOutput | null, head: LineMembers) {
    this.#output = output;
    this.#head = head;
  }

  /** False when nobody reads what would be written. */
  get enabled(): boolean {
    return this.#output !== null;
  }

  /** @param message - plain words */
  write(members: LineMembers, message: string): void {
    this.#output?.write(`{"level":${INFO},"time":${Date.now()}${this.#head}${members},"msg":"${message}"}\n`);
  }

  /** The same for lines that are rare; what is undefined is left out. */
  writeFields(fields: Readonly<Record<string, unknown>>, message: string): void {
    const json = JSON.stringify(fields);
    this.write(json === "{}" ? "" : `,${json.slice(1, -1)}`, message);
  }
}

/** A string as JSON. */
export function jsonText(text: string): string {
  return PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text);
}
