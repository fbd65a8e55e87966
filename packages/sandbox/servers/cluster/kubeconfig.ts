import * as fs from "node:fs/promises";
import * as path from "node:path";

import { stringify } from "yaml";

import { readText, writeAtomically } from "../../../../kit/files";
import { clusterPlace, recordPrefix } from "./kwokctl";
import type { SandboxPaths } from "../../paths";

/** The only context of the sandbox's kubeconfig. */
export const clusterContext = "alloy-sandbox";

/** Our own kubeconfig: one context, certificates inline, so that it can be copied and its path may hold blanks. */
export async function writeKubeconfig(paths: SandboxPaths): Promise<void> {
  const place = clusterPlace(paths);
  const inline = async (file: string): Promise<string> =>
    (await fs.readFile(path.join(place.home, "pki", file))).toString("base64");
  const ports = JSON.parse((await readText(path.join(paths.root, "ports.json"))) ?? "{}") as Record<string, number>;
  const server = `https://127.0.0.1:${ports[`${recordPrefix}kube-apiserver`] ?? 0}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": clusterContext,
    clusters: [{ name: clusterContext, cluster: { server, "certificate-authority-data": await inline("ca.crt") } }],
    users: [
      {
        name: clusterContext,
        user: {
          "client-certificate-data": await inline("admin.crt"),
          "client-key-data": await inline("admin.key"),
        },
      },
    ],
    contexts: [{ name: clusterContext, context: { cluster: clusterContext, user: clusterContext } }],
  };
  const text = stringify(config, { lineWidth: 0 });
  if ((await readText(paths.kubeconfig)) !== text) await writeAtomically(paths.kubeconfig, text, 0o600);
}
