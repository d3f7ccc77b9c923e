import type { FigureInput } from "../figure.ts";

/** What one of a section's measurements gives. */
export interface Part {
  figures: FigureInput[];
  problems: string[];
  otherCores: number[];
  readings: unknown[];
}
