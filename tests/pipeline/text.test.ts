import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { composePipeline } from "../../pipeline/compose";
import { blocksOf, find, textAt, tokensOf, variablesOf, type Block } from "../support/alloy-text";
import { everyComposed, forEach, stringsAt } from "../support/pipelines";
import { settingsOf, vaultValues, type StackValues } from "../support/settings";

const componentId = ({ name, label }: Block): string => `${name}.${label}`;

describe("pipeline text: every combination of settings", () => {
  it("is really many", () => {
    assert.ok(everyComposed.length > 250);
  });

  // A part that somebody adds and no combination has is read by no Alloy before it is deployed.
  it("has each section and each part of the repository in it, and each part left out somewhere", () => {
    const folder = path.join(repoRoot, "pipeline", "sections");
    const files = fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".alloy"));
    assert.ok(files.length > 25);
    for (const file of files) {
      // Each line up to where something is filled in, which stands in quotes or not.
      const lines = fs.readFileSync(path.join(folder, file), "utf8").split("\n");
      const own = lines.map((line) => (line.split(/"?\{\{/)[0] ?? "").trim()).filter((line) => line.length > 3);
      const having = everyComposed.filter(({ text }) => own.every((line) => text.includes(line)));
      assert.ok(having.length > 0, `no combination has ${file}`);
      if (file.startsWith("parts")) assert.ok(having.length < everyComposed.length, `every combination has ${file}`);
    }
  });

  it("has no place left unfilled", () => {
    forEach(everyComposed, ({ text }) => assert.ok(!text.includes("{{")));
  });

  // The others are for clients that read them by themselves: Vault's, those of the clouds, and the API server's.
  const isForText = (name: string): boolean => !/_PROXY$|^HTTP2_/.test(name);

  it("reads the variables that it says it needs, and no other", () => {
    forEach(everyComposed, ({ text, needs }) =>
      assert.deepEqual(
        variablesOf(text),
        needs.env
          .map(({ name }) => name)
          .filter(isForText)
          .sort(),
      ),
    );
  });

  it("reads the files that it says it needs, and no other", () => {
    forEach(everyComposed, ({ text, needs }) => {
      const paths = tokensOf(text).filter(({ kind, text: value }) => kind === "string" && /^\/./.test(value));
      // A CA stands beside the text, in the same ConfigMap.
      const files = new Set(
        paths.map(({ text: value }) => value).filter((file) => !/^\/etc\/alloy\/\w+-ca\.crt$/.test(file)),
      );
      // A path of a log is made of labels, below a directory that is read; the journal's is the directory itself.
      const named = [...files].map((file) => file.replace(/\/\$\{1\}_.*$/, ""));
      const linked = needs.readPaths.map(({ path }) => path).filter((one) => one !== "/var/lib/docker/containers");
      const known = [...needs.files, ...needs.tokens].map(({ path }) => path);
      assert.deepEqual([...new Set(named)].sort(), [...known, ...linked].sort());
    });
  });

  it("refers to components that are there, and uses each", () => {
    forEach(everyComposed, ({ text, blocks }) => {
      const declared = blocks.filter(({ label }) => label !== "").map(componentId);
      const words = tokensOf(text).filter(({ kind }) => kind === "word");
      const references = words
        .map(({ text: word }) => word)
        .filter((word) => /^(discovery|loki|prometheus|local|remote)\./.test(word))
        .filter((word) => !blocks.some(({ name }) => name === word));
      for (const reference of references)
        assert.ok(
          declared.some((id) => reference.startsWith(`${id}.`)),
          `${reference} refers to nothing`,
        );
      const ends = new Set([
        "loki.source.kubernetes.pods",
        "loki.source.file.pods",
        "loki.source.journal.node",
        "prometheus.scrape.node",
        "prometheus.scrape.node_local",
      ]);
      for (const id of declared)
        assert.ok(ends.has(id) || references.some((reference) => reference.startsWith(`${id}.`)), `${id} is unused`);
    });
  });

  it("declares no component twice", () => {
    forEach(everyComposed, ({ blocks }) => assert.equal(new Set(blocks.map(componentId)).size, blocks.length));
  });

  it("has its sections in one order, each with its heading", () => {
    const order = [
      ...["logging", "platform", "credentials-loki", "credentials-prometheus", "vault-loki", "vault-prometheus"],
      ...["discovery", "logs", "metrics"],
    ];
    forEach(everyComposed, ({ text, settings }) => {
      const { logs, metrics, credentials } = settings;
      const inJson = (backend: "loki" | "prometheus") =>
        ["secret", "existing"].includes(credentials.mode) && ["basic", "mtls"].includes(credentials[backend]);
      const inVault = (backend: "loki" | "prometheus") =>
        credentials.mode === "vault" && credentials[backend] !== "none";
      const on: Record<string, boolean> = {
        "credentials-loki": logs.enabled && inJson("loki"),
        "credentials-prometheus": metrics.enabled && inJson("prometheus"),
        "vault-loki": logs.enabled && inVault("loki"),
        "vault-prometheus": metrics.enabled && inVault("prometheus"),
        discovery: logs.enabled,
        logs: logs.enabled,
        metrics: metrics.enabled,
      };
      const headings = [...text.matchAll(/^\/\/ ==== (\S+) ====$/gm)].map((match) => match[1]);
      assert.deepEqual(
        headings,
        order.filter((name) => on[name] ?? true),
      );
    });
  });

  it("keeps one form: tabs, no space at the end, single empty lines, none at a brace", () => {
    forEach(everyComposed, ({ text }) => {
      assert.match(text, /[^\n]\n$/, "one line break at the end");
      assert.doesNotMatch(text, /^\t* +/m, "spaces that indent");
      assert.doesNotMatch(text, /[ \t]$/m, "space at the end of a line");
      assert.doesNotMatch(text, /\n\n\n/, "two empty lines");
      assert.doesNotMatch(text, /[{[]\n\n|\n\n\t*[}\]]/, "an empty line at a brace");
    });
  });

  it("gives the same text for the same settings", () => {
    forEach(everyComposed, ({ text, settings }) => assert.equal(composePipeline(settings).text, text));
  });

  it("takes user and password from the secret file, and a token by its path", () => {
    const withFiles = everyComposed.filter(({ settings }) => settings.credentials.mode !== "vault");
    forEach(withFiles, ({ blocks }) => {
      for (const [block, attributes] of [
        ["basic_auth", { username: "username", password: "password" }],
        ["tls_config", { cert_pem: "cert", key_pem: "key", ca_pem: "ca" }],
      ] as const)
        for (const auth of find(blocks, block).filter(({ attributes: { ca_file } }) => ca_file === undefined)) {
          assert.deepEqual(Object.keys(auth.attributes), Object.keys(attributes));
          for (const [name, key] of Object.entries(attributes)) {
            const tokens = auth.attributes[name] ?? [];
            assert.match(
              tokens.map(({ text }) => text).join(" "),
              /encoding\.from_json .* local\.file\.\w+_credentials\.content /,
            );
            assert.deepEqual(stringsAt(auth, name), [key]);
          }
        }
      for (const file of find(blocks, "local.file"))
        assert.deepEqual(file.attributes["is_secret"], [{ kind: "word", text: "true" }]);
      const endpoints = find(blocks, "endpoint");
      for (const name of endpoints.flatMap(({ attributes }) => Object.keys(attributes)))
        assert.ok(!["bearer_token", "password", "authorization"].includes(name), `${name} in an endpoint`);
    });
  });
});

describe("pipeline text: credentials from Vault", () => {
  const fromVault = everyComposed.filter(({ settings }) => settings.credentials.mode === "vault");

  it("come from remote.vault, the secret parts still marked as such", () => {
    assert.ok(fromVault.length > 10);
    forEach(fromVault, ({ blocks }) => {
      assert.deepEqual(find(blocks, "local.file"), []);
      const expressions = ["basic_auth", "tls_config", "endpoint"].flatMap((name) =>
        find(blocks, name).flatMap(({ attributes }) => Object.entries(attributes)),
      );
      const secrets = expressions.filter(([name]) => ["password", "key_pem", "bearer_token"].includes(name));
      for (const [name, tokens] of secrets)
        assert.match(tokens.map(({ text }) => text).join(" "), /^remote\.vault\.(loki|prometheus)\.data\.\w+ *$/, name);
      assert.ok(expressions.every(([name]) => name !== "bearer_token_file"));
    });
  });

  it("are asked for with the namespace and the audience that the settings name", () => {
    const vault = { ...vaultValues, namespace: "team", login: { mount: "k8s/prod", audience: "vault", reread: "30s" } };
    const { text, needs } = composePipeline(settingsOf({ credentials: { mode: "vault" }, vault }));
    for (const line of [
      /key +=\s"detectviz\/test\/alloy\/loki"/,
      /namespace = "team"/,
      /role +=\s"alloy-test-cluster\.[0-9a-f]{8}"/,
      /mount_path = "k8s\/prod"/,
      /service_account_file = "\/var\/run\/secrets\/vault\/token"/,
      /reread_frequency = "30s"/,
    ])
      assert.match(text, line);
    assert.deepEqual(
      needs.tokens.map(({ audience, path }) => [audience, path]),
      [["vault", "/var/run/secrets/vault/token"]],
    );
    assert.ok(needs.egress.some(({ host, port }) => host === "vault.example.internal" && port === 8200));
  });
});

describe("pipeline text: metrics", () => {
  const metrics = (values: StackValues) => blocksOf(composePipeline(settingsOf(values)).text);

  it("collects only what a container can see of its node without a host mount", () => {
    const [exporter] = find(metrics({}), "prometheus.exporter.unix", "node");
    assert.ok(exporter);
    assert.deepEqual(stringsAt(exporter, "set_collectors"), ["cpu", "diskstats", "loadavg", "meminfo", "pressure"]);
    assert.deepEqual(Object.keys(exporter.attributes), ["set_collectors"]);
  });

  it("waits no longer for an answer than there is between two questions", () => {
    for (const [interval, timeout] of [
      ["60s", "10s"],
      ["5s", "5s"],
    ]) {
      const [scrape] = find(metrics({ metrics: { scrapeInterval: interval } }), "prometheus.scrape", "node");
      assert.ok(scrape);
      assert.equal(textAt(scrape, "scrape_timeout"), timeout);
    }
  });

  it("sends samples as often as it reads them, and leaves it at Alloy's own 5 s where that is more often", () => {
    for (const [interval, deadline] of [
      ["1s", "1s"],
      ["4500ms", "4500ms"],
      ["5s", undefined],
      ["5000ms", undefined],
      ["60s", undefined],
    ] as const) {
      for (const prometheus of ["none", "basic"] as const) {
        const [endpoint] = find(
          metrics({ metrics: { scrapeInterval: interval }, credentials: { mode: "existing", prometheus } }),
          "prometheus.remote_write",
        ).flatMap(({ blocks }) => find(blocks, "endpoint"));
        assert.ok(endpoint);
        const [queue] = find(endpoint.blocks, "queue_config");
        assert.equal(queue && textAt(queue, "batch_send_deadline"), deadline, `${interval}, ${prometheus}`);
      }
    }
  });

  it("keeps the write-ahead log for the outage budget", () => {
    for (const [outageBudget, truncate, sent] of [
      ["1h", "30m", "5m"],
      ["1m", "30s", "1m"],
    ]) {
      const [wal] = find(metrics({ wal: { outageBudget } }), "prometheus.remote_write").flatMap(({ blocks }) =>
        find(blocks, "wal"),
      );
      assert.ok(wal);
      assert.deepEqual(
        ["max_keepalive_time", "truncate_frequency", "min_keepalive_time"].map((name) => textAt(wal, name)),
        [outageBudget, truncate, sent],
      );
    }
  });
});
