import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { recordProgram, type Recording } from "../../operations/recording/record-program";
import { configOf, type StackValues } from "../support/settings";
import { judged, resourcesOf } from "./mutation/bases";

const kubernetesApi = { "kubernetes.default.svc": { cidrs: ["fd00:10:96::5/128"], port: 6443 } };
const stated = (more: StackValues = {}): StackValues => ({
  enabled: true,
  scrapeCidrs: ["fd00:10:96::3/128", "10.0.0.7/32"],
  destinations: kubernetesApi,
  ...more,
});

/** A stack with these values, recorded, and what the pack says of it. */
async function judge(values: StackValues): Promise<{ said: string[]; recording: Recording }> {
  const config = configOf(values);
  const recording = await recordProgram({ stack: "test", config });
  const resources = resourcesOf(recording);
  return {
    said: [...judged(resources, config).judge(resources)].map(([rule, all]) => `${rule}: ${all.join()}`),
    recording,
  };
}

interface Way {
  to: unknown[];
  ports: { protocol: string; port: number }[];
}

function egressOf({ resources }: Recording): Way[] {
  const policy = resources.find(({ type }) => type.endsWith(":NetworkPolicy"));
  assert.ok(policy, "no NetworkPolicy");
  return (policy.inputs["spec"] as { egress: Way[] }).egress;
}

describe("stacks for other people's clusters pass the pack", () => {
  for (const [title, loki, prometheus] of [
    ["as people shorten it", "[fd00:10:96::1]:3100", "[fd00:10:96::2]:9090"],
    ["written out and in capitals", "[FD00:10:96:0:0:0:0:1]:3100", "[fd00:0010:0096::0002]:9090"],
    ["on the scheme's own port", "[fd00:10:96::1]", "[fd00:10:96:0::2]"],
    ["that maps an IPv4 address", "[::ffff:10.0.0.7]:3100", "[::ffff:10.0.0.8]:9090"],
  ] as const)
    it(`with an IPv6 address in a URL, ${title}`, async () => {
      const { said, recording } = await judge({
        lokiUrl: `http://${loki}/loki/api/v1/push`,
        prometheusUrl: `http://${prometheus}/api/v1/write`,
        network: stated(),
      });
      assert.deepEqual(said, []);
      for (const { to } of egressOf(recording).slice(-2)) assert.match(JSON.stringify(to), /"cidr":"[0-9a-f:]+\/128"/);
    });

  it("with an IPv6 address that is stated without its brackets", async () => {
    const { said, recording } = await judge({
      lokiUrl: "http://[fd00:10:96::1]:3100/loki/api/v1/push",
      prometheusUrl: "http://10.0.0.7:9090/api/v1/write",
      network: stated({
        destinations: {
          ...kubernetesApi,
          "fd00:10:96::1": { podLabels: { app: "loki" }, namespace: "loki", port: 3100 },
        },
      }),
    });
    assert.deepEqual(said, []);
    assert.match(JSON.stringify(egressOf(recording)), /"kubernetes.io\/metadata.name":"loki"/);
  });

  // Reports: tektoncd/operator#4000, openshift DNS operator, restatedev/restate-operator#54
  for (const [title, dns, port] of [
    ["Google's Cloud DNS", { cidrs: ["169.254.169.254/32"] }, 53],
    [
      "OpenShift's DNS",
      { podLabels: { "dns.operator.openshift.io/daemonset-dns": "default" }, namespace: "openshift-dns", port: 5353 },
      5353,
    ],
    ["a cache on the node with an IPv6 address", { cidrs: ["fd00:ec2::10/128", "169.254.25.10/32"] }, 53],
  ] as const)
    it(`with ${title}, which gets a way for itself alone`, async () => {
      const { said, recording } = await judge({
        lokiUrl: "http://10.0.0.8:3100/loki/api/v1/push",
        prometheusUrl: "http://10.0.0.7:9090/api/v1/write",
        network: stated({ dns: [dns] }),
      });
      assert.deepEqual(said, []);
      const [usual, own] = egressOf(recording);
      assert.equal(usual?.to.length, 2);
      assert.deepEqual(own?.ports, [
        { protocol: "UDP", port },
        { protocol: "TCP", port },
      ]);
    });

  it("with a section that asks something on a node with an IPv6 address", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-section-"));
    const file = path.join(folder, "node.alloy");
    fs.writeFileSync(
      file,
      'prometheus.scrape "own" {\n\ttargets = [{"__address__" = sys.env("NODE_IP_IN_URL") + ":9253"}]\n\tforward_to = [prometheus.remote_write.default.receiver]\n}\n',
    );
    try {
      const { said, recording } = await judge({
        pod: { ipFamily: "IPv6" },
        extraSections: [{ file, needs: { env: ["NODE_IP_IN_URL"] } }],
      });
      assert.deepEqual(said, []);
      const text = JSON.stringify(recording.resources.find(({ type }) => type.endsWith(":DaemonSet")));
      assert.match(text, /"name":"NODE_IP_IN_URL","value":"\[\$\(NODE_IP\)\]"/);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("with annotations of meshes and autoscalers, but none that loosens what confines a pod", async () => {
    const annotations = {
      "sidecar.istio.io/inject": "false",
      "linkerd.io/inject": "disabled",
      "karpenter.sh/do-not-disrupt": "true",
      "cluster-autoscaler.kubernetes.io/enable-ds-eviction": "false",
    };
    assert.deepEqual((await judge({ pod: { annotations } })).said, []);
    for (const loosening of [
      { "container.apparmor.security.beta.kubernetes.io/alloy": "unconfined" },
      { "k8s.v1.cni.cncf.io/networks": "other" },
      { "io.kubernetes.cri-o.userns-mode": "auto" },
    ])
      assert.notDeepEqual((await judge({ pod: { annotations: loosening } })).said, [], JSON.stringify(loosening));
  });

  it("with no secret that somebody put into an annotation or a header", async () => {
    const token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    assert.notDeepEqual((await judge({ annotations: { "example.com/token": token } })).said, []);
    assert.notDeepEqual((await judge({ prometheusHeaders: { "X-Team": token } })).said, []);
  });
});
