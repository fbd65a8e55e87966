const external = "https://loki.example.com/loki/api/v1/push";
export const outside = { prometheusUrl: "https://prometheus.example.com/api/v1/write", lokiUrl: external };

/** A mistake, the key that is blamed, and words of problem and remedy. */
export const badNetworks = [
  [
    "a host outside of the cluster without addresses",
    { network: { enabled: true }, lokiUrl: external },
    "alloy:network.destinations",
    /no entry for loki\.example\.com \(alloy:lokiUrl\)/,
    /loki\.example\.com: \{ cidrs/,
  ],
  [
    "a PodMonitor that nobody could use",
    { network: { enabled: true }, prometheusUrl: "http://10.0.0.7:9090/api/v1/write" },
    "alloy:network.scrapeCidrs",
    /nobody could scrape/,
    /selfMonitoring/,
  ],
  ["no CIDR", { network: { scrapeCidrs: ["10.0.0.7"] } }, "alloy:network.scrapeCidrs.0", /not a CIDR/, /\/32/],
  ["every address", { network: { scrapeCidrs: ["0.0.0.0/0"] } }, "alloy:network.scrapeCidrs.0", /every/, /meant/],
  ["too many bits", { network: { scrapeCidrs: ["10.0.0.0/33"] } }, "alloy:network.scrapeCidrs.0", /not a CI/, /bits/],
  [
    "a destination that says nothing",
    { network: { destinations: { loki: { port: 80 } } } },
    "alloy:network.destinations.loki.cidrs",
    /missing, and so is podLabels/,
    /one of them/,
  ],
  [
    "a destination that says two things",
    { network: { destinations: { loki: { cidrs: ["10.0.0.7/32"], podLabels: { a: "b" } } } } },
    "alloy:network.destinations.loki.cidrs",
    /and so is podLabels/,
    /one of them/,
  ],
  [
    "a port that is none",
    { network: { destinations: { loki: { cidrs: ["10.0.0.7/32"], port: 70000 } } } },
    "alloy:network.destinations.loki.port",
    /not a port/,
    /65535/,
  ],
] as const;
