import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { checkStack, placeOf, runEngine } from "../../cli/engine-run";
import { tryCredential } from "../../cli/rotation/preflight";
import { explainError } from "../../components/known-errors";
import { policyText, previewGrants } from "../../components/vault-policy";
import { checkKeys, credentialText, type CredentialSource } from "../../components/vault-read";
import { reveal } from "../../sandbox/plugins/values";
import { repoRoot } from "../../sandbox/paths";
import { vaultCall, type Vault } from "../../sandbox/vault";
import { waitUntil } from "../../sandbox/waiting";
import { UserError } from "../../settings/errors";
import { Plugin } from "../contract/plugin-client";
import { closedPort, pluginEnv, standIn, temporaryFolder } from "../contract/support";
import { GET, SUBKEYS } from "../contract/vault-bench";
import { changeConfig } from "../support/e2e-config";
import { gatewayOfSandbox, whileFollowed } from "../support/e2e-gateway";
import { sandbox } from "../support/e2e-sandbox";

const tableFile = "docs/credential-cases.md";
const folder = "e2e-cases";

/** A row of the table: what is the case, what comes of it, in which words. */
type Row = [when: string, outcome: string, message: string];

let vault: Vault;
let executable: string;
const home = temporaryFolder();

const grant = (...lines: string[]): string => lines.map((line) => `path ${line}\n`).join("");
const lookup = '"auth/token/lookup-self" { capabilities = ["read"] }';

async function tokenWith(policy: string, ttl = "5m"): Promise<string> {
  await vaultCall(vault, "POST", "sys/policies/acl/e2e-cases", { policy });
  const options = { policies: ["e2e-cases"], no_default_policy: true, ttl };
  const answer = await vaultCall(vault, "POST", "auth/token/create", options);
  return (answer as { auth: { client_token: string } }).auth.client_token;
}

interface Reading {
  name: string;
  version?: number;
  /** The root token without. */
  token?: string;
  address?: string;
  keysOnly?: boolean;
}

/** Reads a credential as the program does, by way of the plugin, and gives the report that a person would see. */
async function read(reading: Reading): Promise<[outcome: string, message: string]> {
  const { name, version, token = vault.token, address = vault.address, keysOnly = false } = reading;
  const place = { stackFile: "Pulumi.local.yaml", vault: { address, mount: "secret", path: `${folder}/${name}` } };
  const credential = { kind: "basic" as const, fields: ["username", "password"] };
  const source: CredentialSource = { credential, place, version, readAt: keysOnly ? "up" : "preview" };
  const plugin = await Plugin.start(executable, pluginEnv(home, token === "" ? {} : { VAULT_TOKEN: token }));
  try {
    await plugin.configure("vault", { skipChildToken: "true", address });
    const args = { mount: "secret", name: place.vault.path, ...(version !== undefined && { version }) };
    const result = await plugin.invoke(keysOnly ? SUBKEYS : GET, args);
    if (keysOnly) checkKeys(source, String(reveal(result["dataJson"] ?? "")));
    else credentialText(source, reveal(result["data"] ?? null) as Record<string, unknown>);
    return ["taken", ""];
  } catch (error) {
    if (error instanceof UserError) return ["refused", messageOf(error)];
    const problem = explainError(error instanceof Error ? error.message : String(error), place);
    assert.ok(problem, `not explained: ${String(error)}`);
    return ["refused", messageOf(new UserError([problem]))];
  } finally {
    plugin.stop();
  }
}

function messageOf({ problems }: UserError): string {
  const text = problems
    .map(({ key, problem, remedy }) => `${key === "" ? "" : `${key}: `}${problem} → ${remedy}`)
    .join("; ");
  return text.replace(/http:\/\/127\.0\.0\.1:\d+/g, "http://VAULT").replaceAll("|", "\\|");
}

