import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import type { CommandResult } from "./support/command";
import { withConfig } from "./support/config";
import { sandbox } from "./support/sandbox";

const preview = (): Promise<CommandResult> => sandbox().npm("preview", ["local"]);

describe("a preview, of how much the settings match", () => {
  it("counts nodes, namespaces, pods and containers on the real API server, beside what is deployed", async () => {
    const { exitCode, output } = await preview();
    assert.equal(exitCode, 0, output);
    const figures =
      /what the settings match now: (\d+) of (\d+) nodes, (\d+) of (\d+) namespaces, (\d+) of (\d+) pods, (\d+) containers?/;
    const [, ...numbers] = figures.exec(output) ?? assert.fail(output);
    const [nodes = 0, allNodes = 0, namespaces = 0, allNamespaces = 0, pods = 0, allPods = 0, containers = 0] =
      numbers.map(Number);
    const items = async (apiPath: string) =>
      (await sandbox().get<{ items: { spec: { nodeName?: string; containers: unknown[] } }[] }>(apiPath)).items;
    assert.deepEqual([nodes, allNodes], [nodeNames.length, (await items("/api/v1/nodes")).length]);
    assert.equal(allNamespaces, (await items("/api/v1/namespaces")).length);
    assert.equal(namespaces, allNamespaces);
    const there = await items("/api/v1/pods");
    assert.equal(allPods, there.length);
    assert.ok(pods > 0 && pods <= allPods && containers >= pods, output);
    assert.match(output, /; what is deployed matches \d+ nodes, \d+ namespaces?, \d+ pods, \d+ containers?/);
    assert.doesNotMatch(output, /warning: alloy:(nodeSelector|logs)/);
  });

  it("warns where it is nothing, and names what the cluster has", async () => {
    await withConfig([[["alloy:logs", "includeNamespaces"], "prod-.*"]], async () => {
      const { exitCode, output } = await preview();
      assert.equal(exitCode, 0, output);
      assert.match(output, /0 of \d+ namespaces, 0 of \d+ pods, 0 containers; what is deployed matches/);
      assert.match(output, /warning: alloy:logs\.includeNamespaces prod-\.\* matches none of .*kube-system/);
      assert.match(output, /no longer collected: /);
    });
    await withConfig([[["alloy:nodeSelector"], "ip-10-.*"]], async () => {
      const { output } = await preview();
      assert.match(output, new RegExp(`alloy:nodeSelector ip-10-\\.\\* matches none of ${nodeNames.join(", ")}`));
    });
  });

  it("is not even begun for a list or a shell pattern", async () => {
    const wrong: [string[], unknown][] = [
      [["alloy:logs", "includeNamespaces"], "team-a,team-b"],
      [["alloy:logs", "excludeNamespaces"], "kube-*"],
    ];
    await withConfig(wrong, async () => {
      const { exitCode, output } = await preview();
      assert.equal(exitCode, 1, output);
      assert.match(output, /includeNamespaces\n.*can match no namespace.*\n.*write team-a\|team-b/);
      assert.match(output, /excludeNamespaces\n.*shell pattern.*\n.*write kube-\.\*;/);
      assert.doesNotMatch(output, /Previewing update/);
    });
  });
});

describe("a preview, of what an Alloy says", () => {
  it("tells that the pipeline was read, by which version", async () => {
    assert.match((await preview()).output, /^alloy 1\.\d+\.\d+ has read the pipeline and accepts it$/m);
  });

  it("ends where the Alloy refuses it, with the section and the line", async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-section-"));
    const file = path.join(folder, "wrong.alloy");
    await fs.writeFile(
      file,
      'loki.process "wrong" {\n\tforward_to = [loki.relabel.drop_high_cardinality.receiver]\n\n\tstage.drop {\n\t\tolder = "1h"\n\t}\n}\n',
    );
    try {
      await withConfig([[["alloy:extraSections"], [{ file, entry: "loki.process.wrong" }]]], async () => {
        const { exitCode, output } = await preview();
        assert.equal(exitCode, 1, output);
        assert.match(
          output,
          /config\.alloy: line \d+ \(extra: .*wrong\.alloy\)\n +alloy 1\.\d+\.\d+ refuses it: .*older/,
        );
      });
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  });
});
