import * as fc from "fast-check";

import type { StackValues } from "../support/settings";

/** What other people's clusters ask for, at random: nodes, labels, a CA, headers, an identity, a proxy, a resolver. */

const orNothing = (value: StackValues): fc.Arbitrary<StackValues> => fc.constantFrom({}, value);

const both = (...parts: fc.Arbitrary<StackValues>[]): fc.Arbitrary<StackValues> =>
  fc.tuple(...parts).map((found) => Object.assign({}, ...found) as StackValues);

const ca = "tests/support/test-ca.pem";
const role = "arn:aws:iam::111122223333:role/alloy";
const guid = "00000000-1111-2222-3333-444444444444";

/** Hosts that these settings call. */
export const clusterHosts = ["proxy.corp.internal", "sts.eu-west-1.amazonaws.com", "login.microsoftonline.com"];

export const clusterValues = fc.record({
  pod: both(
    orNothing({ labels: { tier: "node" } }),
    orNothing({ annotations: { "sidecar.istio.io/inject": "false" } }),
    fc.constantFrom(
      {},
      { tolerations: [] },
      { tolerations: [{ key: "a", effect: "NoSchedule" }, { operator: "Exists" }] },
    ),
    orNothing({
      nodeAffinity: [
        { key: "pool", operator: "NotIn", values: ["spot"] },
        { key: "gpu", operator: "DoesNotExist" },
      ],
    }),
    fc.constantFrom({}, { virtualNodes: "exclude" }, { virtualNodes: "include" }),
    fc.constantFrom(
      {},
      { seLinuxOptions: { level: "s0:c1,c2" } },
      { seLinuxOptions: { level: "s0", type: "container_t" } },
    ),
  ),
  objects: both(
    orNothing({ labels: { team: "a", release: "b" } }),
    orNothing({ annotations: { "example.com/a": "b c" } }),
  ),
  dns: fc.constantFrom<unknown[]>(
    [],
    [{ podLabels: { "dns.operator.openshift.io/daemonset-dns": "default" }, namespace: "openshift-dns", port: 5353 }],
    [{ cidrs: ["fd00:10::a/128"] }],
  ),
  ca: fc.boolean(),
  tenant: fc.boolean(),
  identity: fc.constantFrom<StackValues | undefined>(
    undefined,
    { aws: { region: "eu-west-1" } },
    { aws: { region: "eu-west-1", roleArn: role } },
    { azure: { clientId: guid, tenantId: guid } },
  ),
  proxy: fc.constantFrom<StackValues | undefined>(
    undefined,
    { url: "http://proxy.corp.internal:3128" },
    { url: "https://proxy.corp.internal", noProxy: ["loki.example.com", "10.0.0.0/8"] },
  ),
});

/** What of it fits the other choices: the rest would be refused before the pack sees it. */
export function writersOf(
  { ca: own, tenant, identity, proxy }: Pick<ChosenCluster, "ca" | "tenant" | "identity" | "proxy">,
  { needsHttps, loki, prometheus, mode }: { needsHttps: boolean; loki: string; prometheus: string; mode: string },
): StackValues {
  const isFree = (kind: string): boolean => needsHttps && (mode === "none" || kind !== "mtls");
  return {
    ...(own && isFree(loki) && { lokiCaFile: ca }),
    ...(own && isFree(prometheus) && { prometheusCaFile: ca }),
    ...(tenant && { prometheusTenant: "team-a", prometheusHeaders: { "X-Cluster-Region": "eu" } }),
    ...(identity !== undefined &&
      needsHttps &&
      (mode === "none" || prometheus === "none") && { prometheusIdentity: identity }),
    ...(proxy !== undefined && { proxy }),
  };
}

type ChosenCluster = typeof clusterValues extends fc.Arbitrary<infer Chosen> ? Chosen : never;
