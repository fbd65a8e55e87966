import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { explainError } from "../../errors/explain-error";
import { explainPodCause } from "../../errors/pods/explain-cause";
import { quoted } from "../../errors/pods/known-cause";
import { explainLogRefusal } from "../../errors/pods/kubelet-logs";
import { settingFor } from "../../errors/pods/setting-for";
import { UserError } from "../../kit/user-error";

/** A text of Kubernetes, and what has to come of it; `problem` is a regular expression. */
interface PodText {
  source: string;
  key: string;
  lasts: boolean;
  problem: string;
  text: string;
}

const corpus = (name: string): PodText[] =>
  parse(fs.readFileSync(path.join(__dirname, "corpus", `${name}.yaml`), "utf8")) as PodText[];

const admissionTexts = corpus("admission");
const startTexts = corpus("pod-start");

const place = { stackFile: "Pulumi.test.yaml" };

describe("why a pod does not come", () => {
  it("is known from many texts", () => {
    assert.ok(admissionTexts.length >= 30 && startTexts.length >= 24);
  });

  for (const { source, key, lasts, problem, text } of [...admissionTexts, ...startTexts])
    it(source, () => {
      const cause = explainPodCause(text, place);
      assert.ok(cause, `not known: ${text}`);
      assert.deepEqual([cause.problem.key, cause.lasts], [key, lasts]);
      assert.match(cause.problem.problem, new RegExp(problem));
      assert.ok(cause.problem.remedy.length > 10);
      assert.ok(cause.problem.problem.length < 700, cause.problem.problem);
    });

  it("is nothing that a rollout says of itself", () => {
    for (const text of [
      "no pod yet",
      "the old collector runs",
      "the new collector is not ready",
      "CrashLoopBackOff: back-off 10s",
    ])
      assert.equal(explainPodCause(text, place), undefined, text);
  });
});

describe("what the engine says of admission", () => {
  for (const { source, key, problem, text } of admissionTexts)
    it(`is explained: ${source}`, () => {
      const found = explainError(`error: resource monitoring/alloy was not successfully created: ${text}\n`, place);
      assert.equal(found?.key, key);
      assert.match(found.problem, new RegExp(problem));
    });

  for (const { source, text } of admissionTexts)
    it(`is explained once: ${source}`, () => {
      const problem = explainError(text, place);
      assert.ok(problem);
      assert.equal(explainError(`error: ${new UserError([problem]).message}`, place), undefined);
    });

  it("ends where the engine goes on", () => {
    const text =
      'error: admission webhook "v.example.com" denied the request: no hostPath\nDiagnostics:\n  pulumi:pulumi:Stack';
    assert.match(explainError(text, place)?.problem ?? "", /: no hostPath$/);
  });
});

describe("the setting behind a policy's reason", () => {
  const expected: Record<string, string> = {
    "validation error: HostPath volumes are forbidden": "alloy:wal.path",
    'you must provide labels: {"costcenter"}': "alloy:pod.labels",
    "annotation karpenter.sh/do-not-disrupt is required": "alloy:pod.annotations",
    "container <alloy> has an invalid image repo <docker.io/grafana/alloy>": "alloy:image",
    "Running as root is not allowed": "alloy:wal.prepare",
    "memory limits must not exceed 256Mi": "alloy:resources",
    "priorityClassName system-node-critical is reserved": "alloy:pod.priorityClassName",
    "failed expression: object.metadata.name == 'x'": "",
  };
  for (const [reason, key] of Object.entries(expected)) it(reason, () => assert.equal(settingFor(reason).key, key));
});

describe("a server's words in a report", () => {
  it("are one line, not too long, and without the engine's backslashes", () => {
    assert.equal(quoted(' a \\"b\\"\n\n  c '), 'a "b" c');
    assert.equal(quoted("x".repeat(1000)).length, 301);
    assert.equal(quoted(), "");
  });
});

describe("why a node's logs cannot be read", () => {
  const kubelet = "https://10.0.1.7:10250/containerLogs/monitoring/alloy-x/alloy?follow=true";
  // Each with its public thread: what kubectl logs printed, which is the API server's own message.
  const expected: [source: string, code: number, message: string, problem: RegExp, remedy: RegExp][] = [
    [
      "bottlerocket-os/bottlerocket-core-kit#747",
      405,
      "the server does not allow this method on the requested resource ( pods/log x)",
      /debugging handlers are off/,
      /enableDebuggingHandlers: true/,
    ],
    [
      "kubernetes/kubernetes#25448 (before 1.9)",
      404,
      "the server could not find the requested resource ( pods/log kube-scheduler)",
      /serves no logs \(404\)/,
      /enableDebuggingHandlers/,
    ],
    [
      "syself/cluster-api-provider-hetzner#920",
      500,
      `Get "${kubelet}": remote error: tls: internal error`,
      /no serving certificate/,
      /kubectl certificate approve/,
    ],
    [
      "kelseyhightower/kubernetes-the-hard-way#441",
      500,
      `Get ${kubelet}: x509: cannot validate certificate for 10.240.0.23 because it doesn't contain any IP SANs`,
      /does not trust .*IP SANs/,
      /serverTLSBootstrap/,
    ],
    [
      "kubernetes/kubernetes#14097",
      500,
      `Get ${kubelet}: x509: certificate signed by unknown authority`,
      /does not trust .*unknown authority/,
      /signed by the cluster/,
    ],
    [
      "Azure/AKSFlexNode#76",
      401,
      "the server has asked for the client to provide credentials ( pods/log nvidia-driver-daemonset-489rl)",
      /does not accept the API server's own credentials/,
      /kubelet-client-certificate/,
    ],
    ["Azure/AKS: the tunnel", 500, `Get "${kubelet}": No agent available`, /no agent/, /konnectivity-agent/],
    [
      "Azure/AKS#1544, k0sproject/k0s#5852: a firewall",
      500,
      `Get "${kubelet}": dial tcp 10.0.1.7:10250: i/o timeout`,
      /does not reach the kubelet at 10\.0\.1\.7:10250 \(i\/o timeout\)/,
      /port 10250/,
    ],
    [
      "a kubelet that is not there",
      502,
      `Get "${kubelet}": dial tcp 10.0.1.7:10250: connect: connection refused`,
      /\(connection refused\)/,
      /port 10250/,
    ],
    [
      "kubernetes/kubeadm#211",
      403,
      "Forbidden (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource=proxy)",
      /does not let the API server in \(user kube-apiserver-kubelet-client\)/,
      /system:kubelet-api-admin/,
    ],
    [
      "RBAC",
      403,
      'pods "web-1" is forbidden: User "system:serviceaccount:monitoring:alloy" cannot get resource "pods/log" in API group "" in the namespace "shop"',
      /system:serviceaccount:monitoring:alloy may not read logs/,
      /--restore/,
    ],
    ["anything else", 503, "upstream is gone", /503: upstream is gone/, /kubectl logs/],
  ];
  for (const [source, code, message, problem, remedy] of expected)
    it(source, () => {
      const found = explainLogRefusal(code, message);
      assert.match(found.problem, problem);
      assert.match(found.remedy, remedy);
    });
});
