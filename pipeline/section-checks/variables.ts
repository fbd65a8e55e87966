import { callsIn, everyBlock, type Call } from "../language";
import type { Finding, SectionCheck } from "./finding";

/** The variables that a collector's pod has. */
const known = ["CLUSTER_NAME", "LOKI_TENANT", "NODE_IP", "NODE_IP_IN_URL", "NODE_NAME", "NODE_SELECTOR"];

/** A section reads the variables that its needs name, and those names are written as plain text. */
export const checkVariables: SectionCheck = (blocks, { env, key }) => {
  const read = everyBlock(blocks)
    .flatMap(({ attributes }) => [...attributes.values()])
    .flatMap(callsIn)
    .filter(({ name }) => name === "sys.env" || name === "env");
  const findings = new Map<string, Finding>();
  for (const call of read) {
    const name = nameIn(call);
    const finding = name === undefined ? composed(call) : unnamed(name, call, env, key);
    if (finding !== undefined) findings.set(finding.problem, finding);
  }
  const names = read.map(nameIn);
  for (const name of env.filter((one) => !names.includes(one)))
    findings.set(name, { line: 1, problem: `does not read ${name}`, remedy: `take it out of ${key}.needs.env` });
  return [...findings.values()];
};

function nameIn({ argument }: Call): string | undefined {
  const [token, ...more] = argument;
  return token?.kind === "string" && more.length === 0 ? token.text : undefined;
}

const composed = ({ line, name }: Call): Finding => ({
  line,
  problem: `calls ${name} with a name that is put together, so that nobody can tell which variable it reads`,
  remedy: "write the name as one text",
});

function unnamed(name: string, { line }: Call, env: readonly string[], key: string): Finding | undefined {
  if (!known.includes(name))
    return {
      line,
      problem: `reads the variable ${name}, which the collectors do not have`,
      remedy:
        name === "HOSTNAME"
          ? "write NODE_NAME: in a pod, HOSTNAME is the pod's own name"
          : `they have ${known.join(", ")}; write the value itself, or one of these`,
    };
  if (env.includes(name)) return undefined;
  return { line, problem: `reads the variable ${name}, which ${key}.needs.env does not name`, remedy: "name it there" };
}
