import type { EnforcementLevel } from "@pulumi/policy";
import * as analyzer from "@pulumi/pulumi/proto/analyzer_pb";

/** Levels from the laxest to the strictest. */
const strictness: readonly EnforcementLevel[] = ["disabled", "advisory", "mandatory", "remediate"];

// Source: pulumi/proto/pulumi/analyzer.proto, enum EnforcementLevel
const byNumber: readonly EnforcementLevel[] = ["advisory", "mandatory", "disabled", "remediate"];

/** The part of the engine's message that is read here. */
interface ConfigureRequest {
  getPolicyconfigMap: () => { entries: () => Iterable<[string, { getEnforcementlevel: () => number }]> };
}

/**
 * One line for each rule that a policy configuration switches off or lowers.
 *
 * @param own the level of each rule without a configuration
 * @param configured what the engine says they are
 */
export function loweredRules(
  own: ReadonlyMap<string, EnforcementLevel>,
  configured: ReadonlyMap<string, EnforcementLevel>,
): string[] {
  const changed = [...own].flatMap(([rule, level]) => {
    const now = configured.get(rule);
    return now !== undefined && strictness.indexOf(now) < strictness.indexOf(level) ? [{ rule, level, now }] : [];
  });
  const disabled = changed.filter(({ now }) => now === "disabled");
  if (own.size > 0 && disabled.length === own.size)
    return [`policy configuration: every rule of this pack is disabled: nothing is checked`];
  return changed.map(({ rule, level, now }) =>
    now === "disabled"
      ? `policy configuration: rule ${rule} is disabled, and is not checked`
      : `policy configuration: rule ${rule} is ${now} only, instead of ${level}`,
  );
}

/**
 * Prints those lines as soon as the engine hands the configuration over. The SDK tells a policy its own properties and
 * never its level, and a rule that is disabled is not asked at all: so the message itself is read, where it is decoded
 * (pulumi/sdk/nodejs, proto/analyzer_grpc_pb.js; @pulumi/policy, server.js, configure).
 */
export function announceLowered(
  own: ReadonlyMap<string, EnforcementLevel>,
  print: (line: string) => void = (line) => console.error(line),
): void {
  const { ConfigureAnalyzerRequest: request } = analyzer as unknown as {
    ConfigureAnalyzerRequest: { deserializeBinary: (bytes: Uint8Array) => ConfigureRequest };
  };
  const decode = request.deserializeBinary;
  request.deserializeBinary = (bytes) => {
    const message = decode(bytes);
    const configured = new Map(
      Array.from(message.getPolicyconfigMap().entries(), ([rule, config]) => [
        rule,
        byNumber[config.getEnforcementlevel()] ?? "mandatory",
      ]),
    );
    for (const line of loweredRules(own, configured)) print(line);
    return message;
  };
}
