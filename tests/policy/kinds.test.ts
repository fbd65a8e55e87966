import assert from "node:assert/strict";

import type { Resource } from "../../policy/rule";
import { namespaceProtected } from "../../policy/rules/alloy/namespace-protected";
import { containerPrivileged } from "../../policy/rules/container-privileged";
import { kindAllowed } from "../../policy/rules/kind-allowed";
import { kubernetesPatch } from "../../policy/rules/kubernetes-patch";
import { kubernetesTyped } from "../../policy/rules/kubernetes-typed";
import { namespaceExplicit } from "../../policy/rules/namespace-explicit";
import { packageAllowed } from "../../policy/rules/package-allowed";
import { podHostPath } from "../../policy/rules/pod-host-path";
import { providerExplicit } from "../../policy/rules/provider-explicit";
import { rbacNoWildcard } from "../../policy/rules/rbac-no-wildcard";
import type { Plain } from "../../policy/values";
import { happyDaemonSet, happyNamespace } from "./happy";
import { resource, run } from "./support";

const spec = { containers: [{ name: "bad", securityContext: { privileged: true } }] };
const inTemplate = { spec: { template: { spec } } };

const workloads: Record<string, Plain> = {
  "core/v1:Pod": { spec },
  "core/v1:PodTemplate": { template: { spec } },
  "core/v1:ReplicationController": inTemplate,
  "apps/v1:DaemonSet": inTemplate,
  "apps/v1:Deployment": inTemplate,
  "apps/v1:StatefulSet": inTemplate,
  "apps/v1:ReplicaSet": inTemplate,
  "apps/v1beta1:Deployment": inTemplate,
  "apps/v1beta2:DaemonSet": inTemplate,
  "extensions/v1beta1:DaemonSet": inTemplate,
  "extensions/v1beta1:Deployment": inTemplate,
  "batch/v1:Job": inTemplate,
  "batch/v1:CronJob": { spec: { jobTemplate: inTemplate } },
  "batch/v1beta1:CronJob": { spec: { jobTemplate: inTemplate } },
};

const bad = (type: string, props: Plain): Resource => resource(`kubernetes:${type}`, "bad", props);

describe("kinds", () => {
  for (const [type, props] of Object.entries(workloads)) {
    const kind = type.split(":")[1] ?? "";
    it(`finds the pod of ${type}, its Patch and its List`, () => {
      assert.match(run(containerPrivileged, bad(type, props)).violations.join(), /containers\[0\].*privileged/);
      const patch = bad(`${type}Patch`, { kind, ...props });
      assert.equal(run(containerPrivileged, patch).violations.length, 1);
      const list = bad(`${type}List`, { items: [{}, props] });
      assert.match(run(containerPrivileged, list).violations.join(), /items\[1\]\..*privileged/);
    });
  }

  it("leaves alone what only has the same name", () => {
    assert.deepEqual(run(containerPrivileged, bad("example.com/v1:Deployment", inTemplate)).violations, []);
    assert.deepEqual(run(containerPrivileged, resource("test:index:Pod", "a", { spec })).violations, []);
  });

  it("believes an item of a List what it says it is", () => {
    const items = [{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [{ verbs: ["*"] }] }];
    assert.match(run(rbacNoWildcard, bad("core/v1:List", { items })).violations.join(), /items\[0\]\.rules\[0\]/);
    for (const version of ["v1", "v1beta1", "v1alpha1"])
      assert.equal(
        run(rbacNoWildcard, bad(`rbac.authorization.k8s.io/${version}:Role`, items[0] ?? {})).violations.length,
        1,
      );
  });

  it("does not take a hostPath by way of a PersistentVolume", () => {
    for (const field of ["hostPath", "local"]) {
      const volume = bad("core/v1:PersistentVolume", { spec: { [field]: { path: "/etc" } } });
      assert.match(run(podHostPath, volume).violations.join(), new RegExp(`spec\\.${field}\\.path`));
      assert.deepEqual(run(podHostPath, volume, { config: { allowed: ["/etc"] } }).violations, []);
    }
  });
});

