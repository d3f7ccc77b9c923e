import { OWNERS, type Owner, titleOf } from "./frames.ts";
import type { Stack } from "./stacks.ts";

export interface FlameOptions {
  title: string;
  /** What one unit of weight is for the reader, for instance `(weight) => "1.2 µs"`. */
  amount(weight: number): string;
  /** Default 1,200. */
  widthPx?: number;
}

const ROW_PX = 17;
const FONT_PX = 11;
/** Of the font at that size, on average. */
const CHARACTER_PX = 6.6;
const MARGIN_PX = 10;
const HEAD_PX = 46;
/** Narrower boxes cannot be seen, and are left out with all above them. */
const LEAST_BOX_PX = 0.6;
const LEAST_TEXT_PX = 24;

const COLOURS: Readonly<Record<Owner, string>> = {
  headrace: "#f2994a",
  undici: "#6ea8dc",
  uws: "#8fc98b",
  node: "#b5a3d6",
  "other packages": "#d9b382",
  builtins: "#e6d36f",
  collector: "#e57373",
  native: "#c4c8cc",
};

interface Box {
  stack: Stack;
  depth: number;
  x: number;
  width: number;
}

/** A flame graph: what is called stands on its caller, width is time, the owner gives the colour. */
export function flameSvg(root: Stack, { title, amount, widthPx = 1200 }: FlameOptions): string {
  const scale = (widthPx - 2 * MARGIN_PX) / root.total;
  const boxes = boxesOf(root, scale);
  const depth = Math.max(...boxes.map((box) => box.depth));
  const height = HEAD_PX + (depth + 1) * ROW_PX + MARGIN_PX;
  const share = (weight: number): string => `${((weight / root.total) * 100).toFixed(1)} %`;
  const lines = boxes.map(({ stack, depth: row, x, width }) => {
    const y = height - MARGIN_PX - (row + 1) * ROW_PX;
    const hint = `${titleOf(stack.frame)}: ${amount(stack.total)}, ${share(stack.total)}; itself ${amount(stack.self)}`;
    const text = labelOf(stack.frame.name, width);
    return `<g><title>${escaped(hint)}</title><rect x="${px(x)}" y="${y}" width="${px(width)}" height="${ROW_PX - 1}" fill="${COLOURS[stack.frame.owner]}"/>${
      text === "" ? "" : `<text x="${px(x + 3)}" y="${y + 12}">${escaped(text)}</text>`
    }</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${height}" viewBox="0 0 ${widthPx} ${height}" font-family="DejaVu Sans, sans-serif" font-size="${FONT_PX}">`,
    `<rect width="${widthPx}" height="${height}" fill="#ffffff"/>`,
    `<text x="${MARGIN_PX}" y="16" font-size="14" font-weight="bold">${escaped(title)}</text>`,
    ...legend(root),
    ...lines,
    "</svg>\n",
  ].join("\n");
}

function boxesOf(root: Stack, scale: number): Box[] {
  const boxes: Box[] = [];
  const visit = (stack: Stack, depth: number, x: number): void => {
    const width = stack.total * scale;
    if (width < LEAST_BOX_PX) return;
    boxes.push({ stack, depth, x, width });
    let childX = x;
    for (const child of stack.children) {
      visit(child, depth + 1, childX);
      childX += child.total * scale;
    }
  };
  visit(root, 0, MARGIN_PX);
  return boxes;
}

function legend(root: Stack): string[] {
  const there = new Set<Owner>();
  const visit = ({ frame, children }: Stack): void => {
    there.add(frame.owner);
    for (const child of children) visit(child);
  };
  visit(root);
  const owners = (Object.keys(OWNERS) as Owner[]).filter((owner) => there.has(owner));
  let x = MARGIN_PX;
  return owners.map((owner) => {
    const [words = ""] = OWNERS[owner].split(/[,:]/);
    const item = `<rect x="${px(x)}" y="26" width="11" height="11" fill="${COLOURS[owner]}"/><text x="${px(x + 15)}" y="35">${escaped(words)}</text>`;
    x += 15 + words.length * CHARACTER_PX + 16;
    return item;
  });
}

function labelOf(name: string, width: number): string {
  if (width < LEAST_TEXT_PX) return "";
  const most = Math.floor((width - 6) / CHARACTER_PX);
  return name.length <= most ? name : `${name.slice(0, Math.max(1, most - 1))}…`;
}

function px(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