describe("credentials from Vault: case, outcome, message", () => {
  const rows: Row[] = [];
  const row = async (when: string, reading: Reading): Promise<void> => {
    rows.push([when, ...(await read(reading))]);
  };

  before(async () => {
    ({ vault } = await sandbox().servers());
    executable = (await standIn("vault", temporaryFolder())).executable;
    const write = (name: string, data: unknown): Promise<unknown> =>
      vaultCall(vault, "POST", `secret/data/${folder}/${name}`, { data });
    await write("good", { username: "u", password: "old-password" });
    await write("good", { username: "u", password: "new-password" });
    await write("deleted", { username: "u", password: "gone-password" });
    await vaultCall(vault, "DELETE", `secret/data/${folder}/deleted`);
    await write("no-key", { username: "u", pass: "wrong-key-password" });
    await write("empty", { username: "", password: "some-password" });
    await write("list", { username: "u", password: ["list-password"] });
  });

  it("what Vault holds", async () => {
    await row("all is well", { name: "good" });
    await row("a pinned version", { name: "good", version: 1 });
    await row("a pinned version that is not there", { name: "good", version: 9 });
    await row("nothing was ever written", { name: "never" });
    await row("the newest version is soft-deleted", { name: "deleted" });
    await row("a pinned version is soft-deleted", { name: "deleted", version: 1 });
    await row("a key is missing", { name: "no-key" });
    await row("a value is empty", { name: "empty" });
    await row("`readAt: up`, preview: all keys are there", { name: "good", keysOnly: true });
    await row("`readAt: up`, preview: a key is missing", { name: "no-key", keysOnly: true });
    await row("`readAt: up`, preview: soft-deleted", { name: "deleted", keysOnly: true });
  });

  it("who asks", async () => {
    await row("no token", { name: "good", token: "" });
    await row("a wrong token", { name: "good", token: "s.wrong" });
    const short = await tokenWith(grant(lookup), "1s");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await row("the token has expired", { name: "good", token: short });
    await row("the token may not read the path", { name: "good", token: await tokenWith(grant(lookup)) });
    const keys = grant(lookup, `"secret/subkeys/${folder}/*" { capabilities = ["read"] }`);
    await row("`readAt: up`, preview: a token that may see keys only", {
      name: "good",
      token: await tokenWith(keys),
      keysOnly: true,
    });
    await row("the same token at `up`", { name: "good", token: await tokenWith(keys) });
  });

  it("whether Vault serves", async () => {
    await row("Vault is away", { name: "good", address: `http://127.0.0.1:${await closedPort()}` });
    const keys = JSON.parse(await fs.readFile(path.join(sandbox().paths.data, "vault", "keys.json"), "utf8")) as Record<
      "unsealKey",
      string
    >;
    await vaultCall(vault, "PUT", "sys/seal");
    try {
      await row("Vault is sealed", { name: "good" });
    } finally {
      await vaultCall(vault, "PUT", "sys/unseal", { key: keys.unsealKey });
      const serves = (): Promise<boolean> => vaultCall(vault, "GET", `secret/data/${folder}/good`).then(() => true);
      await waitUntil("Vault serves again", serves, { timeoutMs: 30_000 });
    }
  });

  it("what the gateway says of a credential before it is used", async () => {
    const gateway = await gatewayOfSandbox();
    const at = (await vaultCall(vault, "GET", "secret/data/detectviz/local/alloy/loki")) as {
      data: { data: Record<string, string> };
    };
    const target = { backend: "loki" as const, url: gateway.pushUrl, tenant: "local" };
    const verdict = async (when: string, data: Record<string, string>, url = target.url): Promise<void> => {
      const { outcome, said } = await tryCredential({ ...target, url }, "basic", data);
      rows.push([when, outcome, said.replace(/127\.0\.0\.1:\d+/, "GATEWAY")]);
    };
    await whileFollowed(gateway, async () => {
      await verdict("pre-flight: the seeded user", at.data.data);
      await verdict("pre-flight: a wrong password", { ...at.data.data, password: "wrong" });
      await verdict("pre-flight: an unknown user", { ...at.data.data, username: "nobody" });
      await verdict("pre-flight: no gateway", at.data.data, `http://127.0.0.1:${await closedPort()}/push`);
    });
  });

  it("is what the committed table says", async () => {
    const text = tableText(rows);
    console.log(text);
    for (const secret of ["old-password", "new-password", "gone-password", "wrong-key-password", "some-password"])
      assert.ok(!text.includes(secret), "a value is in a message");
    const committed = await fs.readFile(path.join(repoRoot, tableFile), "utf8").catch(() => "");
    assert.equal(committed, text, `${tableFile} says something else: if it is meant, commit what is printed above`);
  });
});

describe("credentials.readAt: up", () => {
  it("lets a preview pass with a token that may see no value, which otherwise it does not", async () => {
    const preview = async (token: string): Promise<string> => {
      const engine = await sandbox().engine();
      const settings = checkStack("local", path.dirname(engine.configFile));
      const call = { ...engine, stack: "local", env: { ...engine.env, VAULT_TOKEN: token } };
      try {
        const result = await runEngine(call, "preview", ["--diff=false"], placeOf("local", settings), true);
        return result.exitCode === 0 ? "" : result.output;
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        return error.message;
      }
    };
    const before = await changeConfig([[["alloy:credentials", "readAt"], "up"]]);
    const { configFile } = await sandbox().engine();
    try {
      const grants = previewGrants(checkStack("local", path.dirname(configFile)));
      const token = await tokenWith(policyText(grants));
      assert.equal(await preview(token), "");
      await fs.writeFile(configFile, before);
      assert.match(await preview(token), /does not allow the token in VAULT_TOKEN to read this path/);
    } finally {
      await fs.writeFile(configFile, before);
    }
  });
});

function tableText(rows: readonly Row[]): string {
  return `# Credentials: case, outcome, message

What a person is told when a credential cannot be taken from Vault, or the gateway refuses it. Made and compared by
\`tests/e2e/82-credential-cases.test.ts\` against a real server; messages end with what to do.

<!-- prettier-ignore -->
| case | outcome | message |
| --- | --- | --- |
${rows.map(([when, outcome, message]) => `| ${when} | ${outcome} | ${message} |`).join("\n")}
`;
}
