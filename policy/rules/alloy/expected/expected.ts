import type { Shape } from "../../../shape";

/** One resource that a stack with given settings has. */
export interface Expected {
  /** Type token. */
  type: string;
  /** Logical name in the program. */
  name: string;
  /** Logical name of the provider; absent for components and for providers. */
  provider?: "kubernetes" | "vault" | "random";
  /** The inputs, field by field. */
  props: Shape;
  /** Whether it has to be protected from deletion, and may be only then. */
  protect: boolean;
  /** Fields that only the first version of the resource has from the program; none if it is absent. */
  ignoreChanges?: readonly string[];
}

/** Everything that a stack with these settings has: a resource that is not here has no business in it. */
export interface ExpectedStack {
  resources: Expected[];
  /** What the stack hands out, by name. */
  outputs: Readonly<Record<string, string>>;
}

/** A Kubernetes object: kind and version stand in its token and in the object. */
export function kubernetesObject(
  apiVersion: string,
  kind: string,
  facts: { name: string; protect?: boolean },
  props: Record<string, Shape>,
): Expected {
  const module = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return {
    type: `kubernetes:${module}:${kind}`,
    provider: "kubernetes",
    protect: false,
    ...facts,
    props: { apiVersion, kind, ...props },
  };
}

/** A component of the program, which is a name for its children and nothing else. */
export function component(kind: string, name: string): Expected {
  return { type: `detectviz:alloy:${kind}`, name, props: {}, protect: false };
}
