/** A piece of a body and when it goes out, in milliseconds after the first byte. */
export interface ScriptStep {
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

/** How the end of the body is marked on the wire. */
export type Framing = "length" | "chunked" | "close";

/** A whole answer, ready to be played: compiled once, played for each request that wants it. */
export interface Script {
  /** `200 OK`; undefined sends no head at all. */
  readonly status: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
  /** Bytes that `content-length` announces under framing `length`. */
  readonly declaredBytes: number;
  readonly steps: readonly ScriptStep[];
  /** Clean end, closed socket, or silence on an open one. */
  readonly ending: "end" | "cut" | "stall";
  /** Time that generation takes before the first byte, besides the latency. */
  readonly generationMs: number;
}
