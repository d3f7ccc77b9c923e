import type { Exchange, ExchangeOwner } from "../http/exchange.ts";

/** An exchange with nobody at its other end: it keeps the last head, and forgets the rest. */
export class SilentExchange implements Exchange {
  readonly requestId = "req_0123456789abcdef";
  readonly path: string;
  readonly startedAtMs: number = performance.now();
  closed = false;
  status = 0;
  headerLines = "";
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers - by their lower-case names */
  constructor(path: string, headers: Readonly<Record<string, string>> = {}) {
    this.path = path;
    this.#headers = headers;
  }

  header(name: string): string {
    return this.#headers[name] ?? "";
  }

  query(): string {
    return "";
  }

  rawQuery(): string {
    return "";
  }

  attach(_owner: ExchangeOwner): void {}
  readBody(): void {}
  streamBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}

  respond(status: number, headerLines: string): void {
    this.begin(status, headerLines);
    this.end();
  }

  begin(status: number, headerLines: string): void {
    this.status = status;
    this.headerLines = headerLines;
  }

  write(): boolean {
    return true;
  }

  end(): void {
    this.closed = true;
  }

  destroy(): void {
    this.closed = true;
  }
}
