import { type CallFrame, isProbe, type NamedFrame, nameFrame, type Owner, titleOf } from "./frames.ts";

/** Calls merged by function along the way from the root: one node is one function, called by these callers. */
export interface Stack {
  frame: NamedFrame;
  /** Samples or bytes of the function itself. */
  self: number;
  /** Those of everything it called too. */
  total: number;
  children: Stack[];
}

interface TreeNode {
  callFrame: CallFrame;
  /** Of this node alone. */
  weight: number;
  children: readonly TreeNode[];
}

/** The part of `Profiler.Profile` of V8's inspector protocol that is read. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame; children?: number[] }[];
  samples: number[];
  /** µs before each sample. */
  timeDeltas: number[];
}

/** The part of `HeapProfiler.SamplingHeapProfile` that is read. */
export interface HeapProfile {
  head: HeapProfileNode;
}

interface HeapProfileNode {
  callFrame: CallFrame;
  /** Bytes, scaled up from the samples by V8. */
  selfSize: number;
  children: HeapProfileNode[];
}

const IDLE = "(idle)";
const ROOT: NamedFrame = { owner: "native", file: "", name: "all" };

/** The sampled time of several runs in µs, idle time left out. */
export function mergeCpuProfiles(profiles: readonly CpuProfile[]): Stack {
  return mergeTrees(profiles.map(cpuTree));
}

/** The bytes allocated in several runs. */
export function mergeHeapProfiles(profiles: readonly HeapProfile[]): Stack {
  return mergeTrees(profiles.map(({ head }) => heapTree(head)));
}

function cpuTree({ nodes, samples, timeDeltas }: CpuProfile): TreeNode {
  const weights = new Map<number, number>();
  for (const [i, id] of samples.entries()) weights.set(id, (weights.get(id) ?? 0) + (timeDeltas[i] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const build = (node: CpuProfile["nodes"][number]): TreeNode => ({
    callFrame: node.callFrame,
    weight: node.callFrame.functionName === IDLE ? 0 : Math.max(0, weights.get(node.id) ?? 0),
    children: (node.children ?? [])
      .flatMap((id) => byId.get(id) ?? [])
      .filter(({ callFrame }) => !isProbe(callFrame))
      .map(build),
  });
  const [root] = nodes;
  if (root === undefined) throw new Error("a CPU profile without nodes");
  return build(root);
}

function heapTree({ callFrame, selfSize, children }: HeapProfileNode): TreeNode {
  return {
    callFrame,
    weight: selfSize,
    children: children.filter((child) => !isProbe(child.callFrame)).map(heapTree),
  };
}

/** Roots become one; children of the same function become one, wherever in it they were called from. */
function mergeTrees(roots: readonly TreeNode[]): Stack {
  return mergeNodes(roots, ROOT, "");
}

function mergeNodes(nodes: readonly TreeNode[], frame: NamedFrame, callerFile: string): Stack {
  const file = frame.file === "" ? callerFile : frame.file;
  const groups = new Map<string, { frame: NamedFrame; nodes: TreeNode[] }>();
  for (const child of nodes.flatMap((node) => node.children)) {
    const named = nameFrame(child.callFrame, file);
    // Two functions of one name in a file are told apart by their line.
    const key = `${named.name}\n${child.callFrame.url}\n${child.callFrame.lineNumber}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { frame: named, nodes: [child] });
    else group.nodes.push(child);
  }
  const children = [...groups.values()]
    .map((group) => mergeNodes(group.nodes, group.frame, file))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || (titleOf(a.frame) < titleOf(b.frame) ? -1 : 1));
  const self = nodes.reduce((sum, { weight }) => sum + weight, 0);
  return { frame, self, total: children.reduce((sum, { total }) => sum + total, self), children };
}

/** A function wherever it was called from. */
export interface FunctionCost {
  title: string;
  owner: Owner;
  self: number;
  /** A function that calls itself counts once. */
  inclusive: number;
}

/** Each function of the stacks, in no order. */
export function costsByFunction(root: Stack): FunctionCost[] {
  const costs = new Map<string, FunctionCost>();
  const visit = (stack: Stack, above: ReadonlySet<string>): void => {
    const title = titleOf(stack.frame);
    const cost = costs.get(title) ?? { title, owner: stack.frame.owner, self: 0, inclusive: 0 };
    cost.self += stack.self;
    if (!above.has(title)) cost.inclusive += stack.total;
    costs.set(title, cost);
    const here = new Set(above).add(title);
    for (const child of stack.children) visit(child, here);
  };
  for (const child of root.children) visit(child, new Set());
  return [...costs.values()];
}

/** Self weight by owner. */
export function weightByOwner(root: Stack): Map<Owner, number> {
  const weights = new Map<Owner, number>();
  const visit = ({ frame, self, children }: Stack): void => {
    weights.set(frame.owner, (weights.get(frame.owner) ?? 0) + self);
    for (const child of children) visit(child);
  };
  visit(root);
  return weights;
}