describe("kubernetes-typed", () => {
  for (const type of [
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:helm.sh/v3:Chart",
    "kubernetes:helm.sh/v4:Chart",
    "kubernetes:helm.sh/v2:Chart",
    "kubernetes:yaml:ConfigFile",
    "kubernetes:yaml:ConfigGroup",
    "kubernetes:yaml/v2:ConfigGroup",
    "kubernetes:kustomize:Directory",
    "kubernetes:kustomize/v2:Directory",
  ]) {
    it(`refuses ${type}`, () => {
      const { violations } = run(kubernetesTyped, resource(type, "chart", { chart: "alloy" }));
      assert.equal(violations.length, 1, violations.join());
      assert.match(violations[0] ?? "", /"chart"/);
    });
  }

  it("refuses an item of a List that claims another version", () => {
    const list = bad("core/v1:PodList", {
      apiVersion: "v1",
      kind: "PodList",
      items: [{ apiVersion: "v1", kind: "Pod" }],
    });
    assert.deepEqual(run(kubernetesTyped, list).violations, []);
  });

  it("takes a Patch by its kind's own name, which kubernetes-patch then refuses", () => {
    const patch = bad("apps/v1:DaemonSetPatch", { apiVersion: "apps/v1", kind: "DaemonSet" });
    assert.deepEqual(run(kubernetesTyped, patch).violations, []);
    assert.match(run(kubernetesPatch, patch).violations.join(), /DaemonSetPatch "bad" patches/);
  });

  it("knows a custom kind that is really called so", () => {
    const custom = bad("example.com/v1:JsonPatch", { apiVersion: "example.com/v1", kind: "JsonPatch" });
    assert.deepEqual(run(kubernetesPatch, custom).violations, []);
  });

  it("knows that Kubernetes has no kind of that name, whatever the properties say", () => {
    const patch = bad("apps/v1:DaemonSetPatch", { apiVersion: "apps/v1", kind: "DaemonSetPatch", ...inTemplate });
    assert.equal(run(kubernetesPatch, patch).violations.length, 1);
    assert.equal(run(containerPrivileged, patch).violations.length, 1);
  });

  for (const type of ["core/v1:NamespacePatch", "rbac.authorization.k8s.io/v1:ClusterRolePatch"]) {
    it(`refuses ${type} even where it names no kind`, () => {
      assert.equal(run(kubernetesPatch, bad(type, {})).violations.length, 1);
    });
  }
});

describe("provider-explicit", () => {
  const by = (name: string, type = "pulumi:providers:kubernetes"): Resource => ({
    ...happyDaemonSet(),
    provider: { type, name },
  });

  it("refuses the default provider of any version", () => {
    assert.match(
      run(providerExplicit, by("default_4_34_2")).violations.join(),
      /DaemonSet "alloy" uses a default provider/,
    );
    assert.equal(run(providerExplicit, by("default")).violations.length, 1);
    assert.equal(run(providerExplicit, by("default_7_8_0", "pulumi:providers:vault")).violations.length, 1);
  });

  it("takes a provider of the program's own, a component and the engine's own provider", () => {
    assert.deepEqual(run(providerExplicit, by("kubernetes")).violations, []);
    assert.deepEqual(run(providerExplicit, by("defaults")).violations, []);
    assert.deepEqual(run(providerExplicit, by("default", "pulumi:providers:pulumi")).violations, []);
    const { provider, ...component } = happyDaemonSet();
    assert.ok(provider);
    assert.deepEqual(run(providerExplicit, component).violations, []);
  });
});

describe("namespaces", () => {
  it("protects the namespace of production", () => {
    assert.deepEqual(run(namespaceProtected, happyNamespace()).violations, []);
    const open = { ...happyNamespace(), opts: { protect: false } };
    assert.match(run(namespaceProtected, open).violations.join(), /Namespace "monitoring" is not protected/);
  });

  it("asks no namespace of what has none, and none of a stranger's kind", () => {
    for (const type of ["rbac.authorization.k8s.io/v1:ClusterRole", "core/v1:PersistentVolume", "example.com/v1:Thing"])
      assert.deepEqual(run(namespaceExplicit, bad(type, { metadata: { name: "a" } })).violations, []);
    for (const type of ["core/v1:ConfigMap", "networking.k8s.io/v1:NetworkPolicy", "batch/v1:Job"])
      assert.equal(run(namespaceExplicit, bad(type, { metadata: { name: "a" } })).violations.length, 1);
  });

  it("lets a stack make its own namespace only", () => {
    const options = { config: { allowed: ["monitoring"] } };
    assert.deepEqual(run(namespaceExplicit, happyNamespace(), options).violations, []);
    const other = bad("core/v1:Namespace", { metadata: { name: "other" } });
    assert.match(run(namespaceExplicit, other, options).violations.join(), /metadata\.name/);
    assert.match(run(namespaceExplicit, bad("core/v1:Namespace", {})).violations.join(), /metadata\.name is missing/);
    for (const name of ["default", "kube-system"])
      assert.match(
        run(namespaceExplicit, bad("core/v1:Namespace", { metadata: { name } })).violations.join(),
        /metadata\.name is not a namespace/,
      );
  });
});

