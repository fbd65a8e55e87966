import * as path from "node:path";

import type * as k8s from "@pulumi/kubernetes";

import { configDirectory } from "../../pipeline/certificates";
import type { PipelineNeeds } from "../../pipeline/needs";
import { noProxy } from "../../pipeline/proxy";
import { vaultCaKey } from "../../pipeline/vault";
import type { Settings } from "../../settings/schema";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/**
 * The variables that the pipeline needs, sorted by name. None holds a secret: those are files.
 *
 * @throws Error if a section needs one that the pod cannot give
 */
export function podEnv(settings: Settings, needs: PipelineNeeds): EnvVar[] {
  const known: Record<string, Omit<EnvVar, "name">> = {
    CLUSTER_NAME: { value: literal(settings.clusterName) },
    LOKI_TENANT: { value: literal(settings.lokiTenant) },
    NODE_SELECTOR: { value: literal(settings.nodeSelector) },
    NODE_IP: { valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
    // A reference reaches back only: sorted by name, it comes behind the one that it refers to.
    NODE_IP_IN_URL: { value: settings.pod.ipFamily === "IPv6" ? "[$(NODE_IP)]" : "$(NODE_IP)" },
    NODE_NAME: { valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    // By default 30 s and 15 s: a connection that breaks in silence would cost the lines of three quarters of a minute.
    HTTP2_READ_IDLE_TIMEOUT_SECONDS: { value: "5" },
    HTTP2_PING_TIMEOUT_SECONDS: { value: "3" },
    VAULT_CACERT: { value: path.posix.join(configDirectory, vaultCaKey) },
    HTTP_PROXY: { value: settings.proxy?.url },
    HTTPS_PROXY: { value: settings.proxy?.url },
    // Not escaped: the kubelet puts the API server's address in.
    NO_PROXY: { value: noProxy(settings) },
  };
  const wanted = needs.env.map(({ name }) => name);
  if (wanted.includes("NODE_IP_IN_URL") && !wanted.includes("NODE_IP")) wanted.push("NODE_IP");
  return wanted
    .map((name) => {
      const source = known[name];
      if (source === undefined) throw new Error(`the pipeline needs the variable ${name}, which the pod cannot give`);
      return { name, ...source };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

// The kubelet reads `$(NAME)` in a value as a reference and `$$` as one dollar: a regular expression may hold both.
function literal(value: string): string {
  return value.replaceAll("$", "$$$$");
}
