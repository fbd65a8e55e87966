import { noNeeds } from "../needs";
import type { Section } from "../section";

/** What the platform's specification grants to every collector, whatever its pipeline reads. */
export const platform: Section = {
  name: "platform",
  isOn: () => true,
  content: () => ({}),
  needs: () => ({
    ...noNeeds,
    permissions: ["nodes", "services"].map((resource) => ({
      group: "",
      resource,
      verbs: ["list", "watch"],
      why: "demanded by the platform's specification, 1.5; no component reads them today",
    })),
  }),
};
