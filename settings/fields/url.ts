import { checkedText, type Refuse } from "./basic";
import { urlMistake } from "./go-url";
import { pushPathMistake, pushPaths, type PushKind } from "./push-path";

/** URLs that the collector or the program calls. */

/** What is wrong with a user or a password in a URL, and where they go instead. */
type Leak = readonly [problem: string, remedy: string];

const inConfigMap: Leak = [
  "contains a user or a password, which anybody could read in the ConfigMap",
  "remove them from the URL and use alloy:credentials",
];

const inState: Leak = [
  "contains a user or a password, which anybody could read in Pulumi's state",
  "remove them from the URL and set VAULT_TOKEN in the environment",
];

const inArguments: Leak = [
  "contains a user or a password, which anybody could read in the pod's arguments",
  "remove them from the URL and name a Secret in alloy:canary.secretName",
];

/** The http or https URL of a value that is one, or `undefined` after a problem was reported. */
const readUrl = (value: string, refuse: Refuse, leak: Leak = inConfigMap): URL | undefined => {
  if (!/^https?:\/\//i.test(value)) {
    refuse("does not begin with http:// or https://", "write the whole URL, scheme first");
    return undefined;
  }
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  // Before the syntax: a URL that cannot be read may hold a password all the same. URL takes `//@host` for no user.
  const hasUser = (parsed?.username ?? "") !== "" || (parsed?.password ?? "") !== "";
  if (hasUser || /^https?:\/\/[^/?#\\]*@/i.test(value) || (!parsed && /^https?:\/\/[^/]*@/i.test(value)))
    refuse(...leak);
  else {
    const mistake = urlMistake(value);
    if (mistake !== undefined) refuse(mistake.problem, mistake.remedy);
    // Everything that JavaScript's URL refuses and Go takes is a host that nobody has.
    else if (!parsed) refuse("is not a URL that Alloy can call", "write scheme, host, port and path");
    else return parsed;
  }
  return undefined;
};

/** For editors: the beginning of every URL here, without a user. */
const server = "^[Hh][Tt][Tt][Pp][Ss]?://[^/\\\\?#\\s@]+";

/** Where a push goes: a URL with its path, since a bare host answers 404, and a 404 drops the batch. See push-path.ts. */
const pushUrl = (kind: PushKind) =>
  checkedText(`a URL such as http://host:port${pushPaths[kind].usual}`, (value, refuse) => {
    const parsed = readUrl(value, refuse);
    const mistake = parsed && pushPathMistake(parsed, kind);
    if (mistake !== undefined) refuse(mistake.problem, mistake.remedy);
  }).meta({
    takes: `a URL with its path, such as http://host:port${pushPaths[kind].usual}`,
    pattern: `${server}/(?![^?]*${pushPaths[other(kind)].usual.slice(1)}(\\?|$))[^?\\s\\\\#][^\\s\\\\#]*$`,
  });

const other = (kind: PushKind): PushKind => (kind === "loki" ? "prometheus" : "loki");

export const lokiPushUrl = pushUrl("loki");
export const remoteWriteUrl = pushUrl("prometheus");

/** Vault's address: the client adds /v1 itself. */
export const vaultAddress = checkedText("a URL such as https://vault.example.internal:8200", (value, refuse) => {
  const parsed = readUrl(value, refuse, inState);
  if (parsed && (/^\/(v1|ui)(\/|$)/.test(parsed.pathname) || parsed.search !== ""))
    refuse("names more than the server, and the client adds /v1 itself", `write ${parsed.origin}`);
}).meta({ pattern: `${server}(/(?!(v1|ui)(/|\\??$))[^?\\s\\\\#]*)?\\??$` });

const inAlerts: Leak = [
  "contains a user or a password, which anybody who gets an alert could read",
  "remove them from the URL",
];

/** Where pages for people are. Prometheus' templates read `{{`, so that a brace must not stand in it. */
export const runbookUrl = checkedText("a URL such as https://example.com/runbooks", (value, refuse) => {
  const parsed = readUrl(value, refuse, inAlerts);
  if (parsed && (value.endsWith("/") || /[?{}"]/.test(value)))
    refuse("cannot have /NAME.md added to it", "write it without a slash, a query or braces at its end");
}).meta({ pattern: `${server}(/[^?\\s\\\\#{}"]*)?$` });

/** Where Loki is asked: loki-canary adds the paths itself, and accepts no prefix. */
export const lokiAddress = checkedText("a URL such as http://loki-gateway.monitoring.svc:80", (value, refuse) => {
  const parsed = readUrl(value, refuse, inArguments);
  if (parsed && (parsed.pathname !== "/" || parsed.search !== ""))
    refuse("names more than the server, and loki-canary adds /loki/api/v1 itself", `write ${parsed.origin}`);
}).meta({ pattern: `${server}([/?][./]*)?\\??$` });

const inSecret: Leak = [
  "contains a user or a password, which everybody who may edit data sources in Grafana could read",
  "remove them from the URL, and name one at which Loki answers queries without them",
];

/** Where Grafana asks Loki: it adds the paths below Loki's prefix itself. Its provisioning reads `$` as a variable. */
export const lokiReadUrl = checkedText("a URL such as http://loki-gateway.monitoring.svc:80", (value, refuse) => {
  const parsed = readUrl(value, refuse, inSecret);
  if (!parsed) return;
  if (value.includes("$")) refuse("has a $ in it, which Grafana takes for a variable", "write it without");
  else if (/\/api\/(v1|prom)(\/|$)/.test(parsed.pathname) || parsed.search !== "")
    refuse(
      "names more than where Loki is, and Grafana adds /loki/api/v1 itself",
      `write ${parsed.origin}${parsed.pathname.replace(/(\/loki)?\/api\/(v1|prom)(\/.*)?$/, "")}`,
    );
}).meta({ pattern: `${server}(/(?!([^?]*/)?api/(v1|prom)(/|\\??$))[^?\\s\\\\#$]*)?\\??$` });
