import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";

import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { bundlePolicyPack } from "../../operations/bundle-policy-pack";
import { genericRules } from "../../policy/rules";

const packages = path.join(__dirname, "..", "..", "node_modules");

/** The pack as another stack has it: in a folder beside which nothing is installed but `@pulumi/pulumi`. */
describe("the pack in one file", function () {
  this.timeout(240_000);
  let folder: string;
  let pack: ChildProcess;
  let engine: AnalyzerClient | undefined;
  let printed = "";

  before(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-policy-bundle-"));
    await bundlePolicyPack(path.join(folder, "policy"));
    await fs.mkdir(path.join(folder, "node_modules", "@pulumi"), { recursive: true });
    const pulumi = path.join("@pulumi", "pulumi");
    await fs.symlink(path.join(packages, pulumi), path.join(folder, "node_modules", pulumi));
    // Node's require of `policy` would take a `policy.json` before the folder: what README names must not stop the pack.
    const readme = await fs.readFile(path.join(__dirname, "..", "..", "policy", "README.md"), "utf8");
    const names = [...readme.matchAll(/--policy-pack policy --policy-pack-config (\S+?\.json)/g)].map(
      ([, name = ""]) => name,
    );
    assert.ok(names.length > 0);
    for (const name of names) await fs.writeFile(path.join(folder, name), "{}");
    // As the engine starts a pack: pulumi/sdk/go/common/resource/plugin/analyzer_plugin.go. It then asks over gRPC.
    const start = path.join(packages, pulumi, "cmd", "run-policy-pack");
    pack = spawn(process.execPath, [start, "127.0.0.1:1", path.join(folder, "policy")], {
      cwd: path.join(folder, "policy"),
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.ok(pack.stdout && pack.stderr);
    pack.stderr.on("data", (chunk) => (printed += String(chunk)));
    const [port] = (await Promise.race([
      once(readline.createInterface(pack.stdout), "line"),
      once(pack, "exit").then(([code]) => assert.fail(`the pack ended with ${String(code)}`)),
    ])) as [string];
    engine = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  });

  after(async () => {
    engine?.close();
    pack.kill();
    await fs.rm(folder, { recursive: true, force: true });
  });

  const asked = (): AnalyzerClient => engine ?? assert.fail("the pack has not started");

  const judge = (properties: Parameters<typeof Struct.fromJavaScript>[0]): Promise<string[]> =>
    new Promise((resolve, reject) => {
      const request = new pb.AnalyzeRequest().setType("kubernetes:core/v1:Pod").setName("pod");
      request
        .setUrn("urn:pulumi:shop::shop::kubernetes:core/v1:Pod::pod")
        .setProperties(Struct.fromJavaScript(properties));
      request.setOptions(new pb.AnalyzerResourceOptions());
      asked().analyze(request, (error, response) => {
        if (error) reject(error);
        else
          resolve(
            response
              .getDiagnosticsList()
              .filter((one) => one.getEnforcementlevel() === pb.EnforcementLevel.MANDATORY)
              .map((one) => one.getPolicyname()),
          );
      });
    });

  it("is three files", async () => {
    const files = await fs.readdir(path.join(folder, "policy"));
    assert.deepEqual(files.sort(), ["PulumiPolicy.yaml", "index.js", "package.json"]);
  });

  it("tells the engine of every generic rule, with severity, remedy, address and configuration", async () => {
    const info = await new Promise<pb.AnalyzerInfo>((resolve, reject) => {
      asked().getAnalyzerInfo(new Empty(), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    // The last tells which exceptions were used, and is no rule.
    assert.equal(info.getPoliciesList().at(-1)?.getName(), "exceptions");
    const rules = info.getPoliciesList().slice(0, -1);
    const told = rules.map((one) => ({
      name: one.getName(),
      severity: one.getSeverity(),
      remediation: one.getRemediationSteps(),
      url: one.getUrl(),
      config: Object.keys(one.getConfigschema()?.getProperties()?.toJavaScript() ?? {}).sort(),
    }));
    const levels = { low: 1, medium: 2, high: 3, critical: 4 };
    assert.deepEqual(
      told,
      genericRules.map(({ name, severity, remediation, url, configSchema }) => ({
        name,
        severity: levels[severity],
        remediation,
        url,
        config: [...Object.keys(configSchema?.properties ?? {}), "except", "unknown"].sort(),
      })),
    );
  });

  it("refuses a bad pod and takes a good one", async () => {
    const container = {
      name: "shop",
      image: "registry.example.com/shop:1.2.3",
      resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "128Mi" } },
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
    };
    const podWith = (fields: Record<string, boolean>) => ({
      metadata: { name: "shop", namespace: "shop" },
      spec: {
        serviceAccountName: "shop",
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [container],
        ...fields,
      },
    });
    assert.deepEqual(await judge(podWith({})), []);
    assert.deepEqual(await judge(podWith({ hostPID: true })), ["pod-host-namespaces"]);
  });

  // The last: what it configures holds for whatever is asked afterwards.
  it("says so when a policy configuration disables every rule", async () => {
    const request = new pb.ConfigureAnalyzerRequest();
    for (const { name } of genericRules)
      request
        .getPolicyconfigMap()
        .set(name, new pb.PolicyConfig().setEnforcementlevel(pb.EnforcementLevel.DISABLED).setProperties(new Struct()));
    await new Promise<void>((resolve, reject) => {
      asked().configure(request, (error) => (error ? reject(error) : resolve()));
    });
    // The answer and what is printed come by different ways.
    for (let tries = 0; tries < 50 && printed === ""; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.match(printed, /every rule of this pack is disabled/);
  });
});
