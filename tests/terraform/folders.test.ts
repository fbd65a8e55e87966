import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { compareStack } from "../../terraform/parity";
import { describeFindings, verdictOf } from "../../terraform/compare";
import { moduleFiles } from "../../terraform/module-files";

describe("several files of Terraform", () => {
  let dir: string;

  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-terraform-"));
    fs.cpSync(path.join(__dirname, "corpus"), dir, { recursive: true });
    fs.copyFileSync(path.resolve(__dirname, "../../Pulumi.yaml"), path.join(dir, "Pulumi.yaml"));
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  for (const from of [
    ["sensitive-in-folder/variables.tf", "sensitive-in-folder/terraform.tfvars"],
    ["sensitive-in-folder/terraform.tfvars", "sensitive-in-folder/variables.tf"],
    ["sensitive-in-folder", "sensitive-in-folder/terraform.tfvars"],
    ["sensitive-in-folder", "differs.tfvars"],
  ])
    it(`never shows what one of ${from.join(" and ")} hides`, async () => {
      const findings = await compareStack("case", { from, map: "case.map.yaml" }, dir);
      const report = describeFindings(findings, "Pulumi.case.yaml");
      assert.match(report, /alloy:clusterName[^\n]*\n +Terraform marks it as sensitive/);
      assert.doesNotMatch(`${report}${JSON.stringify(findings)}`, /not-for-anybodys-eyes|detectviz-production/);
      assert.equal(verdictOf(findings), 2);
    });

  it("takes a default only if nobody sets the variable, in whatever order the files come", async () => {
    for (const from of [
      ["same.tfvars", "variables.tf"],
      ["variables.tf", "same.tfvars"],
    ])
      assert.equal(verdictOf(await compareStack("case", { from, map: "case.map.yaml" }, dir)), 0, from.join());
  });

  it("merges an override file that is named alone, and refuses nothing that it declares", async () => {
    const from = ["overrides/override.tf", "overrides/main.tf"];
    const findings = await compareStack("case", { from, map: "case.map.yaml" }, dir);
    assert.match(describeFindings(findings, "f"), /1 differs, 1 is the same/);
    assert.equal(
      (await compareStack("case", { from: ["override-of-nothing/override.tf"], map: "case.map.yaml" }, dir))[0]
        ?.verdict,
      "same",
    );
  });

  it("takes declarations of different folders for different modules", async () => {
    const findings = await compareStack(
      "case",
      { from: ["variables.tf", "folder/main.tf"], map: "case.map.yaml" },
      dir,
    );
    assert.match(describeFindings(findings, "f"), /"detectviz-default" +folder\/main\.tf/);
  });

  it("lists what is there, but not everything", async () => {
    const names = Array.from({ length: 30 }, (_, at) => `other_${at} = 1\n`).join("");
    fs.writeFileSync(path.join(dir, "many.tfvars"), names);
    const findings = await compareStack("case", { from: ["many.tfvars"], map: "case.map.yaml" }, dir);
    assert.match(describeFindings(findings, "f"), /there are other_0, .*, and 18 more\)/);
  });
});

describe("a stack that takes values from Pulumi ESC", () => {
  it("is not called different for what it does not say itself, and is for what it says", async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-terraform-"));
    try {
      fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: alloy\n");
      fs.writeFileSync(
        path.join(dir, "Pulumi.t.yaml"),
        "environment: [platform/production]\nconfig: { alloy:lokiTenant: one }\n",
      );
      fs.writeFileSync(path.join(dir, "map.yaml"), "a: clusterName\nb: lokiTenant\n");
      fs.writeFileSync(path.join(dir, "x.tfvars"), 'a = "x"\nb = "one"\n');
      const check = async (): Promise<string> =>
        describeFindings(await compareStack("t", { from: ["x.tfvars"], map: "map.yaml" }, dir), "Pulumi.t.yaml");
      assert.match(
        await check(),
        /1 cannot be told, 1 is the same\n +alloy:clusterName\n +may come from platform\/production \(Pulumi ESC\)/,
      );
      fs.writeFileSync(path.join(dir, "x.tfvars"), 'a = "x"\nb = "two"\n');
      assert.match(await check(), /1 differs, 1 cannot be told/);
    } finally {
      fs.rmSync(dir, { recursive: true });
    }
  });
});

describe("the files of a folder", () => {
  const read = (...names: string[]): string[] =>
    moduleFiles(names).map(({ name, override }) => (override ? `${name}!` : name));

  it("come in Terraform's order: configuration, overrides, values", () => {
    assert.deepEqual(
      read(
        "z.auto.tfvars",
        "b_override.tf",
        "terraform.tfvars.json",
        "main.tf",
        "a.auto.tfvars.json",
        "terraform.tfvars",
        "override.tf.json",
        "a.tf.json",
        "README.md",
        "prod.tfvars",
      ),
      [
        "a.tf.json",
        "main.tf",
        "b_override.tf!",
        "override.tf.json!",
        "terraform.tfvars",
        "terraform.tfvars.json",
        "a.auto.tfvars.json",
        "z.auto.tfvars",
      ],
    );
  });

  it("are OpenTofu's instead of Terraform's if both are there", () => {
    assert.deepEqual(read("a.tf", "a.tofu", "b.tf", "c.tofu.json", "c.tf.json", "c.tf"), [
      "a.tofu",
      "b.tf",
      "c.tf",
      "c.tofu.json",
    ]);
    assert.deepEqual(read("a_override.tf", "a_override.tofu"), ["a_override.tofu!"]);
  });

  it("are not what an editor has left", () => {
    assert.deepEqual(read(".#a.tf", "a.tf~", "#a.tf#", ".hidden.tf", "overriden.tf", "overrides.tf"), [
      "overriden.tf",
      "overrides.tf",
    ]);
  });

  it("may be none", () => assert.deepEqual(read(), []));
});
