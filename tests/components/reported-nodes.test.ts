import assert from "node:assert/strict";

import { podTemplate } from "../../components/pod/pod-spec";
import { isPlacedOn, type Placement } from "../../operations/matching/placement";
import { composePipeline } from "../../pipeline/compose";
import { settingsOf, type StackValues } from "../support/settings";

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}
interface Taint {
  key: string;
  value?: string;
  effect: string;
}

function specOf(values: StackValues): Placement & { tolerations: Toleration[] } {
  const settings = settingsOf(values);
  const { needs } = composePipeline(settings);
  const { spec } = podTemplate({ settings, needs, configChecksum: "0".repeat(64) });
  return spec as Placement & { tolerations: Toleration[] };
}

/** Source: k8s.io/api/core/v1, toleration.go, ToleratesTaint */
const tolerates = ({ tolerations }: { tolerations: Toleration[] }, taint: Taint): boolean =>
  tolerations.some(
    ({ key, operator = "Equal", value = "", effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === undefined || key === taint.key) &&
      (operator === "Exists" || value === (taint.value ?? "")),
  );

const linux = { "kubernetes.io/os": "linux" };

/** Nodes as people described them in public; docs/reports-tried.md names each. */
describe("nodes from public reports", () => {
  // grafana/k8s-monitoring-helm#1176, mmalyska/home-ops#4712: a collector that tolerates nothing is missing there.
  const taints: Taint[] = [
    { key: "kubernetes.azure.com/scalesetpriority", value: "spot", effect: "NoSchedule" },
    { key: "nv", value: "NoSchedule", effect: "NoSchedule" },
  ];
  it("with a taint of their own get a collector, without a setting", () => {
    for (const taint of taints) assert.ok(tolerates(specOf({}), taint), taint.key);
  });

  // kubernetes-sigs/azurelustre-csi-driver#315: AKS Automatic refuses a toleration of every taint.
  it("of a cluster that refuses a toleration of every taint can be named one by one", () => {
    const spec = specOf({ pod: { tolerations: [{ key: "nv", value: "NoSchedule", effect: "NoSchedule" }] } });
    assert.deepEqual(
      taints.map((taint) => tolerates(spec, taint)),
      [false, true],
    );
    assert.ok(spec.tolerations.every(({ key }) => key !== undefined));
  });

  // admiraltyio/admiralty#114: pods of DaemonSets stay Pending on virtual nodes. Labels: pkg/vk/node/node.go.
  it("of Admiralty, which are clusters and no machines, get none", () => {
    const labels = {
      type: "virtual-kubelet",
      "virtual-kubelet.io/provider": "admiralty",
      "kubernetes.io/role": "cluster",
    };
    assert.equal(isPlacedOn(specOf({}), { ...linux, ...labels }), false);
    assert.equal(isPlacedOn(specOf({}), linux), true);
  });
});
