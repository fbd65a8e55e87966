/**
 * @severity medium
 * @link https://grafana.com/docs/alloy/latest/reference/cli/run/
 */
import type { Stability } from "../../../pipeline/needs";
import { onContainers } from "../../pods";
import type { ResourceRule } from "../../rule";
import { isDeliveryCommand } from "./delivery-command";
import { asObject, at, eachItem, guarded, isAbsent, text, texts } from "../../values";

/** Flags that a collector of this program may have. Source: grafana.com, Alloy, `alloy run` */
const known: readonly string[] = [
  ...["storage.path", "server.http.listen-addr", "stability.level", "disable-reporting"],
  ...["server.http.enable-pprof", "server.http.disable-support-bundle"],
];

/** Variables by which a program does something else than its arguments say, whoever has set them. */
const steering: readonly { names: RegExp; why: string }[] = [
  {
    names: /^(LD|GLIBC|MALLOC|DYLD)_/i,
    why: "has the loader run other code, or other code's settings, in the process",
  },
  { names: /^(BASH_ENV|ENV|PATH|IFS|SHELLOPTS|BASH_FUNC.*)$/i, why: "decides which programs are run" },
  {
    names: /^SSL_CERT_(FILE|DIR)$|^(CURL|REQUESTS)_CA_BUNDLE$|^VAULT_(CAPATH|SKIP_VERIFY|TLS_.*)$/i,
    why: "decides whose certificates are believed",
  },
  {
    names: /_PROXY$|^(VAULT_(ADDR|AGENT_ADDR|PROXY_ADDR)|RES_OPTIONS|LOCALDOMAIN|HOSTALIASES)$/i,
    why: "decides to whom the credential is sent",
  },
  {
    names: /^(GODEBUG|GOTRACEBACK|GOCOVERDIR|AUTOMEMLIMIT.*)$/,
    why: "changes how the program behaves, or what it writes down",
  },
  { names: /^(AWS|AZURE|GOOGLE|GCE|CLOUDSDK)_/i, why: "gives the pod an identity in a cloud" },
];

/**
 * Whether a variable names the proxy of the settings, or what goes past it. The API server has to be first among those:
 * the collectors' client for it reads these variables, and its token would go to the proxy.
 */
function isProxyOf(proxy: string | undefined, item: unknown): boolean {
  const { name, value } = asObject(item);
  if (proxy === undefined) return false;
  if (name === "HTTP_PROXY" || name === "HTTPS_PROXY") return value === proxy;
  return name === "NO_PROXY" && text(value).startsWith("$(KUBERNETES_SERVICE_HOST),");
}

/**
 * The collector's command line leaves no door open.
 *
 * @param stability what the pipeline needs
 * @param proxy the one that the settings name
 */
export function collectorArguments(container: string, stability: Stability, proxy?: string): ResourceRule {
  const demanded: { flag: string; values: string[]; why: string }[] = [
    { flag: "--disable-reporting", values: ["", "true"], why: "or usage is reported to Grafana" },
    { flag: "--server.http.enable-pprof", values: ["false"], why: "or memory, credentials in it, is read over HTTP" },
    { flag: "--server.http.disable-support-bundle", values: ["", "true"], why: "or a bundle is made over HTTP" },
    { flag: "--stability.level", values: [stability], why: "since nothing in the pipeline needs another" },
  ];
  return {
    name: "alloy-arguments",
    description:
      "The collector reports to nobody, serves neither profiles nor bundles, and runs at the level it needs.",
    severity: "medium",
    remediation: "Give each flag once, with the value that is asked for.",
    url: "https://grafana.com/docs/alloy/latest/reference/cli/run/",
    checks: [
      onContainers(({ container: spec, name, position, path }, report) => {
        if (name !== container || position !== "containers") return;
        if (!isAbsent(spec["command"]) && !isDeliveryCommand(spec["command"]))
          report.violation(`${path}.command`, "replaces the image's own");
        const given = texts(spec["args"]);
        for (const { flag, values, why } of demanded) {
          const settings = given.filter((one) => one === flag || one.startsWith(`${flag}=`));
          const wanted = values.map((value) => (value === "" ? flag : `${flag}=${value}`));
          if (settings.length !== 1 || !wanted.includes(settings[0] ?? ""))
            report.violation(`${path}.args`, `does not hold ${wanted[0] ?? flag} once, ${why}`);
        }
      }),
      onContainers(({ container: spec, name, position, path }, report) => {
        if (name !== container || position !== "containers") return;
        eachItem(spec["args"], `${path}.args`, report, (item, itemPath) => {
          const flag = /^--?([^=]*)/.exec(text(item))?.[1];
          if (flag !== undefined && !known.includes(flag))
            report.violation(
              itemPath,
              "is a flag that no collector needs: some open a port to others, or load what nobody reviews",
              "Take it out.",
            );
        });
      }),
      onContainers(({ container: spec, path }, report) => {
        guarded(report, () => {
          if (!isAbsent(spec["lifecycle"]))
            report.violation(`${path}.lifecycle`, "runs a command or a call beside the credential", "Take it out.");
        });
        for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"])
          guarded(report, () => {
            if (!isAbsent(at(spec, probe, "exec")))
              report.violation(
                `${path}.${probe}.exec`,
                "runs a command beside the credential",
                "Ask /-/ready instead.",
              );
          });
      }),
      onContainers(({ container: spec, name, position, path }, report) =>
        eachItem(spec["env"], `${path}.env`, report, (item, itemPath) => {
          if (name === container && position === "containers" && isProxyOf(proxy, item)) return;
          const why = steering.find(({ names }) => names.test(text(asObject(item)["name"])))?.why;
          if (why !== undefined) report.violation(`${itemPath}.name`, why, "Take it out.");
        }),
      ),
    ],
  };
}
