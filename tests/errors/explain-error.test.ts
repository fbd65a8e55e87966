import assert from "node:assert/strict";

import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { UserError } from "../../kit/user-error";
import { clusterOutputs, engineMessages, vaultMessages } from "../support/recorded-errors";

const place: ErrorPlace = {
  stackFile: "Pulumi.test.yaml",
  vault: { address: "http://127.0.0.1:8200", mount: "secret", path: "detectviz/test/alloy" },
  context: "detectviz-prod",
};
const vault = "Vault at http://127.0.0.1:8200";
const secretPath = "secret/data/detectviz/test/alloy/loki";

type Expected = [file: string, key: string, problem: RegExp, remedy: RegExp];

function expectExplained(text: string, [file, key, problem, remedy]: Expected): void {
  const found = explainError(text, place);
  assert.ok(found, `not known: ${text}`);
  assert.deepEqual({ file: found.file, key: found.key }, { file, key });
  assert.match(found.problem, problem);
  assert.match(found.remedy, remedy);
}

const unreachableVault = (cause: RegExp): Expected => [
  "Pulumi.test.yaml",
  "alloy:vault.address",
  cause,
  /mend the address/,
];
const unreachableCluster = (cause: RegExp): Expected => [
  "Pulumi.test.yaml",
  "alloy:kubernetes.context",
  cause,
  /kubectl --context detectviz-prod version/,
];

