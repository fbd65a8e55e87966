/** What `import … from "@detectviz/alloy"` gives a Pulumi program of somebody else: docs/library.md. */
export { Alloy, type AlloyArgs } from "../components/alloy";
