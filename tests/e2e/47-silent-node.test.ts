import assert from "node:assert/strict";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { withConfig, type ConfigValues } from "./support/config";
import { withoutKubeletLogs } from "./support/kubelet";
import { sandbox } from "./support/sandbox";

const up = () => sandbox().npm("up", ["local", "--yes"]);
const [, silent] = nodeNames;

const newPods = (memory: string): ConfigValues => [[["alloy:resources"], { limits: { memory } }]];

describe("npx alloyctl up where a collector has nothing to say", () => {
  after(async () => {
    const result = await up();
    assert.equal(result.exitCode, 0, result.output);
  });

  it("fails with the cause where a kubelet serves no logs, since every collector has lines of its own", () =>
    withoutKubeletLogs(silent, () =>
      withConfig(newPods("530Mi"), async () => {
        const result = await up();
        assert.equal(result.exitCode, 1, result.output);
        assert.match(
          result.output,
          new RegExp(
            `1 problem; what was deployed stays, but its lines do not arrive\\.\\n +the cluster: pods/log\\n +no line has come from ${silent} in 90 s: the kubelet serves no logs \\(405\\)`,
          ),
        );
        assert.match(result.output, /→ set enableDebuggingHandlers: true/);
        assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
      }),
    ));

  it("fails where the settings of the stack match nothing on any node, with the setting that leaves all out", () =>
    withConfig([...newPods("531Mi"), [["alloy:logs"], { includeNamespaces: "nobody-has-this" }]], async () => {
      const result = await up();
      assert.equal(result.exitCode, 1, result.output);
      assert.match(
        result.output,
        /1 problem; what was deployed stays, but its lines do not arrive\.\n +Pulumi\.local\.yaml: alloy:logs\.includeNamespaces\n +by its settings the stack reads no pod of any node: alloy:logs\.includeNamespaces leaves out every pod \(0 containers match, of \d+ pods on node-1, node-2, node-3\)$/m,
      );
      assert.match(result.output, /→ write what is to be read: .*alloy:logs: \{ enabled: false \}/);
    }));

  it("is told that nothing is read on one node, and does not fail for that", () =>
    withConfig([...newPods("532Mi"), [["alloy:nodeSelector"], "node-[13]"]], async () => {
      const result = await up();
      assert.equal(result.exitCode, 0, result.output);
      assert.match(
        result.output,
        /^no line to send yet on node-2: by its settings .*: alloy:nodeSelector leaves out every pod \(0 containers match there, of \d+ pods\)$/m,
      );
    }));
});
