import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { compareStack, sourcesOf } from "../../terraform/parity";
import { UserError } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import { describeFindings, verdictOf } from "../../terraform/compare";
import { refuseTerraformDrift } from "../../terraform/refuse-difference";
import { readOne } from "../../terraform/files";
import { parseMap } from "../../terraform/name-map";

const root = path.resolve(__dirname, "../..");
const corpus = path.join(__dirname, "corpus");

interface Case {
  exit: 0 | 1 | 2;
  says: string | string[];
  /** What no report may show. */
  hides?: string;
}

const cases = parse(fs.readFileSync(path.join(corpus, "verdicts.yaml"), "utf8")) as Record<string, Case>;

describe("terraform check", () => {
  let dir: string;

  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-terraform-"));
    fs.cpSync(corpus, dir, { recursive: true });
    fs.copyFileSync(path.join(root, "Pulumi.yaml"), path.join(dir, "Pulumi.yaml"));
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  async function check(file: string): Promise<{ exit: number; report: string }> {
    try {
      const findings = await compareStack("case", { from: [file], map: "case.map.yaml" }, dir);
      return { exit: verdictOf(findings), report: describeFindings(findings, "Pulumi.case.yaml") };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { exit: 2, report: error.message };
    }
  }

  it("has a verdict for every file of the corpus", () => {
    const files = fs.readdirSync(corpus).filter((name) => !/^(Pulumi\.case|case\.map|verdicts)\.yaml$/.test(name));
    assert.deepEqual(
      files.sort(),
      Object.keys(cases)
        .filter((name) => name !== "not-there.tfvars")
        .sort(),
    );
  });

  for (const [file, { exit, says, hides }] of Object.entries(cases))
    it(`${file}: ${["the same", "differs", "cannot be told"][exit]}`, async () => {
      const answer = await check(file);
      for (const words of [says].flat()) assert.match(answer.report, new RegExp(words));
      if (hides !== undefined) assert.doesNotMatch(answer.report, new RegExp(hides));
      assert.equal(answer.exit, exit, answer.report);
    });

  it("reads standard input by its content", async () => {
    const names = new Set(["cluster_name"]);
    const value = async (text: string): Promise<unknown> =>
      (await readOne(text, "standard input", names)).get("cluster_name")?.value;
    assert.equal(await value('cluster_name = "a"\n'), "a");
    assert.equal(await value(' {"cluster_name": "b"}'), "b");
    assert.equal(await value('{"cluster_name": {"sensitive": false, "type": "string", "value": "c"}}'), "c");
    assert.equal(await value('variable "cluster_name" {\n  default = "d"\n}\n'), "d");
  });

  it("lets a later file win", async () => {
    const findings = await compareStack("case", { from: ["differs.tfvars", "same.tfvars"], map: "case.map.yaml" }, dir);
    assert.equal(verdictOf(findings), 0);
  });
});

describe("the mapping", () => {
  const refused = (text: string): string => {
    try {
      parseMap(text, "terraform.map.yaml");
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
      return error.message;
    }
    return assert.fail("nothing was refused");
  };

  it("of this repository names settings that exist", () => {
    const text = fs.readFileSync(path.join(root, "terraform.map.yaml"), "utf8");
    assert.deepEqual(
      parseMap(text, "terraform.map.yaml").map(({ terraform, setting }) => `${terraform} ${setting.join(".")}`),
      [
        "cluster_name clusterName",
        "environment environment",
        "loki_tenant lokiTenant",
        "loki_push_url lokiUrl",
        "prometheus_remote_write_url prometheusUrl",
      ],
    );
  });

  it("takes one name to several settings", () => {
    const text = "cluster_name: [clusterName, { setting: kubernetes.context, prefix: admin@ }]\n";
    assert.deepEqual(
      parseMap(text, "m").map(({ setting, prefix }) => [setting.join("."), prefix]),
      [
        ["clusterName", ""],
        ["kubernetes.context", "admin@"],
      ],
    );
  });

  it("is refused with the line where it names no setting", () => {
    assert.match(
      refused("a: clusterName\nb: clustername\n"),
      /terraform\.map\.yaml:2: b\n.*not a setting\n.*did you mean clusterName\?/,
    );
    assert.match(refused("a: resources.limit.cpu\n"), /did you mean resources\.limits\?/);
  });

  it("is refused where it is no mapping", () => {
    assert.match(refused("a: 3\n"), /terraform\.map\.yaml:1: a\n.*neither a setting's name nor a mapping/);
    assert.match(refused("a: { setting: clusterName, prefx: x }\n"), /neither/);
    assert.match(refused("a: [\n"), /is not YAML/);
  });
});

describe("the sources of a stack", () => {
  for (const own of ["text", "null", "[a]", "5"])
    it(`are missing, and that is no crash, if alloy:terraform is ${own}`, () => {
      const dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-terraform-"));
      try {
        fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: alloy\n");
        fs.writeFileSync(path.join(dir, "Pulumi.t.yaml"), `config:\n  alloy:terraform: ${own}\n`);
        assert.throws(() => sourcesOf("t", { from: [] }, dir), UserError);
        assert.deepEqual(sourcesOf("t", { from: ["a.tfvars"] }, dir).from, ["a.tfvars"]);
      } finally {
        fs.rmSync(dir, { recursive: true });
      }
    });
});

describe("alloy:terraform", () => {
  const settings = (from: string) =>
    parseSettings(
      {
        "alloy:clusterName": "detectviz-prod",
        "alloy:lokiTenant": "production",
        "alloy:environment": "local",
        "alloy:terraform": JSON.stringify({ from, map: "case.map.yaml" }),
      },
      "Pulumi.case.yaml",
    );

  it("lets a stack pass that says what Terraform says", async () => {
    await refuseTerraformDrift(settings("same.tfvars"), "Pulumi.case.yaml", "case", corpus);
  });

  it("refuses one that does not, with both values and their places", async () => {
    await assert.rejects(
      refuseTerraformDrift(settings("differs.tfvars"), "Pulumi.case.yaml", "case", corpus),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(
          error.message,
          /Pulumi\.case\.yaml: alloy:clusterName\n +is "detectviz-prod", but differs\.tfvars:3 says cluster_name = "detectviz-production"\n +→ .*sync case/,
        );
        return true;
      },
    );
  });

  it("refuses what nobody can tell", async () => {
    await assert.rejects(
      refuseTerraformDrift(settings("unevaluated.tfvars"), "Pulumi.case.yaml", "case", corpus),
      /has to be evaluated/,
    );
    await assert.rejects(
      refuseTerraformDrift(settings("gone.tfvars"), "Pulumi.case.yaml", "case", corpus),
      /gone\.tfvars\n +does not exist/,
    );
  });

  it("says what it takes", () => {
    assert.deepEqual(settings("a.tfvars").terraform, { from: ["a.tfvars"], map: "case.map.yaml" });
    assert.throws(
      () =>
        parseSettings(
          { "alloy:clusterName": "a", "alloy:lokiTenant": "b", "alloy:environment": "local", "alloy:terraform": "{}" },
          "f",
        ),
      /alloy:terraform\.from\n +is missing/,
    );
  });
});
