import assert from "node:assert/strict";

import { podTemplate } from "../../components/pod/pod-spec";
import { clusterRoleRules } from "../../components/access";
import { composePipeline } from "../../pipeline/compose";
import { blocksOf, find, textAt } from "../support/alloy-text";
import { settingsOf, type StackValues } from "../support/settings";

const https = {
  lokiUrl: "https://loki.corp.internal/loki/api/v1/push",
  prometheusUrl: "https://aps.example.com/api/v1/remote_write",
};
const guid = "00000000-1111-2222-3333-444444444444";

interface Variable {
  name: string;
  value?: string;
}

function composed(values: StackValues) {
  const settings = settingsOf(values);
  const { text, needs } = composePipeline(settings);
  const blocks = blocksOf(text);
  const template = podTemplate({ settings, needs, configChecksum: "0" });
  const env = (template.spec as { containers: { env: Variable[] }[] }).containers[0]?.env ?? [];
  const [loki, prometheus] = find(blocks, "endpoint");
  assert.ok(loki && prometheus);
  return { text, needs, loki, prometheus, env, template };
}

describe("endpoints: a CA of the company's own", () => {
  it("stands beside the text, and only where it is asked for", () => {
    const { loki, prometheus } = composed({ ...https, lokiCaFile: "ca.pem" });
    const [tls] = find(loki.blocks, "tls_config");
    assert.equal(tls && textAt(tls, "ca_file"), "/etc/alloy/loki-ca.crt");
    assert.deepEqual(find(prometheus.blocks, "tls_config"), []);
  });

  it("never switches the look at a certificate off", () => {
    assert.doesNotMatch(composed({ ...https, lokiCaFile: "a", prometheusCaFile: "b" }).text, /insecure/);
  });
});

describe("endpoints: headers and identity of remote write", () => {
  it("names the tenant of Mimir", () => {
    const { text } = composed({ prometheusTenant: "team-a", prometheusHeaders: { "X-Region": "eu" } });
    assert.ok(
      text.includes('\t\theaders = {\n\t\t\t"X-Region"      = "eu",\n\t\t\t"X-Scope-OrgID" = "team-a",\n\t\t}\n'),
    );
    assert.doesNotMatch(composed({}).text, /headers/);
  });

  it("signs for AWS with the pod's own role, and asks STS or the node's agent", () => {
    const roleArn = "arn:aws:iam::111122223333:role/alloy";
    const irsa = composed({ ...https, prometheusIdentity: { aws: { region: "eu-west-1", roleArn } } });
    const [sigv4] = find(irsa.prometheus.blocks, "sigv4");
    assert.deepEqual(Object.keys(sigv4?.attributes ?? {}), ["region"]);
    assert.ok(irsa.needs.egress.some(({ host, port }) => host === "sts.eu-west-1.amazonaws.com" && port === 443));
    const podIdentity = composed({ ...https, prometheusIdentity: { aws: { region: "eu-west-1" } } });
    assert.ok(podIdentity.needs.egress.some(({ host, port }) => host === "169.254.170.23" && port === 80));
    const china = composed({ ...https, prometheusIdentity: { aws: { region: "cn-north-1", roleArn } } });
    assert.ok(china.needs.egress.some(({ host }) => host === "sts.cn-north-1.amazonaws.com.cn"));
  });

  it("asks Microsoft Entra for a token of the pod's own, and marks the pods", () => {
    const { prometheus, needs, template } = composed({
      ...https,
      prometheusIdentity: { azure: { clientId: guid, tenantId: guid } },
    });
    assert.deepEqual(
      find(prometheus.blocks, "workload_identity").map((block) => Object.keys(block.attributes)),
      [["client_id", "tenant_id"]],
    );
    assert.ok(needs.egress.some(({ host }) => host === "login.microsoftonline.com"));
    const { labels } = template.metadata as { labels: Record<string, string> };
    assert.equal(labels["azure.workload.identity/use"], "true");
  });

  it("asks the cluster for nothing more", () => {
    const usual = clusterRoleRules(composed({}).needs);
    const more = composed({ ...https, prometheusTenant: "a", prometheusIdentity: { aws: { region: "eu-west-1" } } });
    assert.deepEqual(clusterRoleRules(more.needs), usual);
  });
});

