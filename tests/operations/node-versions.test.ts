import assert from "node:assert/strict";

import { oldNodesText } from "../../operations/warnings/node-versions";

const node = (name: string, kubeletVersion?: string) => ({
  metadata: { name },
  status: { nodeInfo: { kubeletVersion } },
});

describe("the warning of old kubelets", () => {
  it("names the nodes whose kubelet stops at a rotation, whatever its vendor adds to the version", () => {
    const text = oldNodesText([
      node("a", "v1.28.9-eks-036c24b"),
      node("b", "v1.29.0+k3s1"),
      node("c", "v1.29.1"),
      node("d", "v1.29.1-gke.1589017"),
      node("e", "v1.37.2"),
      node("f", "v1.3.9"),
    ]);
    assert.match(text ?? "", /: a \(v1\.28\.9-eks-036c24b\), b \(v1\.29\.0\+k3s1\), f \(v1\.3\.9\)\. Upgrade/);
    assert.match(text ?? "", /grafana\/alloy\/issues\/1728/);
  });

  it("is not there for new nodes, for none, and for one that tells no version", () => {
    assert.equal(oldNodesText([node("a", "v1.29.1"), node("b", "v2.0.0"), node("c"), node("d", "fargate")]), undefined);
    assert.equal(oldNodesText([]), undefined);
  });

  it("names five, and counts the others", () => {
    const nodes = Array.from({ length: 7 }, (_, at) => node(`n${at}`, "v1.27.0"));
    assert.match(oldNodesText(nodes) ?? "", /n4 \(v1\.27\.0\) and 2 more\./);
  });
});
