import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { runPulumi } from "../../packages/sandbox/engine/engine";
import { vaultCall } from "../../packages/sandbox/servers/vault";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";
import { exportStack } from "./support/state";

interface KvAnswer {
  data: { data: { username: string; password: string } };
}

/** The ways in which a value may be written down. */
function forms(password: string, file: string): string[] {
  return [password, Buffer.from(password).toString("base64"), Buffer.from(file).toString("base64")];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe("the password that Vault holds", () => {
  let needles: string[];

  before(async () => {
    const { vault } = await sandbox().servers();
    const { data } = (await vaultCall(vault, "GET", "secret/data/detectviz/local/alloy/loki")) as KvAnswer;
    const { username, password } = data.data;
    assert.ok(password.length >= 20);
    needles = forms(password, JSON.stringify({ username, password }));
  });

  const holds = (text: string): boolean => needles.some((needle) => text.includes(needle));

  it("is in the Secret and in the pod's file, where it belongs", async () => {
    const secret = await sandbox().get<LiveObject & { data: Record<string, string> }>(stackObjects.Secret);
    assert.ok(holds(JSON.stringify(secret.data)), "the search would not find it anywhere");
    for (const { pid } of (await sandbox().agent()).pods) {
      const file = `/proc/${pid}/root/etc/alloy-credentials/loki.json`;
      assert.ok(holds(await fs.readFile(file, "utf8")), `${file} does not hold it`);
    }
  });

  it("is in no state, output or history of the stack", async () => {
    const { text } = await exportStack(sandbox());
    assert.match(text, /"ciphertext"/);
    assert.ok(!holds(text), "the state export holds it");
    const outputs = await runPulumi(await sandbox().engine(), ["stack", "output", "--json", "--show-secrets"]);
    assert.equal(outputs.exitCode, 0, outputs.stderr);
    assert.match(outputs.stdout, /"lokiTenant": "local"/);
    assert.ok(!holds(outputs.stdout), "a stack output holds it");
    for (const file of await filesBelow(sandbox().paths.pulumi))
      assert.ok(!holds(await fs.readFile(file, "utf8")), `${file} holds it`);
  });

  it("is in no other object of the cluster", async () => {
    for (const [kind, apiPath] of Object.entries(stackObjects)) {
      if (kind === "Secret") continue;
      assert.ok(!holds(JSON.stringify(await sandbox().get(apiPath))), `${kind} holds it`);
    }
    const pods = await sandbox().get("/api/v1/namespaces/monitoring/pods");
    const events = await sandbox().get("/api/v1/events");
    assert.ok(!holds(JSON.stringify([pods, events])));
  });

  it("is in no log, command line or environment", async () => {
    assert.ok(!holds(sandbox().firstStart.output), "npm start printed it");
    const logs = await filesBelow(sandbox().paths.logs);
    for (const node of await fs.readdir(sandbox().paths.nodes)) {
      const folder = path.join(sandbox().paths.nodes, node, "logs");
      logs.push(...(await filesBelow(folder)));
    }
    assert.ok(logs.length > 10);
    for (const file of logs) assert.ok(!holds(await fs.readFile(file, "utf8")), `${file} holds it`);
    for (const { pid, uiUrl } of (await sandbox().agent()).pods) {
      for (const file of ["cmdline", "environ"])
        assert.ok(!holds(await fs.readFile(`/proc/${pid}/${file}`, "utf8")), `${file} of a collector holds it`);
      for (const component of ["local.file.loki_credentials", "loki.write.default"]) {
        const response = await fetch(new URL(`/api/v0/web/components/${component}`, uiUrl));
        assert.equal(response.status, 200);
        assert.ok(!holds(await response.text()), `Alloy's UI shows it at ${component}`);
      }
    }
  });
});
