import type { Outcome } from "./compare.ts";
import type { Said, SaidTokens } from "./said.ts";

export interface Row {
  readonly who: string;
  readonly outcome: Outcome;
  /** Absent for the provider itself. */
  readonly differences?: readonly string[];
}

const HEAD = ["", "text", "tool calls", "finish", "in", "cached", "out", "thought", ""];
const TEXT_CHARS = 28;
const CALL_CHARS = 44;
const FINISH_CHARS = 18;

/** A recording's rows under its title; what differs is told in full below. */
export function formatTable(title: string, rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const details = rows.flatMap(({ who, differences = [] }) =>
    differences.map((text) => `    ${who}: ${text}`),
  );
  return [title, ...lines.map((line) => `  ${line}`), ...details, "", ""].join("\n");
}

function cellsOf({ who, outcome, differences }: Row): readonly string[] {
  const verdict = differences === undefined ? "" : differences.length === 0 ? "agrees" : "DISAGREES";
  const failure = "error" in outcome ? outcome.error : outcome.said.failure;
  if (failure !== null) return [who, `error: ${short(failure, TEXT_CHARS)}`, "", "", "", "", "", "", verdict];
  if ("error" in outcome) return [who];
  const { said } = outcome;
  return [
    who,
    quoted(said.text),
    calls(said),
    short(said.own.finish, FINISH_CHARS),
    ...counts(said.tokens),
    verdict,
  ];
}

function quoted(text: string): string {
  return text === "" ? "-" : `${JSON.stringify(short(text, TEXT_CHARS))} (${text.length})`;
}

function calls({ calls: made }: Said): string {
  if (made.length === 0) return "-";
  return short(made.map((call) => `${call.name}(${JSON.stringify(call.arguments)})`).join(", "), CALL_CHARS);
}

function counts(tokens: SaidTokens | null): string[] {
  const { input, cacheRead, output, reasoning } = tokens ?? {};
  return [input, cacheRead, output, reasoning].map((count) => String(count ?? "-"));
}

function short(text: string, chars: number): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= chars ? line : `${line.slice(0, chars - 1)}…`;
}
