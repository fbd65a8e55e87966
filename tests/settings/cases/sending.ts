import type { BadCluster } from "./clusters";

const https = {
  lokiUrl: "https://loki.corp.internal/loki/api/v1/push",
  prometheusUrl: "https://aps.example.com/api/v1/remote_write",
};
const guid = "00000000-1111-2222-3333-444444444444";

/** CAs, tenants, identities, proxies and resolvers, each with one mistake that people make with them. */
export const badSending: readonly BadCluster[] = [
  ["a CA over http", { lokiCaFile: "ca.pem" }, "lokiCaFile", /is http/, /https/],
  [
    "a CA beside mTLS",
    { ...https, lokiCaFile: "ca.pem", credentials: { mode: "existing", loki: "mtls" } },
    "lokiCaFile",
    /mtls/,
    /key ca/,
  ],
  [
    "a canary that cannot know the CA",
    { ...https, lokiCaFile: "ca.pem", canary: { enabled: true }, credentials: { loki: "none" } },
    "canary.address",
    /loki-canary would not trust/,
    /inside of the cluster/,
  ],
  ["two tenants of Mimir", { prometheusTenant: "a|b" }, "prometheusTenant", /a\|b/, /150 letters/],
  [
    "the tenant as a header",
    { prometheusHeaders: { "x-scope-orgid": "a" } },
    "prometheusHeaders.x-scope-orgid",
    /tenant/,
    /prometheusTenant/,
  ],
  [
    "a token as a header",
    { prometheusHeaders: { Authorization: "Bearer abc" } },
    "prometheusHeaders.Authorization",
    /credential/,
    /bearer/,
  ],
  [
    "a key as a header",
    { prometheusHeaders: { "X-API-Key": "abc" } },
    "prometheusHeaders.X-API-Key",
    /ConfigMap/,
    /credentials/,
  ],
  [
    "a header of the protocol",
    { prometheusHeaders: { "Content-Type": "text/plain" } },
    "prometheusHeaders.Content-Type",
    /protocol/,
    /leave/,
  ],
  [
    "a header in two lines",
    { prometheusHeaders: { "X-Team": "a\nb" } },
    "prometheusHeaders.X-Team",
    /cannot be/,
    /one line/,
  ],
  [
    "two identities",
    { ...https, prometheusIdentity: { aws: { region: "eu-west-1" }, azure: { clientId: guid, tenantId: guid } } },
    "prometheusIdentity.aws",
    /so is azure/,
    /one of them/,
  ],
  ["no identity", { ...https, prometheusIdentity: {} }, "prometheusIdentity.aws", /so is azure/, /one of them/],
  [
    "a key of AWS",
    { ...https, prometheusIdentity: { aws: { region: "eu-west-1", secretKey: "s" } } },
    "prometheusIdentity.aws.secretKey",
    /not a key/,
    /region, roleArn/,
  ],
  [
    "a zone for a region",
    { ...https, prometheusIdentity: { aws: { region: "eu-west-1a" } } },
    "prometheusIdentity.aws.region",
    /eu-west-1a/,
    /eu-west-1/,
  ],
  [
    "an identity over http",
    { prometheusIdentity: { aws: { region: "eu-west-1" } } },
    "prometheusUrl",
    /is http/,
    /https/,
  ],
  [
    "an identity beside a password",
    {
      ...https,
      credentials: { mode: "existing", prometheus: "basic" },
      prometheusIdentity: { aws: { region: "eu-west-1" } },
    },
    "prometheusIdentity",
    /basic/,
    /one of them/,
  ],
  [
    "a proxy with a password",
    { proxy: { url: "http://me:pw@proxy:3128" } },
    "proxy.url",
    /user or a password/,
    /without a password/,
  ],
  ["a proxy with a path", { proxy: { url: "http://proxy:3128/a" } }, "proxy.url", /not a URL/, /3128/],
  ["a proxy without a scheme", { proxy: { url: "proxy:3128" } }, "proxy.url", /not a URL/, /scheme/],
  [
    "NO_PROXY as one text",
    { proxy: { url: "http://proxy:3128", noProxy: ["a.example,b.example"] } },
    "proxy.noProxy.0",
    /a\.example,b/,
    /10\.0/,
  ],
  [
    "a resolver of nobody",
    { network: { enabled: true, dns: [{ port: 5353 }] } },
    "network.dns.0.cidrs",
    /is missing/,
    /podLabels/,
  ],
  [
    "every address as a resolver",
    { network: { enabled: true, dns: [{ cidrs: ["::/0"] }] } },
    "network.dns.0.cidrs.0",
    /every address/,
    /meant/,
  ],
  [
    "a proxy that the NetworkPolicy does not know",
    {
      ...https,
      network: { enabled: true, scrapeCidrs: ["10.0.0.7/32"] },
      proxy: { url: "http://proxy.corp.internal:3128" },
    },
    "network.destinations",
    /proxy\.corp\.internal \(alloy:proxy\.url\)/,
    /cidrs/,
  ],
];
