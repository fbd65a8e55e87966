/** A file of a folder, in the order in which Terraform reads them. */
export interface ModuleFile {
  name: string;
  /** Its blocks are merged into those of the other files. */
  override: boolean;
}

const configuration = /^(?<base>.+)\.(?<kind>tf|tofu)(?<json>\.json)?$/;

/**
 * Which files of a folder Terraform reads, in its order: configuration, overrides, terraform.tfvars, terraform.tfvars.json,
 * and the files *.auto.tfvars and *.auto.tfvars.json by name. Where a folder has `x.tofu` beside `x.tf`, it is read as
 * OpenTofu does it, without `x.tf`. Pure.
 * Source: developer.hashicorp.com/terraform/language/files/override and /language/values/variables,
 * opentofu.org/docs/language/files
 */
export function moduleFiles(names: readonly string[]): ModuleFile[] {
  const seen = names.filter((name) => !isIgnored(name)).sort();
  const all = new Set(seen);
  const configurations = seen.flatMap((name) => {
    const { base, kind, json = "" } = configuration.exec(name)?.groups ?? {};
    if (base === undefined || (kind === "tf" && all.has(`${base}.tofu${json}`))) return [];
    return [{ name, override: isOverride(name) }];
  });
  const values = [
    ...["terraform.tfvars", "terraform.tfvars.json"].filter((name) => all.has(name)),
    ...seen.filter((name) => /\.auto\.tfvars(\.json)?$/.test(name)),
  ];
  return [
    ...configurations.filter(({ override }) => !override),
    ...configurations.filter(({ override }) => override),
    ...values.map((name) => ({ name, override: false })),
  ];
}

/** Whether Terraform takes a file for one that changes others, by its name. */
export function isOverride(name: string): boolean {
  const base = configuration.exec(name)?.groups?.["base"];
  return base === "override" || (base?.endsWith("_override") ?? false);
}

/** What editors leave. Source: hashicorp/terraform, internal/configs/parser_config_dir.go, IsIgnoredFile */
const isIgnored = (name: string): boolean => name.startsWith(".") || name.endsWith("~") || /^#.*#$/.test(name);
