import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { UserError } from "../../kit/user-error";
import { findDrift, type FoundDrift } from "../../operations/drift/find-drift";
import { judgeBinding, type Binding } from "../../operations/drift/foreign-bindings";
import { removeAdditions } from "../../operations/drift/remove-additions";
import type { StackContext } from "../../operations/stack-context";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const subject = (name: string, namespace = "monitoring") => ({ kind: "ServiceAccount", name, namespace });
const binding = (name: string, role: string, ...subjects: object[]): Binding =>
  ({
    metadata: { name, uid: "u", resourceVersion: "7" },
    roleRef: { kind: "ClusterRole", name: role },
    subjects,
  }) as Binding;

const ours = { namespace: "monitoring", clusterRole: "alloy" };

describe("bindings that somebody else has made", () => {
  const judge = (one: Binding) =>
    judgeBinding("ClusterRoleBinding", one, ours).map(({ field, found }) => [field, found]);

  it("are drift if they give the collectors more, or their role to somebody else", () => {
    assert.deepEqual(judge(binding("evil", "cluster-admin", subject("alloy"))), [
      ["", "ServiceAccount monitoring/alloy bound to ClusterRole cluster-admin"],
    ]);
    assert.deepEqual(judge(binding("borrowed", "alloy", subject("other", "shop"))), [
      ["", "ServiceAccount shop/other bound to ClusterRole alloy"],
    ]);
  });

  it("lose only the collectors' entry if others need them", () => {
    assert.deepEqual(
      judge(binding("shared", "view", subject("other"), subject("alloy"))).map(([field]) => field),
      ["subjects[1]"],
    );
  });

  it("are none of ours: the stack's own, another namespace's alloy, and what is given to others", () => {
    assert.deepEqual(judge(binding("alloy", "alloy", subject("alloy"))), []);
    assert.deepEqual(judge(binding("theirs", "view", subject("alloy", "other"))), []);
    assert.deepEqual(judge(binding("all", "view", { kind: "Group", name: "system:serviceaccounts" })), []);
    assert.deepEqual(judge({ ...binding("empty", "view"), subjects: undefined }), []);
  });

  it("are found in a namespace by the binding's own, if a subject names none", () => {
    const one = { ...binding("local", "view", { kind: "ServiceAccount", name: "alloy" }) };
    one.metadata = { ...one.metadata, namespace: "monitoring" };
    assert.equal(judgeBinding("RoleBinding", one, ours).length, 1);
  });
});

