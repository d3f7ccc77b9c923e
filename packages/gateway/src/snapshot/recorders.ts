import type { Endpoint, RelayedEndpoint } from "@headrace/core/endpoints";
import type { Recorder } from "../pipeline/record.ts";

/** What tells the calls of a target apart in metrics and logs. */
export interface RecorderLabels {
  readonly model: string;
  readonly provider: string;
  readonly target: string;
}

export type OpenRecorders = (labels: RecorderLabels) => Recorders;

/** A recorder for each endpoint, opened when its first call comes: most targets never see most endpoints. */
export class Recorders {
  readonly #open: (endpoint: Endpoint | RelayedEndpoint) => Recorder;
  readonly #opened = new Map<Endpoint | RelayedEndpoint, Recorder>();

  constructor(open: (endpoint: Endpoint | RelayedEndpoint) => Recorder) {
    this.#open = open;
  }

  for(endpoint: Endpoint | RelayedEndpoint): Recorder {
    const opened = this.#opened.get(endpoint);
    if (opened !== undefined) return opened;
    const recorder = this.#open(endpoint);
    this.#opened.set(endpoint, recorder);
    return recorder;
  }
}
