import { vaultValues } from "../../support/settings";

export const on = { canary: { enabled: true } };
export const basic = { credentials: { mode: "secret", loki: "basic" }, vault: vaultValues };
export const bearer = { credentials: { mode: "secret", loki: "bearer" }, vault: vaultValues };

/** A mistake, the key that is blamed, and words of problem and remedy. */
export const badCanaries = [
  [
    "lines that nobody collects",
    { ...on, logs: { enabled: false } },
    "alloy:canary.enabled",
    /logs\.enabled is off/,
    /turn it off/,
  ],
  [
    "nodes that are left out",
    { ...on, nodeSelector: "worker-.*" },
    "alloy:canary.enabled",
    /nodeSelector/,
    /turn it off/,
  ],
  [
    "a namespace that is not included",
    { ...on, logs: { includeNamespaces: "shop-.*|monitor" } },
    "alloy:canary.enabled",
    /includeNamespaces leaves out monitoring/,
    /collect those lines/,
  ],
  [
    "a namespace that is excluded",
    { ...on, logs: { excludeNamespaces: "kube-.*|monitoring" } },
    "alloy:canary.enabled",
    /excludeNamespaces names monitoring/,
    /collect those lines/,
  ],
  [
    "a push URL behind a prefix",
    { ...on, lokiUrl: "https://logs.example.com/tenants/a/loki/api/v1/push" },
    "alloy:canary.address",
    /path of its own/,
    /https:\/\/logs\.example\.com/,
  ],
  [
    "a Loki that asks for a password",
    { ...on, ...basic },
    "alloy:canary.secretName",
    /asks for a user name/,
    /name a Secret/,
  ],
  ["a Loki that asks for a token", { ...on, ...bearer }, "alloy:canary.address", /is bearer/, /write an address/],
  [
    "an address with a path",
    { canary: { address: "http://loki:3100/loki/api/v1" } },
    "alloy:canary.address",
    /more than the server/,
    /write http:\/\/loki:3100/,
  ],
  [
    "a password in the address",
    { canary: { address: "http://a:b@loki:3100" } },
    "alloy:canary.address",
    /read in the pod's arguments/,
    /alloy:canary\.secretName/,
  ],
  [
    "an image without a version",
    { canary: { image: "grafana/loki-canary" } },
    "alloy:canary.image",
    /no version/,
    /:version/,
  ],
  [
    "an interval with which its queries could not keep pace",
    { canary: { interval: "10ms" } },
    "alloy:canary.interval",
    /too short/,
    /500ms/,
  ],
  [
    "a key that no Secret has",
    { canary: { keys: { password: "a/b" } } },
    "alloy:canary.keys.password",
    /key of a Secret/,
    /letters/,
  ],
  [
    "a limit below the request",
    { canary: { resources: { limits: { memory: "16Mi" } } } },
    "alloy:canary.resources.limits.memory",
    /below the request 32Mi/,
    /raise/,
  ],
  ["a misspelt key", { canary: { adress: "http://loki" } }, "alloy:canary.adress", /not a key/, /address/],
  [
    "a host without addresses, with a NetworkPolicy",
    { network: { enabled: true }, canary: { enabled: true, address: "https://loki.example.com" } },
    "alloy:network.destinations",
    /no entry for loki\.example\.com \(alloy:canary\.address\)/,
    /cidrs/,
  ],
] as const;
