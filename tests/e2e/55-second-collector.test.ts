import assert from "node:assert/strict";

import { copyCheckout } from "./support/checkout";
import { sandbox } from "./support/sandbox";

const twin = "/apis/apps/v1/namespaces/monitoring/daemonsets/twin";

// Rules about the whole stack run at the end of an update: without a preview of its own, `up --yes` would have deployed
// what they refuse.
describe("npx alloyctl up against a rule about the whole stack", () => {
  it("is refused with --yes too, before anything is created", async () => {
    const before = await sandbox().deployed();
    const copy = await copyCheckout();
    try {
      await copy.edit("components/daemonset.ts", (text) =>
        text.replace("name: names.daemonSet,", 'name: name.endsWith("twin") ? "twin" : names.daemonSet,'),
      );
      await copy.edit("components/node-collectors.ts", (text) =>
        text.replace(
          "    this.namespace = namespace.namespace;",
          `    const template = podTemplate({ settings, needs: pipeline.needs, configChecksum: config.checksum });
    new CollectorDaemonSet(\`\${name}-twin\`, { settings, template, dependsOn: [collectors.daemonSet] }, child);
$&`,
        ),
      );
      const result = await sandbox().npm("up", ["local", "--yes"], { cwd: copy.folder });
      assert.notEqual(result.exitCode, 0, result.output);
      assert.match(result.output, /\[mandatory\].* alloy-one-collector .*alloy-twin-daemon-set/);
      assert.match(result.output, /runs pods beside the collector/);
      assert.equal(await sandbox().find(twin), undefined, "the second collector was created");
      assert.deepEqual(await sandbox().deployed(), before);
    } finally {
      await copy.remove();
    }
  });
});
