/** What a heap holds of one constructor. */
export interface HeapGroup {
  count: number;
  bytes: number;
}

/** Objects by constructor. What has none is named in parentheses by its kind, as Chrome's tools do. */
export type HeapSummary = ReadonlyMap<string, HeapGroup>;

export interface HeapChange {
  constructorName: string;
  count: number;
  bytes: number;
}

interface SnapshotFile {
  snapshot: { meta: { node_fields: string[]; node_types: unknown[] } };
  nodes: number[];
  strings: string[];
}

/** Kinds whose own name tells more than their kind. */
const NAMED_KINDS: ReadonlySet<string> = new Set(["object", "native", "closure"]);

function isSnapshot(value: unknown): value is SnapshotFile {
  if (typeof value !== "object" || value === null) return false;
  return "snapshot" in value && "nodes" in value && "strings" in value;
}

/**
 * Counts the objects of a heap snapshot in V8's format: a flat array of numbers, of which each node has as many as
 * `meta.node_fields` names; strings are indexes.
 *
 * @param text - the content of a `.heapsnapshot` file
 * @throws Error for anything else
 */
export function summariseHeap(text: string): HeapSummary {
  const file: unknown = JSON.parse(text);
  if (!isSnapshot(file)) throw new Error("not a heap snapshot");
  const { node_fields: fields, node_types: types } = file.snapshot.meta;
  const [typeAt, nameAt, sizeAt] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
  const kinds = types[typeAt ?? 0];
  if (typeAt === undefined || nameAt === undefined || sizeAt === undefined || !Array.isArray(kinds)) {
    throw new Error("not a heap snapshot");
  }
  const groups = new Map<string, HeapGroup>();
  for (let at = 0; at < file.nodes.length; at += fields.length) {
    const kind = String(kinds[file.nodes[at + typeAt] ?? 0]);
    const name = file.strings[file.nodes[at + nameAt] ?? 0] ?? "";
    const label = labelOf(kind, name);
    const group = groups.get(label) ?? { count: 0, bytes: 0 };
    group.count++;
    group.bytes += file.nodes[at + sizeAt] ?? 0;
    groups.set(label, group);
  }
  return groups;
}

function labelOf(kind: string, name: string): string {
  if (!NAMED_KINDS.has(kind)) return `(${kind})`;
  return kind === "closure" ? `${name || "(anonymous)"}()` : name || `(${kind})`;
}

export function totalBytes(heap: HeapSummary): number {
  return [...heap.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What there is more of, most bytes first, then most objects. */
export function compareHeaps(before: HeapSummary, after: HeapSummary): HeapChange[] {
  const changes = [...after].map(([constructorName, { count, bytes }]) => {
    const was = before.get(constructorName);
    return { constructorName, count: count - (was?.count ?? 0), bytes: bytes - (was?.bytes ?? 0) };
  });
  return changes
    .filter(({ count, bytes }) => count > 0 || bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || b.count - a.count);
}
