import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { runEngine } from "../../operations/engine/run";
import { UserError } from "../../kit/user-error";

/** A CLI that does what a test says; `$log` is where it is to write its events. */
describe("a run of the engine", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-engine-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const place = { stackFile: "Pulumi.test.yaml", context: "of-the-test" };

  function run(script: string, command: "preview" | "up" = "preview", options = {}): ReturnType<typeof runEngine> {
    const pulumi = path.join(folder, "pulumi");
    const eventLog = 'for word; do test "$previous" = --event-log && log=$word; previous=$word; done';
    fs.writeFileSync(pulumi, `#!/bin/sh\n${eventLog}\n${script}\n`, { mode: 0o755 });
    const env = { TMPDIR: folder, PULUMI_OPTION_POLICY_PACK: "of-the-environment" };
    const call = { pulumi, env, stack: "test", policyPack: "the-pack" };
    return runEngine(call, command, ["--flag"], place, { show: "none", ...options });
  }

  const refused = (running: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(running, (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      return true;
    });

  it("reads the events, and keeps nothing of the SDK's debug messages", async () => {
    const events = [
      { diagnosticEvent: { severity: "debug", message: "obj={password: hidden}" } },
      { diagnosticEvent: { severity: "warning", message: "using a plugin" } },
      { summaryEvent: { resourceChanges: { same: 3 } } },
    ];
    const lines = events.map((event) => `echo '${JSON.stringify(event)}'`).join("; ");
    const { exitCode, plan, output } = await run(`(${lines}) > "$log"; echo printed; echo said >&2`);
    assert.deepEqual([exitCode, plan.changes], [0, { same: 3 }]);
    assert.deepEqual(plan.diagnostics, [{ severity: "warning", message: "using a plugin", urn: "" }]);
    assert.deepEqual(output.split("\n").sort(), ["printed", "said"]);
  });

  const eventFolders = (): string[] => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith("alloy-events-"));

  it("leaves no file behind: what it reads the events from is a pipe", async () => {
    const others = eventFolders();
    const { output } = await run(
      'echo \'{"summaryEvent":{"resourceChanges":{}}}\' > "$log"; stat -c "%F, %a" "$log"; stat -c %a "$(dirname "$log")"',
    );
    assert.equal(output, "fifo, 600\n700");
    // Another run of the engine on this machine may have one of its own meanwhile.
    const left = eventFolders().filter((name) => !others.includes(name));
    assert.deepEqual(left, []);
  });

  it("always passes the policy pack, but to a run that only looks", async () => {
    const words =
      'echo \'{"summaryEvent":{"resourceChanges":{}}}\' > "$log"; echo "$PULUMI_DEBUG_COMMANDS $PULUMI_OPTION_POLICY_PACK"; echo "$@"';
    const { output } = await run(words, "up");
    assert.match(output, /^true of-the-environment\nup --stack test --non-interactive --flag --policy-pack the-pack /);
    const looking = await run(words, "preview", { withoutPolicies: true });
    assert.match(looking.output, /^true \npreview --stack test --non-interactive --flag --event-log \S+$/);
  });

  it("explains what is known, from the events or, before there are any, from what is printed", async () => {
    const message = 'namespaces "monitoring" already exists';
    const diagnostic = JSON.stringify({ diagnosticEvent: { severity: "error", message } });
    await refused(run(`echo '${diagnostic}' > "$log"; exit 255`), /the namespace monitoring exists already/);
    await refused(run("echo \"error: no stack named 'test' found\" >&2; exit 255"), /there is no stack test/);
    assert.equal((await run("echo unheard of; exit 7")).exitCode, 7);
  });

  it("does not take a run that told nothing for one that changes nothing", async () => {
    await refused(
      run("exit 0"),
      /nobody could look.*\n +pulumi preview\n +ended without an error, but did not report what it did/,
    );
    assert.equal((await run("exit 7")).exitCode, 7);
  });

  it("says of an update that failed what it had done", async () => {
    const done = {
      resOutputsEvent: {
        metadata: {
          op: "create",
          type: "kubernetes:core/v1:Secret",
          urn: "urn:pulumi:t::alloy::kubernetes:core/v1:Secret::the-secret",
        },
      },
    };
    const failed = { diagnosticEvent: { severity: "error", message: 'daemonsets.apps "alloy" already exists' } };
    const script = `(echo '${JSON.stringify(done)}'; echo '${JSON.stringify(failed)}') > "$log"; exit 255`;
    await refused(run(script, "up"), /^1 problem; the update stopped half-way, .*\(the-secret\)\./);
  });

  it("says by which signal the CLI was ended, and does not call it missing", async () => {
    await refused(run("kill -9 $$"), /^1 problem; nothing was changed\.\n +pulumi preview\n +was ended by SIGKILL/);
    await refused(run("kill -15 $$", "up"), /what it had done until then stays\.\n +pulumi up\n +was ended by SIGTERM/);
    const missing = { pulumi: path.join(folder, "none"), env: {}, stack: "test", policyPack: "" };
    await refused(runEngine(missing, "preview", [], place, { show: "none" }), /the Pulumi CLI is not on PATH/);
  });
});
