import assert from "node:assert/strict";

import { judgeSilence, lastComplaint, type SilentNode } from "../../operations/collectors/silence";

const node = (values: Partial<SilentNode> = {}): SilentNode => ({
  ...{ node: "n1", pods: 3, matched: 2, leftOutBy: [], dropped: 0, answers: [] },
  ...values,
});
const judge = (...silent: SilentNode[]) => judgeSilence(silent, "Pulumi.test.yaml", 90);
const container = "monitoring/alloy-1/alloy";

describe("what silence means", () => {
  it("is that the kubelet serves no logs, in one problem for all of its nodes", () => {
    const refused = { answers: [{ container, kind: "refused", code: 405, message: "not allowed" } as const] };
    const { problems, told } = judge(node(refused), node({ ...refused, node: "n2" }));
    assert.deepEqual(told, []);
    assert.deepEqual(problems, [
      {
        ...{ file: "the cluster", key: "pods/log" },
        problem:
          "no line has come from n1, n2 in 90 s: the kubelet serves no logs (405): its debugging handlers are off",
        remedy: "set enableDebuggingHandlers: true in the kubelets' configuration; Bottlerocket had it off for a time",
      },
    ]);
  });

  it("is nothing wrong where the settings match no container, or nothing was written: one sentence a reason", () => {
    const none = { matched: 0, leftOutBy: ["alloy:nodeSelector"] };
    const idle = node({ node: "n2", answers: [{ container, kind: "empty" }] });
    const { problems, told } = judge(
      ...[node(none), idle, node({ node: "n3", matched: 0, pods: 0 }), node({ ...none, node: "n4", pods: 5 })],
      node({ node: "n5", matched: 0, leftOutBy: ["alloy:nodeSelector", "alloy:logs.includeNamespaces"] }),
      node({ node: "n6", matched: 0 }),
    );
    assert.deepEqual(problems, []);
    const reads = "by its settings the stack reads nothing there";
    assert.deepEqual(told, [
      `no line to send yet on n1, n4: ${reads}: alloy:nodeSelector leaves out every pod (0 containers match there, of 8 pods)`,
      "no line to send yet on n2: what matches has written nothing since the collectors were started (2 containers match there, of 3 pods)",
      "no line to send yet on n3: there are no pods (0 containers match there, of 0 pods)",
      `no line to send yet on n5: ${reads}: alloy:nodeSelector and alloy:logs.includeNamespaces each leave out every pod (0 containers match there, of 3 pods)`,
      `no line to send yet on n6: ${reads}: several together leave out every pod (0 containers match there, of 3 pods)`,
    ]);
  });

  it("is wrong if the stack reads no pod of any node: one problem, with the setting that every node has in common", () => {
    const none = node({ matched: 0, leftOutBy: ["alloy:logs.includeNamespaces"] });
    const both = { matched: 0, leftOutBy: ["alloy:nodeSelector", "alloy:logs.includeNamespaces"] };
    const all = (...silent: SilentNode[]) => judgeSilence(silent, "Pulumi.test.yaml", 90, true);
    assert.deepEqual(all(none, node({ ...both, node: "n2", pods: 4 })), {
      problems: [
        {
          ...{ file: "Pulumi.test.yaml", key: "alloy:logs.includeNamespaces" },
          problem:
            "by its settings the stack reads no pod of any node: alloy:logs.includeNamespaces leaves out every pod (0 containers match, of 7 pods on n1, n2)",
          remedy:
            "write what is to be read: npx alloyctl preview STACK counts what the settings match. If no logs are wanted, set alloy:logs: { enabled: false }",
        },
      ],
      told: [],
    });
    const several = all(node({ matched: 0 })).problems[0];
    assert.equal(several?.key, "alloy:logs");
    assert.match(several.problem, /several together leave out every pod/);
    // Nothing is wrong if another node is read, if one is idle, or if no collector was silent.
    const idle = node({ node: "n2", answers: [{ container, kind: "empty" }] });
    assert.deepEqual(judge(none).problems, []);
    assert.deepEqual(judgeSilence([none, idle], "f", 90, true).problems, []);
    assert.deepEqual(judgeSilence([], "f", 90, true), { problems: [], told: [] });
  });

  it("is wrong where there are lines that the collector did not send, unless its pipeline has dropped them", () => {
    const lines = { answers: [{ container, kind: "lines" } as const] };
    const { problems } = judge(node({ ...lines, complaint: "tailer stopped: no route" }));
    assert.match(
      problems[0]?.problem ?? "",
      /containers match, and alloy has written lines since .*; its own log says: tailer stopped: no route$/,
    );
    assert.match(problems[0]?.remedy ?? "", /read the collectors' logs/);
    const dropped = judge(node({ ...lines, dropped: 7 }));
    assert.deepEqual(dropped.problems, []);
    assert.match(
      dropped.told.join(),
      /the pipeline has dropped every line that it has read \(2 containers match there, of 3 pods\)/,
    );
  });

  it("is a node whose files nobody but root may read, in Alloy's own words", () => {
    const denied =
      'ts=2026-12-01T03:05:07Z level=error msg="failed to run tailer" component_id=loki.source.file.pods component=tailer ' +
      'path=/var/log/pods/a_b_c/d/0.log error="failed to tail the file: open /var/log/pods/a_b_c/d/0.log: permission denied"';
    const { problems } = judge(node({ answers: [{ container, kind: "lines" }], complaint: lastComplaint(denied) }));
    assert.deepEqual(
      problems.map(({ key }) => key),
      ["alloy:logs.source"],
    );
    assert.match(
      problems[0]?.problem ?? "",
      /does not let the collector's user read the files below \/var\/log\/pods$/,
    );
  });

  it("is an open question where nobody may look", () => {
    const { problems } = judge(
      node({ answers: [{ container, kind: "not asked", reason: "you may not read pods/log" }] }),
    );
    assert.equal(problems[0]?.cannotTell, true);
    assert.match(problems[0].problem, /nobody could look why \(you may not read pods\/log\)/);
  });

  it("has the last complaint of Alloy's log", () => {
    const log = [
      'ts=2026-01-01T10:00:00Z level=info msg="opened log stream"',
      'ts=2026-01-01T10:00:01Z level=warn msg="tailer stopped; will retry" err="the server does not allow \\"this\\" method"',
      "ts=2026-01-01T10:00:02Z level=info msg=ok",
    ].join("\n");
    assert.match(lastComplaint(log) ?? "", /^tailer stopped; will retry: the server does not allow/);
    assert.equal(lastComplaint("level=info msg=ok"), undefined);
    assert.equal(lastComplaint(""), undefined);
  });
});