describe("package-allowed", () => {
  const of = (type: string): Resource => {
    const name = type.slice(0, type.indexOf(":"));
    return resource(type, "a", {}, { provider: { type: `pulumi:providers:${name}`, name: "own" } });
  };

  for (const type of [
    "command:local:Command",
    "command:remote:Command",
    "docker:index/container:Container",
    "kubectl:index/manifest:Manifest",
    "helm:index/release:Release",
    "pulumi-nodejs:dynamic:Resource",
    "pulumi-python:dynamic:Resource",
    "terraform-module:index:Module",
    "nobody-knows:index:Thing",
  ])
    it(`refuses ${type}`, () => {
      assert.match(run(packageAllowed, of(type)).violations.join(), /is of the package/);
    });

  it("takes what makes nothing in a cluster, what is listed, and components", () => {
    for (const type of [
      "random:index/randomPassword:RandomPassword",
      "aws:s3/bucket:Bucket",
      "vault:index/policy:Policy",
    ])
      assert.deepEqual(run(packageAllowed, of(type)).violations, []);
    assert.deepEqual(run(packageAllowed, happyDaemonSet()).violations, []);
    const options = { config: { allowed: ["command"] } };
    assert.deepEqual(run(packageAllowed, of("command:local:Command"), options).violations, []);
    const { provider, ...component } = of("my-parts:index:Shop");
    assert.ok(provider);
    assert.deepEqual(run(packageAllowed, component).violations, []);
  });

  it("refuses a provider of such a package, before it makes anything", () => {
    const { provider, ...maker } = resource("pulumi:providers:command", "own", {});
    assert.ok(provider);
    assert.match(run(packageAllowed, maker).violations.join(), /package command/);
  });
});

describe("kind-allowed", () => {
  for (const type of [
    "admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy",
    "apiregistration.k8s.io/v1:APIService",
    "certificates.k8s.io/v1:CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1:PriorityLevelConfiguration",
    "scheduling.k8s.io/v1:PriorityClass",
    "storage.k8s.io/v1:StorageClass",
    "node.k8s.io/v1:RuntimeClass",
    "core/v1:Node",
    "apps/v1:ControllerRevision",
    "helm.cattle.io/v1:HelmChart",
    "argoproj.io/v1alpha1:Application",
    "helm.toolkit.fluxcd.io/v2:HelmRelease",
    "kyverno.io/v1:ClusterPolicy",
  ])
    it(`refuses ${type}, also in a List`, () => {
      const metadata = { name: "a", namespace: "shop" };
      assert.equal(run(kindAllowed, bad(type, { metadata })).violations.length, 1);
      const [apiVersion = "", kind = ""] = type.replace(/^core\//, "").split(":");
      const list = bad("core/v1:List", { items: [{ apiVersion, kind, metadata }] });
      assert.match(run(kindAllowed, list).violations.join(), /items\[0\]/);
    });

  it("takes what other rules read", () => {
    for (const type of ["core/v1:Namespace", "rbac.authorization.k8s.io/v1:ClusterRole", "core/v1:ConfigMap"])
      assert.deepEqual(run(kindAllowed, bad(type, { metadata: { name: "a" } })).violations, []);
  });
});

describe("the names of Terraform's types", () => {
  for (const type of ["kubernetes:index/podV1:PodV1", "kubernetes:index:Manifest", "kubernetes:core:Pod"])
    it(`${type} is none that rules can read`, () => {
      assert.match(run(kubernetesTyped, resource(type, "a", {})).violations.join(), /no type of @pulumi\/kubernetes/);
    });
});
