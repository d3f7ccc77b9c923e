/** Steers mocks that run, without a restart: `/__mock/*` of packages/mock-upstream. */

/** Fields of the mock's behaviour, as its README has them. */
export type MockPatch = Readonly<Record<string, string | number | boolean>>;

/** From now on the mock does so; `{}` is its behaviour as it was started. */
export async function setFaults(port: number, patch: MockPatch): Promise<void> {
  await control(port, "faults", { method: "POST", body: JSON.stringify(patch) });
}

/** Requests that it has had. */
export async function requestsAt(port: number): Promise<number> {
  const { counts } = (await control(port, "received")) as { counts: { requests: number } };
  return counts.requests;
}

async function control(port: number, what: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/__mock/${what}`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`the mock refused: ${text}`);
  return JSON.parse(text);
}
