import type {
  DataSourceRef as SdkDataSourceRef,
  Dashboard as SdkDashboard,
  DashboardLink as SdkLink,
  FieldConfig as SdkFieldConfig,
  FieldConfigSource as SdkFieldConfigSource,
  Panel as SdkPanel,
  RowPanel as SdkRow,
  VariableModel as SdkVariable,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Options as LogsOptions } from "@grafana/grafana-foundation-sdk/logs";
import type { dataquery as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import type { Dataquery as PrometheusQuery } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Options as StatOptions } from "@grafana/grafana-foundation-sdk/stat";
import type { FieldConfig as TableField, Options as TableOptions } from "@grafana/grafana-foundation-sdk/table";
import type { FieldConfig as GraphField, Options as GraphOptions } from "@grafana/grafana-foundation-sdk/timeseries";

/**
 * Grafana's dashboard as the SDK describes it, for data that is written as it is sent: the members of its enumerations are
 * texts here. Only the types of the SDK are used. Its code would take a preview a tenth of a second to load, and it would
 * add 12 MB to what a program installs that imports the package (docs/decisions/0098-dashboard-as-data.md).
 */
type Plain<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? // The last one is no data: the SDK tells its queries apart by it.
          { [Field in keyof T as Field extends "_implementsDataqueryVariant" ? never : Field]: Plain<T[Field]> }
        : T;

export type DataSourceRef = Plain<SdkDataSourceRef>;
export type Link = Plain<SdkLink>;
export type Row = Plain<SdkRow>;
export type Variable = Plain<SdkVariable>;
export type Query = Plain<PrometheusQuery> | Plain<LokiQuery>;

type FieldConfigOf<Custom> = Omit<Plain<SdkFieldConfigSource>, "defaults"> & {
  defaults: Omit<Plain<SdkFieldConfig>, "custom"> & { custom?: Partial<Plain<Custom>> };
};

/** A panel of one kind: the SDK leaves open what its options and its fields are. */
type PanelOf<Type extends string, Options, Custom> = Omit<
  Plain<SdkPanel>,
  "type" | "options" | "fieldConfig" | "targets"
> & {
  type: Type;
  options: Plain<Options>;
  fieldConfig: FieldConfigOf<Custom>;
  targets: Query[];
};

/** What a panel draws. */
export type Drawing =
  | PanelOf<"stat", StatOptions, Record<string, never>>
  | PanelOf<"timeseries", GraphOptions, GraphField>
  | PanelOf<"table", TableOptions, TableField>
  | PanelOf<"logs", LogsOptions, Record<string, never>>;

export type Panel = Drawing | Row;

export type Dashboard = Omit<Plain<SdkDashboard>, "panels" | "templating"> & {
  panels: Panel[];
  templating: { list: Variable[] };
};
