import { noNeeds } from "../needs";
import type { Section } from "../section";

/** What Alloy says about itself, and how much of it. */
export const logging: Section = {
  name: "logging",
  isOn: () => true,
  content: ({ logLevel }) => ({ values: { logLevel } }),
  needs: () => noNeeds,
};
