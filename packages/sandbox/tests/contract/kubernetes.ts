import { KubernetesBench } from "./kubernetes-bench";
import { troublesOf } from "./kubernetes-errors";
import { KINDS } from "./kubernetes-kinds";
import { lifeOf } from "./kubernetes-life";
import { previews } from "./kubernetes-previews";
import { reads } from "./kubernetes-reads";
import { refusals } from "./kubernetes-refusals";
import { rollouts } from "./kubernetes-rollouts";
import type { Subject } from "./support";

/** What a kubernetes plugin does with every kind that the program makes, on a real API server. */
export function kubernetesContract(subject: () => Subject | undefined): void {
  const bench = new KubernetesBench(subject);

  before(async function () {
    // No official plugin on this machine: plugins.test.ts says where that is a failure.
    if (!bench.exists) return this.skip();
    await bench.open();
  });
  after(() => bench.close());

  for (const kind of KINDS) {
    describe(`${kind.type.slice("kubernetes:".length)} (${kind.why})`, () => {
      lifeOf(kind, bench);
      troublesOf(kind, bench);
    });
  }
  previews(bench);
  refusals(bench);
  rollouts(bench);
  reads(bench);
}