describe("known errors: Vault", () => {
  const expected: Record<Exclude<keyof typeof vaultMessages, "cancelled">, Expected> = {
    missing: [
      place.stackFile,
      "alloy:vault.path",
      /^Vault at http:\/\/127\.0\.0\.1:8200 holds no secret at secret\/detectviz\/test\/alloy\/loki$/,
      /vault kv put -mount=secret detectviz\/test\/alloy\/loki .*alloy:credentials\.seed/,
    ],
    sealed: [vault, "", /sealed/, /vault operator unseal/],
    refused: unreachableVault(/^Vault at http:\/\/127\.0\.0\.1:8200 cannot be reached \(connection refused\)$/),
    noHost: unreachableVault(/no such host/),
    frozen: unreachableVault(/context deadline exceeded/),
    reset: unreachableVault(/connection reset by peer/),
    untrusted: ["Pulumi.test.yaml", "alloy:vault.caFile", /not trusted .*unknown authority/, /file that holds the CA/],
    plainHttp: ["Pulumi.test.yaml", "alloy:vault.address", /speaks http, not https/, /http:\/\//],
    plainHttpStandIn: ["Pulumi.test.yaml", "alloy:vault.address", /speaks http, not https/, /http:\/\//],
    notVault: ["Pulumi.test.yaml", "alloy:vault.address", /it is no Vault/, /without the path of its UI/],
    webPage: ["Pulumi.test.yaml", "alloy:vault.address", /it is no Vault/, /without the path of its UI/],
    noToken: [vault, "VAULT_TOKEN", /without a token/, /export VAULT_TOKEN/],
    wrongToken: [vault, "VAULT_TOKEN", /wrong or has expired/, /vault login/],
    invalidToken: [vault, "VAULT_TOKEN", /wrong or has expired/, /vault login/],
    policy: [
      vault,
      secretPath,
      /does not allow .* to read this path/,
      /policy read on secret\/data\/detectviz\/test\/alloy\/loki,/,
    ],
    seeded: [vault, secretPath, /holds something already/, /seed: false .*metadata delete/],
    noVersion: [
      "Pulumi.test.yaml",
      "alloy:credentials.versions",
      /no version 7 of secret\/detectviz\/test\/alloy\/loki$/,
      /vault kv metadata get -mount=secret detectviz\/test\/alloy\/loki/,
    ],
    keysPolicy: [
      vault,
      "secret/subkeys/detectviz/test/alloy/loki",
      /does not allow .* to read/,
      /read on secret\/subkeys/,
    ],
    writePolicy: [vault, secretPath, /does not allow .* to write this path/, /create and update on secret\/data/],
    deletePolicy: [
      vault,
      "sys/policies/acl/alloy-test-cluster.0123abcd",
      /does not allow .* to delete this path/,
      /policy delete on sys/,
    ],
  };
  for (const [name, expectation] of Object.entries(expected))
    it(name, () => expectExplained(vaultMessages[name as keyof typeof expected], expectation));

  it("names the path that the engine has masked, since a user's name is a part of it", () => {
    const masked = vaultMessages.seeded.replace("/test/", "/[secret]/");
    assert.notEqual(masked, vaultMessages.seeded);
    assert.equal(explainError(masked, place)?.key, secretPath);
    const other = masked.replace("detectviz", "elsewhere");
    assert.equal(explainError(other, place)?.key, "secret/data/elsewhere/[secret]/alloy/loki");
  });

  it("says nothing of a read that ended because something else failed", () => {
    assert.equal(explainError(vaultMessages.cancelled, place), undefined);
  });
});

describe("known errors: the cluster", () => {
  const settings = (key: string, problem: RegExp, remedy: RegExp): Expected => [
    "Pulumi.test.yaml",
    key,
    problem,
    remedy,
  ];
  const expected: Record<keyof typeof clusterOutputs, Expected> = {
    refused: unreachableCluster(/^the API server of context detectviz-prod cannot be reached \(connection refused\)$/),
    refusedOfficial: unreachableCluster(/\(connection refused\)/),
    handshake: unreachableCluster(/\(TLS handshake timeout\)/),
    lostOnTheWay: unreachableCluster(/\(connection refused\)/),
    untrusted: unreachableCluster(/\(certificate signed by unknown authority\)/),
    noContext: settings("alloy:kubernetes.context", /no context detectviz-prod$/, /kubectl config get-contexts/),
    noContextOfficial: settings(
      "alloy:kubernetes.context",
      /no context detectviz-prod$/,
      /kubectl config get-contexts/,
    ),
    noKubeconfig: ["the environment", "KUBECONFIG", /no kubeconfig/, /export KUBECONFIG/],
    credentials: settings("alloy:kubernetes.context", /does not accept the kubeconfig's credentials/, /log in/),
    noKind: settings("alloy:selfMonitoring", /no PodMonitor kind/, /enabled: false/),
    noMatch: settings("alloy:selfMonitoring", /no PodMonitor kind/, /enabled: false/),
    noNamespace: settings("alloy:namespace", /no namespace observability/, /managed: true/),
    namespaceExists: settings(
      "alloy:namespace",
      /namespace monitoring exists already/,
      /name: monitoring, managed: false/,
    ),
    roleExists: settings(
      "alloy:names.clusterRole",
      /^clusterroles alloy exists already/,
      /clusterRole: alloy-logs.*adopt STACK/,
    ),
    conflict: settings("", /^argocd-controller changes the same fields/, /if it is a program/),
    forbidden: settings("alloy:kubernetes.context", /^jane may not get namespaces/, /context that may/),
    escalation: settings("alloy:kubernetes.context", /^jane may not give the collectors/, /escalate/),
    rollout: settings("alloy:rollout.timeout", /not every node .*timed out waiting/, /kubectl get pods/),
  };
  for (const [name, expectation] of Object.entries(expected))
    it(name, () => expectExplained(clusterOutputs[name as keyof typeof expected], expectation));

  it("conflict, in the engine's JSON", () => {
    expectExplained(JSON.stringify({ message: clusterOutputs.conflict }), expected.conflict);
  });
});

describe("known errors: a stack without a context", () => {
  it("has words instead of a command for the shell", () => {
    const found = explainError(clusterOutputs.refused, { stackFile: "Pulumi.test.yaml" });
    assert.match(
      found?.problem ?? "",
      /^the API server of the kubeconfig's current context cannot be reached \([^"]+\)$/,
    );
    assert.match(found?.remedy ?? "", /check whether `kubectl version` answers/);
  });
});

describe("known errors: the engine", () => {
  const expected: Record<keyof typeof engineMessages, Expected> = {
    noStack: ["the Pulumi backend", "", /no stack nowhere/, /pulumi stack init nowhere/],
    wrongPassphrase: ["the environment", "PULUMI_CONFIG_PASSPHRASE", /does not open/, /passphrase that the stack/],
    noPassphrase: ["the environment", "PULUMI_CONFIG_PASSPHRASE", /is not set/, /passphrase that the stack/],
    noLogin: ["the environment", "PULUMI_BACKEND_URL", /no place for the state/, /pulumi login/],
    noBackend: ["the environment", "PULUMI_BACKEND_URL", /file:\/\/\/nowhere, which cannot be opened/, /pulumi login/],
  };
  for (const [name, expectation] of Object.entries(expected))
    it(name, () => expectExplained(engineMessages[name as keyof typeof expected], expectation));
});

describe("known errors: what is not one", () => {
  it("an ordinary run, whatever it names", () => {
    const text =
      "+ vault:kv:SecretV2 alloy-credentials-loki-seed create\n+ kubernetes:core/v1:Secret connection refused\n";
    assert.equal(explainError(text, place), undefined);
  });

  for (const [name, text] of Object.entries({ ...vaultMessages, ...clusterOutputs, ...engineMessages }))
    it(`a report that explains ${name} already`, () => {
      const problem = explainError(text, place);
      if (problem === undefined) return;
      const report = new UserError([problem]).message;
      assert.equal(explainError(`error: error serializing property "data": ${report}`, place), undefined);
    });

  it("a cluster that is away is told from a Vault that is away, in whichever order they come", () => {
    for (const texts of [
      [vaultMessages.cancelled, clusterOutputs.refused],
      [clusterOutputs.refused, vaultMessages.cancelled],
    ])
      assert.equal(explainError(texts.join("\n"), place)?.key, "alloy:kubernetes.context");
  });
});
