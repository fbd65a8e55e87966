import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { disconnect, setMockOptions } from "@pulumi/pulumi/runtime/settings";

/** One resource that a program under mocks has declared or read. */
export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Logical name of its provider; empty for a component, and for one that took the default provider. */
  provider: string;
}

/** What a program under mocks did. */
export interface OwnRun {
  declared: Declared[];
  /** What ended it early. */
  error: unknown;
  /** Warnings, in the order in which they came. */
  warnings: string[];
}

/**
 * Runs a program of somebody else without an engine. A call of a function that has no answer here fails.
 *
 * @param calls what a function answers, by its token; an Error is thrown
 */
export async function runOwnProgram(
  program: () => unknown,
  {
    calls = {},
    preview = false,
  }: { calls?: Readonly<Record<string, Record<string, unknown> | Error>>; preview?: boolean } = {},
): Promise<OwnRun> {
  const declared: Declared[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ type, name, inputs, id, provider }) => {
      declared.push({ type, name, inputs: inputs as Record<string, unknown>, provider: logicalName(provider) });
      return { id: id || `${name}-id`, state: id ? { metadata: { name: id } } : (inputs as Record<string, unknown>) };
    },
    call: ({ token, provider }) => {
      const answer = calls[token];
      if (answer === undefined) throw new Error(`unexpected call of ${token}`);
      // As gRPC hands over what a provider says.
      if (answer instanceof Error) throw Object.assign(answer, { details: answer.message });
      if (logicalName(provider) === "") throw new Error(`${token} went to the default provider`);
      return answer;
    },
  };
  await pulumi.runtime.setMocks(mocks, "somebody", "test", preview);
  setMockOptions(new MonitorWithHooks(mocks), "somebody", "test", preview);
  pulumi.runtime.setAllConfig({}, []);
  const warnings: string[] = [];
  const warn = pulumi.log.warn;
  Reflect.set(pulumi.log, "warn", (text: string) => Promise.resolve(warnings.push(text)));
  // A failure of something that nobody awaits: the engine's runner learns of it by this event, too. mocha would count it
  // as a failure of its own.
  const listeners = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
  process.removeAllListeners("unhandledRejection");
  const failed = new Promise<unknown>((resolve) => process.on("unhandledRejection", resolve));
  const run = pulumi.runtime
    .runInPulumiStack(() => Promise.resolve(program()).then(() => ({})))
    .then(() => disconnect())
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  try {
    return { declared, error: await Promise.race([run, failed]), warnings };
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    Reflect.set(pulumi.log, "warn", warn);
  }
}

/** `urn:pulumi:test::somebody::pulumi:providers:kubernetes::cluster::id` is cluster. */
const logicalName = (provider: string | undefined): string => provider?.split("::")[3] ?? "";

/** The mocks of the SDK know no hooks. Here nothing is created, so that none is ever called. */
class MonitorWithHooks extends MockMonitor {
  registerResourceHook(_request: unknown, callback: (error: unknown, response: unknown) => void): void {
    callback(null, {});
  }
}