describe("looking for drift", () => {
  let folder: string;
  let cluster: FakeCluster;
  const asked: string[] = [];
  let answers: Record<string, { status?: number; body?: unknown }>;

  before(async () => {
    cluster = await FakeCluster.start((method, url, body) => {
      asked.push(`${method} ${url.pathname}${url.search} ${JSON.stringify(body)}`);
      return answers[`${method} ${url.pathname}`] ?? { body: { items: [] } };
    });
  });
  after(() => cluster.stop());
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-drift-"));
    asked.length = 0;
    answers = {};
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const told: string[] = [];

  const summary = { summaryEvent: { resourceChanges: { same: 1 } } };

  function find(script: string, events: object[] = []): Promise<FoundDrift> {
    told.length = 0;
    events = [...events, summary];
    fs.writeFileSync(path.join(folder, "events"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const pulumi = path.join(folder, "pulumi");
    const write = `for w; do test "$p" = --event-log && cat ${folder}/events > "$w"; p=$w; done`;
    fs.writeFileSync(pulumi, `#!/bin/sh\necho "$@" > ${folder}/called\n${write}\n${script}\n`, { mode: 0o755 });
    const context = {
      engine: { pulumi, env: {}, stack: "test", policyPack: "pack" },
      place: { stackFile: "Pulumi.test.yaml" },
      file: "Pulumi.test.yaml",
      settings: settingsOf(),
      cluster: cluster.client,
    } as unknown as StackContext;
    return findDrift(context, (text) => void told.push(text));
  }

  const type = "kubernetes:core/v1:ServiceAccount";
  const metadata = { name: "alloy", namespace: "monitoring" };
  const inputs = { apiVersion: "v1", kind: "ServiceAccount", metadata };
  const byHand = { manager: "by-hand", fieldsV1: { "f:automount": {}, "f:usual": {} } };
  const outputs = { ...inputs, automount: true, usual: 7, metadata: { ...metadata, managedFields: [byHand] } };
  const same = {
    resourcePreEvent: {
      metadata: {
        op: "same",
        type,
        urn: `urn:pulumi:t::alloy::${type}::a`,
        old: { type, inputs, outputs },
        new: { type, inputs, outputs: {} },
      },
    },
  };

  it("asks no policy, so that what a rule would refuse is found as well", async () => {
    await find("exit 0");
    const called = fs.readFileSync(path.join(folder, "called"), "utf8");
    assert.match(called, /^preview --stack test --non-interactive --refresh --event-log /);
    assert.doesNotMatch(called, /--policy-pack/);
  });

  it("leaves out what is only the API server's default, and asks the server what that is without making anything", async () => {
    const serviceAccounts = "/api/v1/namespaces/monitoring/serviceaccounts";
    answers[`POST ${serviceAccounts}`] = { body: { ...inputs, usual: 7 } };
    const { drifts } = await find("exit 0", [same]);
    assert.deepEqual(
      drifts.map(({ field, found }) => [field, found]),
      [["automount", true]],
    );
    assert.equal(
      asked.find((one) => one.startsWith("POST")),
      `POST ${serviceAccounts}?dryRun=All ${JSON.stringify({ ...inputs, metadata: { ...metadata, name: "alloy-drift" } })}`,
    );
    answers[`POST ${serviceAccounts}`] = { status: 403, body: {} };
    assert.equal((await find("exit 0", [same])).drifts.length, 2);
  });

  it("goes on without the bindings if nobody may list them, and says so", async () => {
    answers["GET /apis/rbac.authorization.k8s.io/v1/rolebindings"] = { status: 403, body: { message: "not allowed" } };
    assert.deepEqual((await find("exit 0")).drifts, []);
    assert.match(
      told.join("\n"),
      /^warning: could not look who else is bound to the collectors' permissions \(.*403 not allowed\)$/,
    );
  });

  it("says why it could not compare, in a few lines", async () => {
    const error = (message: string) => ({ diagnosticEvent: { severity: "error", message } });
    const errors = Array.from({ length: 40 }, (_, i) => error(`error: unheard of ${i}`));
    await assert.rejects(find("seq 20000; exit 255", errors), (reason: unknown) => {
      assert.ok(reason instanceof UserError);
      assert.match(
        reason.message,
        /nothing was changed\.\n +Pulumi\.test\.yaml\n +the engine could not compare:\n +error: unheard of 0\n/,
      );
      assert.ok(reason.message.split("\n").length < 20, reason.message);
      return true;
    });
    const conflict = 'Apply failed with 1 conflict: conflict with "argocd": .spec';
    await assert.rejects(find("exit 255", [error(conflict)]), /argocd changes the same fields/);
    await assert.rejects(find("seq 20000; echo the last word; exit 255"), (reason: unknown) => {
      assert.match(String(reason), /the last word/);
      return String(reason).split("\n").length < 20;
    });
  });
});

describe("taking out what was added", () => {
  let cluster: FakeCluster;
  const asked: { method: string; path: string; body: unknown }[] = [];
  let refusal: number | undefined;
  before(async () => {
    cluster = await FakeCluster.start((method, url, body) => {
      if (method !== "GET") asked.push({ method, path: url.pathname, body });
      if (method === "GET" && url.pathname.endsWith("/gone")) return { status: 404 };
      if (method === "GET") return { body: { metadata: { name: "x", uid: "u", resourceVersion: "7" } } };
      return refusal === undefined ? {} : { status: refusal, body: { message: "no" } };
    });
  });
  after(() => cluster.stop());
  beforeEach(() => {
    asked.length = 0;
    refusal = undefined;
  });

  const added = (name: string, ...places: (string | number)[][]) =>
    places.map((at) => ({
      ...{ resource: `ConfigMap m/${name}`, field: "", expected: undefined, found: 1 },
      added: { apiVersion: "v1", kind: "ConfigMap", namespace: "m", name, path: at },
    }));

  it("is one patch an object, later entries first, bound to the object as it was compared", async () => {
    const drifts = added("a", ["list", 2], ["data", "x/y~z"], ["list", 10], ["list", 2, "in"]);
    assert.deepEqual(await removeAdditions(drifts, cluster.client), ["ConfigMap m/a"]);
    const [{ method, body } = { method: "", body: [] }] = asked;
    assert.equal(method, "PATCH");
    assert.deepEqual(body, [
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      ...["/list/10", "/list/2/in", "/list/2", "/data/x~1y~0z"].map((at) => ({ op: "remove", path: at })),
    ]);
  });

  it("removes an object that somebody has made, and takes one that has gone for removed", async () => {
    assert.deepEqual(await removeAdditions([...added("made", []), ...added("gone", [])], cluster.client), [
      "ConfigMap m/made",
    ]);
    assert.deepEqual(
      asked.map(({ method, body }) => [method, body]),
      [["DELETE", { preconditions: { uid: "u", resourceVersion: "7" } }]],
    );
  });

  it("touches nothing that has changed meanwhile, nor what was only changed", async () => {
    refusal = 422;
    await assert.rejects(
      removeAdditions(added("a", ["data", "x"]), cluster.client),
      /ConfigMap m\/a\n +was changed by somebody else/,
    );
    const changed = { resource: "r", field: "f", expected: 1, found: 2 };
    assert.deepEqual(await removeAdditions([changed], cluster.client), []);
    assert.deepEqual(await removeAdditions([], cluster.client), []);
  });
});
