import {
  applyFieldOverrides,
  createTheme,
  dateTime,
  FieldType,
  getDisplayProcessor,
  ThemeContext,
  toDataFrame,
} from "@grafana/data";
import {
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GlobalStyles,
  PanelChrome,
  TimeSeries,
} from "@grafana/ui";
import { createRoot } from "react-dom/client";

/** The panels of the dashboard with what Prometheus has answered, drawn by Grafana's own components. */
const { title, from, to, panels } = window.DASHBOARD;
const theme = createTheme({ colors: { mode: "dark" } });
const column = 50;
const line = 30;

const nameOf = (legend, labels) => legend.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? "");

/** One frame a series, as the data source of Prometheus makes it. */
function framesOf({ panel, data }) {
  const { defaults } = panel.fieldConfig;
  const frames = data.flatMap((series, at) =>
    series.map(({ metric, values }) => {
      const displayName = nameOf(panel.targets[at].legendFormat, metric);
      return toDataFrame({
        refId: panel.targets[at].refId,
        fields: [
          { name: "Time", type: FieldType.time, values: values.map(([time]) => time * 1000), config: {} },
          {
            name: "Value",
            type: FieldType.number,
            labels: metric,
            values: values.map(([, value]) => Number(value)),
            config: {
              ...defaults,
              displayName,
              custom: { ...defaults.custom, axisPlacement: "auto", showPoints: "never" },
            },
          },
        ],
      });
    }),
  );
  return applyFieldOverrides({
    data: frames,
    fieldConfig: { defaults: {}, overrides: [] },
    replaceVariables: (text) => text,
    theme,
  });
}

const timeRange = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: { from: "now-2m", to: "now" } };

function Stat({ one, width, height }) {
  const frames = framesOf(one);
  const each = width / Math.max(1, frames.length);
  return (
    <div style={{ display: "flex" }}>
      {frames.map((frame, at) => {
        const field = frame.fields[1];
        const display = getDisplayProcessor({ field, theme })(field.values.at(-1));
        return (
          <BigValue
            key={at}
            width={each}
            height={height}
            theme={theme}
            value={{ ...display, title: field.config.displayName }}
            colorMode={BigValueColorMode.Value}
            graphMode={BigValueGraphMode.None}
            justifyMode={BigValueJustifyMode.Auto}
            textMode={BigValueTextMode.ValueAndName}
          />
        );
      })}
    </div>
  );
}

function Panel({ one }) {
  const { panel } = one;
  const [width, height] = [panel.gridPos.w * column - 8, panel.gridPos.h * line - 8];
  return (
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
      {(w, h) =>
        panel.type === "stat" ? (
          <Stat one={one} width={w} height={h} />
        ) : (
          <TimeSeries
            frames={framesOf(one)}
            width={w}
            height={h}
            timeRange={timeRange}
            timeZone="utc"
            structureRev={1}
            legend={{ ...panel.options.legend }}
          />
        )
      }
    </PanelChrome>
  );
}

createRoot(document.getElementById("root")).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles hackNoBackdropBlur={true} />
    <div
      style={{
        color: theme.colors.text.primary,
        background: theme.colors.background.canvas,
        padding: 12,
        boxSizing: "border-box",
        width: 24 * column + 24,
        fontFamily: theme.typography.fontFamily,
      }}
    >
      <h4 style={{ margin: "4px 0 12px" }}>{title}</h4>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
        {panels.map((one) => (
          <Panel key={one.panel.id} one={one} />
        ))}
      </div>
    </div>
  </ThemeContext.Provider>,
);
