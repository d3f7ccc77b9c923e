import type { LoadJob } from "../job.ts";

/** What an external tool measured, before it is brought into the shape of `LoadResult`. */
export interface ToolReport {
  sent: number;
  succeeded: number;
  errors: Record<string, number>;
  /** Requests that were due and never sent, for want of a free user of the tool: they spoil the result. */
  neverSent?: number;
  achievedRps: number;
  /** `[percentile, milliseconds]`, rising; as many as the tool gives. */
  percentiles: [percentile: number, ms: number][];
}

export interface ToolCommand {
  /** When it is not the tool itself but something that calls it; default is the tool. */
  program?: string;
  args: string[];
  env?: Record<string, string>;
  /** Files to write into the work folder before the start, by name. */
  files?: Record<string, string>;
  stdin?: string;
}

/** One load tool as a record: what it can do, how it is called, how its output is read. */
export interface ToolAdapter {
  command: string;
  kinds: readonly LoadJob["kind"][];
  /** `workDir` is where `files` will be. */
  build(job: LoadJob, workDir: string): ToolCommand;
  /** Reads what it printed on stdout. */
  parse(stdout: string, job: LoadJob): ToolReport;
}
