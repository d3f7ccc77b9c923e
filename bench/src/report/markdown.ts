/** A Markdown table; the first column is text, the others are set right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_name, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A number with as many decimals as its size deserves. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function percent(ratio: number): string {
  const text = (ratio * 100).toFixed(2);
  // 99.9996 % is not "100.00": a failure must stay visible.
  return ratio < 1 && text === "100.00" ? "99.99" : text;
}
