import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { verdictOf, type Finding } from "../../terraform/compare";
import { compareStack } from "../../terraform/parity";

/** Folders as people described them in public; docs/reports-tried.md names each. */
describe("folders of Terraform from public reports", () => {
  let dir: string;

  before(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-terraform-"));
    for (const file of ["Pulumi.case.yaml", "case.map.yaml"])
      fs.copyFileSync(path.join(__dirname, "corpus", file), path.join(dir, file));
    fs.copyFileSync(path.resolve(__dirname, "../../Pulumi.yaml"), path.join(dir, "Pulumi.yaml"));
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  async function compare(folder: string, files: Record<string, string>, named: string[] = []): Promise<Finding[]> {
    fs.mkdirSync(path.join(dir, folder));
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(dir, folder, name), text);
    const from = named.length === 0 ? [folder] : named.map((name) => path.join(folder, name));
    return compareStack("case", { from, map: "case.map.yaml" }, dir);
  }
  const clusterName = (findings: readonly Finding[]): Finding | undefined =>
    findings.find(({ terraform }) => terraform === "cluster_name");

  // hashicorp/terraform#26443: what an override file says of `sensitive` wins, as Terraform's own review notes.
  it("an override file may take sensitive away, as it may for Terraform", async () => {
    const findings = await compare("override", {
      "main.tf": 'variable "cluster_name" {\n  sensitive = true\n  default   = "hidden"\n}\n',
      "main_override.tf": 'variable "cluster_name" {\n  sensitive = false\n  default   = "detectviz-prod"\n}\n',
    });
    assert.equal(clusterName(findings)?.verdict, "same");
  });

  // hashicorp/terraform#34845: terraform.tfvars of the folder is read, although another file was meant.
  it("terraform.tfvars counts in its folder, and no other .tfvars does unless it is named", async () => {
    const files = {
      "variables.tf": 'variable "cluster_name" {\n  default = "from-the-default"\n}\n',
      "terraform.tfvars": 'cluster_name = "detectviz-prod"\n',
      "local.terraform.tfvars": 'cluster_name = "from-another-file"\n',
    };
    assert.equal(clusterName(await compare("tfvars", files))?.verdict, "same");
    const named = await compare("tfvars-named", files, ["variables.tf", "local.terraform.tfvars"]);
    assert.equal(clusterName(named)?.verdict, "differs");
    assert.equal(verdictOf(named), 1);
  });

  // kubernetes-sigs/external-dns#2134: a variable without a default, on one line.
  it("a variable without a default takes its value from terraform.tfvars, and has none without it", async () => {
    const declared = { "main.tf": 'variable "cluster_name" {}\nvariable "domain" { default = "" }\n' };
    const given = await compare("given", { ...declared, "terraform.tfvars": 'cluster_name = "detectviz-prod"\n' });
    assert.equal(clusterName(given)?.verdict, "same");
    assert.equal(verdictOf(await compare("not-given", declared)), 2);
  });
});