describe("endpoints: a proxy", () => {
  const proxy = { url: "http://proxy.corp.internal:3128", noProxy: [".corp.internal"] };

  it("is named by what leaves the cluster, and by nothing else", () => {
    const { loki, prometheus, needs } = composed({ ...https, proxy });
    assert.equal(textAt(loki, "proxy_url"), undefined);
    assert.equal(textAt(prometheus, "proxy_url"), proxy.url);
    assert.deepEqual(
      needs.egress.map(({ host, port }) => `${host}:${port}`),
      ["kubernetes.default.svc:443", "loki.corp.internal:443", "proxy.corp.internal:3128"],
    );
  });

  it("leaves the collectors' way to the API server alone", () => {
    const { env } = composed({ ...https, proxy });
    const value = (name: string): string | undefined => env.find((one) => one.name === name)?.value;
    assert.equal(value("HTTPS_PROXY"), proxy.url);
    assert.match(value("NO_PROXY") ?? "", /^\$\(KUBERNETES_SERVICE_HOST\),/);
    assert.deepEqual(
      composed({}).env.filter(({ name }) => name.endsWith("PROXY")),
      [],
    );
  });

  it("is no way to a Vault inside of the cluster, nor to one that is named as an exception", () => {
    const vaultAt = (address: string) =>
      composed({
        ...https,
        proxy,
        credentials: { mode: "vault", loki: "basic" },
        vault: { address, path: "a/b" },
      });
    const hosts = (address: string) => vaultAt(address).needs.egress.map(({ host }) => host);
    assert.ok(hosts("https://vault.vault.svc:8200").includes("vault.vault.svc"));
    assert.ok(hosts("https://vault.corp.internal:8200").includes("vault.corp.internal"));
    assert.ok(!hosts("https://vault.hashicorp.cloud:8200").includes("vault.hashicorp.cloud"));
    const noProxy = vaultAt("https://vault.vault:8200").env.find(({ name }) => name === "NO_PROXY")?.value ?? "";
    assert.ok(noProxy.split(",").includes("vault.vault"));
  });
});

describe("endpoints: nodes with IPv6 addresses", () => {
  it("gives sections the node's address in brackets, behind the variable that it refers to", () => {
    for (const [ipFamily, value] of [
      ["IPv4", "$(NODE_IP)"],
      ["IPv6", "[$(NODE_IP)]"],
    ] as const) {
      const settings = settingsOf({ pod: { ipFamily } });
      const { needs } = composePipeline(settings);
      const env = [...needs.env, { name: "NODE_IP_IN_URL", why: "a section" }];
      const template = podTemplate({ settings, needs: { ...needs, env }, configChecksum: "0" });
      const given = (template.spec as { containers: { env: Variable[] }[] }).containers[0]?.env ?? [];
      const names = given.map(({ name }) => name);
      assert.ok(names.indexOf("NODE_IP") >= 0 && names.indexOf("NODE_IP") < names.indexOf("NODE_IP_IN_URL"));
      assert.equal(given.find(({ name }) => name === "NODE_IP_IN_URL")?.value, value);
    }
  });

  it("refuses a section that puts a port behind an address without them", () => {
    const extraSections = [
      {
        file: "examples/sections/node-local-target.alloy",
        needs: { env: ["NODE_IP", "NODE_NAME"], egress: [{ host: "10.0.0.1", port: 9253 }] },
      },
    ];
    assert.throws(
      () => composePipeline(settingsOf({ pod: { ipFamily: "IPv6" }, extraSections })),
      /puts a port behind NODE_IP.*\n.*NODE_IP_IN_URL/,
    );
  });
});
