import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** Lets a test know that tasks run on other threads, and hold them there, without a timer. */
export interface Gate {
  /** Resolves when so many tasks have come to the gate. */
  arrived(count: number): Promise<void>;
  open(): void;
}

const ENVIRONMENT_KEY = "headrace-test-gate";
const ARRIVED = 0;
const OPENED = 1;

/** Makes a gate for the threads that are started from now on. */
export function createGate(): Gate {
  const cells = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  setEnvironmentData(ENVIRONMENT_KEY, cells);
  return {
    async arrived(count) {
      for (;;) {
        const present = Atomics.load(cells, ARRIVED);
        if (present >= count) return;
        await Atomics.waitAsync(cells, ARRIVED, present).value;
      }
    },
    open() {
      Atomics.store(cells, OPENED, 1);
      Atomics.notify(cells, OPENED);
    },
  };
}

/** On a thread: reports the arrival. */
export function arrive(): void {
  Atomics.add(cellsOfThread(), ARRIVED, 1);
  Atomics.notify(cellsOfThread(), ARRIVED);
}

/** On a thread: reports the arrival and blocks until the gate is open. */
export function passGate(): void {
  arrive();
  Atomics.wait(cellsOfThread(), OPENED, 0);
}

function cellsOfThread(): Int32Array {
  const cells: unknown = getEnvironmentData(ENVIRONMENT_KEY);
  if (!(cells instanceof Int32Array)) throw new Error("No gate was made before this thread started.");
  return cells;
}
