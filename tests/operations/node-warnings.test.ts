import assert from "node:assert/strict";

import { nodeWarnings, type SeenNode } from "../../operations/warnings/nodes";
import { settingsOf } from "../support/settings";

const node = (name: string, kubeletVersion: string, labels: Record<string, string> = {}): SeenNode => ({
  metadata: { name, labels },
  status: { nodeInfo: { kubeletVersion } },
});

describe("what a preview says of the nodes", () => {
  it("names kubelets that end a stream at a rotation, as each distribution writes its version", () => {
    const nodes = ["v1.28.15", "v1.29.0-eks-5e0fdde", "v1.27.16+k3s1", "v1.29.1", "v1.30.0-gke.1457000", "v1.37.0"].map(
      (version, at) => node(`n${at}`, version),
    );
    const [warning, ...more] = nodeWarnings(settingsOf(), nodes);
    assert.match(warning ?? "", /^warning: n0, n1, n2 have kubelets before 1\.29\.1,.*issues\/1728/);
    assert.deepEqual(more, []);
    assert.deepEqual(nodeWarnings(settingsOf({ logs: { enabled: false } }), nodes), []);
  });

  for (const [title, labels] of [
    ["EKS Fargate", { "eks.amazonaws.com/compute-type": "fargate" }],
    ["AKS virtual nodes", { type: "virtual-kubelet", "kubernetes.io/role": "agent" }],
    ["AKS virtual nodes v2", { virtualization: "virtualnode2" }],
    ["Liqo", { "liqo.io/type": "virtual-node" }],
    ["TKE super nodes", { "node.kubernetes.io/instance-type": "eklet" }],
  ] as const)
    it(`names a node of ${title}, unless the settings leave it out`, () => {
      const nodes = [node("machine", "v1.33.1"), node("virtual", "v1.33.1", labels)];
      const included = settingsOf({ pod: { virtualNodes: "include" } });
      assert.match(nodeWarnings(included, nodes).join(), /virtual is no machine.*virtualNodes: exclude/);
      assert.deepEqual(nodeWarnings(settingsOf(), nodes), []);
    });

  it("says nothing of machines, of EKS Auto Mode, of versions that are none, or of no nodes", () => {
    const auto = node("auto", "v1.33.1-eks-1", { "eks.amazonaws.com/compute-type": "auto" });
    assert.deepEqual(nodeWarnings(settingsOf(), [auto, node("kwok", "kwok-v0.7.0", { type: "kwok" })]), []);
    assert.deepEqual(nodeWarnings(settingsOf(), []), []);
  });

  it("does not list a thousand nodes", () => {
    const nodes = Array.from({ length: 1000 }, (_, at) => node(`n${at}`, "v1.20.0"));
    assert.match(nodeWarnings(settingsOf(), nodes).join(), /n4 and 995 more have/);
  });
});
