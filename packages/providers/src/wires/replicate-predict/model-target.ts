/**
 * How a config names a model (Replicate, "Create a prediction"):
 *
 *     owner/name              an official model, or the newest version of any other
 *     owner/name:version      a version of a community's model; the version alone will do
 *     deployments/owner/name  a deployment of one's own
 */
export interface ModelTarget {
  /** Below `https://api.replicate.com/v1`. */
  readonly path: string;
  /** Named in the body where the path does not say it. */
  readonly version: string | null;
}

const DEPLOYMENT = /^deployments\/([^/]+)\/([^/]+)$/;
const OFFICIAL = /^([^/:]+)\/([^/:]+)$/;

export function modelTarget(model: string): ModelTarget {
  for (const [pattern, root] of [
    [DEPLOYMENT, "deployments"],
    [OFFICIAL, "models"],
  ] as const) {
    const [, owner, name] = pattern.exec(model) ?? [];
    if (owner !== undefined && name !== undefined) {
      const path = `/${root}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/predictions`;
      return { path, version: null };
    }
  }
  return { path: "/predictions", version: model.slice(model.lastIndexOf(":") + 1) };
}
