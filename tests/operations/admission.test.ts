import assert from "node:assert/strict";

import { judgeAdmission, type AdmissionLook } from "../../operations/admission/judge";
import { admissionWarnings, lookAtAdmission } from "../../operations/admission/look";
import { answerOf, rehearsePod } from "../../operations/admission/rehearse";
import { repoRoot } from "../../kit/repo-root";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf, type StackValues } from "../support/settings";

const place = { stackFile: "Pulumi.test.yaml" };
const scope =
  'pods "alloy-x" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]';
const full = 'pods "alloy-x" is forbidden: exceeded quota: all, requested: pods=1, used: pods=3, limited: pods=3';
const baseline =
  'pods "alloy-x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "storage")';
const policy =
  "pods \"alloy-x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: label owner is required";

const namespaceWith = (labels: Record<string, string>) => ({ metadata: { name: "monitoring", labels } });

const judge = (message: string | undefined, values: StackValues = {}, look: Partial<AdmissionLook> = {}) =>
  judgeAdmission(
    settingsOf(values),
    {
      ...{ namespace: namespaceWith({}), triedIn: "monitoring", hasPods: false },
      rehearsal: message === undefined ? { answer: "admitted" } : { answer: "refused", message },
      ...look,
    },
    place,
  );

const notOurs = { namespace: { managed: false } };

