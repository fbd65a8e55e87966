/**
 * @severity critical
 * @link https://grafana.com/docs/alloy/latest/reference/components/local/local.file/
 */
import type { ResourceRule } from "../../rule";
import { expressionOf, onBlocks, wayTo, type PlacedBlock } from "./pipeline-blocks";
import type { PipelinePlace } from "./runs-pipeline";

/** Where the pipeline may find a credential, and to whom each may be shown. */
export interface CredentialPlaces {
  /** Files in the collector's container that hold one. */
  files: readonly string[];
  /** Files with a CA's certificate, by whose endpoint they are for; no secret, but they say whom a collector trusts. */
  authorities: Readonly<Record<string, string>>;
  /** Credential by name (`loki`, `prometheus`) to the one URL that it is for. */
  urls: Readonly<Record<string, string>>;
}

const writerOf: Readonly<Record<string, string>> = { loki: "loki.write", prometheus: "prometheus.remote_write" };
const writers = Object.values(writerOf);

/** Where a part of a credential may stand, and which part: `username` shows on the UI, which asks for no password. */
const parts: Readonly<Record<string, string>> = {
  "endpoint.basic_auth.username": "username",
  "endpoint.basic_auth.password": "password",
  "endpoint.tls_config.cert_pem": "cert",
  "endpoint.tls_config.key_pem": "key",
  "endpoint.tls_config.ca_pem": "ca",
  "endpoint.bearer_token": "token",
};

// What may be shown: the mark of a secret comes off these alone.
const shown = ["username", "cert", "ca"];

const fromFile = /^encoding\.from_json\(convert\.nonsensitive\(local\.file\.(\w+)_credentials\.content\)\)\["(\w+)"\]$/;
const fromVault = /^(convert\.nonsensitive\()?remote\.vault\.(\w+)\.data\.(\w+)\)?$/;
const mentions = /convert\.nonsensitive|\blocal\.file\.|\bremote\.vault\./;

/**
 * A secret is kept from the UI and from logs by its mark alone. It may lose it where Alloy needs the parts of one file,
 * and only in the place that the part is for.
 */
export function pipelineSecrets(place: PipelinePlace, { files, authorities, urls }: CredentialPlaces): ResourceRule {
  return {
    name: "alloy-pipeline-secrets",
    description: "A credential keeps its mark as a secret, and is shown to the one server that it is for.",
    severity: "critical",
    remediation: "Use a credential as pipeline/sections/parts does, in the endpoint that it is for.",
    url: "https://grafana.com/docs/alloy/latest/reference/components/local/local.file/",
    checks: [
      onBlocks(place, ({ block, around }, complain) => {
        if (block.name !== "local.file" || around.length > 0) return;
        const filename = block.attributes.get("filename") ?? [];
        const [first] = filename;
        if (filename.length !== 1 || first?.kind !== "string" || !files.includes(first.text))
          complain(block.line, "local.file reads a file that is no credential of these settings");
        if (expressionOf(block.attributes.get("is_secret") ?? []) !== "true")
          complain(block.line, "local.file does not mark what it reads as a secret", "Write is_secret = true.");
      }),
      onBlocks(place, (placed, complain) => {
        for (const [name, tokens] of placed.block.attributes) {
          const expression = expressionOf(tokens);
          const line = tokens[0]?.line ?? placed.block.line;
          const isCa = `${wayTo(placed)}.${name}` === caWay(expression, authorities);
          if (/_file$/.test(name) && !isCa && !isFile(expression, files))
            complain(line, `${name} is no file of these settings`);
          if (!mentions.test(expression)) continue;
          const backend = backendOf(placed, name, expression);
          if (backend === undefined) complain(line, `${name} is no place for what a credential holds`);
        }
      }),
      onBlocks(place, (placed, complain) => {
        if (placed.block.name !== "endpoint") return;
        const url = expressionOf(placed.block.attributes.get("url") ?? []);
        for (const backend of credentialsIn(placed))
          if (url !== JSON.stringify(urls[backend]))
            complain(placed.block.line, `an endpoint that is not ${backend}'s is given ${backend}'s credential`);
      }),
      // A literal in their place would be in the ConfigMap; rule secret-literal says so as well.
      onBlocks(place, ({ block }, complain) => {
        for (const name of [
          "password",
          "bearer_token",
          "credentials",
          "client_secret",
          "key_pem",
          "token",
          "access_key",
          "secret_key",
        ]) {
          const tokens = block.attributes.get(name) ?? [];
          if (tokens.some(({ kind }) => kind === "string") && !mentions.test(expressionOf(tokens)))
            complain(tokens[0]?.line ?? block.line, `${name} is written out`);
        }
      }),
    ],
  };
}

const isFile = (expression: string, files: readonly string[]): boolean =>
  files.some((file) => expression === JSON.stringify(file));

/** The one place for that file, where it is a CA's. */
function caWay(expression: string, authorities: Readonly<Record<string, string>>): string | undefined {
  const [backend] = Object.entries(authorities).find(([, file]) => expression === JSON.stringify(file)) ?? [];
  return backend === undefined ? undefined : `${writerOf[backend] ?? ""}.endpoint.tls_config.ca_file`;
}

/** Whose credential the attribute holds a part of, where it may; undefined anywhere else. */
function backendOf(placed: PlacedBlock, attribute: string, expression: string): string | undefined {
  const way = `${wayTo(placed)}.${attribute}`;
  const writer = writers.find((one) => way.startsWith(`${one}.`));
  const part = writer === undefined ? undefined : parts[way.slice(writer.length + 1)];
  if (part === undefined) return undefined;
  const [, ofFile, partOfFile] = fromFile.exec(expression) ?? [];
  if (ofFile !== undefined) return partOfFile === part ? ofFile : undefined;
  const [, unmarked, ofVault, partOfVault] = fromVault.exec(expression) ?? [];
  if (partOfVault !== part || (unmarked !== undefined && !shown.includes(part))) return undefined;
  return ofVault;
}

/** The credentials that an endpoint is given, by name. */
function credentialsIn(placed: PlacedBlock): string[] {
  const found = new Set<string>();
  const look = (one: PlacedBlock): void => {
    for (const tokens of one.block.attributes.values()) {
      const expression = expressionOf(tokens);
      for (const [, name = ""] of expression.matchAll(/\blocal\.file\.(\w+)_credentials\b/g)) found.add(name);
      for (const [, name = ""] of expression.matchAll(/\bremote\.vault\.(\w+)\b/g)) found.add(name);
      for (const [, name = ""] of expression.matchAll(/\/(\w+)-token"/g)) found.add(name);
    }
    for (const block of one.block.blocks) look({ block, around: [...one.around, one.block] });
  };
  look(placed);
  return [...found];
}
