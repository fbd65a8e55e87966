import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse } from "yaml";

import type { Resource } from "../../../policy/rule";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { resource } from "../support";

/** A pod of Kubernetes' own test data, as it is. */
export interface OutsidePod {
  /** File name without the ending, `hostports0`. */
  name: string;
  /** The check of the Pod Security Standards that it fails. */
  check: string;
  pod: Resource;
}

/**
 * Which of our rules stands for which check of Kubernetes' own, several checks a rule. Of the volume types that the
 * profile refuses, hostPath has a rule of its own here.
 */
export function ruleOf({ name, check, pod }: OutsidePod): string {
  const { volumes = [] } = pod.props["spec"] as { volumes?: Record<string, unknown>[] };
  if (check === "restrictedvolumes" && volumes.some(({ hostPath }) => hostPath !== undefined)) return "pod-host-path";
  const rule = rulesOfChecks[check];
  if (rule === undefined) throw new Error(`${name}: no rule is named for the check ${check}`);
  return rule;
}

export const rulesOfChecks: Readonly<Record<string, string>> = {
  allowprivilegeescalation: "container-privilege-escalation",
  apparmorprofile: "container-confinement",
  capabilities_baseline: "container-capabilities",
  capabilities_restricted: "container-capabilities",
  hostnamespaces: "pod-host-namespaces",
  hostpathvolumes: "pod-host-path",
  hostports: "pod-host-ports",
  hostprobesandhostlifecycle: "container-probe-host",
  privileged: "container-privileged",
  procmount: "container-confinement",
  procmount_restricted: "container-confinement",
  restrictedvolumes: "pod-volume-types",
  runasnonroot: "container-non-root",
  runasuser: "container-non-root",
  seccompprofile_baseline: "container-seccomp",
  seccompprofile_restricted: "container-seccomp",
  selinuxoptions: "container-confinement",
  sysctls: "pod-sysctls",
  windowshostprocess: "container-confinement",
};

/** The pods that the `restricted` profile refuses, and the one that it takes, from k8s.io/pod-security-admission. */
export async function podSecurityPods(): Promise<{ good: Resource; bad: OutsidePod[] }> {
  const tools = await ensureTools(["pod-security-pods"], (tool, text) => console.error(`${tool}: ${text}`));
  const folder = tools["pod-security-pods"].path;
  const files = (await fs.readdir(path.join(folder, "fail"))).filter((file) => file.endsWith(".yaml")).sort();
  const bad = await Promise.all(
    files.map(async (file) => {
      const name = file.slice(0, -".yaml".length);
      return { name, check: name.replace(/\d+$/, ""), pod: await read(path.join(folder, "fail", file)) };
    }),
  );
  return { good: await read(path.join(folder, "pass", "base.yaml")), bad };
}

async function read(file: string): Promise<Resource> {
  const props = parse(await fs.readFile(file, "utf8")) as Record<string, unknown>;
  return resource("kubernetes:core/v1:Pod", path.basename(file), props);
}
