/** A request as the mock received it. `aborted`, `finished`, `bodyBytes` and `bodyBytesReceived` change while it is served. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; the values of a repeated header are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body once it has arrived, until then empty. */
  readonly bodyBytes: Buffer;
  /** Bytes of the body that have arrived so far: shows whether a body is streamed through. */
  readonly bodyBytesReceived: number;
  /** On the clock of performance.now(). */
  readonly receivedAtMs: number;
  /** The client closed the connection before the answer was complete. */
  readonly aborted: boolean;
  /** When it did, on the clock of performance.now(). */
  readonly abortedAtMs?: number;
  /** The answer was sent to its end, or cut by the mock as it was told to. */
  readonly finished: boolean;
}

/** Live figures of a mock. */
export interface MockCounts {
  /** Requests since the start or the last clear. */
  readonly requests: number;
  /** Requests being served now. */
  readonly open: number;
  readonly maxOpen: number;
  /** Requests whose client left before the end. */
  readonly aborted: number;
  /** Connections open now. */
  readonly connections: number;
  readonly maxConnections: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const MAX_MESSAGE_LOG_BYTES = 1_048_576;

interface Waiter {
  readonly predicate: (request: ReceivedRequest) => boolean;
  readonly resolve: (request: ReceivedRequest) => void;
}

/** Keeps the last requests and wakes those who wait for one. With a capacity of 0 it only counts. */
export class Recorder {
  readonly counts: Mutable<MockCounts> = {
    requests: 0,
    open: 0,
    maxOpen: 0,
    aborted: 0,
    connections: 0,
    maxConnections: 0,
  };
  readonly #capacity: number;
  readonly #waiters = new Set<Waiter>();
  #requests: ReceivedRequest[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The kept requests, oldest first. */
  get requests(): readonly ReceivedRequest[] {
    return this.#requests;
  }

  /** Whether requests are kept at all. */
  get keeps(): boolean {
    return this.#capacity > 0;
  }

  /** Counts a request that begins. */
  opened(): void {
    const { counts } = this;
    counts.requests += 1;
    counts.open += 1;
    if (counts.open > counts.maxOpen) counts.maxOpen = counts.open;
  }

  /** Keeps a request that begins and drops the oldest when there is no room. */
  keep(request: ReceivedRequest): void {
    if (this.#requests.length >= this.#capacity) this.#requests.shift();
    this.#requests.push(request);
    this.#wake(request);
  }

  /** A part of the body of a kept request arrived. */
  bodyGrew(request: ReceivedRequest, bytes: number): void {
    this.#change(request, { bodyBytesReceived: request.bodyBytesReceived + bytes });
  }

  /** The body of a kept request is complete. */
  bodyArrived(request: ReceivedRequest, bodyBytes: Buffer): void {
    this.#change(request, { bodyBytes, bodyBytesReceived: bodyBytes.byteLength });
  }

  /** A message came on a WebSocket: the body is all of them, a line each, as long as it stays small. */
  messageArrived(request: ReceivedRequest, message: string): void {
    const bytes = Buffer.byteLength(message) + 1;
    const kept = request.bodyBytes.byteLength + bytes <= MAX_MESSAGE_LOG_BYTES;
    const bodyBytes = kept
      ? Buffer.concat([request.bodyBytes, Buffer.from(`${message}\n`)])
      : request.bodyBytes;
    this.#change(request, { bodyBytes, bodyBytesReceived: request.bodyBytesReceived + bytes });
  }

  /** The answer was sent. */
  finished(request: ReceivedRequest | undefined): void {
    this.counts.open -= 1;
    if (request !== undefined) this.#change(request, { finished: true });
  }

  /** The client left. */
  aborted(request: ReceivedRequest | undefined): void {
    this.counts.open -= 1;
    this.counts.aborted += 1;
    if (request !== undefined) this.#change(request, { aborted: true, abortedAtMs: performance.now() });
  }

  /** A connection was opened (+1) or closed (-1). */
  connectionsChanged(by: number): void {
    const { counts } = this;
    counts.connections += by;
    if (counts.connections > counts.maxConnections) counts.maxConnections = counts.connections;
  }

  /** Forgets the kept requests and sets the counts to what is open now. */
  clear(): void {
    this.#requests = [];
    const { counts } = this;
    Object.assign(counts, {
      requests: 0,
      aborted: 0,
      maxOpen: counts.open,
      maxConnections: counts.connections,
    });
  }

  /** Resolves with the first kept request that fits, now or when one comes to fit. */
  waitFor(predicate: (request: ReceivedRequest) => boolean, timeoutMs: number): Promise<ReceivedRequest> {
    const found = this.#requests.find(predicate);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`no received request fits after ${timeoutMs} ms: ${this.#summary()}`));
      }, timeoutMs);
      const waiter: Waiter = {
        predicate,
        resolve: (request) => {
          settle();
          resolve(request);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #change(request: ReceivedRequest, change: Partial<ReceivedRequest>): void {
    Object.assign(request, change);
    this.#wake(request);
  }

  #wake(request: ReceivedRequest): void {
    for (const waiter of this.#waiters) if (waiter.predicate(request)) waiter.resolve(request);
  }

  #summary(): string {
    if (!this.keeps) return "recording is off";
    const lines = this.#requests.map(
      ({ method, path, aborted, finished }) => `${method} ${path} aborted=${aborted} finished=${finished}`,
    );
    return lines.length === 0 ? "none was received" : lines.join("; ");
  }
}