describe("what a rehearsal means", () => {
  it("is nothing if the pod is admitted", () => {
    assert.deepEqual(judge(undefined), { problems: [], warnings: [] });
  });

  it("is a problem if a plugin refuses it that looks at the pod alone", () => {
    assert.equal(judge(scope).problems[0]?.key, "alloy:pod.priorityClassName");
    assert.equal(judge(baseline, notOurs).problems[0]?.key, "alloy:namespace");
    assert.equal(judge(full).problems.length, 1);
  });

  it("is a warning, with the caveat, if a plugin refuses it that may look at the user", () => {
    const { problems, warnings } = judge(policy);
    assert.deepEqual(problems, []);
    assert.match(
      warnings.join(),
      /^warning: Pulumi\.test\.yaml: alloy:pod\.labels: .*label owner is required \(tried with dryRun=All as you; the DaemonSet's controller, .* otherwise\)\n→ /,
    );
    assert.match(
      judge("a new plugin says no").warnings.join(),
      /^warning: monitoring refuses such a pod \(.*: a new plugin says no$/,
    );
  });

  it("is nothing if this very deployment labels the namespace", () => {
    assert.deepEqual(judge(baseline), { problems: [], warnings: [] });
  });

  it("is nothing if the stack's own pods have used up the quota: one takes the place of another", () => {
    assert.deepEqual(judge(full, {}, { hasPods: true }), { problems: [], warnings: [] });
    assert.equal(judge(scope, {}, { hasPods: true }).problems.length, 1);
  });

  it("is one line if nobody may try", () => {
    const rehearsal = { answer: "not tried", reason: "jane may not create pods there" } as const;
    assert.deepEqual(judge(undefined, {}, { rehearsal }).warnings, [
      "warning: it was not tried how monitoring admits a pod: jane may not create pods there",
    ]);
  });

  it("is only what holds everywhere, if the namespace is not there yet", () => {
    const missing = { namespace: undefined, triedIn: "default" };
    assert.equal(judge(scope, {}, missing).problems.length, 1);
    for (const message of [baseline, policy, undefined]) {
      const { problems, warnings } = judge(message, {}, missing);
      assert.deepEqual(problems, []);
      assert.match(
        warnings.join(),
        /^note: the namespace monitoring is not there yet, so how it admits a pod could not/,
      );
    }
  });
});

describe("a namespace that is not ours", () => {
  const label = "pod-security.kubernetes.io/enforce";

  it("is refused by its label, once, although the pod is refused for the same", () => {
    for (const level of ["baseline", "restricted"]) {
      const look = { namespace: namespaceWith({ [label]: level }) };
      const { problems } = judge(baseline, notOurs, look);
      assert.deepEqual(
        problems.map(({ key }) => key),
        ["alloy:namespace"],
      );
      assert.match(problems[0]?.problem ?? "", new RegExp(`monitoring enforces Pod Security level ${level}`));
      assert.match(problems[0]?.remedy ?? "", /pod-security\.kubernetes\.io\/enforce: privileged/);
      assert.equal(judge(scope, notOurs, look).problems.length, 2);
      assert.equal(judge(undefined, {}, look).problems.length, 0, "a namespace of ours gets another label");
    }
  });

  it("is taken with the label privileged, and with none", () => {
    const taken: Record<string, string>[] = [
      { [label]: "privileged" },
      {},
      { "pod-security.kubernetes.io/warn": "restricted" },
    ];
    for (const labels of taken)
      assert.deepEqual(judge(undefined, notOurs, { namespace: namespaceWith(labels) }).problems, []);
  });
});

describe("an answer to a pod that is tried out", () => {
  const expected: [code: number, message: string, answer: string, reason?: RegExp][] = [
    [403, scope, "refused"],
    [422, 'Pod "alloy-x" is invalid: spec.volumes[0]: Required value', "refused"],
    [500, 'Internal error occurred: failed calling webhook "v": no endpoints', "refused"],
    [
      403,
      'pods is forbidden: User "jane" cannot create resource "pods" in API group "" in the namespace "monitoring"',
      "not tried",
      /^jane may not create pods there$/,
    ],
    [404, 'namespaces "monitoring" not found', "not tried", /not there yet/],
    [
      400,
      'admission webhook "v.example.com" does not support dry run',
      "not tried",
      /v\.example\.com does not support/,
    ],
    [503, "the server is currently unable to handle the request", "not tried", /unable to handle/],
  ];
  for (const [code, message, answer, reason] of expected)
    it(`${code} ${message.slice(0, 40)}`, () => {
      const found = answerOf({
        code,
        message: `POST /api/v1/namespaces/monitoring/pods?dryRun=All: ${code} ${message}`,
      });
      assert.equal(found.answer, answer);
      if (found.answer === "refused") assert.equal(found.message, message);
      if (found.answer === "not tried") assert.match(found.reason, reason ?? /never/);
    });
});

describe("a look at admission", () => {
  let fake: FakeCluster;
  let asked: string[];
  let pods: { metadata: Record<string, unknown>; spec: Record<string, unknown> }[];
  let answers: Record<string, { status?: number; body?: object }>;
  let post: (pod: { spec: Record<string, unknown> }) => { status?: number; body?: object };

  before(async () => {
    fake = await FakeCluster.start((method, { pathname, search }, body) => {
      asked.push(`${method} ${pathname}${search}`);
      if (method !== "POST") return answers[pathname] ?? { status: 404, body: { message: "not found" } };
      const pod = body as unknown as (typeof pods)[number];
      pods.push(pod);
      return post(pod);
    });
  });
  after(() => fake.stop());
  beforeEach(() => {
    asked = [];
    pods = [];
    answers = { "/api/v1/namespaces/monitoring": { body: namespaceWith({}) } };
    post = () => ({ status: 201 });
  });

  const look = (values: StackValues = {}) =>
    lookAtAdmission({ settings: settingsOf(values), cluster: fake.client, place, home: repoRoot });

  it("sends the pod of the template with dryRun=All, owned by the DaemonSet, and nothing else that changes anything", async () => {
    answers["/apis/apps/v1/namespaces/monitoring/daemonsets/alloy"] = {
      body: { metadata: { name: "alloy", uid: "u" } },
    };
    assert.deepEqual(await look(), { problems: [], warnings: [] });
    assert.deepEqual(asked.sort(), [
      "GET /api/v1/namespaces/monitoring",
      "GET /apis/apps/v1/namespaces/monitoring/daemonsets/alloy",
      "POST /api/v1/namespaces/monitoring/pods?dryRun=All",
    ]);
    const [pod] = pods;
    assert.equal(pod?.spec["priorityClassName"], "system-node-critical");
    assert.deepEqual(pod?.metadata["ownerReferences"], [
      { apiVersion: "apps/v1", kind: "DaemonSet", name: "alloy", uid: "u", controller: true },
    ]);
    assert.equal(pod?.metadata["generateName"], "alloy-");
  });

  it("goes on with another ServiceAccount before ours is there", async () => {
    post = ({ spec }) =>
      spec["serviceAccountName"] === "alloy"
        ? {
            status: 403,
            body: {
              message:
                'pods "alloy-x" is forbidden: error looking up service account monitoring/alloy: serviceaccount "alloy" not found',
            },
          }
        : { status: 403, body: { message: scope } };
    const { problems } = await look();
    assert.deepEqual(
      pods.map(({ spec }) => spec["serviceAccountName"]),
      ["alloy", "default"],
    );
    assert.equal(problems[0]?.key, "alloy:pod.priorityClassName");
  });

  it("tries the pod in default before the namespace is there, and not at all if somebody else makes it", async () => {
    answers = {};
    post = () => ({ status: 403, body: { message: scope } });
    assert.equal((await look()).problems.length, 1);
    assert.ok(asked.includes("POST /api/v1/namespaces/default/pods?dryRun=All"));
    pods = [];
    assert.deepEqual(await look(notOurs), { problems: [], warnings: [] });
    assert.deepEqual(pods, []);
  });

  it("goes on where it may not read the namespace, and says in one line what could not be tried", async () => {
    const forbidden = { status: 403, body: { message: "no" } };
    answers = {
      "/api/v1/namespaces/monitoring": forbidden,
      "/apis/apps/v1/namespaces/monitoring/daemonsets/alloy": forbidden,
    };
    post = () => ({
      status: 403,
      body: { message: 'pods is forbidden: User "jane" cannot create resource "pods" in' },
    });
    assert.deepEqual(await look(notOurs), {
      problems: [],
      warnings: ["warning: it was not tried how monitoring admits a pod: jane may not create pods there"],
    });
  });

  it("ends a preview whose pods nobody would create", async () => {
    post = () => ({ status: 403, body: { message: scope } });
    const context = { settings: settingsOf(), cluster: fake.client, place, home: repoRoot };
    await assert.rejects(
      admissionWarnings(context),
      /1 problem; nothing was deployed\.\n +Pulumi\.test\.yaml: alloy:pod\.priorityClassName\n/,
    );
  });

  it("is no error where the API server is away: the engine says that", async () => {
    const gone = await FakeCluster.start(() => ({}));
    await gone.stop();
    const { problems, warnings } = await lookAtAdmission({
      ...{ settings: settingsOf(), cluster: gone.client, place, home: repoRoot },
    });
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /^warning: it was not tried how monitoring admits a pod \(.*ECONNREFUSED/);
  });

  it("gives a pod without a DaemonSet an owner, too", async () => {
    await rehearsePod(fake.client, "monitoring", { spec: {} });
    assert.equal((pods[0]?.metadata["ownerReferences"] as { uid: string }[])[0]?.uid.length, 36);
  });
});
