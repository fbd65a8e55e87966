import assert from "node:assert/strict";

import { formatPath } from "../../kit/property-path";
import { additionsIn } from "../../operations/drift/additions";

type Values = Record<string, unknown>;

/** The fields of an object as the API server says who owns them; `by` is who has added something. */
function live(object: Values, fields: Values, by = "kubectl-edit", subresource?: string): Values {
  const metadata = { ...(object["metadata"] as Values | undefined) };
  return { ...object, metadata: { ...metadata, managedFields: [{ manager: by, fieldsV1: fields, subresource }] } };
}

const found = (asked: Values, there: Values): [string, unknown][] =>
  additionsIn(asked, there).map(({ path, found: value }) => [formatPath(path), value]);

const container = {
  name: "alloy",
  image: "a",
  securityContext: { privileged: false, capabilities: { drop: ["ALL"] } },
};
const asked = { spec: { template: { spec: { containers: [container], nodeSelector: { os: "linux" } } } } };
const inPod = (fields: Values): Values => ({ "f:spec": { "f:template": { "f:spec": fields } } });
const inContainer = (fields: Values): Values => inPod({ "f:containers": { 'k:{"name":"alloy"}': fields } });
const withPod = (pod: Values): Values => ({ spec: { template: { spec: { ...asked.spec.template.spec, ...pod } } } });

describe("what was added to an object by hand", () => {
  it("is a field of the pod, or of a container, that the program does not set", () => {
    const hostPid = live(withPod({ hostPID: true }), inPod({ "f:hostPID": {} }));
    assert.deepEqual(found(asked, hostPid), [["spec.template.spec.hostPID", true]]);
    const securityContext = { ...container.securityContext, capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } };
    const capable = live(
      withPod({ containers: [{ ...container, securityContext }] }),
      inContainer({ "f:securityContext": { "f:capabilities": { "f:add": {} } } }),
    );
    assert.deepEqual(found(asked, capable), [
      ["spec.template.spec.containers[0].securityContext.capabilities.add", ["SYS_ADMIN"]],
    ]);
  });

  it("is an entry of a list, wherever in it: the whole entry, once", () => {
    const sidecar = { name: "sidecar", image: "b", env: [{ name: "A", value: "1" }] };
    const more = live(
      withPod({ containers: [container, sidecar] }),
      inPod({ "f:containers": { 'k:{"name":"sidecar"}': { ".": {}, "f:name": {}, "f:image": {}, "f:env": {} } } }),
    );
    assert.deepEqual(found(asked, more), [["spec.template.spec.containers[1]", sidecar]]);
    const volumes = { spec: { volumes: [{ name: "config" }] } };
    const mounted = { spec: { volumes: [{ name: "config" }, { name: "root", hostPath: { path: "/" } }] } };
    assert.deepEqual(found(volumes, mounted), [["spec.volumes[1]", { name: "root", hostPath: { path: "/" } }]]);
  });

  it("is a key more in a map that is owned as a whole", () => {
    const selector = live(withPod({ nodeSelector: { os: "linux", zone: "a" } }), inPod({ "f:nodeSelector": {} }));
    assert.deepEqual(found(asked, selector), [["spec.template.spec.nodeSelector.zone", "a"]]);
  });

  it("is no field that the program sets: the engine compares those", () => {
    const changed = live(
      withPod({ containers: [{ ...container, image: "other" }] }),
      inContainer({ "f:image": {}, "f:securityContext": { "f:privileged": {} } }),
    );
    assert.deepEqual(found(asked, changed), []);
  });

  it("is nothing that the engine, a controller or a status has written, or that is there no more", () => {
    const there = withPod({ hostPID: true });
    const fields = inPod({ "f:hostPID": {} });
    assert.deepEqual(found(asked, live(there, fields, "pulumi-kubernetes-1234")), []);
    assert.deepEqual(found(asked, live(there, fields, "kube-controller-manager")), []);
    assert.deepEqual(found(asked, live(there, fields, "kubelet", "status")), []);
    assert.deepEqual(found(asked, live(withPod({}), fields)), []);
  });

  it("is a label, a finalizer or an owner, but no annotation of an object and no restart by hand", () => {
    const metadata = { labels: { ours: "1", theirs: "2" }, annotations: { note: "x" }, finalizers: ["wait"] };
    const template = { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now", other: "y" } } };
    const fields = {
      "f:metadata": {
        "f:labels": { "f:theirs": {} },
        "f:annotations": { "f:note": {} },
        "f:finalizers": { ".": {}, 'v:"wait"': {} },
      },
      "f:spec": {
        "f:template": {
          "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/restartedAt": {}, "f:other": {} } },
        },
      },
    };
    const wanted = { metadata: { labels: { ours: "1" } }, spec: { template: { metadata: { annotations: {} } } } };
    assert.deepEqual(found(wanted, live({ kind: "DaemonSet", metadata, spec: { template } }, fields)), [
      ["metadata.labels.theirs", "2"],
      ["metadata.finalizers", ["wait"]],
      ["spec.template.metadata.annotations.other", "y"],
    ]);
  });

  it("is of a namespace's labels only what decides on Pod Security", () => {
    const level = "pod-security.kubernetes.io/enforce-version";
    const there = { kind: "Namespace", metadata: { labels: { project: "p", [level]: "v1.20" } } };
    const fields = { "f:metadata": { "f:labels": { "f:project": {}, [`f:${level}`]: {} } } };
    assert.deepEqual(found({ metadata: { labels: {} } }, live(there, fields)), [
      [`metadata.labels["${level}"]`, "v1.20"],
    ]);
  });

  it("is found by comparing alone if nobody has written down who owns what", () => {
    const rules = { rules: [{ verbs: ["get"] }] };
    assert.deepEqual(found(rules, { rules: [{ verbs: ["get", "watch"] }, { verbs: ["*"] }] }), [
      ["rules[0].verbs[1]", "watch"],
      ["rules[1]", { verbs: ["*"] }],
    ]);
  });
});
