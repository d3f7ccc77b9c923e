/**
 * What a micro bench is. They stand beside what they measure, as `*.bench.ts` with an export `benches`; the bench package
 * runs them (`npm run bench -- micro`), and its tests check what each of them computes.
 */

/** One operation, ready to be done again and again. */
export interface MicroSubject<Result> {
  /** Does it once, on data that was made before. */
  run(): Result;
  /** @throws Error when `result` is not what the operation should give: a bench must not measure a failure */
  check(result: Awaited<Result>): void;
  close?(): void | Promise<void>;
}

export interface PreparedBench {
  run(): unknown;
  /** Does it once and throws when the result is wrong. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface MicroBench {
  /** Unique in its file. */
  readonly name: string;
  /** How many equal parts one operation has, for example the chunks of a stream; 1 when it has none. */
  readonly parts: number;
  prepare(): Promise<PreparedBench>;
}

/**
 * @param open - makes the data and what works on it, in a process of its own before a measurement
 * @param parts - see {@link MicroBench.parts}
 */
export function microBench<Result>(
  name: string,
  open: () => MicroSubject<Result> | Promise<MicroSubject<Result>>,
  parts = 1,
): MicroBench {
  return {
    name,
    parts,
    async prepare() {
      const subject = await open();
      return {
        run: () => subject.run(),
        verify: async () => subject.check(await subject.run()),
        close: async () => subject.close?.(),
      };
    },
  };
}
